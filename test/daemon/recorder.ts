import { expect } from "chai";

import { Assets } from "../../src/daemon/assets.ts";
import { EventLog } from "../../src/daemon/events.ts";
import { Journal } from "../../src/daemon/journal.ts";
import { Recorder } from "../../src/daemon/recorder.ts";
import type { HashlaneNode } from "../../src/node/hashlane-node.ts";
import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import type { Notice } from "../../src/protocol/outputs.ts";
import type { ChannelId, PaymentHash, Secret } from "../../src/protocol/types.ts";

const CHANNEL = `0x${"07".repeat(32)}` as ChannelId;
const HASH = `0x${"08".repeat(32)}` as PaymentHash;
const LOCK = { channel: CHANNEL, direction: "in", hash: HASH, amount: 5n } as const;
const NOTICES: readonly Notice[] = [
  { kind: "lockAdded", ...LOCK, expiry: 9 },
  { kind: "secretLearned", hash: HASH, from: "peer" },
  { kind: "lockWon", ...LOCK },
  { kind: "lockLost", ...LOCK },
  { kind: "paymentSucceeded", hash: HASH, secret: HASH as string as Secret, amount: 5n, fee: 1n, rent: 0n },
];

function kindsOf(keepsLocks: boolean): readonly string[] {
  const journal = new Journal(":memory:");
  const events = new EventLog(journal);
  const recorder = new Recorder(journal, events, new Assets([]), keepsLocks);
  const node = { channels: () => [{ channel: CHANNEL, token: ZERO_ADDRESS }] };
  recorder.attach(node as unknown as HashlaneNode);
  for (const notice of NOTICES) recorder.onNotice(notice);
  recorder.flush();
  const kinds = events.after(0, 100).map(({ kind }) => kind);
  expect(recorder.counts.get("lockWon"), "metrics count them in any case").to.equal(1);
  journal.close();
  return kinds;
}

describe("events in the journal", () => {
  it("are all that happened, single locks only where the config says so", () => {
    expect(kindsOf(false)).to.deep.equal(["payment_succeeded"]);
    expect(kindsOf(true)).to.deep.equal([
      "lock_added",
      "secret_learned",
      "lock_won",
      "lock_lost",
      "payment_succeeded",
    ]);
  });
});
