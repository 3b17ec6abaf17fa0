import { MAX_UINT128, MAX_UINT40, MAX_UINT96, ZERO_WORD } from "../../src/protocol/checked.ts";
import { fromHex, toHex } from "../../src/protocol/bytes.ts";
import type { Crypto } from "../../src/protocol/crypto.ts";
import { weightOf } from "../../src/protocol/locks.ts";
import { enqueueLock, spendable } from "../../src/protocol/lane-own.ts";
import type { Update } from "../../src/protocol/messages.ts";
import type {
  ChainCommitment,
  ChainLock,
  HashLock,
  Hex,
  LaneLock,
  LaneState,
  Lock,
  PaymentHash,
  Secret,
  Side,
} from "../../src/protocol/types.ts";
import { pair, type Party } from "../protocol/lane-pair.ts";
import type { Dice } from "./dice.ts";

/** All that both sides ever signed in one life of a channel, and what each holds of the other. */
export interface LaneHistory {
  readonly honest: boolean;
  /** Oldest first; the first is seq 0. */
  readonly signed: Readonly<Record<Side, readonly LaneState[]>>;
  /** What each side holds of the lane that the other one signs. */
  readonly held: Readonly<Record<Side, LaneState>>;
  readonly secretOf: ReadonlyMap<PaymentHash, Secret>;
  /** Hash chains by their first link: hashing the link at place i so many times gives it. */
  readonly linksOf: ReadonlyMap<ChainCommitment, readonly Hex[]>;
}

export interface HistoryTerms {
  readonly deposits: Readonly<Record<Side, bigint>>;
  /** Expiries lie around this time. */
  readonly start: number;
  readonly challengePeriod: number;
}

export function makeHistory(dice: Dice, crypto: Crypto, terms: HistoryTerms): LaneHistory {
  const maker = new Maker(dice, crypto, terms);
  return dice.chance(65) ? maker.honest() : maker.hostile();
}

class Maker {
  readonly #dice: Dice;
  readonly #crypto: Crypto;
  readonly #terms: HistoryTerms;
  readonly #secretOf = new Map<PaymentHash, Secret>();
  readonly #linksOf = new Map<ChainCommitment, readonly Hex[]>();
  #lastLock: Lock | null = null;

  constructor(dice: Dice, crypto: Crypto, terms: HistoryTerms) {
    this.#dice = dice;
    this.#crypto = crypto;
    this.#terms = terms;
  }

