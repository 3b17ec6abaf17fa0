import type { Hex } from "../../src/protocol/types.ts";
import { readShown, rootOf, witnessesIn } from "./locks.ts";
import { recordHash, recordValue } from "./messages.ts";
import { type Bench, judgeLock, type Verdict } from "./lock-judgement.ts";
import { record as recordWitness, recordList } from "./registry.ts";
import { end, idsOf, type Ids, type Named, sideOf, wrongPhase } from "./rules.ts";
import { type Closing, INITIAL_LANE, type LaneState, sameLane, sameRecord } from "./state.ts";
import { push } from "./vault.ts";
import { Refusal } from "./refusal.ts";
import type { Message, World } from "./world.ts";
import { ZERO_WORD } from "./words.ts";

/** What a settlement decides and pays [PAY-1]. */

export interface Shown {
  readonly own: Uint8Array;
  readonly theirs: Uint8Array;
  readonly answered: Uint8Array;
  readonly proofs: readonly Hex[];
}

export interface Settling extends Named {
  readonly record: Closing;
  readonly shown: Shown;
}

/** What a lane is worth to its payee: at least, and at most. */
interface Worth {
  readonly low: bigint;
  readonly high: bigint;
}

/** Above every sum of locks. */
const WITHOUT_BOUND = 2n ** 250n;
const MOST_SENT = 2n ** 128n - 1n;
const MOST_RECORDED = 256;

export function settle(world: World, message: Message, call: Settling): void {
  const { params, life, record, shown } = call;
  const ids = idsOf(world, call);
  const times = recordWitnesses(world, shown);
  // The registry tells the time only, so what another call of this block recorded counts as well.
  const hasRecorded = times.includes(world.now);
  const deadline = deadlineOf(world, ids.paramsId, call);
  if (typeof deadline !== "bigint") {
    if (hasRecorded) return;
    throw deadline;
  }
  const decided = pay(decide(world, message, call, deadline, times));
  // An empty channel ends although there is nothing to decide.
  const isEmpty = record.depositA + record.depositB === 0n;
  if (sameRecord(decided, record) && !hasRecorded && !isEmpty) {
    throw new Refusal("NothingToSettle", ids.channel);
  }
  conclude(world, ids, life, deadline, decided);
  push(world, message, params.token, params.ownerA, decided.paidA - record.paidA);
  push(world, message, params.token, params.ownerB, decided.paidB - record.paidB);
}

/** Or why this cannot be settled now. */
function deadlineOf(world: World, paramsId: Hex, { life, record }: Settling): bigint | Refusal {
  const { phase, life: actual } = world.channelAt(paramsId);
  if (phase.kind !== "closing") return wrongPhase("closing", phase.kind);
  if (actual !== life) return new Refusal("WrongLife", actual, life);
  if (!sameRecord(phase.record, record)) return new Refusal("StaleRecord", recordHash(record));
  if (world.now < phase.deadline) return new Refusal("DeadlineNotReached", phase.deadline, world.now);
  return phase.deadline;
}

/** In lists of 256, in order. When each was first recorded. */
function recordWitnesses(world: World, { own, theirs, answered }: Shown): readonly bigint[] {
  const witnesses = [own, theirs, answered].flatMap(witnessesIn);
  const times: bigint[] = [];
  for (let from = 0; from < witnesses.length; from += MOST_RECORDED) {
    const list = witnesses.slice(from, from + MOST_RECORDED);
    const [first = ZERO_WORD] = list;
    times.push(list.length === 1 ? recordWitness(world, first) : recordList(world, list));
  }
  return times;
}

interface Decided {
  readonly record: Closing;
  readonly own: Worth;
  readonly theirs: Worth;
}

