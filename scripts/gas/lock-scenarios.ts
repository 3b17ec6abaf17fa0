import { asciiBytes, toHex } from "../../src/protocol/bytes.ts";
import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import { locksRoot, packLocks, packShownLocks } from "../../src/protocol/locks.ts";
import { portableCrypto as crypto } from "../../src/protocol/portable-crypto.ts";
import type { LaneLock, PaymentHash, Secret } from "../../src/protocol/types.ts";
import { START, type Receipt } from "./chain.ts";
import { channelOf, fund, mustEndWith } from "./channel.ts";
import { close, settle } from "./closing.ts";
import { laneOf } from "./lanes.ts";
import { ONE, type GasWorld, type Scenario } from "./world.ts";

const MONTH = 30 * 86_400;
/** What lane A pays: part of it is sent already, the rest is locked. */
const DUE = (3n * ONE) / 10n;
const LOCKED = ONE / 10n;

interface Locked {
  readonly locks: readonly LaneLock[];
  readonly secrets: readonly Secret[];
}

function secretsOf(name: string, count: number): readonly Secret[] {
  return Array.from({ length: count }, (_, index) =>
    toHex<Secret>(crypto.keccak256(asciiBytes(`gas: ${name} ${index}`)), 32),
  );
}

function locked(name: string, count: number): Locked {
  const secrets = secretsOf(name, count);
  const locks = secrets.map((_, index): LaneLock => {
    const secret = crypto.keccak256(asciiBytes(`gas: ${name} ${index}`));
    const hash = toHex<PaymentHash>(crypto.sha256(secret), 32);
    return {
      id: index + 1,
      lock: { kind: "hash", amount: LOCKED / BigInt(count), expiry: START + MONTH, hash },
    };
  });
  return { locks, secrets };
}

/** The list with all its witnesses, which the settlement itself records. */
function shown({ locks, secrets }: Locked): Uint8Array {
  const witnesses = secrets.map((secret, index) => [index + 1, { secret, recorded: "now" }] as const);
  return packShownLocks(locks, new Map(witnesses));
}

export function lockScenarios(world: GasWorld): Record<string, Scenario> {
  return {
    locks1: () => payeeCloses(world, "locks1", 1),
    locks10: () => payeeCloses(world, "locks10", 10),
    locks100: () => payeeCloses(world, "locks100", 100),
    locks100Payer: () => payerCloses(world, "locks100Payer", 100),
  };
}

async function payeeCloses(world: GasWorld, name: string, count: number): Promise<number> {
  const channel = channelOf(world, name, ZERO_ADDRESS);
  await fund(world, channel);
  const list = locked(name, count);
  const theirs = laneOf({ seq: 9, ack: 7, sent: DUE - LOCKED, locksRoot: locksRoot(crypto, list.locks) });
  const closed = await close(world, channel, "B", { own: laneOf({ seq: 7, ack: 9, sent: 0n }), theirs });
  const settled = await settle(world, channel, closed, "B", { theirs: shown(list) });
  return sumOf(world, closed.gasUsed, settled);
}

/** Its own list must be posted, because the payee may never have seen it. */
async function payerCloses(world: GasWorld, name: string, count: number): Promise<number> {
  const channel = channelOf(world, name, ZERO_ADDRESS);
  await fund(world, channel);
  const list = locked(name, count);
  const own = laneOf({ seq: 9, ack: 7, sent: DUE - LOCKED, locksRoot: locksRoot(crypto, list.locks) });
  const theirs = laneOf({ seq: 7, ack: 9, sent: 0n });
  const closed = await close(world, channel, "A", { own, theirs, ownLocks: packLocks(list.locks) });
  const settled = await settle(world, channel, closed, "B", { own: shown(list) });
  return sumOf(world, closed.gasUsed, settled);
}

function sumOf(world: GasWorld, closed: number, settled: Receipt): number {
  mustEndWith(world, settled, ONE - DUE, ONE + DUE);
  return closed + settled.gasUsed;
}

export function recordScenarios({ chain, contracts, A }: GasWorld): Record<string, Scenario> {
  const { interface: abi } = contracts.registry;
  const to = contracts.registryAddress;
  const record = async (data: string): Promise<number> =>
    (await chain.send({ from: A.owner, to, data })).gasUsed;
  return {
    record1: () => record(abi.encodeFunctionData("record", [secretsOf("record1", 1)[0] ?? ""])),
    record100: async () => {
      const data = abi.encodeFunctionData("recordList", [[...secretsOf("record100", 100)]]);
      return Math.ceil((await record(data)) / 100);
    },
  };
}
