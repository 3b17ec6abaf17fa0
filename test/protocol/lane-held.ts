import { expect } from "chai";
import { laneDigest } from "../../src/protocol/eip712.ts";
import { bodyOf, locksRoot, stateBody } from "../../src/protocol/locks.ts";
import { MAX_BASES, MAX_EARLY_UPDATES, MAX_LOCK_WEIGHT } from "../../src/protocol/lane.ts";
import { describeRefusal, heldProof, retryWaiting, takeEarly } from "../../src/protocol/lane-held.ts";
import type { Change, Update } from "../../src/protocol/messages.ts";
import type { LaneLock, LockId, Signature } from "../../src/protocol/types.ts";
import { MAX_PACKET_BYTES } from "../../src/protocol/wire-change.ts";
import { fastCrypto, fastSigner } from "./fast-crypto.ts";
import {
  addressOf,
  CHANNEL,
  DOMAIN,
  EXPIRY,
  lockOf,
  pair,
  type Party,
  settleDown,
  tagOf,
} from "./lane-pair.ts";

const PEER = addressOf(0xbb);

/** Signs as the peer whatever a test wants, lawful or not: the body is said, not computed. */
function forge(
  fields: Pick<Update, "base" | "seq"> & Partial<Update>,
  body: { readonly sent: bigint; readonly locks?: readonly LaneLock[] },
  by = PEER,
): Update {
  const ack = fields.ack ?? 0;
  const root = locksRoot(fastCrypto, body.locks ?? []);
  const signed = bodyOf(fastCrypto, { sent: body.sent, ack, locksRoot: root });
  const digest = laneDigest(fastCrypto, DOMAIN, CHANNEL, fields.seq, signed);
  return {
    kind: "update",
    channel: CHANNEL,
    changes: [],
    signature: fastSigner(by).sign(digest),
    ...fields,
    ack,
  };
}

function pays(...amounts: readonly bigint[]): Change[] {
  return amounts.map((amount) => ({ kind: "pay", amount, tag: tagOf(Number(amount)) }));
}

/** The peer's lane after it paid 10 and 20 in two states, which we hold. */
function afterTwo(): { readonly ours: Party; readonly theirs: Party } {
  const both = pair();
  both.ours.accept(both.theirs.pay(10n, 10).make());
  both.ours.accept(both.theirs.pay(20n, 20).make());
  return both;
}

/** The peer's lane with one lock of 100 that we hold and both have acknowledged. */
function afterLock(expiry = EXPIRY): { readonly ours: Party; readonly theirs: Party; readonly id: LockId } {
  const both = pair();
  const id = both.theirs.lock(100n, 1, expiry);
  settleDown(both.theirs, both.ours);
  return { ...both, id };
}

