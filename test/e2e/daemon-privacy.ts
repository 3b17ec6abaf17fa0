import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { Payment } from "../../src/api/views.ts";
import { placesIn } from "../../src/daemon/directory.ts";
import { fromHex } from "../../src/protocol/bytes.ts";
import type { Hex } from "../../src/protocol/types.ts";
import { type Name, NAMES, Row } from "./daemon-row.ts";
import { answerOf, until } from "./daemon-world.ts";

/** What a node has written: its log, its journal and what it has printed. */
interface Written {
  /** What it was given, message by message. */
  readonly store: Buffer;
  readonly printed: string;
  readonly events: string;
}

describe("what a hop keeps of a payment", function () {
  this.timeout(0);
  let row: Row;

  before(async () => {
    row = await Row.create();
    await row.join("2");
  });

  after(async () => {
    await row.world.stop();
  });

  async function written(name: Name): Promise<Written> {
    const { directory, client, log } = row.at(name);
    const { store } = placesIn(directory);
    const files = readdirSync(store).filter((file) => file.startsWith("segment"));
    const { entries } = await client.call("events", { limit: 500 });
    return {
      store: Buffer.concat(files.sort().map((file) => readFileSync(join(store, file)))),
      printed: log,
      events: entries.map((event) => JSON.stringify(event)).join("\n"),
    };
  }

  /** What has been added: files and texts only grow. */
  function added(before: Written, after: Written): Written {
    expect(after.store.subarray(0, before.store.length).equals(before.store), "the store grew").to.equal(
      true,
    );
    return {
      store: after.store.subarray(before.store.length),
      printed: after.printed.slice(before.printed.length),
      events: after.events.slice(before.events.length),
    };
  }

  const holds = ({ store, printed, events }: Written, id: string): boolean => {
    const hex = id.slice(2).toLowerCase();
    const texts = [printed, events, store.toString("latin1")].map((text) => text.toLowerCase());
    return store.includes(Buffer.from(fromHex(id as Hex))) || texts.some((text) => text.includes(hex));
  };

  const known = async (of: Written): Promise<readonly Name[]> => {
    const found: Name[] = [];
    for (const name of NAMES) {
      const { node, owner } = await row.at(name).info();
      if (holds(of, node) || holds(of, owner)) found.push(name);
    }
    return found;
  };

  async function payOnce(from: Name, to: Name): Promise<Record<string, Written>> {
    const before = new Map<Name, Written>();
    for (const name of NAMES) before.set(name, await written(name));
    const { invoice } = await row.at(to).client.call("invoice", { amount: "0.25" });
    const payment = await answerOf<Payment>("pay", invoice, "--dir", row.at(from).directory);
    expect(payment.status).to.equal("succeeded");
    await until("every lock to go", () => row.isQuiet());
    const all: Record<string, Written> = {};
    for (const name of NAMES) {
      const earlier = before.get(name);
      if (earlier !== undefined) all[name] = added(earlier, await written(name));
    }
    return all;
  }

  it("names its two neighbours and nobody else; the ends know more", async () => {
    const kept = await payOnce("wang", "xiaohong");
    const names: Record<string, readonly Name[]> = {};
    for (const [name, of] of Object.entries(kept)) {
      names[name] = (await known(of)).filter((one) => one !== name);
    }
    expect(names.alice).to.deep.equal(["wang", "bob"]);
    expect(names.bob).to.deep.equal(["alice", "carol"]);
    expect(names.carol).to.deep.equal(["bob", "xiaohong"]);
    expect(names.wang).to.include.members(["alice", "xiaohong"]);
  });
});
