import type { OpenedEvent } from "../../typechain-types/Hashlane.ts";
import type { Contracts } from "../../src/chain/contracts.ts";

/** What happened, read from the chain block by block. */
interface Happening {
  readonly name: string;
  readonly channel: string;
  /** All values of an opening; of other events those that it has. */
  readonly args: Partial<OpenedEvent.OutputObject>;
  readonly time: number;
}

/**
 * The figures of the explorer once more, the slow way: from each block's logs and each channel's storage word, by the
 * definitions of src/api/figures.ts and none of the indexer's code.
 */
export async function slowFigures(contracts: Contracts): Promise<Record<string, unknown>> {
  const { provider } = contracts;
  const newest = await provider.getBlock("latest");
  const now = newest?.timestamp ?? 0;
  const all = await happenings(contracts, newest?.number ?? -1);
  const named = (...names: string[]) => all.filter(({ name }) => names.includes(name));
  const opened = named("Opened");
  const isOver = (channel: string): boolean =>
    named("Ended", "Convicted").some((one) => one.channel === channel);
  const isClosing = (channel: string): boolean =>
    named("CloseStarted").some((one) => one.channel === channel) && !isOver(channel);
  const open = opened.filter(({ channel }) => !isOver(channel) && !isClosing(channel));
  const slots = await Promise.all(open.map(({ args }) => slotOf(contracts, args)));
  const capacities = slots.map((slot, index) => ({
    token: String(open[index]?.args.params?.token).toLowerCase(),
    capacity: BigInt.asIntN(96, slot) + BigInt.asIntN(96, slot >> 96n),
  }));
  const ends = open.flatMap(endsOf);
  const nodes = [...new Set(ends)];
  const channelsWith = (...names: string[]): Set<string> =>
    new Set(named(...names).map((one) => one.channel));
  const closes = named("CloseStarted").map(({ channel }) => channel);
  const replaced = closes.filter((channel, index) => closes.indexOf(channel) !== index);
  return {
    nodes: nodes.length,
    channels: open.length,
    // The storage says the same as the events.
    openSlots: slots.filter((slot) => slot >> 254n === 1n).length,
    closing: opened.filter(({ channel }) => isClosing(channel)).length,
    ended: opened.filter(({ channel }) => isOver(channel)).length,
    opened: opened.filter(({ time }) => time > now - 86_400).length,
    closed: named("Ended", "Convicted").filter(({ time }) => time > now - 86_400).length,
    loneCloses: channelsWith("CloseStarted").size,
    disputes: new Set([...channelsWith("Answered", "Convicted"), ...replaced]).size,
    convictions: named("Convicted").length,
    degree: percentiles(nodes.map((node) => ends.filter((end) => end === node).length)),
    assets: Object.fromEntries(
      [...new Set(capacities.map(({ token }) => token))].sort().map((token) => {
        const some = capacities.filter((one) => one.token === token).map(({ capacity }) => capacity);
        const capacity = some.reduce((sum, one) => sum + one, 0n);
        return [token, { channels: some.length, capacity, channelCapacity: percentiles(some) }];
      }),
    ),
    days: days(all),
  };
}

async function happenings(
  { provider, hashlane, domain, firstBlock }: Contracts,
  last: number,
): Promise<readonly Happening[]> {
  const all: Happening[] = [];
  for (let number = firstBlock; number <= last; number++) {
    const block = await provider.getBlock(number);
    const logs = await provider.getLogs({ address: domain.contract, fromBlock: number, toBlock: number });
    for (const log of logs) {
      const event = hashlane.interface.parseLog(log);
      if (event?.fragment.inputs[0]?.name !== "channel") continue;
      all.push({
        name: event.name,
        channel: log.topics[1] ?? "",
        args: event.args.toObject(true) as Happening["args"],
        time: block?.timestamp ?? 0,
      });
    }
  }
  return all;
}

function endsOf({ args }: Happening): readonly string[] {
  return args.params === undefined ? [] : [args.params.signerA, args.params.signerB];
}

async function slotOf({ hashlane }: Contracts, { params }: Happening["args"]): Promise<bigint> {
  if (params === undefined) throw new Error("this is no opening");
  return hashlane.slotOf(await hashlane.paramsIdOf(params));
}

/** Of n values in order, the one at place ceil(n * percent / 100), counted from 1. */
function percentiles<T extends number | bigint>(values: readonly T[]): Record<string, T | undefined> | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const at = (percent: number): T | undefined =>
    sorted.find((_, index) => (index + 1) * 100 >= percent * sorted.length);
  return { p10: at(10), median: at(50), p90: at(90), most: sorted.at(-1) };
}

/** Each day's end, from all that happened until then, begun anew for each. */
function days(all: readonly Happening[]): readonly unknown[] {
  const dayOf = ({ time }: Happening): number => Math.floor(time / 86_400);
  const [first, last] = [all[0], all.at(-1)];
  if (first === undefined || last === undefined) return [];
  const count = dayOf(last) - dayOf(first) + 1;
  return Array.from({ length: count }, (_, index) => {
    const day = dayOf(first) + index;
    const until = all.filter((one) => dayOf(one) <= day);
    const today = all.filter((one) => dayOf(one) === day);
    const gone = new Set(
      until
        .filter(({ name }) => ["CloseStarted", "Ended", "Convicted"].includes(name))
        .map((one) => one.channel),
    );
    const open = until.filter(({ name, channel }) => name === "Opened" && !gone.has(channel));
    return {
      day: new Date(day * 86_400_000).toISOString().slice(0, 10),
      nodes: new Set(open.flatMap(endsOf)).size,
      channels: open.length,
      opened: today.filter(({ name }) => name === "Opened").length,
      closed: today.filter(({ name }) => name === "Ended" || name === "Convicted").length,
      convictions: today.filter(({ name }) => name === "Convicted").length,
      capacity: open.reduce((sum, one) => sum + lastDeposits(until, one), 0n),
    };
  });
}

function lastDeposits(until: readonly Happening[], { channel }: Happening): bigint {
  const some = until.filter((one) => one.channel === channel && one.args.depositA !== undefined);
  const { depositA = 0n, depositB = 0n } = some.at(-1)?.args ?? {};
  return depositA + depositB;
}
