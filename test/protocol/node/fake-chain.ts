import type {
  Checkpoint,
  ChainFact,
  ClosingRecord,
  ShownList,
  Transaction,
} from "../../../src/protocol/chain-facts.ts";
import type { Crypto } from "../../../src/protocol/crypto.ts";
import { cooperativeCloseDigest, laneDigest, resizeDigest } from "../../../src/protocol/eip712.ts";
import { channelId, otherSide, paramsId, sideOf, signerOf } from "../../../src/protocol/identity.ts";
import { judgeAnswer, judgeClose, judgeReplacing } from "../../../src/protocol/judgement.ts";
import { bodyOf, packLocks } from "../../../src/protocol/locks.ts";
import { registryKey } from "../../../src/protocol/registry.ts";
import { judgeSettle, type RecordedList, type Showing } from "../../../src/protocol/settlement.ts";
import type {
  ChainCommitment,
  ChannelId,
  Deposits,
  Domain,
  Hex,
  LaneHead,
  LaneState,
  NodeId,
  Params,
  Secret,
  Side,
  Signature,
} from "../../../src/protocol/types.ts";

const LISTS: readonly RecordedList[] = ["own", "theirs", "answered"];

interface Open {
  readonly params: Params;
  readonly life: number;
  readonly deposits: Deposits;
  readonly closing: { readonly record: ClosingRecord; readonly deadline: number } | null;
}

export interface Block {
  readonly number: number;
  readonly time: number;
  readonly facts: readonly ChainFact[];
}

type Sent<K extends Transaction["kind"]> = Extract<Transaction, { kind: K }>;

/** A chain that applies the reference judgement; what it mines is final for whoever reads it. */
export class FakeChain {
  readonly blocks: Block[] = [];
  /** What every node was paid by the ends of its channels. */
  readonly paid = new Map<NodeId, bigint>();
  readonly refused: string[] = [];
  /** All that was ever accepted, for tests to look at. */
  readonly mined: Transaction[] = [];
  time: number;
  private readonly crypto: Crypto;
  private readonly domain: Domain;
  private readonly channels = new Map<ChannelId, Open>();
  private readonly resizes = new Map<ChannelId, number>();
  private readonly registry = new Map<Hex, number>();
  private readonly checkpoints = new Map<ChainCommitment, readonly Checkpoint[]>();
  private facts: ChainFact[] = [];

  constructor(crypto: Crypto, domain: Domain, time: number) {
    this.crypto = crypto;
    this.domain = domain;
    this.time = time;
  }

  open(params: Params, deposits: Deposits, life = 1): ChannelId {
    const id = paramsId(this.crypto, this.domain, params);
    const channel = channelId(this.crypto, id, life);
    this.channels.set(channel, { params, life, deposits, closing: null });
    this.facts.push({ kind: "opened", params, paramsId: id, channel, life, deposits });
    return channel;
  }

  deposit(channel: ChannelId, side: Side, amount: bigint): void {
    const open = this.mustHave(channel);
    const deposits = { ...open.deposits, [side]: open.deposits[side] + amount };
    this.channels.set(channel, { ...open, deposits });
    this.facts.push({ kind: "deposited", channel, deposits });
  }

  /** [CL-7] As a party would that lost data; what the contract would refuse throws. */
  closeHumbly(
    channel: ChannelId,
    side: Side,
    own: LaneState,
    theirs: LaneHead,
    recoveryPeriod: number,
  ): void {
    const open = this.mustHave(channel);
    const { deposits } = open;
    const judged = judgeClose(this.crypto, { closer: side, humble: true, deposits, own, theirs });
    if (judged.kind === "refused") throw new Error(judged.refusal.code);
    const { record } = judged;
    const deadline = this.time + 1 + recoveryPeriod;
    this.channels.set(channel, { ...open, closing: { record, deadline } });
    this.facts.push({ kind: "closing", channel, record, deadline, ownLocks: packLocks(own.locks) });
  }