describe("lane of the payee: signature and order [LANE-1]", () => {
  it("[LANE-1] accepts what the peer signed and tells what took effect", () => {
    const { ours, theirs } = pair();
    theirs.pay(10n, 10).lock(50n);
    const { effects } = ours.accept(theirs.make());
    expect(effects).to.deep.equal([
      { kind: "pay", amount: 10n, tag: tagOf(10) },
      { kind: "add", id: 1, lock: lockOf(50n), packet: new Uint8Array(3) },
    ]);
    expect(ours.held).to.deep.include({ changedAt: 1, locked: 50n, weight: 1, lastLockId: 1 });
    expect(ours.held.newest).to.deep.equal(theirs.own.newest);
  });

  it("[LANE-4] drops what the peer's signer did not sign, whatever else is wrong with it", () => {
    const { ours } = afterTwo();
    const before = ours.held;
    const stranger = addressOf(0xee);
    const good = { base: 2, seq: 3, changes: pays(5n) };
    expect(ours.receive(forge(good, { sent: 35n }, stranger))).to.deep.equal({
      kind: "forged",
      why: "wrong_signer",
    });
    expect(ours.receive(forge(good, { sent: 36n }))).to.deep.equal({ kind: "forged", why: "wrong_signer" });
    expect(ours.receive(forge({ ...good, ack: 9 }, { sent: 35n }, stranger)).kind).to.equal("forged");
    const broken = { ...forge(good, { sent: 35n }), signature: `0x${"11".repeat(64)}` as Signature };
    expect(ours.receive(broken)).to.deep.equal({ kind: "forged", why: "wrong_signer" });
    expect(ours.held).to.equal(before);
  });

  it("[I7] takes no signature for another channel", () => {
    const { ours, theirs } = pair();
    theirs.ownTerms = { ...theirs.ownTerms, channel: `0x${"c2".repeat(32)}` as typeof CHANNEL };
    expect(ours.receive(theirs.pay(1n).make())).to.deep.equal({ kind: "forged", why: "wrong_signer" });
  });

  it("[LANE-1] drops a seq that is not above the last accepted", () => {
    const { ours, theirs } = afterTwo();
    const [first, second] = theirs.own.tail.map(({ update }) => update);
    expect(ours.receive(second ?? theirs.make())).to.deep.equal({ kind: "ignored", why: "old" });
    expect(ours.receive(first ?? theirs.make())).to.deep.equal({ kind: "ignored", why: "old" });
  });

  it("[LANE-1] holds an update whose base is unknown until it arrives", () => {
    const { ours, theirs } = pair();
    const updates = [1n, 2n, 3n, 4n].map((amount) => theirs.pay(amount, Number(amount)).make());
    const [first, second, third, fourth] = updates;
    if (!first || !second || !third || !fourth) throw new Error("four updates");
    expect(ours.receive(fourth).kind).to.equal("early");
    expect(ours.receive(second).kind).to.equal("early");
    expect(ours.receive(fourth).kind, "kept once").to.equal("early");
    expect(takeEarly(ours.held)).to.equal(null);
    ours.accept(first);
    const taken = takeEarly(ours.held);
    expect(taken?.update).to.equal(second);
    ours.held = taken?.held ?? ours.held;
    ours.accept(second);
    expect(takeEarly(ours.held), "the third has not arrived").to.equal(null);
    ours.accept(third);
    expect(takeEarly(ours.held)?.update).to.equal(fourth);
    expect(takeEarly(ours.held)?.held.early).to.deep.equal([]);
  });

  it("[LANE-1] holds at most 64 such updates", () => {
    const { ours } = pair();
    const early = (seq: number): Update => forge({ base: seq - 1, seq }, { sent: 0n });
    for (let i = 0; i < MAX_EARLY_UPDATES; i++) expect(ours.receive(early(i + 2)).kind).to.equal("early");
    expect(ours.receive(early(99))).to.deep.equal({ kind: "ignored", why: "too_many_early" });
    expect(ours.receive(early(2)).kind, "one of them again").to.equal("early");
  });

  it("[LANE-1] [O10] holds at most 1 MiB of them", () => {
    const { ours } = pair();
    const adds = (count: number): Change[] =>
      Array.from({ length: count }, (_, index) => ({
        kind: "add",
        id: index + 1,
        lock: lockOf(1n),
        packet: new Uint8Array(MAX_PACKET_BYTES),
      }));
    expect(ours.receive(forge({ base: 1, seq: 2, changes: adds(400) }, { sent: 0n })).kind).to.equal("early");
    const second = forge({ base: 2, seq: 3, changes: adds(98) }, { sent: 0n });
    expect(ours.receive(second)).to.deep.equal({ kind: "ignored", why: "too_many_early" });
    expect(ours.receive({ ...second, changes: adds(97) }).kind).to.equal("early");
  });

  it("[LANE-1] refuses for good an ack that fell", () => {
    const { ours, theirs } = pair();
    theirs.accept(ours.pay(1n).make());
    ours.accept(theirs.make());
    expect(ours.receive(forge({ base: 1, seq: 2, ack: 0, changes: pays(5n) }, { sent: 5n }))).to.deep.equal({
      kind: "refused",
      refusal: { rule: "LANE-1", code: "ack_fell", ack: 0, was: 1 },
    });
  });

  it("[LANE-1] refuses for good an ack beyond what we signed, and takes our newest", () => {
    const { ours } = pair();
    ours.pay(1n).make();
    expect(ours.receive(forge({ base: 0, seq: 1, ack: 2 }, { sent: 0n }))).to.deep.equal({
      kind: "refused",
      refusal: { rule: "LANE-1", code: "ack_not_signed", ack: 2, signed: 1 },
    });
    expect(ours.receive(forge({ base: 0, seq: 1, ack: 1 }, { sent: 0n })).kind).to.equal("accepted");
  });
});

