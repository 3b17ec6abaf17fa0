import { toHex } from "../../src/protocol/bytes.ts";
import type { ClosingRecord } from "../../src/protocol/chain-facts.ts";
import { MAX_UINT128 } from "../../src/protocol/checked.ts";
import {
  answerDigest,
  closeIntentDigest,
  cooperativeCloseDigest,
  laneDigest,
  resizeDigest,
} from "../../src/protocol/eip712.ts";
import { otherSide } from "../../src/protocol/identity.ts";
import { MAX_LOCK_WEIGHT } from "../../src/protocol/lane.ts";
import { bodyOf, headOf, packLocks, weightOf } from "../../src/protocol/locks.ts";
import { MAX_RECORDED } from "../../src/protocol/registry.ts";
import type {
  Address,
  ChainCommitment,
  Digest,
  Hex,
  LaneHead,
  LaneState,
  LocksRoot,
  PaymentHash,
  Secret,
  Side,
  Signature,
} from "../../src/protocol/types.ts";
import { type ChannelCall, type Intent, LISTS, type ListsToShow, type Role } from "./channel-calls.ts";
import { type CallContext, chooseList, EMPTY_RECORD, TOWER } from "./call-context.ts";
import type { Dice } from "./dice.ts";
import { channelOf, type TwinState } from "./twin-state.ts";

/** Makes random calls, most of them good ones. */
export class CallMaker {
  readonly #dice: Dice;
  readonly #ctx: CallContext;

  constructor(dice: Dice, ctx: CallContext) {
    this.#dice = dice;
    this.#ctx = ctx;
  }

  close(state: TwinState, time: number): ChannelCall {
    const dice = this.#dice;
    const { history } = this.#ctx;
    const { phase } = state;
    const humbly = phase.kind === "closing" && phase.record.humble ? phase.record : null;
    const side: Side =
      humbly !== null && dice.chance(85) ? otherSide(humbly.closer) : dice.chance(50) ? "A" : "B";
    const isLong = dice.chance(4);
    const own = isLong ? this.#longState(time) : this.#ownState(side);
    const theirs = isLong
      ? NOTHING
      : dice.chance(65)
        ? history.held[side]
        : dice.pick(history.signed[otherSide(side)]);
    this.#keep(own);
    const head = this.#keep(theirs);
    const posted = packLocks(dice.chance(3) ? own.locks.slice(1) : own.locks);
    const { life } = state;
    const signature = this.#laneSignature(otherSide(side), life, head);
    const intent = humbly !== null || dice.chance(40) ? this.#intent(state, side, own, head, time) : null;
    return {
      kind: "close",
      by: (intent?.signature ?? null) === null ? this.#roleOf(side, 3) : this.#anyRole(),
      intent,
      life: this.#life(life),
      own,
      theirs: head,
      signature,
      posted: isLong ? packLocks(own.locks) : posted,
    };
  }

  /** To close humbly, to replace a humble close, or to let anybody send it. */
  #intent(state: TwinState, side: Side, own: LaneState, theirs: LaneHead, time: number): Intent {
    const dice = this.#dice;
    const { terms } = this.#ctx;
    const { phase, life } = state;
    const isHumble = phase.kind === "closing" && phase.record.humble;
    const humble = dice.chance(isHumble ? 10 : terms.params.recoveryPeriod === 0 ? 10 : 70);
    const record = this.#recordFor(phase.kind === "closing" ? phase.record : EMPTY_RECORD);
    const validUntil = time + (dice.chance(90) ? dice.below(100) : -1);
    const message = {
      channel: channelOf(terms, dice.chance(3) ? life + 1 : life),
      ownSeq: own.seq,
      ownBody: bodyOf(terms.crypto, headOf(terms.crypto, own)),
      theirSeq: theirs.seq,
      theirBody: bodyOf(terms.crypto, theirs),
      humble,
      validUntil,
    };
    const digest = closeIntentDigest(terms.crypto, terms.domain, message);
    return { record, humble, validUntil, signature: dice.chance(50) ? this.#sign(side, digest) : null };
  }

