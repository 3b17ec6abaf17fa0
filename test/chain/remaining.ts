import { expect } from "chai";
import { remainingAfter, type SettledCall } from "../../src/chain/remaining.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import type { ClosingRecord } from "../../src/protocol/chain-facts.ts";
import { ZERO_WORD } from "../../src/protocol/checked.ts";
import { locksRoot, packLocks } from "../../src/protocol/locks.ts";
import { portableCrypto } from "../../src/protocol/portable-crypto.ts";
import { judgeSettle } from "../../src/protocol/settlement.ts";
import type { HashLock, LocksRoot, PaymentHash } from "../../src/protocol/types.ts";

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
    shown: { own: null, theirs: { locks: LOCKS, recordedAt: new Map() }, answered: null },
    recordsNew: false,
  });
  if (settlement.kind !== "settled") throw new Error(`refused: ${settlement.why}`);
  const entry = { packed: packLocks(LOCKS), expiry: LOCK.expiry, recordKey: null };
  const call: SettledCall = {
    shown: { own: [], theirs: [entry], answered: [] },
    challengePeriod: CHALLENGE,
    now,
    times: new Map(),
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
});
