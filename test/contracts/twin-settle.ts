import { isZeroWord } from "../../src/protocol/checked.ts";
import { fromHex } from "../../src/protocol/bytes.ts";
import { totalOf } from "../../src/protocol/locks.ts";
import { MAX_RECORDED, registryKey } from "../../src/protocol/registry.ts";
import {
  judgeSettle,
  type RecordedList,
  type Settle,
  type Settlement,
  type Showing,
} from "../../src/protocol/settlement.ts";
import type { Hex, LaneLock, LockId, Secret, UnixSeconds } from "../../src/protocol/types.ts";
import { type ChannelCall, LISTS, type ListToShow, proofsOf, recordedNow } from "./channel-calls.ts";
import {
  channelOf,
  type ClosingPhase,
  ended,
  type Expected,
  inPhase,
  pay,
  recordHash,
  type Refused,
  refuse,
  sideOfRole,
  type TwinState,
  type TwinTerms,
} from "./twin-state.ts";

type SettleCall = Extract<ChannelCall, { kind: "settle" }>;

/** Records first, then judges by the core [LOCK-1] [CL-4]. */
export function judgeSettling(
  terms: TwinTerms,
  state: TwinState,
  call: SettleCall | Extract<ChannelCall, { kind: "record" }>,
  now: UnixSeconds,
): Expected {
  if (call.kind === "record") {
    const times = recordLists(terms, state, [call.secrets], now);
    return {
      kind: "done",
      what: [times === null ? "recorded again" : "recorded"],
      state: { ...state, times: times ?? state.times },
    };
  }
  const witnesses = recordedNow(call.lists);
  const parts: Secret[][] = [];
  for (let from = 0; from < witnesses.length; from += MAX_RECORDED) {
    parts.push(witnesses.slice(from, from + MAX_RECORDED));
  }
  const times = recordLists(terms, state, parts, now);
  const recorded: TwinState = { ...state, times: times ?? state.times };
  const phase = settleable(terms, state, call, now);
  if (phase.kind === "refused") {
    return times === null ? phase : { kind: "done", what: ["recorded though out of date"], state: recorded };
  }
  const settle = settleOf(terms, recorded, phase, call, { now, recordsNew: times !== null, parts });
  const settlement = judgeSettle(terms.crypto, phase.record, settle);
  const expected = afterSettle(terms, recorded, phase, call, settlement);
  if (expected.kind === "refused") return expected;
  const extra = [
    ...(parts.length > 1 ? ["more witnesses than one record holds"] : []),
    ...(proofsOf(terms.crypto, call.lists).length > 0 ? ["paths to older records"] : []),
  ];
  return { ...expected, what: [...expected.what, ...extra] };
}

/** The registry after these lists; null if nothing of it is new. */
function recordLists(
  { crypto }: TwinTerms,
  { times }: TwinState,
  lists: readonly (readonly Secret[])[],
  now: UnixSeconds,
): ReadonlyMap<Hex, UnixSeconds> | null {
  const fresh = lists.map((list) => registryKey(crypto, list)).filter((key) => !times.has(key));
  return fresh.length === 0 ? null : new Map([...times, ...fresh.map((key) => [key, now] as const)]);
}

function settleable(
  { crypto }: TwinTerms,
  state: TwinState,
  call: SettleCall,
  now: UnixSeconds,
): ClosingPhase | Refused {
  const phase = inPhase(state, call, "closing");
  if (phase.kind === "refused") return phase;
  const { record, deadline } = phase;
  const given = recordHash(crypto, call.record);
  if (given !== recordHash(crypto, record)) return refuse("StaleRecord", given);
  const judged = judgeSettle(crypto, record, {
    now,
    deadline,
    challengePeriod: 1,
    sender: null,
    shown: { own: null, theirs: null, answered: null },
    checkpointOf: () => null,
    recordsNew: false,
  });
  if (judged.kind !== "refused" || judged.why !== "before_deadline") return phase;
  return refuse("DeadlineNotReached", judged.deadline, judged.now);
}