describe("lane of the payee: states that skip numbers [LANE-1]", () => {
  it("[LANE-1] takes payments that a payer attached to parallel requests, in any order", () => {
    const { ours } = afterTwo();
    const third = forge({ base: 2, seq: 3, changes: pays(3n) }, { sent: 33n });
    const fourth = forge({ base: 2, seq: 4, changes: pays(3n, 4n) }, { sent: 37n });
    const seventh = forge({ base: 1, seq: 7, changes: pays(4n, 20n, 3n, 5n) }, { sent: 42n });
    expect(ours.accept(fourth).effects).to.deep.equal(pays(3n, 4n));
    expect(ours.receive(third)).to.deep.equal({ kind: "ignored", why: "old" });
    expect(ours.accept(seventh).effects, "only what is new").to.deep.equal(pays(5n));
    expect(ours.held.newest).to.deep.equal({ seq: 7, sent: 42n, ack: 0, locks: [] });
  });

  it("[LANE-1] refuses a state that skips numbers and changes locks", () => {
    const { ours } = afterTwo();
    const changes: Change[] = [{ kind: "add", id: 1, lock: lockOf(1n), packet: new Uint8Array() }];
    const body = { sent: 30n, locks: [{ id: 1, lock: lockOf(1n) }] };
    const skip = (base: number, seq: number): Update =>
      forge({ base, seq, changes }, { ...body, sent: base === 1 ? 10n : 30n });
    expect(ours.receive(skip(2, 4))).to.deep.equal({
      kind: "refused",
      refusal: { rule: "LANE-1", code: "skip_changes_locks", seq: 4, base: 2 },
    });
    expect(ours.receive(skip(1, 3))).to.deep.include({ kind: "refused" });
    expect(ours.receive(skip(2, 3)).kind).to.equal("accepted");
  });

  it("[LANE-1] refuses a state that leaves out a payment that was accepted, or falls back in sent", () => {
    const { ours } = afterTwo();
    expect(ours.receive(forge({ base: 1, seq: 3, changes: pays(25n) }, { sent: 35n }))).to.deep.equal({
      kind: "refused",
      refusal: { rule: "LANE-1", code: "payment_lost", tag: tagOf(20), base: 1 },
    });
    expect(ours.receive(forge({ base: 1, seq: 3, changes: pays(5n) }, { sent: 15n }))).to.deep.equal({
      kind: "refused",
      refusal: { rule: "LANE-1", code: "sent_fell", sent: 15n, was: 30n },
    });
  });

  it("[LANE-3] knows no base from before the last accepted change of locks", () => {
    const { ours, theirs } = afterTwo();
    theirs.lock(5n);
    ours.accept(theirs.make());
    const late = forge({ base: 2, seq: 4, changes: pays(5n) }, { sent: 35n });
    expect(ours.receive(late)).to.deep.equal({ kind: "forged", why: "base_too_old" });
  });

  it("keeps the last 64 states as bases", () => {
    const { ours, theirs } = pair();
    for (let i = 1; i <= MAX_BASES + 5; i++) {
      ours.accept(theirs.pay(1n, i).make());
      if (i % 20 === 0) theirs.accept(ours.make());
    }
    expect(ours.held.bases.map(({ seq }) => seq)).to.deep.equal(
      Array.from({ length: MAX_BASES }, (_, i) => i + 6),
    );
    const from = (base: number): Update => forge({ base, seq: 99, ack: 3 }, { sent: BigInt(base) });
    expect(ours.receive(from(5))).to.deep.equal({ kind: "forged", why: "base_too_old" });
    expect(ours.receive(from(6))).to.deep.include({ kind: "refused" });
  });
});

