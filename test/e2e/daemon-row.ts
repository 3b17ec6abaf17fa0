import type { Channel } from "../../src/api/views.ts";
import { answerOf, type Daemon, DaemonWorld, until } from "./daemon-world.ts";

export const NAMES = ["wang", "alice", "bob", "carol", "xiaohong"] as const;
export type Name = (typeof NAMES)[number];

/** Each hop keeps 0.001 ETH. */
const FEES = ["--fee-base", "0.001", "--fee-ppm", "0"] as const;

/** Five daemons, each with a channel to the next one. */
export class Row {
  readonly world: DaemonWorld;
  readonly #daemons: ReadonlyMap<Name, Daemon>;

  private constructor(world: DaemonWorld, daemons: ReadonlyMap<Name, Daemon>) {
    this.world = world;
    this.#daemons = daemons;
  }

  /** Runs all five; they know nobody yet. */
  static async create(...options: readonly string[]): Promise<Row> {
    const world = await DaemonWorld.create();
    try {
      const daemons = await Promise.all(
        NAMES.map(async (name) => [name, await world.init(name, ...FEES, ...options)] as const),
      );
      await Promise.all(daemons.map(([, daemon]) => daemon.start()));
      return new Row(world, new Map(daemons));
    } catch (thrown) {
      await world.stop();
      throw thrown;
    }
  }

  at(name: Name): Daemon {
    const daemon = this.#daemons.get(name);
    if (daemon === undefined) throw new Error(`${name} has no daemon`);
    return daemon;
  }

  async channelsOf(name: Name): Promise<readonly Channel[]> {
    return (await this.at(name).client.call("channels", {})).entries;
  }

  /** Each connects with the next one, to which its side brings this; ready when everybody knows all fees. */
  async join(amount: string): Promise<void> {
    for (const [index, name] of NAMES.slice(0, -1).entries()) {
      const next = await this.at(NAMES[index + 1] ?? "wang").info();
      await answerOf("connect", next.uri ?? "", "--dir", this.at(name).directory);
    }
    await Promise.all(NAMES.slice(0, -1).map((name) => this.#open(name, amount)));
    await until("everybody to know all fees", async () =>
      (await Promise.all(NAMES.map((name) => this.at(name).info()))).every(
        ({ policiesKnown }) => policiesKnown === 2 * (NAMES.length - 1),
      ),
    );
  }

  async #open(name: Name, amount: string): Promise<void> {
    const { client } = this.at(name);
    const { node: peer } = await this.at(NAMES[NAMES.indexOf(name) + 1] ?? "wang").info();
    await until("the connection", async () =>
      (await client.call("peers", {})).entries.some((one) => one.node === peer && one.connected),
    );
    await client.call("open", { peer, amount, idempotencyKey: `open ${name}` });
  }

  /** What each has in its channels, neighbours to the left first. */
  async balances(): Promise<Record<string, readonly string[]>> {
    const ids = new Map<string, number>();
    for (const [index, name] of NAMES.entries()) ids.set((await this.at(name).info()).node, index);
    const all: Record<string, readonly string[]> = {};
    for (const name of NAMES) {
      const channels = [...(await this.channelsOf(name))].sort(
        (a, b) => (ids.get(a.peer) ?? 0) - (ids.get(b.peer) ?? 0),
      );
      all[name] = channels.map(({ balance }) => balance.ours.value);
    }
    return all;
  }

  /** Whether no payment is under way anywhere. */
  async isQuiet(): Promise<boolean> {
    const all = await Promise.all(NAMES.map((name) => this.channelsOf(name)));
    return all.flat().every(({ locked }) => locked.ours.value === "0" && locked.theirs.value === "0");
  }
}
