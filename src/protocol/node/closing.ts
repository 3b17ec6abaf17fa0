import type { ForeignRecord, ShownList, Transaction } from "../chain-facts.ts";
import { judgeAnswer } from "../judgement.ts";
import { headOf } from "../locks.ts";
import { judgeSettle, payeeOf, type RecordedList, type Showing } from "../settlement.ts";
import type { Amount, ChannelId, HashLock, LaneLock, LockId, Secret } from "../types.ts";
import { dueOfAnswer, dueOfSettle, type WonLock } from "./dues.ts";
import type { Channel, Phase } from "./state.ts";
import { fateOf, newestInTime } from "./terms.ts";
import { notify, putChannel, submit, type Work } from "./work.ts";

const LISTS: readonly RecordedList[] = ["own", "theirs", "answered"];

type Closing = Extract<Phase, { kind: "closing" }>;

function isClosing(channel: Channel | undefined): channel is Channel & { readonly phase: Closing } {
  return channel?.phase.kind === "closing";
}

/** Submits and, the first time, tells why. */
function announce(
  work: Work,
  id: ChannelId,
  transaction: Transaction,
  what: "answer" | "settle",
  why: string,
): void {
  const channel = work.state.channels.get(id);
  if (!isClosing(channel)) return;
  submit(work, transaction);
  const { announced } = channel.phase;
  if (announced.includes(transaction.key)) return;
  putChannel(work, { ...channel, phase: { ...channel.phase, announced: [...announced, transaction.key] } });
  notify(work, { kind: "decision", channel: id, what, why });
}

/** Shows the closer's newest state that we hold, if that convicts it or is worth more to us than what it declared [CL-5]. */
export function answerIfUseful(work: Work, id: ChannelId): void {
  const channel = work.state.channels.get(id);
  if (!isClosing(channel)) return;
  const { params, life, side, held, phase } = channel;
  const { record, deadline } = phase;
  if (record.closer === side || held.signature === null || work.state.head.time >= deadline) return;
  const state = headOf(work.ctx.crypto, held.newest);
  const judgement = judgeAnswer(work.ctx.crypto, record, state);
  if (judgement.kind === "refused") return;
  const isConvicted = judgement.kind === "convicted";
  const more = worthMore(work, channel);
  if (!isConvicted && more <= 0n) return;
  const transaction: Transaction = {
    kind: "answer",
    key: `answer:${id}:${state.seq}`,
    due: dueOfAnswer(channel, isConvicted ? "all" : more),
    params,
    life,
    record,
    state,
    signature: held.signature,
  };
  const declared = `the peer declared its state ${record.own.seq}, but signed state ${state.seq}`;
  announce(
    work,
    id,
    transaction,
    "answer",
    isConvicted ? `${declared}: it hid what it owes` : `${declared} with locks that it left out`,
  );
}

/** By how much our state of the closer's lane may be worth more than the declared one, by locks that it left out. */
function worthMore({ state }: Work, { held, phase }: Channel & { readonly phase: Closing }): Amount {
  const declared = new Set(phase.lists.own?.map(({ id }) => id));
  const isHidden = ({ id, lock }: LaneLock): boolean =>
    !declared.has(id) && !held.failing.includes(id) && fateOf(state, lock) !== "dead";
  const hidden = held.newest.locks.filter(isHidden).reduce<Amount>((sum, { lock }) => sum + lock.amount, 0n);
  return held.newest.sent + hidden - phase.record.own.sent;
}

/** A witness as a settle can use it: recorded in time, or early enough to be recorded by the settle itself. */
interface Usable {
  readonly id: LockId;
  readonly secret: Secret;
  readonly record: ForeignRecord | null;
}

function usableWitness({ state }: Work, id: LockId, lock: HashLock): Usable | null {
  const known = state.secrets.get(lock.hash);
  if (known === undefined) return null;
  const list = known.list === null ? undefined : state.lists.get(known.list);
  if (list !== undefined && list.time < lock.expiry) return { id, secret: known.secret, record: list };
  const isEarly = state.head.time + state.config.claimTime < lock.expiry;
  return isEarly ? { id, secret: known.secret, record: null } : null;
}

/** The locks of a list that pays us which no witness can win any more, or which nobody owes us [NODE-9]. */
function givenUp(work: Work, { held }: Channel, locks: readonly LaneLock[]): ReadonlySet<LockId> {
  const { head } = work.state;
  const matters = new Set(held.newest.locks.flatMap(({ id }) => (held.failing.includes(id) ? [] : [id])));
  const isLost = ({ id, lock }: LaneLock): boolean =>
    lock.kind === "hash" &&
    usableWitness(work, id, lock) === null &&
    (matters.has(id) ? fateOf(work.state, lock) === "dead" : head.time >= lock.expiry);
  return new Set(locks.filter(isLost).map(({ id }) => id));
}

const NOTHING_GIVEN_UP: ReadonlySet<LockId> = new Set();

