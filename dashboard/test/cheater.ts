import { type Person, type StoryChannel, type World } from "../../scripts/story/world.ts";
import type { Account } from "../../src/chain/account.ts";
import { readRecord } from "../../src/chain/closing.ts";
import { transact } from "../../src/chain/receipt.ts";
import { callsOf } from "../../src/chain/transactions.ts";
import type { ClosingRecord, Transaction } from "../../src/protocol/chain-facts.ts";
import { laneDigest } from "../../src/protocol/eip712.ts";
import { headOf, stateBody } from "../../src/protocol/locks.ts";
import type { LaneState } from "../../src/protocol/types.ts";

const BEGINNING: LaneState = { seq: 0, sent: 0n, ack: 0, locks: [] };
const OLD: LaneState = { ...BEGINNING, seq: 1, sent: 10n ** 17n };
const NEW: LaneState = { ...BEGINNING, seq: 2, sent: 10n ** 18n };

/** The payer closes with the older of two states that it has signed. */
export async function closeWithOldState(world: World, { payer, params }: StoryChannel): Promise<void> {
  await send(world, payer.owner, {
    ...{ kind: "close", key: "close", params, life: 1, own: OLD },
    ...{ theirs: headOf(world.suite.crypto, BEGINNING), theirSignature: null },
  });
}

/** The payee shows the newer one. */
export async function convict(world: World, channel: StoryChannel): Promise<void> {
  const { crypto } = world.suite;
  const { payer, payee, params } = channel;
  const digest = laneDigest(crypto, world.contracts.domain, channel.channel, NEW.seq, stateBody(crypto, NEW));
  await send(world, payee.owner, {
    ...{ kind: "answer", key: "answer", params, life: 1, record: await recordOf(world, channel) },
    ...{ state: headOf(crypto, NEW), signature: payer.signer.sign(digest) },
  });
}

async function recordOf({ contracts }: World, { channel }: StoryChannel): Promise<ClosingRecord> {
  const { hashlane } = contracts;
  const [event] = await hashlane.queryFilter(hashlane.filters.CloseStarted(channel));
  if (event === undefined) throw new Error("the channel is not closing");
  return readRecord(event.args.record);
}

async function send({ contracts, suite }: World, account: Account, transaction: Transaction): Promise<void> {
  const [call] = callsOf(contracts, suite.crypto, transaction);
  if (call === undefined) throw new Error(`${transaction.kind} needs no transaction`);
  await transact(account, transaction.kind, call);
}

export type { Person };