function decide(
  world: World,
  message: Message,
  { params, record, shown }: Settling,
  deadline: bigint,
  times: readonly bigint[],
): Decided {
  const wait = params.challengePeriod;
  const bench: Bench = { world, deadline, wait, times, proofs: shown.proofs, witnesses: 0, proofWords: 0 };
  const caller = sideOf(params, message.sender);
  const closer = record.closerIsB ? "B" : "A";
  const isOther = caller !== null && caller !== closer;
  // The closer's list was posted when it closed.
  const own = judgeLane(bench, record.own, shown.own, true, isOther);
  const theirs = judgeLane(bench, record.theirs, shown.theirs, record.theirsShown, caller === closer);
  const answered = judgeLane(bench, record.answered, shown.answered, record.answeredShown, isOther);
  if (bench.proofWords !== shown.proofs.length) {
    throw new Refusal("BadProofs", BigInt(bench.proofWords), BigInt(shown.proofs.length));
  }
  return {
    record: {
      ...record,
      own: own.lane,
      theirs: theirs.lane,
      answered: answered.lane,
      theirsShown: record.theirsShown || shown.theirs.length > 0,
      answeredShown: record.answeredShown || shown.answered.length > 0,
    },
    own: sameLane(record.answered, INITIAL_LANE) ? own : better(own, answered),
    theirs,
  };
}

/** What is decided moves out of the lane's locks, and what is won into `sent`. */
function judgeLane(
  bench: Bench,
  lane: LaneState,
  list: Uint8Array,
  wasShown: boolean,
  concedes: boolean,
): Worth & { readonly lane: LaneState } {
  const { world, deadline, wait } = bench;
  const countsAsEmpty = !wasShown && world.now >= deadline + wait;
  const withoutLocks = { lane: { ...lane, locksRoot: ZERO_WORD }, low: lane.sent, high: lane.sent };
  if (list.length === 0) {
    if (lane.locksRoot === ZERO_WORD || countsAsEmpty) return withoutLocks;
    return { lane, low: lane.sent, high: WITHOUT_BOUND };
  }
  const shown = readShown(list);
  const root = rootOf(shown.map(({ lock }) => lock));
  if (root !== lane.locksRoot) throw new Refusal("WrongLocks", lane.locksRoot, root);
  const verdicts = shown.map((each) => judgeLock(bench, each, concedes));
  if (countsAsEmpty) return withoutLocks;
  return afterVerdicts(world, lane, verdicts);
}

function afterVerdicts(
  world: World,
  lane: LaneState,
  verdicts: readonly Verdict[],
): Worth & { readonly lane: LaneState } {
  const won = verdicts.reduce((sum, verdict) => sum + verdict.won, 0n);
  const rest = verdicts.flatMap(({ rest: lock }) => (lock === null ? [] : [lock]));
  const undecided = rest.reduce((sum, { amount }) => sum + amount, 0n);
  const sent = lane.sent + won < MOST_SENT ? lane.sent + won : MOST_SENT;
  const locksRoot = rootOf(rest);
  world.remaining.set(locksRoot, rest);
  return { lane: { ...lane, sent, locksRoot }, low: sent, high: sent + undecided };
}

function better(declared: Worth, answered: Worth): Worth {
  const most = (left: bigint, right: bigint): bigint => (left > right ? left : right);
  return { low: most(declared.low, answered.low), high: most(declared.high, answered.high) };
}

/** Each side gets what it is sure of, and nothing is taken back. */
function pay({ record, own, theirs }: Decided): Closing {
  const { depositA, depositB, closerIsB } = record;
  const total = depositA + depositB;
  const [laneA, laneB] = closerIsB ? [theirs, own] : [own, theirs];
  const within = (part: bigint): bigint => (part < 0n ? 0n : part > total ? total : part);
  const leastA = within(depositA + laneB.low - laneA.high);
  const mostA = within(depositA + laneB.high - laneA.low);
  const leastB = total - mostA;
  const paidA = leastA > record.paidA ? leastA : record.paidA;
  const paidB = leastB > record.paidB ? leastB : record.paidB;
  return { ...record, paidA, paidB };
}

function conclude(world: World, ids: Ids, life: bigint, deadline: bigint, record: Closing): void {
  if (record.paidA + record.paidB === record.depositA + record.depositB) {
    end(world, ids, life, record.paidA, record.paidB);
    return;
  }
  world.channels.set(ids.paramsId, { life, phase: { kind: "closing", deadline, record } });
  world.emit("Settled", ids.channel, recordValue(record));
}
