import { expect } from "chai";
import fc from "fast-check";
import { resend, spendable } from "../../src/protocol/lane-own.ts";
import { takeEarly } from "../../src/protocol/lane-held.ts";
import { MAX_LOCK_WEIGHT, WINDOW_STATES } from "../../src/protocol/lane.ts";
import type { Update } from "../../src/protocol/messages.ts";
import type { LaneState, LockId } from "../../src/protocol/types.ts";
import { pair, type Party, settleDown } from "./lane-pair.ts";

type Side = 0 | 1;
type Action =
  | { readonly kind: "spend"; readonly by: Side; readonly share: number; readonly as: "pay" | "lock" }
  | {
      readonly kind: "resolve";
      readonly by: Side;
      readonly pick: number;
      readonly how: "win" | "drop" | "expire";
    }
  | { readonly kind: "sign" | "deliver"; readonly by: Side }
  | { readonly kind: "reconnect" };

const side = fc.constantFrom<Side>(0, 1);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("spend" as const),
      by: side,
      share: fc.integer({ min: 1, max: 4 }),
      as: fc.constantFrom("pay" as const, "lock" as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("resolve" as const),
      by: side,
      pick: fc.nat(),
      how: fc.constantFrom("win" as const, "drop" as const, "expire" as const),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("sign" as const), by: side }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("deliver" as const), by: side }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reconnect" as const) }) },
);

/** Two honest ends, a link in each direction that keeps the order and may break, and all that was ever signed. */
class World {
  readonly ends: readonly [Party, Party];
  readonly links: [Update[], Update[]] = [[], []];
  readonly signed: [LaneState[], LaneState[]] = [[], []];
  readonly #deposits: readonly [bigint, bigint];
  readonly #reserve: bigint;

  constructor(deposits: readonly [bigint, bigint], reserve: bigint) {
    const { ours, theirs } = pair(deposits, reserve);
    ours.fateOf = () => "dead";
    theirs.fateOf = () => "dead";
    this.ends = [ours, theirs];
    this.#deposits = deposits;
    this.#reserve = reserve;
    this.signed = [[ours.own.newest], [theirs.own.newest]];
  }

  run(step: Action): void {
    switch (step.kind) {
      case "spend":
        this.#spend(this.ends[step.by], step.share, step.as);
        return;
      case "resolve":
        this.#resolve(step.by, step.pick, step.how);
        return;
      case "sign":
        this.#sign(step.by);
        return;
      case "deliver":
        this.#deliver(step.by);
        return;
      case "reconnect":
        this.#reconnect();
        return;
    }
  }