  /** [CL-7] The other side's ordinary close takes the place of a humble one. */
  replaceClose(channel: ChannelId, own: LaneState, theirs: LaneHead): void {
    const open = this.mustHave(channel);
    const { deposits, closing, params } = open;
    if (closing === null) throw new Error("nothing is closing");
    const by = { closer: otherSide(closing.record.closer), humble: false };
    const refusal = judgeReplacing(closing, by, this.time + 1);
    if (refusal !== null) throw new Error(refusal.code);
    const judged = judgeClose(this.crypto, { ...by, deposits, own, theirs });
    if (judged.kind === "refused") throw new Error(judged.refusal.code);
    const { record } = judged;
    const deadline = this.time + 1 + params.challengePeriod;
    this.channels.set(channel, { ...open, closing: { record, deadline } });
    this.facts.push({ kind: "closing", channel, record, deadline, ownLocks: packLocks(own.locks) });
  }

  /** Somebody opens a hash chain up to this link, further than before. */
  recordChain(commitment: ChainCommitment, index: number): void {
    const known = this.checkpoints.get(commitment) ?? [];
    const checkpoint = { number: known.length + 1, index, time: this.time + 1 };
    this.checkpoints.set(commitment, [...known, checkpoint]);
    this.facts.push({ kind: "chainRecorded", commitment, ...checkpoint });
  }

  isOpen(channel: ChannelId): boolean {
    return this.channels.has(channel);
  }

  isClosing(channel: ChannelId): boolean {
    return (this.channels.get(channel)?.closing ?? null) !== null;
  }

  mine(seconds: number): Block {
    this.time += seconds;
    const number = this.blocks.length + 1;
    const head: ChainFact = { kind: "head", number, time: this.time };
    const block = { number, time: this.time, facts: [...this.facts, head] };
    this.facts = [];
    this.blocks.push(block);
    return block;
  }

  /** Carried out at the time of the next block; what the contract would refuse changes nothing. */
  apply(from: NodeId, transaction: Transaction, seconds: number): void {
    const now = this.time + seconds;
    const problem = this.run(from, transaction, now);
    if (problem === null) this.mined.push(transaction);
    else this.refused.push(`${transaction.kind} by ${from}: ${problem}`);
  }

  private run(from: NodeId, transaction: Transaction, now: number): string | null {
    if (transaction.kind === "record") {
      this.record(transaction.secrets, now);
      return null;
    }
    const { params, life } = transaction;
    const channel = channelId(this.crypto, paramsId(this.crypto, this.domain, params), life);
    const open = this.channels.get(channel);
    const side = sideOf(params, from);
    if (open === undefined) return "not open";
    if (side === null) return "not a participant";
    switch (transaction.kind) {
      case "closeCooperatively":
        return this.closeCooperatively(channel, open, side, transaction, now);
      case "resize":
        return this.resize(channel, open, side, transaction, now);
      case "close":
        return this.close(channel, open, side, transaction, now);
      case "answer":
        return this.answer(channel, open, side, transaction, now);
      case "settle":
        return this.settle(channel, open, side, transaction, now);
    }
  }

  private record(
    secrets: readonly Secret[],
    now: number,
  ): { readonly time: number; readonly isNew: boolean } {
    const key = registryKey(this.crypto, secrets);
    const before = this.registry.get(key);
    if (before !== undefined) return { time: before, isNew: false };
    this.registry.set(key, now);
    this.facts.push({ kind: "recorded", secrets, time: now });
    return { time: now, isNew: true };
  }

  private closeCooperatively(
    channel: ChannelId,
    open: Open,
    side: Side,
    { transfer, validUntil, signature }: Sent<"closeCooperatively">,
    now: number,
  ): string | null {
    const { params, deposits, closing } = open;
    if (closing !== null && closing.record.paid.A + closing.record.paid.B > 0n) return "already paying";
    if (now > validUntil) return "signature expired";
    const digest = cooperativeCloseDigest(this.crypto, this.domain, { channel, transfer, validUntil });
    if (this.crypto.recover(digest, signature) !== signerOf(params, otherSide(side))) return "wrong signer";
    const [A, B] = [deposits.A - transfer, deposits.B + transfer];
    if (A < 0n || B < 0n) return "bad transfer";
    this.end(channel, open, { A, B }, "cooperative");
    return null;
  }

