import { expect } from "chai";
import fc from "fast-check";
import { remainingAfter, type SettledCall } from "../../src/chain/remaining.ts";
import type { ShownLock } from "../../src/chain/shown-lists.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import type { Checkpoint, ClosingRecord } from "../../src/protocol/chain-facts.ts";
import { ZERO_WORD } from "../../src/protocol/checked.ts";
import { locksRoot, packLocks } from "../../src/protocol/locks.ts";
import { portableCrypto } from "../../src/protocol/portable-crypto.ts";
import { judgeSettle, type Showing } from "../../src/protocol/settlement.ts";
import type { ChainCommitment, HashLock, Lock, LocksRoot, PaymentHash } from "../../src/protocol/types.ts";

const DEADLINE = 1000;
const CHALLENGE = 100;
const LOCK: HashLock = {
  kind: "hash",
  amount: 7n,
  expiry: 1_000_000,
  hash: toHex<PaymentHash>(new Uint8Array(32).fill(1), 32),
};
const LOCKS = [{ id: 1, lock: LOCK }];
const NO_LANE = { seq: 0, sent: 0n, ack: 0, locksRoot: ZERO_WORD as LocksRoot, shown: false };

/** A list of theirs that nobody has shown; own is not decided, so the channel does not end. */
const RECORD: ClosingRecord = {
  closer: "A",
  humble: false,
  deposits: { A: 10n, B: 10n },
  paid: { A: 0n, B: 0n },
  own: { ...NO_LANE, shown: true, locksRoot: locksRoot(portableCrypto, LOCKS) },
  theirs: { ...NO_LANE, seq: 1, locksRoot: locksRoot(portableCrypto, LOCKS) },
  answered: NO_LANE,
};

/** What remains of the list of theirs if it is shown at this time, by the core and as read from the chain. */
function remainingAt(now: number): { readonly byCore: Uint8Array; readonly read: Uint8Array | null } {
  const settlement = judgeSettle(portableCrypto, RECORD, {
    now,
    deadline: DEADLINE,
    challengePeriod: CHALLENGE,
    sender: null,
    shown: {
      own: null,
      theirs: { locks: LOCKS, recordedAt: new Map(), checkpoints: new Map(), conceded: new Set() },
      answered: null,
    },
    checkpointOf: () => null,
    recordsNew: false,
  });
  if (settlement.kind !== "settled") throw new Error(`refused: ${settlement.why}`);
  const entry = {
    kind: "hash" as const,
    packed: packLocks(LOCKS),
    expiry: LOCK.expiry,
    recordKey: null,
    conceded: false,
  } as const;
  const call: SettledCall = {
    shown: { own: [], theirs: [entry], answered: [] },
    challengePeriod: CHALLENGE,
    now,
    times: new Map(),
    checkpointOf: () => null,
  };
  const remaining = remainingAfter(portableCrypto, settlement.record, call);
  if (remaining === null) throw new Error("the call is not recognized");
  return { byCore: packLocks(settlement.remaining.theirs), read: remaining.theirs };
}

describe("what remains of a list after a settle", () => {
  it("[PAY-1] is all of it as long as it is shown within the wait", () => {
    const { byCore, read } = remainingAt(DEADLINE + CHALLENGE - 1);
    expect(read).to.deep.equal(packLocks(LOCKS));
    expect(byCore).to.deep.equal(packLocks(LOCKS));
  });

  it("[PAY-1] is nothing if it is shown first when the wait is over, though its lock has not expired", () => {
    const { byCore, read } = remainingAt(DEADLINE + CHALLENGE);
    expect(read).to.deep.equal(new Uint8Array(0));
    expect(byCore).to.deep.equal(new Uint8Array(0));
  });

  it("[LOCK-1] is what the core leaves of any lists, whatever was named and whenever", () => {
    fc.assert(
      fc.property(lockLists, times, fc.boolean(), fc.boolean(), (locks, later, byPayee, after) => {
        const now = DEADLINE + later;
        const own: Showing = {
          locks: locks.map(({ lock }, at) => ({ id: at + 1, lock })),
          recordedAt: new Map(),
          checkpoints: new Map(locks.map(({ number }, at) => [at + 1, number])),
          conceded: new Set(locks.flatMap(({ conceded }, at) => (conceded ? [at + 1] : []))),
        };
        const settlement = judgeSettle(portableCrypto, recordOf(own), {
          now,
          deadline: DEADLINE,
          challengePeriod: CHALLENGE,
          sender: byPayee ? "B" : null,
          shown: { own, theirs: null, answered: null },
          // Of the same block, a checkpoint counts only if it came before the settle.
          checkpointOf: (commitment, number) => checkpointAt(commitment, number, after ? now : now - 1),
          recordsNew: true,
        });
        if (settlement.kind !== "settled") throw new Error(`refused: ${settlement.why}`);
        const shown = locks.map(({ lock, number, conceded }): ShownLock => {
          if (lock.kind === "chain") return { kind: "chain", lock, number };
          const packed = packLocks([{ id: 0, lock }]);
          return { kind: "hash", packed, expiry: lock.expiry, recordKey: null, conceded };
        });
        const remaining = remainingAfter(portableCrypto, settlement.record, {
          shown: { own: shown, theirs: [], answered: [] },
          challengePeriod: CHALLENGE,
          now,
          times: new Map(),
          // By the time of reading there are later ones too.
          checkpointOf: (commitment, number) => checkpointAt(commitment, number, Infinity),
        });
        const left = packLocks(settlement.remaining.own);
        expect(remaining?.own).to.deep.equal(locks.length === 0 ? null : left);
      }),
      { numRuns: 1000 },
    );
  });
});

/** A chain has checkpoints every 2 s around the deadline, each 2 links further. */
function checkpointAt(_: ChainCommitment, number: number, until: number): Checkpoint | null {
  if (number < 1 || number > 20) return null;
  const time = DEADLINE - 20 + 2 * number;
  return time <= until ? { number, index: 2 * number, time } : null;
}

const expiry = fc.integer({ min: DEADLINE - 20, max: DEADLINE + 30 });
const chain: fc.Arbitrary<Lock> = fc.record({
  kind: fc.constant("chain" as const),
  amount: fc.bigInt({ min: 0n, max: 60n }),
  expiry,
  commitment: fc.constant(toHex<ChainCommitment>(new Uint8Array(32).fill(2), 32)),
  unit: fc.bigInt({ min: 0n, max: 3n }),
  start: fc.nat(20),
});
const hash: fc.Arbitrary<Lock> = expiry.map((at) => ({ ...LOCK, expiry: at }));
const times = fc.oneof(fc.nat(25), fc.integer({ min: CHALLENGE - 5, max: CHALLENGE + 50 }));
const lockLists = fc.array(
  fc.record({ lock: fc.oneof(chain, chain, hash), number: fc.nat(22), conceded: fc.boolean() }),
  { maxLength: 5 },
);

function recordOf({ locks }: Showing): ClosingRecord {
  const own = { ...NO_LANE, seq: 1, shown: true, locksRoot: locksRoot(portableCrypto, locks) };
  return { ...RECORD, deposits: { A: 1n << 90n, B: 0n }, own, theirs: NO_LANE };
}
