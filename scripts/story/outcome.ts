import { readLedger, type LedgerEntry } from "../../src/chain/ledger.ts";
import type { Amount } from "../../src/protocol/types.ts";
import { eth, signedEth } from "./amount.ts";
import { mustEqual } from "./check.ts";
import type { Teller } from "./print.ts";
import { walletOf, type Person, type World } from "./world.ts";

/** What a story expects of somebody's money on chain, in wei. */
export interface Expected {
  readonly person: Person;
  /** When the story began, before any transaction of its own. */
  readonly before: Amount;
  /** By how much it must have changed at the end, without gas. */
  readonly due: bigint;
}

/** Every transaction since the block `first`, as the chain holds them. */
export async function tellLedger(
  teller: Teller,
  world: World,
  people: readonly Person[],
  first: number,
): Promise<readonly LedgerEntry[]> {
  const { provider } = world.contracts;
  const ledger = await readLedger(provider, first, await provider.getBlockNumber());
  const nameOf = (from: string): string => people.find(({ owner }) => owner.address === from)?.name ?? "bank";
  teller.part("All transactions on chain");
  teller.table(
    ["who", "what", "gas"],
    ledger.map(({ from, what, gasUsed }) => [nameOf(from), what, gasUsed.toLocaleString("en")]),
  );
  return ledger;
}

/** Before, after, and the difference without gas, which must be what the story expects, to the wei. */
export async function tellOutcome(
  teller: Teller,
  world: World,
  expected: readonly Expected[],
  ledger: readonly LedgerEntry[],
): Promise<Record<string, string>> {
  teller.part("On chain, before and after");
  const changes: Record<string, string> = {};
  const rows: string[][] = [];
  for (const { person, before, due } of expected) {
    const after = await walletOf(world, person);
    const gas = ledger
      .filter(({ from }) => from === person.owner.address)
      .reduce((sum, { fee }) => sum + fee, 0n);
    const change = after + gas - before;
    mustEqual(`the change of ${person.name}'s balance`, change, due);
    rows.push([person.name, eth(before), eth(after), eth(gas), signedEth(change)]);
    changes[person.name] = change.toString();
  }
  teller.table(["who", "before", "after", "gas", "change without gas"], rows);
  return changes;
}

/** For `--json`. */
export function transactionFigures(
  ledger: readonly LedgerEntry[],
): readonly { readonly what: string; readonly gas: bigint }[] {
  return ledger.map(({ what, gasUsed }) => ({ what, gas: gasUsed }));
}