  private resize(
    channel: ChannelId,
    open: Open,
    side: Side,
    { changes, validUntil, signature }: Sent<"resize">,
    now: number,
  ): string | null {
    if (open.closing !== null) return "closing already";
    if (now > validUntil) return "signature expired";
    const count = this.resizes.get(channel) ?? 0;
    const values = { channel, count, changeA: changes.A, changeB: changes.B, validUntil };
    const digest = resizeDigest(this.crypto, this.domain, values);
    if (this.crypto.recover(digest, signature) !== signerOf(open.params, otherSide(side)))
      return "wrong signer";
    const deposits = { A: open.deposits.A + changes.A, B: open.deposits.B + changes.B };
    if (changes.A + changes.B > 0n || deposits.A + deposits.B < 0n) return "bad resize";
    this.resizes.set(channel, count + 1);
    this.channels.set(channel, { ...open, deposits });
    const { signerA, signerB } = open.params;
    const out = (fall: bigint, rise: bigint): bigint => (fall < 0n ? -fall - (rise > 0n ? rise : 0n) : 0n);
    this.paid.set(signerA, (this.paid.get(signerA) ?? 0n) + out(changes.A, changes.B));
    this.paid.set(signerB, (this.paid.get(signerB) ?? 0n) + out(changes.B, changes.A));
    this.facts.push({ kind: "resized", channel, count: count + 1, deposits });
    return null;
  }

  private isSigned(
    channel: ChannelId,
    signer: NodeId,
    state: LaneHead,
    signature: Signature | null,
  ): boolean {
    if (state.seq === 0) return true;
    const digest = laneDigest(this.crypto, this.domain, channel, state.seq, bodyOf(this.crypto, state));
    return signature !== null && this.crypto.recover(digest, signature) === signer;
  }

  private close(channel: ChannelId, open: Open, side: Side, sent: Sent<"close">, now: number): string | null {
    const { params, deposits } = open;
    if (open.closing !== null) return "closing already";
    const { own, theirs, theirSignature, humble = false } = sent;
    if (humble && params.recoveryPeriod === 0) return "no recovery period";
    if (!this.isSigned(channel, signerOf(params, otherSide(side)), theirs, theirSignature))
      return "wrong signer";
    const judged = judgeClose(this.crypto, { closer: side, humble, deposits, own, theirs });
    if (judged.kind === "refused") return judged.refusal.code;
    const { record } = judged;
    const deadline = now + (humble ? params.recoveryPeriod : params.challengePeriod);
    this.channels.set(channel, { ...open, closing: { record, deadline } });
    this.facts.push({ kind: "closing", channel, record, deadline, ownLocks: packLocks(own.locks) });
    return null;
  }

  private answer(
    channel: ChannelId,
    open: Open,
    side: Side,
    sent: Sent<"answer">,
    now: number,
  ): string | null {
    const { params, closing, deposits } = open;
    if (closing === null) return "not closing";
    const { record, deadline } = closing;
    if (!isSameRecord(record, sent.record)) return "stale record";
    if (now >= deadline) return "deadline passed";
    if (record.closer === side) return "not the other side";
    if (!this.isSigned(channel, signerOf(params, record.closer), sent.state, sent.signature))
      return "wrong signer";
    const judged = judgeAnswer(this.crypto, record, sent.state);
    if (judged.kind === "refused") return "useless answer";
    if (judged.kind === "convicted") {
      const total = deposits.A + deposits.B;
      this.end(channel, open, side === "A" ? { A: total, B: 0n } : { A: 0n, B: total }, "convicted");
      return null;
    }
    this.channels.set(channel, { ...open, closing: { record: judged.record, deadline } });
    this.facts.push({ kind: "answered", channel, record: judged.record });
    return null;
  }