function settleOf(
  { crypto, params }: TwinTerms,
  { times, chains }: TwinState,
  { deadline }: ClosingPhase,
  { by, lists }: SettleCall,
  recording: {
    readonly now: UnixSeconds;
    readonly recordsNew: boolean;
    readonly parts: readonly (readonly Secret[])[];
  },
): Settle {
  const { now, recordsNew, parts } = recording;
  let next = 0;
  const showing = (list: ListToShow | null): Showing | null => {
    if (list === null) return null;
    const recordedAt = new Map<LockId, UnixSeconds>();
    for (const { id } of list.locks) {
      const witness = list.witnesses.get(id);
      if (witness === undefined) continue;
      const from = witness.list === "now" ? parts[Math.floor(next++ / MAX_RECORDED)] : witness.list;
      if (from === undefined) throw new Error("every witness stands in a list");
      const time = times.get(registryKey(crypto, from));
      // The zero word pads the registry's trees, so it is no witness.
      if (time !== undefined && !isZeroWord(fromHex(witness.secret))) recordedAt.set(id, time);
    }
    return { locks: list.locks, recordedAt, checkpoints: list.checkpoints, conceded: list.conceded };
  };
  const [own, theirs, answered] = LISTS.map((name) => showing(lists[name]));
  return {
    now,
    deadline,
    challengePeriod: params.challengePeriod,
    sender: sideOfRole(by),
    shown: { own: own ?? null, theirs: theirs ?? null, answered: answered ?? null },
    checkpointOf: (commitment, number) => chains.get(commitment)?.[number - 1] ?? null,
    recordsNew,
  };
}

function afterSettle(
  terms: TwinTerms,
  state: TwinState,
  phase: ClosingPhase,
  call: SettleCall,
  settlement: Settlement,
): Expected {
  if (settlement.kind === "refused" && settlement.why === "wrong_locks") {
    return refuse("WrongLocks", settlement.expected, settlement.actual);
  }
  const needed = proofsOf(terms.crypto, call.lists).length;
  if (call.surplus.length > 0) return refuse("BadProofs", needed, needed + call.surplus.length);
  if (settlement.kind === "refused") return refuse("NothingToSettle", channelOf(terms, call.life));
  const { record, due } = settlement;
  const paid = { A: due.A, B: due.B, tower: 0n };
  const what = [...LISTS.flatMap((name) => classesOf(phase, settlement, name)), howPaid(settlement)];
  if (record.answered.sent > record.own.sent) what.push("better answer");
  if (settlement.ended) return { kind: "done", what, state: ended(state, paid) };
  const [own, theirs, answered] = LISTS.map((name) => {
    if (record[name].locksRoot === phase.record[name].locksRoot) return phase.remaining[name];
    return settlement.remaining[name];
  });
  const remaining = { own: own ?? [], theirs: theirs ?? [], answered: answered ?? [] };
  return {
    kind: "done",
    what,
    state: { ...pay(state, paid), phase: { ...phase, record, remaining } },
  };
}

type Settled = Extract<Settlement, { kind: "settled" }>;

function howPaid({ due, ended: isOver }: Settled): string {
  if (isOver) return "settled to the end";
  return due.A + due.B > 0n ? "settled in part" : "settled without pay";
}

/** What became of the locks of a list. */
function classesOf({ record, remaining }: ClosingPhase, settlement: Settled, list: RecordedList): string[] {
  const [was, is] = [record[list], settlement.record[list]];
  if (was.locksRoot === is.locksRoot) return [];
  if (!is.shown) return ["list never shown"];
  const classes = is.sent > was.sent ? ["locks won"] : [];
  const chains = chainClassesOf(remaining[list], settlement.remaining[list]);
  const decided = remaining[list].length - settlement.remaining[list].length;
  const won = is.sent - was.sent;
  const locks = totalOf(remaining[list]) - totalOf(settlement.remaining[list]);
  return decided > 0 && locks > won ? [...classes, ...chains, "locks lost"] : [...classes, ...chains];
}

function chainClassesOf(before: readonly LaneLock[], after: readonly LaneLock[]): string[] {
  const left = new Map(after.map(({ id, lock }) => [id, lock]));
  const classes = before.flatMap(({ id, lock }) => {
    const rest = left.get(id);
    if (lock.kind !== "chain") return [];
    if (rest === undefined) return ["chain lock decided"];
    return rest.amount < lock.amount ? ["chain lock won in part"] : [];
  });
  return [...new Set(classes)];
}