describe("lane of the payee: money [LANE-2]", () => {
  it("[LANE-2] accepts up to deposit, income and reserve, and waits at one unit more", () => {
    const { ours } = pair();
    const insolvent = { rule: "LANE-2", code: "insolvent", needed: 1001n, available: 1000n } as const;
    const tooMuch = forge({ base: 0, seq: 1, changes: pays(991n) }, { sent: 991n });
    const received = ours.receive(tooMuch);
    expect(received).to.deep.include({ kind: "wait", refusal: insolvent });
    expect(ours.held.waiting).to.equal(tooMuch);
    expect(retryWaiting(ours.held, ours.view)).to.deep.include({ kind: "wait", refusal: insolvent });
    ours.heldTerms = { ...ours.heldTerms, deposit: 1001n };
    const retried = retryWaiting(ours.held, ours.view);
    expect(retried?.kind).to.equal("accepted");
    expect(retried?.kind === "accepted" && retried.held.waiting).to.equal(null);
    const fits = pair().ours;
    expect(fits.receive(forge({ base: 0, seq: 1, changes: pays(990n) }, { sent: 990n })).kind).to.equal(
      "accepted",
    );
    expect(retryWaiting(fits.held, fits.view)).to.equal(null);
  });

  it("[LANE-2] counts the locks of the list", () => {
    const locked = (amount: bigint): Update => {
      const lock = lockOf(amount);
      const changes: Change[] = [{ kind: "add", id: 1, lock, packet: new Uint8Array() }, ...pays(500n)];
      return forge({ base: 0, seq: 1, changes }, { sent: 500n, locks: [{ id: 1, lock }] });
    };
    const { ours } = pair();
    expect(ours.receive(locked(491n))).to.deep.include({
      kind: "wait",
      refusal: { rule: "LANE-2", code: "insolvent", needed: 1001n, available: 1000n },
    });
    expect(ours.receive(locked(490n)).kind).to.equal("accepted");
  });

  it("[LANE-2] [FEE-2] counts the rent of a lock as paid", () => {
    const rented = (rent: bigint): Update => {
      const lock = lockOf(500n);
      const changes: Change[] = [{ kind: "add", id: 1, lock, packet: new Uint8Array(), rent }];
      return forge({ base: 0, seq: 1, changes }, { sent: rent, locks: [{ id: 1, lock }] });
    };
    const { ours } = pair();
    expect(ours.receive(rented(491n))).to.deep.include({
      kind: "wait",
      refusal: { rule: "LANE-2", code: "insolvent", needed: 1001n, available: 1000n },
    });
    expect(ours.receive(rented(490n)).kind).to.equal("accepted");
    expect(ours.held.newest.sent).to.equal(490n);
  });

  it("[LANE-2] counts of our payments only what the state acknowledges", () => {
    const { ours } = pair();
    ours.pay(10n).make();
    ours.pay(10n).make();
    const spends = (ack: number): Update =>
      forge({ base: 0, seq: 1, ack, changes: pays(1010n) }, { sent: 1010n });
    expect(ours.receive(spends(1))).to.deep.include({
      kind: "wait",
      refusal: { rule: "LANE-2", code: "insolvent", needed: 1020n, available: 1010n },
    });
    expect(ours.receive(spends(2)).kind).to.equal("accepted");
  });

  it("[LANE-2] asks for no reserve before it binds", () => {
    const { ours } = pair([1000n, 0n], 10n);
    ours.pay(9n).make();
    ours.pay(5n).make();
    expect(ours.receive(forge({ base: 0, seq: 1, ack: 1, changes: pays(9n) }, { sent: 9n })).kind).to.equal(
      "accepted",
    );
    expect(ours.held.reserveBinds).to.equal(false);
    expect(
      ours.receive(forge({ base: 1, seq: 2, ack: 2, changes: pays(6n) }, { sent: 15n })),
    ).to.deep.include({
      refusal: { rule: "LANE-2", code: "insolvent", needed: 15n, available: 14n },
    });
    expect(ours.receive(forge({ base: 1, seq: 2, ack: 2, changes: pays(5n) }, { sent: 14n })).kind).to.equal(
      "accepted",
    );
  });

  it("[LANE-2] counts dropped locks until our own signed ack covers the removal", () => {
    const { ours, theirs, id } = afterLock();
    ours.giveBack(id);
    const removal = theirs.resolve("drop", id).make();
    ours.accept(removal);
    expect(ours.held.drops).to.deep.equal([{ seq: removal.seq, amount: 100n }]);
    const seq = removal.seq + 1;
    const spends = forge({ base: removal.seq, seq, ack: removal.ack, changes: pays(900n) }, { sent: 900n });
    expect(ours.receive(spends)).to.deep.include({
      kind: "wait",
      refusal: { rule: "LANE-2", code: "insolvent", needed: 1010n, available: 1000n },
    });
    ours.make();
    expect(retryWaiting(ours.held, ours.view)?.kind).to.equal("accepted");
  });

  it("[LOCK-3] accepts locks up to a weight of 512 and refuses the next for good", () => {
    const { ours } = pair();
    const lock = lockOf(0n);
    const add = (count: number): [Change[], LaneLock[]] => {
      const ids = Array.from({ length: count }, (_, index) => index + 1);
      const packet = new Uint8Array();
      return [ids.map((id) => ({ kind: "add", id, lock, packet })), ids.map((id) => ({ id, lock }))];
    };
    const state = (count: number): Update => {
      const [changes, locks] = add(count);
      return forge({ base: 0, seq: 1, changes }, { sent: 0n, locks });
    };
    expect(ours.receive(state(MAX_LOCK_WEIGHT + 1))).to.deep.equal({
      kind: "refused",
      refusal: { rule: "LOCK-3", code: "too_many_locks", weight: 513, limit: 512 },
    });
    expect(ours.receive(state(MAX_LOCK_WEIGHT)).kind).to.equal("accepted");
  });
});