interface Shown {
  readonly showing: Showing;
  readonly list: ShownList;
  readonly used: readonly Usable[];
  /** By us. */
  readonly won: readonly WonLock[];
}

function show(work: Work, channel: Channel & { readonly phase: Closing }, list: RecordedList): Shown | null {
  const { record, lists } = channel.phase;
  const locks = lists[list];
  if (locks === null || locks.length === 0) return null;
  const isOurs = payeeOf(record, list) === channel.side;
  const used = locks.flatMap(({ id, lock }) => {
    const usable = lock.kind === "hash" ? usableWitness(work, id, lock) : null;
    // Nobody has to record a witness against himself; what is recorded is honoured.
    return usable === null || (!isOurs && usable.record === null) ? [] : [usable];
  });
  const { seq, sent, ack } = record[list];
  const checkpoints = checkpointsToName(work, locks);
  const conceded = isOurs ? givenUp(work, channel, locks) : NOTHING_GIVEN_UP;
  return {
    showing: {
      locks,
      recordedAt: new Map(used.map(({ id, record: by }) => [id, by?.time ?? work.state.head.time])),
      checkpoints,
      conceded,
    },
    list: {
      state: { seq, sent, ack, locks },
      witnesses: new Map(used.map(({ id, secret }) => [id, secret])),
      checkpoints,
      conceded,
    },
    used,
    won: isOurs ? wonBy(locks, used) : [],
  };
}

function wonBy(locks: readonly LaneLock[], used: readonly Usable[]): readonly WonLock[] {
  const records = new Map(used.map(({ id, record }) => [id, record]));
  return locks.flatMap(({ id, lock: { amount, expiry } }) => {
    const record = records.get(id);
    return record === undefined ? [] : [{ amount, expiry, isRecorded: record !== null }];
  });
}

/** What is recorded is honoured, whoever is paid. */
function checkpointsToName({ state }: Work, locks: readonly LaneLock[]): ReadonlyMap<LockId, number> {
  const named = new Map<LockId, number>();
  for (const { id, lock } of locks) {
    const checkpoint = lock.kind === "chain" ? newestInTime(state, lock) : null;
    if (checkpoint !== null) named.set(id, checkpoint.number);
  }
  return named;
}

/** Settles whatever can be decided or paid by now, showing every list and every recorded witness that we know. */
export function settleIfUseful(work: Work, id: ChannelId): void {
  const channel = work.state.channels.get(id);
  if (!isClosing(channel) || !maySettle(work, channel)) return;
  const { params, life, side, phase } = channel;
  const [own, theirs, answered] = LISTS.map((list) => show(work, channel, list));
  const used = [own, theirs, answered].flatMap((shown) => shown?.used ?? []);
  const settlement = judgeSettle(work.ctx.crypto, phase.record, {
    now: work.state.head.time,
    deadline: phase.deadline,
    challengePeriod: params.challengePeriod,
    sender: side,
    shown: {
      own: own?.showing ?? null,
      theirs: theirs?.showing ?? null,
      answered: answered?.showing ?? null,
    },
    checkpointOf: (commitment, number) => work.state.checkpoints.get(commitment)?.[number - 1] ?? null,
    recordsNew: used.some(({ record }) => record === null),
  });
  if (settlement.kind === "refused") return;
  const due = dueOfSettle(
    channel,
    [own, theirs, answered].flatMap((shown) => shown?.won ?? []),
  );
  const transaction: Transaction = {
    kind: "settle",
    key: `settle:${id}:${fingerprint(phase, used, [own, theirs, answered])}`,
    ...(due === null ? {} : { due }),
    params,
    life,
    record: phase.record,
    own: own?.list ?? null,
    theirs: theirs?.list ?? null,
    answered: answered?.list ?? null,
    records: [...new Set(used.flatMap(({ record }) => (record === null ? [] : [record])))],
  };
  const why = settlement.ended ? "everything is decided" : `${settlement.due[side]} is ours for sure by now`;
  announce(work, id, transaction, "settle", why);
}

function maySettle(work: Work, { phase }: Channel & { readonly phase: Closing }): boolean {
  return work.state.head.time >= phase.deadline;
}

/** Equal for equal calls: what the record commits to, which witnesses and checkpoints are shown, what is given up. */
function fingerprint(
  { record }: Closing,
  used: readonly Usable[],
  shown: readonly (Shown | null | undefined)[],
): string {
  const { paid, own, theirs, answered } = record;
  const lanes = [own, theirs, answered].map(({ sent, locksRoot }) => `${sent},${locksRoot}`);
  return [
    paid.A,
    paid.B,
    ...lanes,
    ...used.map(({ id, record: by }) => `${id}${by === null ? "+" : ""}`),
    ...shown.flatMap((one) => [...(one?.list.checkpoints ?? [])].map(([id, number]) => `${id}@${number}`)),
    ...shown.flatMap((one) => [...(one?.list.conceded ?? [])].map((id) => `${id}-`)),
  ].join(";");
}