  #spend(end: Party, share: number, as: "pay" | "lock"): void {
    const { free, weight } = spendable(end.own, end.held, end.ownTerms);
    const amount = share === 4 ? free : free / BigInt(share * 2);
    if (as === "pay") end.pay(amount);
    else if (weight > 0) end.lock(amount, 1, 5);
  }

  /** A lock may be dropped only if its payee has it and gives it back; then the payer hears of it. */
  #resolve(by: Side, pick: number, how: "win" | "drop" | "expire"): void {
    const [payer, payee] = [this.ends[by], this.ends[by === 0 ? 1 : 0]];
    const ids = payer.own.newest.locks.map(({ id }) => id);
    const id: LockId | undefined = ids[pick % Math.max(ids.length, 1)];
    if (id === undefined) return;
    if (how === "drop") payee.giveBack(id);
    if (how !== "drop" || payee.held.failing.includes(id)) payer.resolve(how, id);
  }

  #sign(by: Side): void {
    const end = this.ends[by];
    const made = end.tryMake();
    if (made === null) return;
    this.links[by].push(made.update);
    this.signed[by].push(end.own.newest);
  }

  #deliver(by: Side): void {
    const update = this.links[by].shift();
    if (update !== undefined) this.ends[by === 0 ? 1 : 0].accept(update);
  }

  #reconnect(): void {
    for (const by of [0, 1] as const) {
      const peer = this.ends[by === 0 ? 1 : 0];
      const missing = resend(this.ends[by].own, peer.held.newest.seq);
      if (missing.kind !== "updates") throw new Error(`nobody lost data, but: ${missing.kind}`);
      this.links[by] = [...missing.updates];
    }
  }

  /** The rules of a lane, checked the slow way on all that was ever signed. What drops add, the payee's own check sees. */
  check(): void {
    for (const by of [0, 1] as const) {
      const other = by === 0 ? 1 : 0;
      let bound = this.#deposits[by] >= this.#reserve;
      let last = this.signed[by][0];
      for (const state of this.signed[by].slice(1)) {
        if (last === undefined) throw new Error("seq 0 is there");
        expect(state.seq).to.equal(last.seq + 1);
        expect(state.sent >= last.sent && state.ack >= last.ack, "sent and ack only grow").to.equal(true);
        const income = this.signed[other][state.ack]?.sent ?? -1n;
        const locked = state.locks.reduce((sum, { lock }) => sum + lock.amount, 0n);
        const left = this.#deposits[by] + income - state.sent - locked;
        expect(left >= (bound ? this.#reserve : 0n), `lane ${by} at ${state.seq} has ${left}`).to.equal(true);
        bound ||= left >= this.#reserve;
        expect(state.locks.length).to.be.at.most(MAX_LOCK_WEIGHT);
        last = state;
      }
      expect(this.ends[by].own.reserveBinds).to.equal(bound);
      const { own } = this.ends[by];
      expect(own.tail.filter(({ update }) => update.changes.length > 0).length).to.be.at.most(WINDOW_STATES);
    }
  }
}

describe("two honest ends of a channel", function () {
  // Hundreds of runs: how long they take depends on the machine and is no finding.
  this.timeout(60_000);

  it("[LANE-1] [LANE-2] [LANE-3] [O3] never sign what the other refuses, whatever the order and however often the link breaks", () => {
    const deposits = fc.tuple(fc.bigInt({ min: 0n, max: 1000n }), fc.bigInt({ min: 0n, max: 1000n }));
    const reserve = fc.bigInt({ min: 0n, max: 50n });
    fc.assert(
      fc.property(
        deposits,
        reserve,
        fc.array(action, { maxLength: 120, size: "max" }),
        (brought, kept, actions) => {
          const world = new World(brought, kept);
          for (const step of actions) world.run(step);
          world.check();
          for (const by of [0, 1] as const)
            while (world.links[by].length > 0) world.run({ kind: "deliver", by });
          const [ours, theirs] = world.ends;
          settleDown(ours, theirs);
          for (const [payer, payee] of [
            [ours, theirs],
            [theirs, ours],
          ] as const) {
            expect(payee.held.newest).to.deep.equal(payer.own.newest);
            expect(payee.held).to.deep.include({ locked: payer.own.locked, weight: payer.own.weight });
            expect(payee.held.reserveBinds).to.equal(payer.own.reserveBinds);
            expect(payer.own.acked.locks).to.deep.equal(payer.own.newest.locks);
            expect([payer.own.unackedDrops, payer.own.queuedSpend, payer.own.queuedWeight]).to.deep.equal([
              0n,
              0n,
              0,
            ]);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it("[LANE-1] reach the same state if updates come in any order", () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
        fc.infiniteStream(fc.nat()),
        (kinds, picks) => {
          const { ours, theirs } = pair();
          const updates = kinds.map((isLock, index) => {
            if (isLock) ours.lock(1n, index);
            else ours.pay(1n, index);
            return ours.make();
          });
          while (updates.length > 0) {
            const [update] = updates.splice(picks.next().value % updates.length, 1);
            if (update !== undefined) receiveAll(theirs, update);
          }
          expect(theirs.held.newest).to.deep.equal(ours.own.newest);
          expect(theirs.held.early).to.deep.equal([]);
        },
      ),
    );
  });
});

function receiveAll(party: Party, first: Update): void {
  let update: Update | undefined = first;
  while (update !== undefined) {
    party.receive(update);
    const next = takeEarly(party.held);
    if (next !== null) party.held = next.held;
    update = next?.update;
  }
}
