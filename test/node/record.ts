import { expect } from "chai";

import { decodeRecord, encodeRecord } from "../../src/node/record.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import type { Input } from "../../src/protocol/inputs.ts";
import type { Change } from "../../src/protocol/messages.ts";
import { decodeNode, encodeNode } from "../../src/protocol/node/codec.ts";
import { initialState } from "../../src/protocol/node/state.ts";
import type { Body, ChannelId, NodeId, PaymentHash, Signature } from "../../src/protocol/types.ts";
import { decodeMessage, encodeMessage, MAX_MESSAGE_BYTES } from "../../src/protocol/wire.ts";

const PEER = toHex<NodeId>(new Uint8Array(20).fill(1));
const PACKET = Uint8Array.from({ length: 1346 }, (_, at) => at % 251);
const ADD: Change = {
  kind: "add",
  id: 1,
  lock: { kind: "hash", amount: 5n, expiry: 9, hash: toHex<PaymentHash>(new Uint8Array(32).fill(2)) },
  packet: PACKET,
};
const UPDATE = {
  kind: "update",
  channel: toHex<ChannelId>(new Uint8Array(32).fill(3)),
  ...{ base: 0, seq: 1, ack: 0 },
  changes: [ADD],
  signature: toHex<Signature>(new Uint8Array(64).fill(4)),
} as const;

function packetOf(inputs: readonly Input[]): Uint8Array {
  const [input] = inputs;
  if (input?.kind !== "message" || input.message.kind !== "update") throw new Error("the update is gone");
  const [change] = input.message.changes;
  if (change?.kind !== "add") throw new Error("the lock is gone");
  return change.packet;
}

describe("bytes that came in a Buffer, as sockets bring them", () => {
  it("are plain in the decoded message, and none of them is shared with what was read", () => {
    const bytes = Buffer.from(encodeMessage(UPDATE));
    expect(bytes.length).to.be.below(MAX_MESSAGE_BYTES);
    const decoded = decodeMessage(bytes);
    if (!decoded.ok) throw new Error(decoded.error.message);
    const packet = packetOf([{ kind: "message", from: PEER, message: decoded.message }]);
    bytes.fill(0);
    expect(packet.constructor).to.equal(Uint8Array);
    expect(packet).to.deep.equal(PACKET);
  });

  it("come back from the log as they went in", () => {
    const message = { ...UPDATE, changes: [{ ...ADD, packet: Buffer.from(PACKET) }] };
    const record = encodeRecord({
      inputs: [{ kind: "message", from: PEER, message }],
      signed: [],
      cursor: null,
    });
    expect(packetOf(decodeRecord(record).inputs)).to.deep.equal(PACKET);
  });

  it("come back with all that was in their batch, in its order", () => {
    const policy = { kind: "shutdown", channel: UPDATE.channel } as const;
    const record = {
      inputs: [
        { kind: "message", from: PEER, message: UPDATE },
        { kind: "connected", peer: PEER },
        { kind: "message", from: PEER, message: policy },
        { kind: "view", isStale: true },
      ],
      signed: [{ channel: UPDATE.channel, seq: 1, body: toHex<Body>(new Uint8Array(32).fill(7)) }],
      cursor: { number: 5, hash: `0x${"08".repeat(32)}` },
    } as const;
    expect(decodeRecord(encodeRecord(record))).to.deep.equal(record);
  });

  it("are refused in a batch of a version that is to come", () => {
    const record = encodeRecord({ inputs: [], signed: [], cursor: null });
    record[0] = 4;
    expect(() => decodeRecord(record)).to.throw("the first byte is 4");
  });

  it("come back from a snapshot as they went in", () => {
    const hash = toHex<PaymentHash>(new Uint8Array(32).fill(2));
    const state = initialState({ self: PEER, claimTime: 1 });
    const attempt = { seed: hash, parts: [{ keys: [Buffer.from(PACKET)] }] };
    const kept = { ...state, attempts: state.attempts.with(hash, attempt as never) };
    expect(decodeNode(encodeNode(kept)).attempts.get(hash)?.parts[0]?.keys).to.deep.equal([PACKET]);
  });
});
