import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Problem } from "../../src/api/problem.ts";
import { TowerBook } from "../../src/daemon/towers/tower-book.ts";
import { TowerLink } from "../../src/daemon/towers/tower-link.ts";
import type { Guardable } from "../../src/node/guarded.ts";
import { ZERO_ADDRESS, ZERO_WORD } from "../../src/protocol/checked.ts";
import { createPortableSigner, portableCrypto } from "../../src/protocol/portable-crypto.ts";
import { channelId, paramsId } from "../../src/protocol/identity.ts";
import type { WitnessDue } from "../../src/protocol/tower.ts";
import type { Address, ChannelId, LocksRoot, Params, Secret, Signature } from "../../src/protocol/types.ts";
import { DOMAIN } from "../protocol/lane-pair.ts";
import { FakeTower, refusal, type Said } from "./fake-tower.ts";

const address = (byte: string): Address => `0x${byte.repeat(20)}` as Address;
const SIGNED = `0x${"01".repeat(64)}` as Signature;
const RESERVE = 20n;

interface Timer {
  readonly ms: number;
  readonly then: () => void;
}

describe("a node's link with a tower", () => {
  let directory: string;
  let book: TowerBook;
  let fake: FakeTower;
  let link: TowerLink;
  let lanes: Guardable[];
  let unpaid: WitnessDue[];
  let timers: Timer[];
  let reached: (Problem | null)[];
  let newer: ChannelId[];
  const links: TowerLink[] = [];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "hashlane-link-"));
    book = new TowerBook(join(directory, "towers.sqlite"));
    fake = new FakeTower(DOMAIN);
    await fake.start();
    [lanes, unpaid, timers, reached, newer] = [[], [], [], [], []];
    link = connect();
  });
  afterEach(async () => {
    for (const one of links.splice(0)) one.stop();
    await fake.stop();
    book.close();
    rmSync(directory, { recursive: true, force: true });
  });

  function connect(): TowerLink {
    const made = new TowerLink({
      ...{ known: { tower: fake.signer.address, url: fake.url, certificate: null }, book },
      ...{
        signer: createPortableSigner(new Uint8Array(32).fill(0xa1)),
        crypto: portableCrypto,
        domain: DOMAIN,
      },
      lanes: () => lanes,
      unpaid: () => unpaid,
      after: (ms, then) => {
        const timer = { ms, then };
        timers.push(timer);
        return () => void (timers = timers.filter((one) => one !== timer));
      },
      onNewer: (channel) => newer.push(channel),
      onReach: (problem) => reached.push(problem),
    });
    links.push(made);
    return made;
  }

  function lane(salt: bigint, seq: number, token = ZERO_ADDRESS): Guardable {
    const params: Params = {
      ...{ ownerA: address("a1"), ownerB: address("b1"), signerA: address("a2"), signerB: address("b2") },
      ...{ token, challengePeriod: 60, recoveryPeriod: 0, salt },
    };
    const channel = channelId(portableCrypto, paramsId(portableCrypto, DOMAIN, params), 1);
    const head = () => ({ seq, ack: 0, sent: BigInt(seq), locksRoot: ZERO_WORD as LocksRoot });
    return { channel, params, life: 1, side: "A", seq, signature: SIGNED, reserve: RESERVE, head };
  }

  /** Lets the next timer of so many milliseconds go off. */
  function pass(ms: number): void {
    const timer = timers.find((one) => one.ms === ms);
    if (timer === undefined)
      throw new Error(`no timer of ${ms} ms, but of ${timers.map((one) => one.ms).join(", ")}`);
    timers = timers.filter((one) => one !== timer);
    timer.then();
  }

  /** The event loop turns until it is so: what is asked of the tower goes over a socket. */
  async function until(what: string, isSo: () => boolean): Promise<void> {
    for (let turns = 0; !isSo(); turns++) {
      if (turns > 100_000) throw new Error(`waited in vain for ${what}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  const seqs = () => fake.brought.map(({ state }) => state.seq);
  async function bringAll(): Promise<void> {
    link.wake();
    pass(250);
    await until("the tower to have all", () => link.view.behind === 0 && link.view.info !== null);
  }

  it("brings the newest state of each channel, with what the tower asks for, and says how far it is", async () => {
    lanes = [lane(1n, 5), lane(2n, 9)];
    expect(link.view).to.include({ guarded: 0, behind: 2, lastReceipt: null });
    await bringAll();
    expect(seqs().sort()).to.deep.equal([5, 9]);
    expect(link.view).to.include({ guarded: 2, behind: 0, lastReceipt: 77, problem: null });
    lanes = [lane(1n, 6), lane(2n, 9)];
    await bringAll();
    expect(seqs().slice(2)).to.deep.equal([6]);
  });

  it("has one state of a channel under way, and skips those that are not the newest when it has come", async () => {
    let release: (said: Said | null) => void = () => undefined;
    fake.say = () => new Promise((resolve) => (release = resolve));
    lanes = [lane(1n, 1)];
    link.wake();
    pass(250);
    await until("the first", () => fake.brought.length === 1);
    for (const seq of [2, 3, 4]) {
      lanes = [lane(1n, seq)];
      link.wake();
      link.wake();
      expect(timers.filter(({ ms }) => ms === 250)).to.have.lengthOf(1);
      pass(250);
    }
    fake.say = () => null;
    release(null);
    await until("the receipt", () => timers.some(({ ms }) => ms === 250));
    pass(250);
    await until("the newest", () => link.view.behind === 0);
    expect(seqs()).to.deep.equal([1, 4]);
  });

  it("brings nothing again after a restart that the tower has a receipt for", async () => {
    lanes = [lane(1n, 5)];
    await bringAll();
    link.stop();
    link = connect();
    lanes = [lane(1n, 5), lane(2n, 3)];
    expect(link.view).to.include({ guarded: 1, behind: 1, lastReceipt: 77 });
    await bringAll();
    expect(seqs()).to.deep.equal([5, 3]);
  });

  it("waits longer each time that the tower does not answer, and begins anew when it has", async () => {
    await fake.stop();
    lanes = [lane(1n, 5)];
    link.wake();
    pass(250);
    for (const ms of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
      await until("the end of a try", () => timers.some((one) => one.ms === ms));
      link.wake();
      expect(
        timers.map((one) => one.ms),
        "it is not woken meanwhile",
      ).to.deep.equal([ms]);
      pass(ms);
      pass(250);
    }
    await until("the end of a try", () => timers.some((one) => one.ms === 60_000));
    expect(reached.map((problem) => problem?.code)).to.deep.equal(["tower_unreachable"]);
    await fake.start();
    pass(60_000);
    await bringAll();
    expect(reached.map((problem) => problem?.code ?? null)).to.deep.equal(["tower_unreachable", null]);
    fake.say = () => refusal(429, "too_fast", { seconds: "7" });
    lanes = [lane(1n, 6)];
    link.wake();
    pass(250);
    await until("the end of a try", () => timers.some((one) => one.ms === 7000));
  });

  it("leaves out for a minute what the tower refuses, and goes on with the rest", async () => {
    const [bad, good] = [lane(1n, 5), lane(2n, 5)];
    fake.say = ({ params }) => (params.salt === 1n ? refusal(429, "too_many_channels") : null);
    lanes = [bad, good];
    link.wake();
    pass(250);
    await until("both answers", () => link.view.refused.size === 1 && link.view.guarded === 1);
    expect([...link.view.refused]).to.deep.equal([[bad.channel, "too_many_channels"]]);
    expect([link.view.behind, newer]).to.deep.equal([0, []]);
    fake.say = () => null;
    lanes = [bad, lane(2n, 6)];
    await bringAll();
    expect(fake.brought.map(({ params }) => params.salt)).to.have.members([1n, 2n, 2n]);
    pass(60_000);
    await bringAll();
    expect(link.view).to.include({ guarded: 2, behind: 0 });
  });

  it("says so if the tower holds a newer state, or another of the same number", async () => {
    const [first, second] = [lane(1n, 5), lane(2n, 5)];
    fake.say = ({ params }) => refusal(409, params.salt === 1n ? "not_newer" : "state_taken");
    lanes = [first, second];
    link.wake();
    pass(250);
    await until("both answers", () => newer.length === 2);
    expect(newer.sort()).to.deep.equal([first.channel, second.channel].sort());
  });

  it("[CL-6] promises the least reward that the tower asks for, and no more than the reserve", async () => {
    const token = address("77");
    fake.info = { ...fake.info, rewards: { [ZERO_ADDRESS]: "20", [token]: "21" } };
    lanes = [lane(1n, 5), lane(2n, 5, token), lane(3n, 5, address("78"))];
    link.wake();
    pass(250);
    await until("the one that is taken", () => link.view.guarded === 1);
    expect(fake.brought.map(({ reward }) => reward)).to.deep.equal([RESERVE]);
    expect([...link.view.refused.values()]).to.deep.equal(["reward_above_reserve", "token_not_guarded"]);
  });

  it("hands over witnesses that are not paid for, as many as the tower takes, and takes them back", async () => {
    lanes = [lane(1n, 5)];
    const due = (byte: string) => ({ secret: `0x${byte.repeat(32)}` as Secret, before: 9 });
    unpaid = [due("01"), due("02"), due("03")];
    await bringAll();
    link.wake();
    pass(250);
    await until("the list", () => fake.lists.length === 1);
    link.wake();
    await until("another try", () => timers.some(({ ms }) => ms === 250));
    pass(250);
    unpaid = [];
    await until("the receipt", () => timers.some(({ ms }) => ms === 250));
    pass(250);
    await until("the empty list", () => fake.lists.length === 2);
    expect(fake.lists).to.deep.equal([[due("01"), due("02")], []]);
  });

  it("brings nothing to another tower that answers at its URL", async () => {
    const other = createPortableSigner(new Uint8Array(32).fill(0x72));
    Object.assign(fake, { signer: other });
    lanes = [lane(1n, 5)];
    link.wake();
    pass(250);
    await until("the answer", () => reached.length === 1);
    expect(reached[0]?.code).to.equal("tower_changed");
    expect(fake.brought).to.deep.equal([]);
  });
});