  private settle(
    channel: ChannelId,
    open: Open,
    side: Side,
    sent: Sent<"settle">,
    now: number,
  ): string | null {
    const { params, closing } = open;
    if (closing === null) return "not closing";
    const { isNew, times } = this.recordShown(sent, now);
    const { record, deadline } = closing;
    if (!isSameRecord(record, sent.record)) return isNew ? null : "stale record";
    const shown = { own: null, theirs: null, answered: null } as Record<RecordedList, Showing | null>;
    for (const list of LISTS) {
      const given = sent[list];
      if (given === null) continue;
      const { state, checkpoints, conceded } = given;
      shown[list] = { locks: state.locks, recordedAt: this.timesOf(given, times), checkpoints, conceded };
    }
    const { challengePeriod } = params;
    const judged = judgeSettle(this.crypto, record, {
      now,
      deadline,
      challengePeriod,
      sender: side,
      shown,
      checkpointOf: (commitment, number) => this.checkpoints.get(commitment)?.[number - 1] ?? null,
      recordsNew: isNew,
    });
    if (judged.kind === "refused") return judged.why;
    if (judged.ended) {
      this.end(channel, open, judged.record.paid, "settled");
      return null;
    }
    this.channels.set(channel, { ...open, closing: { record: judged.record, deadline } });
    const remaining = Object.fromEntries(
      LISTS.map((list) => [list, shown[list] === null ? null : packLocks(judged.remaining[list])]),
    ) as Record<RecordedList, Uint8Array | null>;
    this.facts.push({ kind: "settled", channel, record: judged.record, remaining });
    return null;
  }

  /** Records what comes without an older record, as the contract does first; tells the time of every witness. */
  private recordShown(
    sent: Sent<"settle">,
    now: number,
  ): { readonly isNew: boolean; readonly times: Map<Secret, number> } {
    const times = new Map<Secret, number>();
    for (const { secrets } of sent.records) {
      const time = this.registry.get(registryKey(this.crypto, secrets));
      for (const secret of secrets) if (time !== undefined && !times.has(secret)) times.set(secret, time);
    }
    const given = LISTS.flatMap((list) => [...(sent[list]?.witnesses.values() ?? [])]);
    const fresh = given.filter((secret) => !times.has(secret));
    let isNew = false;
    for (let at = 0; at < fresh.length; at += 256) {
      const part = fresh.slice(at, at + 256);
      const recorded = this.record(part, now);
      isNew ||= recorded.isNew;
      for (const secret of part) times.set(secret, recorded.time);
    }
    return { isNew, times };
  }

  private timesOf({ witnesses }: ShownList, times: ReadonlyMap<Secret, number>): ReadonlyMap<number, number> {
    return new Map(
      [...witnesses].flatMap(([id, secret]) => {
        const time = times.get(secret);
        return time === undefined ? [] : [[id, time] as const];
      }),
    );
  }

  private end(
    channel: ChannelId,
    open: Open,
    paid: Deposits,
    how: "cooperative" | "settled" | "convicted",
  ): void {
    const { signerA, signerB } = open.params;
    this.paid.set(signerA, (this.paid.get(signerA) ?? 0n) + paid.A);
    this.paid.set(signerB, (this.paid.get(signerB) ?? 0n) + paid.B);
    this.channels.delete(channel);
    this.facts.push({ kind: "ended", channel, paid, how });
  }

  private mustHave(channel: ChannelId): Open {
    const open = this.channels.get(channel);
    if (open === undefined) throw new Error(`channel ${channel} is not open`);
    return open;
  }
}

function isSameRecord(a: ClosingRecord, b: ClosingRecord): boolean {
  const text = (record: ClosingRecord): string =>
    JSON.stringify(record, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
  return text(a) === text(b);
}