  /** Two real lanes; updates arrive in order but late. */
  honest(): LaneHistory {
    const { deposits } = this.#terms;
    const dice = this.#dice;
    const reserve = dice.chance(50) ? 0n : (deposits.A + deposits.B + 99n) / 100n;
    const { ours, theirs } = pair([deposits.A, deposits.B], reserve);
    ours.fateOf = () => "dead";
    theirs.fateOf = () => "dead";
    const ends: Record<Side, Party> = { A: ours, B: theirs };
    const links: Record<Side, Update[]> = { A: [], B: [] };
    const signed: Record<Side, LaneState[]> = { A: [ours.own.newest], B: [theirs.own.newest] };
    for (let left = 10 + dice.below(60); left > 0; left--) {
      const by: Side = dice.chance(50) ? "A" : "B";
      const end = ends[by];
      const peer = ends[by === "A" ? "B" : "A"];
      const act = dice.below(4);
      if (act === 0) this.#spend(end);
      else if (act === 1) this.#resolve(end, peer);
      else if (act === 2) {
        const made = end.tryMake();
        if (made === null) continue;
        links[by].push(made.update);
        signed[by].push(end.own.newest);
      } else {
        const update = links[by].shift();
        if (update !== undefined) peer.accept(update);
      }
    }
    const held = { A: ours.held.newest, B: theirs.held.newest };
    return { honest: true, signed, held, secretOf: this.#secretOf, linksOf: this.#linksOf };
  }

  /** Signed by somebody who follows no rule. */
  hostile(): LaneHistory {
    // Where both lanes are as high as can be written down, what is won on top must change nothing.
    const hugeShare = this.#dice.chance(20) ? 70 : 10;
    const signed = { A: this.#anyLane(hugeShare), B: this.#anyLane(hugeShare) };
    const held = { A: this.#dice.pick(signed.B), B: this.#dice.pick(signed.A) };
    return { honest: false, signed, held, secretOf: this.#secretOf, linksOf: this.#linksOf };
  }

  #anyLane(hugeShare: number): readonly LaneState[] {
    const states: LaneState[] = [{ seq: 0, sent: 0n, ack: 0, locks: [] }];
    const newest = 1 + this.#dice.below(5);
    for (let seq = 1; seq <= newest; seq++) states.push(this.#anyState(seq, hugeShare));
    // The same seq again: a contradiction.
    if (this.#dice.chance(50)) states.push(this.#anyState(this.#dice.pick(states).seq, hugeShare));
    return states;
  }

  #anyState(seq: number, hugeShare: number): LaneState {
    const dice = this.#dice;
    const { A, B } = this.#terms.deposits;
    const sent = dice.chance(hugeShare) ? MAX_UINT128 - BigInt(dice.below(3)) : dice.amount(A + B);
    const locks = Array.from({ length: dice.chance(60) ? dice.below(4) : 0 }, (_, index): LaneLock => {
      const amount = dice.chance(15) ? dice.amount(MAX_UINT96) : dice.amount((A + B) / 2n);
      return { id: index + 1, lock: this.#lock(amount) };
    });
    // Low, so that others acknowledge less than it declares and the close is taken.
    return { seq, sent, ack: dice.chance(60) ? 0 : dice.below(4), locks };
  }

  /** Sometimes the same lock again [LOCK-2], or one whose secret is the word that no witness may be. */
  #lock(amount: bigint): Lock {
    const dice = this.#dice;
    if (this.#lastLock !== null && dice.chance(10)) return { ...this.#lastLock, amount };
    this.#lastLock = dice.chance(35) ? this.#chainLock(amount) : this.#hashLock(amount);
    return this.#lastLock;
  }

  /** Of a short chain, several locks on one; now and then with terms that pay nothing, or all at once. */
  #chainLock(amount: bigint): ChainLock {
    const dice = this.#dice;
    const chains = [...this.#linksOf.keys()];
    const commitment = chains.length > 0 && dice.chance(60) ? dice.pick(chains) : this.#newChain();
    const unit = dice.pick([
      0n,
      1n,
      amount / 9n + 1n,
      amount / 9n + 1n,
      amount / 5n + 1n,
      amount / 2n + 1n,
      MAX_UINT96,
    ]);
    const start = dice.chance(3) ? MAX_UINT40 : dice.chance(70) ? 0 : dice.below(4);
    // Many outlive the deadline, so that what they are worth grows between settlements.
    const expiry = this.#expiry() + (dice.chance(80) ? 12 * this.#terms.challengePeriod : 0);
    return { kind: "chain", amount, expiry: Math.min(expiry, MAX_UINT40), commitment, unit, start };
  }

  #newChain(): ChainCommitment {
    const links = [this.#dice.word<Hex>()];
    for (let left = 1 + this.#dice.below(7); left > 0; left--) {
      links.unshift(toHex(this.#crypto.keccak256(fromHex(links[0] ?? ZERO_WORD)), 32));
    }
    const commitment = links[0] as ChainCommitment;
    this.#linksOf.set(commitment, links);
    return commitment;
  }

  #hashLock(amount: bigint): HashLock {
    const dice = this.#dice;
    const secret = dice.chance(3) ? (ZERO_WORD as Secret) : dice.word<Secret>();
    const hash = toHex<PaymentHash>(this.#crypto.sha256(fromHex(secret)), 32);
    this.#secretOf.set(hash, secret);
    return { kind: "hash", amount, expiry: this.#expiry(), hash };
  }

  #expiry(): number {
    const dice = this.#dice;
    if (dice.chance(3)) return dice.chance(50) ? 0 : MAX_UINT40;
    const { start, challengePeriod } = this.#terms;
    return start + dice.below(4 * challengePeriod + 20);
  }

  #spend(end: Party): void {
    const { free, weight } = spendable(end.own, end.held, end.ownTerms);
    const amount = this.#dice.chance(30) ? free : free / BigInt(2 + this.#dice.below(8));
    if (this.#dice.chance(40)) end.pay(amount);
    else {
      const lock = this.#lock(amount);
      if (weightOf(lock) <= weight) end.own = enqueueLock(end.own, lock, new Uint8Array(3)).own;
    }
  }

  /** A lock may be dropped only if its payee has it and gives it back. */
  #resolve(payer: Party, payee: Party): void {
    const { locks } = payer.own.newest;
    if (locks.length === 0) return;
    const { id } = this.#dice.pick(locks);
    if (this.#dice.chance(40)) return;
    const how = this.#dice.pick(["win", "drop", "expire"] as const);
    if (how === "drop") payee.giveBack(id);
    if (how !== "drop" || payee.held.failing.includes(id)) payer.resolve(how, id);
  }
}