  /** The newest, an older one, or one that was never signed. */
  #ownState(side: Side): LaneState {
    const dice = this.#dice;
    const signed = this.#ctx.history.signed[side];
    const newest = signed.at(-1) ?? NOTHING;
    if (dice.chance(40)) return newest;
    const one = dice.pick(signed);
    return dice.chance(70) ? one : this.#bent(one);
  }

  /** As long as a list may be, or one longer [LOCK-3]. */
  #longState(time: number): LaneState {
    if (this.#dice.chance(30)) return this.#longChainState(time);
    const length = MAX_LOCK_WEIGHT + (this.#dice.chance(30) ? 1 : 0);
    const known = [...this.#ctx.history.secretOf.keys()];
    const hash = known.length === 0 ? this.#dice.word<PaymentHash>() : this.#dice.pick(known);
    const expiry = time + 2 * this.#ctx.terms.params.challengePeriod;
    const locks = Array.from({ length }, (_, index) => ({
      id: index + 1,
      lock: { kind: "hash" as const, amount: index % 100 === 0 ? 1n : 0n, expiry, hash },
    }));
    return { seq: 9, sent: 1n, ack: 0, locks };
  }

  #longChainState(time: number): LaneState {
    const commitment = [...this.#ctx.history.linksOf.keys()].at(-1) ?? this.#dice.word<ChainCommitment>();
    const expiry = time + 2 * this.#ctx.terms.params.challengePeriod;
    const lock = { kind: "chain", amount: 2n, expiry, commitment, unit: 1n, start: 0 } as const;
    const length = MAX_LOCK_WEIGHT / weightOf(lock) + (this.#dice.chance(30) ? 1 : 0);
    return { seq: 9, sent: 1n, ack: 0, locks: Array.from({ length }, (_, at) => ({ id: at + 1, lock })) };
  }

  #bent(state: LaneState): LaneState {
    const dice = this.#dice;
    switch (dice.below(5)) {
      case 0:
        return { ...state, sent: state.sent === MAX_UINT128 ? 0n : state.sent + 1n };
      case 1:
        return { ...state, ack: state.ack + 1 };
      case 2:
        return { ...state, seq: state.seq + 1 + dice.below(3) };
      case 3:
        return { ...state, locks: state.locks.slice(1) };
      default:
        return { ...state, sent: dice.amount(state.sent), ack: dice.below(state.ack + 1) };
    }
  }

  answer(state: TwinState, record: ClosingRecord): ChannelCall {
    const dice = this.#dice;
    const { closer } = record;
    const { terms } = this.#ctx;
    const signed = this.#ctx.history.signed[closer];
    const lowest = Math.max(record.theirs.ack, record.answered.seq + 1);
    const useful = signed.filter(({ seq }) => seq >= lowest && seq !== record.own.seq);
    const one = dice.pick(useful.length > 0 && dice.chance(70) ? useful : signed);
    const shown = this.#keep(dice.chance(85) ? one : this.#bent(one));
    // A root that nobody can open.
    const head = dice.chance(4) ? { ...shown, locksRoot: dice.word<LocksRoot>() } : shown;
    const { life } = state;
    const signature = this.#laneSignature(closer, life, head);
    const call = {
      kind: "answer" as const,
      by: this.#roleOf(otherSide(closer), 5),
      life: this.#life(life),
      record: this.#recordFor(record),
      state: head,
      signature,
    };
    if (!dice.chance(30)) return { ...call, tower: null };
    const { A, B } = record.deposits;
    const reward = dice.amount(dice.chance(50) ? (A + B) / 50n : A + B);
    const address = dice.chance(90) ? TOWER : (`0x${"0".repeat(40)}` as Address);
    const consented = {
      channel: channelOf(terms, life),
      seq: head.seq,
      body: bodyOf(terms.crypto, head),
      tower: address,
      reward,
    };
    const consent = this.#sign(otherSide(closer), answerDigest(terms.crypto, terms.domain, consented));
    return { ...call, by: this.#anyRole(), tower: { address, reward, consent } };
  }

  record(): ChannelCall {
    const dice = this.#dice;
    const known = [...this.#ctx.history.secretOf.values()];
    const size = dice.chance(50) ? 1 : 1 + dice.below(6);
    const secrets = Array.from({ length: size }, () =>
      known.length === 0 || dice.chance(10) ? dice.word<Secret>() : dice.pick(known),
    );
    const long = dice.chance(1) ? Array.from({ length: MAX_RECORDED }, () => dice.word<Secret>()) : secrets;
    const again = this.#ctx.recorded.length > 0 && dice.chance(10) ? dice.pick(this.#ctx.recorded) : long;
    this.#ctx.recorded.push(again);
    return { kind: "record", by: this.#anyRole(), secrets: again };
  }

  /** Often further than before; now and then of another chain, or with a wrong number. */
  recordChain(state: TwinState): ChannelCall | null {
    const dice = this.#dice;
    const { linksOf } = this.#ctx.history;
    if (linksOf.size === 0) return null;
    const { phase } = state;
    const locked = phase.kind === "closing" ? Object.values(phase.remaining).flat() : [];
    const open = locked.flatMap(({ lock }) => (lock.kind === "chain" ? [lock.commitment] : []));
    const commitment = dice.pick(open.length > 0 && dice.chance(80) ? open : [...linksOf.keys()]);
    const links = linksOf.get(commitment) ?? [];
    const known = state.chains.get(commitment) ?? [];
    const next = (known.at(-1)?.index ?? 0) + 1;
    const index = dice.chance(70) ? next + dice.below(2) : dice.below(links.length);
    const witness = links[Math.min(index, links.length - 1)] ?? dice.word<Hex>();
    const hint = dice.chance(60) ? known.length : dice.below(known.length + 2);
    const named = dice.chance(2) ? 4097 : index;
    return { kind: "recordChain", by: this.#anyRole(), commitment, index: named, witness, hint };
  }

  settle(state: TwinState, record: ClosingRecord): ChannelCall {
    const dice = this.#dice;
    const { phase, life } = state;
    const remaining = phase.kind === "closing" ? phase.remaining : { own: [], theirs: [], answered: [] };
    const [own, theirs, answered] = LISTS.map((name) =>
      chooseList(dice, this.#ctx, remaining[name], state.chains),
    );
    const lists: ListsToShow = { own: own ?? null, theirs: theirs ?? null, answered: answered ?? null };
    const surplus = dice.chance(3) ? [dice.word<Hex>()] : [];
    return {
      kind: "settle",
      by: this.#anyRole(),
      life: this.#life(life),
      record: this.#recordFor(record),
      lists,
      surplus,
    };
  }

  cooperate(state: TwinState, record: ClosingRecord | null, time: number): ChannelCall {
    const dice = this.#dice;
    const { terms } = this.#ctx;
    const { phase, life } = state;
    const closing = phase.kind === "closing" || dice.chance(5);
    const deposits = phase.kind === "open" ? phase.deposits : (record?.deposits ?? { A: 1n, B: 1n });
    const span = dice.amount(deposits.A + deposits.B);
    const transfer = dice.chance(80) ? span - deposits.B : span * 2n - deposits.A - deposits.B;
    const validUntil = time + (dice.chance(80) ? dice.below(100) : -dice.below(2));
    const channel = channelOf(terms, life);
    const digest = cooperativeCloseDigest(terms.crypto, terms.domain, { channel, transfer, validUntil });
    const signatures = { A: this.#sign("A", digest), B: this.#sign("B", digest) };
    const whileClosing = closing && record !== null;
    const how = dice.pick(whileClosing ? (["closing", "closingFor"] as const) : (["alone", "for"] as const));
    const given = this.#recordFor(record ?? EMPTY_RECORD);
    return {
      kind: "cooperate",
      how,
      by: this.#anyRole(),
      life: this.#life(life),
      record: given,
      transfer,
      validUntil,
      signatures,
    };
  }

  resize(state: TwinState, time: number): ChannelCall {
    const dice = this.#dice;
    const { terms } = this.#ctx;
    const { phase, life } = state;
    const { A, B } = phase.kind === "open" ? phase.deposits : { A: 1n, B: 1n };
    const total = A + B;
    const amount = dice.amount(total);
    const [fall, rise] = [-amount, dice.chance(50) ? 0n : dice.amount(amount)];
    const sound = dice.chance(50) ? { changeA: fall, changeB: rise } : { changeA: rise, changeB: fall };
    const wild = dice.pick([
      { changeA: -total - 1n, changeB: 0n },
      { changeA: 1n, changeB: 0n },
      { changeA: -(1n << 95n) - 1n, changeB: 1n << 95n },
      { changeA: -(1n << 255n), changeB: (1n << 255n) - 1n },
    ]);
    const changes = dice.chance(85) ? sound : wild;
    const resizes = phase.kind === "open" ? phase.resizes : 0;
    const count = dice.chance(95) ? resizes : resizes + 1;
    const validUntil = time + (dice.chance(90) ? dice.below(100) : -1);
    const message = { channel: channelOf(terms, life), count, ...changes, validUntil };
    const digest = resizeDigest(terms.crypto, terms.domain, message);
    const signatures = { A: this.#sign("A", digest), B: this.#sign("B", digest) };
    const how = dice.pick(["alone", "for"] as const);
    const by = this.#anyRole();
    return { kind: "resize", how, by, life: this.#life(life), ...changes, validUntil, signatures };
  }

  open(state: TwinState, amounts: { readonly A: bigint; readonly B: bigint }): ChannelCall {
    const life = this.#life(state.phase.kind === "open" ? state.life : state.life + 1);
    const given = this.#dice.chance(10) ? { A: 0n, B: 0n } : amounts;
    return { kind: "open", by: "stranger", life, amounts: given };
  }

  #keep(state: LaneState): LaneHead {
    const head = headOf(this.#ctx.terms.crypto, state);
    this.#ctx.lists.set(head.locksRoot, state.locks);
    return head;
  }

  #life(life: number): number {
    return this.#dice.chance(2) ? life + 1 : life;
  }

  #recordFor(record: ClosingRecord): ClosingRecord {
    if (!this.#dice.chance(6)) return record;
    const { oldRecords } = this.#ctx;
    return oldRecords.length > 0 && this.#dice.chance(70)
      ? this.#dice.pick(oldRecords)
      : { ...record, paid: { A: record.paid.A + 1n, B: record.paid.B } };
  }

  #anyRole(): Role {
    return this.#dice.pick(["ownerA", "ownerB", "signerA", "signerB", "stranger"] as const);
  }

  #roleOf(side: Side, otherShare: number): Role {
    if (this.#dice.chance(otherShare)) return this.#anyRole();
    return `${this.#dice.pick(["owner", "signer"] as const)}${side}`;
  }

  /** Now and then by the wrong key, for another life, or no signature at all. */
  #laneSignature(side: Side, life: number, { seq, ...rest }: LaneHead): Signature {
    const { terms } = this.#ctx;
    const named = this.#dice.chance(3) ? life + 1 : life;
    const body = bodyOf(terms.crypto, rest);
    return this.#sign(side, laneDigest(terms.crypto, terms.domain, channelOf(terms, named), seq, body));
  }

  #sign(side: Side, digest: Digest): Signature {
    if (this.#dice.chance(2)) return toHex<Signature>(new Uint8Array(64).fill(0xff), 64);
    const by = this.#dice.chance(2) ? otherSide(side) : side;
    return this.#ctx.signers[by].sign(digest);
  }
}

const NOTHING: LaneState = { seq: 0, sent: 0n, ack: 0, locks: [] };