describe("lane of the payee: changes of locks [LANE-3]", () => {
  it("[LANE-3] lets a lock be won at any time: that pays us", () => {
    const { ours, theirs, id } = afterLock();
    const { effects } = ours.accept(theirs.resolve("win", id).make());
    expect(effects).to.deep.equal([{ kind: "win", id, lock: lockOf(100n) }]);
    expect(ours.held.newest).to.deep.include({ sent: 100n, locks: [] });
    expect(ours.held).to.deep.include({ locked: 0n, weight: 0 });
  });

  it("[LANE-3] lets a lock be dropped only after we gave it back", () => {
    const { ours, theirs, id } = afterLock();
    const removal = theirs.resolve("drop", id).make();
    expect(ours.receive(removal)).to.deep.equal({
      kind: "refused",
      refusal: { rule: "LANE-3", code: "not_failed", id },
    });
    expect(ours.giveBack(77).held.failing).to.deep.equal([]);
    expect(ours.giveBack(id).giveBack(id).held.failing).to.deep.equal([id]);
    expect(ours.receive(removal).kind).to.equal("accepted");
    expect(ours.held.failing).to.deep.equal([]);
  });

  it("[LANE-3] [NODE-4] lets a lock expire once it is dead, waits before, and refuses if it was recorded in time", () => {
    const { ours, theirs, id } = afterLock();
    const removal = theirs.resolve("expire", id).make();
    expect(ours.receive(removal)).to.deep.include({
      kind: "wait",
      refusal: { rule: "LANE-3", code: "not_dead", id, expiry: EXPIRY },
    });
    ours.fateOf = () => "recorded";
    expect(retryWaiting(ours.held, ours.view)).to.deep.equal({
      kind: "refused",
      refusal: { rule: "LANE-3", code: "recorded_in_time", id },
    });
    ours.fateOf = () => "dead";
    expect(retryWaiting(ours.held, ours.view)).to.deep.include({
      kind: "accepted",
      effects: [{ kind: "expire", id, lock: lockOf(100n) }],
    });
  });

  it("[LANE-3] finds no body for changes that do not apply to the base", () => {
    const { ours, theirs, id } = afterLock();
    const { seq } = theirs.own.newest;
    const add = (lockId: number): Change => ({
      kind: "add",
      id: lockId,
      lock: lockOf(1n),
      packet: new Uint8Array(),
    });
    const why = (...changes: Change[]): unknown => {
      const received = ours.receive(forge({ base: seq, seq: seq + 1, ack: 1, changes }, { sent: 0n }));
      return received.kind === "forged" ? received.why : received;
    };
    expect(why({ kind: "win", id: 2 })).to.equal("unknown_lock");
    expect(why({ kind: "win", id }, { kind: "win", id })).to.equal("unknown_lock");
    expect(why(add(2), { kind: "win", id: 2 })).to.equal("unknown_lock");
    expect(why(add(id))).to.equal("lock_id_not_growing");
    expect(why(add(3), add(2))).to.equal("lock_id_not_growing");
    expect(why({ kind: "pay", amount: 1n << 128n, tag: tagOf(1) })).to.equal("sent_overflow");
    const self = forge({ base: seq + 1, seq: seq + 1, ack: 1 }, { sent: 0n });
    expect(ours.receive(self)).to.deep.equal({ kind: "forged", why: "base_not_below_seq" });
  });

  it("[LANE-3] uses an id once, even after its lock is gone", () => {
    const { ours, theirs, id } = afterLock();
    ours.accept(theirs.resolve("win", id).make());
    const { seq, ack } = theirs.own.newest;
    const changes: Change[] = [{ kind: "add", id, lock: lockOf(1n), packet: new Uint8Array() }];
    expect(ours.receive(forge({ base: seq, seq: seq + 1, ack, changes }, { sent: 100n }))).to.deep.equal({
      kind: "forged",
      why: "lock_id_not_growing",
    });
  });

  it("[LANE-4] lets a later state of the same base take the place of one that waits", () => {
    const { ours } = pair();
    ours.receive(forge({ base: 0, seq: 1, changes: pays(991n) }, { sent: 991n }));
    ours.accept(forge({ base: 0, seq: 2, changes: pays(900n) }, { sent: 900n }));
    expect(ours.held.waiting).to.equal(null);
  });
});

describe("lane of the payee: proofs and words", () => {
  it("proves the newest state that it holds", () => {
    const { ours, theirs } = pair();
    expect(heldProof(fastCrypto, ours.held)).to.equal(null);
    const update = theirs.pay(1n).make();
    ours.accept(update);
    const body = stateBody(fastCrypto, theirs.own.newest);
    expect(heldProof(fastCrypto, ours.held)).to.deep.equal({ seq: 1, body, signature: update.signature });
  });

  it("says each refusal in one sentence with its rule and values", () => {
    const insolvent = { rule: "LANE-2", code: "insolvent", needed: 3n, available: 2n } as const;
    expect(describeRefusal(insolvent)).to.equal("[LANE-2] the payer needs 3 and has 2");
    const early = { rule: "LANE-3", code: "not_dead", id: 4, expiry: 5 } as const;
    expect(describeRefusal(early)).to.equal("[LANE-3] lock 4 was removed before its expiry 5 was final");
  });
});
