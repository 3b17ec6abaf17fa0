import type { ClosingRecord } from "../../src/protocol/chain-facts.ts";
import { ZERO_WORD } from "../../src/protocol/checked.ts";
import type { Signer } from "../../src/protocol/crypto.ts";
import type { Address, LaneLock, LockId, LocksRoot, Secret, Side } from "../../src/protocol/types.ts";
import type { ChannelCall, ListToShow, Witness } from "./channel-calls.ts";
import type { Dice } from "./dice.ts";
import type { LaneHistory } from "./lane-histories.ts";
import type { TwinState, TwinTerms } from "./twin-state.ts";

export const TOWER = "0x7070707070707070707070707070707070707070" as Address;

const EMPTY_LANE = { seq: 0, sent: 0n, ack: 0, locksRoot: ZERO_WORD as LocksRoot, shown: false };

/** For calls that name a record although there is none. */
export const EMPTY_RECORD: ClosingRecord = {
  closer: "A",
  humble: false,
  deposits: { A: 0n, B: 0n },
  paid: { A: 0n, B: 0n },
  own: EMPTY_LANE,
  theirs: EMPTY_LANE,
  answered: EMPTY_LANE,
};

/** What a call is made of. */
export interface CallContext {
  readonly terms: TwinTerms;
  readonly signers: Readonly<Record<Side, Signer>>;
  readonly history: LaneHistory;
  /** Lists by their roots, so that what was declared can be shown. */
  readonly lists: Map<LocksRoot, readonly LaneLock[]>;
  /** Witnesses that were recorded or tried, as lists. */
  readonly recorded: (readonly Secret[])[];
  /** Earlier records of this channel. */
  readonly oldRecords: ClosingRecord[];
}

/** What of a list a settle shows, and with which witnesses and checkpoints; null = nothing. */
export function chooseList(
  dice: Dice,
  { history, recorded }: Pick<CallContext, "history" | "recorded">,
  remaining: readonly LaneLock[],
  chains: TwinState["chains"],
): ListToShow | null {
  if (!dice.chance(70)) return null;
  const locks = dice.chance(3) ? remaining.slice(1) : remaining;
  if (locks.length === 0) return null;
  const witnesses = new Map<LockId, Witness>();
  const checkpoints = new Map<LockId, number>();
  for (const { id, lock } of locks) {
    if (lock.kind === "chain") {
      const known = chains.get(lock.commitment)?.length ?? 0;
      if (known > 0 && dice.chance(70))
        checkpoints.set(id, dice.chance(60) ? known : 1 + dice.below(known + 1));
      else if (dice.chance(10)) checkpoints.set(id, dice.below(3));
      continue;
    }
    const secret = history.secretOf.get(lock.hash);
    if (secret === undefined || dice.chance(40)) continue;
    const lists = recorded.filter((list) => list.includes(secret));
    if (lists.length > 0 && dice.chance(70)) witnesses.set(id, { secret, list: dice.pick(lists) });
    else if (dice.chance(5)) witnesses.set(id, { secret, list: [dice.word<Secret>(), secret] });
    else witnesses.set(id, { secret, list: "now" });
  }
  const hidden = locks.filter(({ id, lock }) => lock.kind === "hash" && !witnesses.has(id));
  const conceded = new Set(hidden.flatMap(({ id }) => (dice.chance(60) ? [id] : [])));
  return { locks, witnesses, checkpoints, conceded };
}

/** Everything that remains, without any witness, and with the checkpoint that gives most of each chain lock. */
export function lastSettle({ phase, life, chains }: TwinState, record: ClosingRecord): ChannelCall {
  const whole = (locks: readonly LaneLock[]): ListToShow | null => {
    if (locks.length === 0) return null;
    const checkpoints = new Map<LockId, number>();
    for (const { id, lock } of locks) {
      if (lock.kind !== "chain") continue;
      const newest = chains.get(lock.commitment)?.findLast(({ time }) => time < lock.expiry);
      if (newest !== undefined) checkpoints.set(id, newest.number);
    }
    const hashLocks = locks.filter(({ lock }) => lock.kind === "hash");
    const conceded = new Set(hashLocks.map(({ id }) => id));
    return { locks, witnesses: new Map<LockId, Witness>(), checkpoints, conceded };
  };
  const remaining = phase.kind === "closing" ? phase.remaining : { own: [], theirs: [], answered: [] };
  const lists = {
    own: whole(remaining.own),
    theirs: whole(remaining.theirs),
    answered: whole(remaining.answered),
  };
  return { kind: "settle", by: "stranger", life, record, lists, surplus: [] };
}
