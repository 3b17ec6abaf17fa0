import { expect } from "chai";
import { deflateRawSync } from "node:zlib";
import { must, parsePaymentTag, parseSecret, parseSignature } from "../../src/protocol/checked.ts";
import { encodeMessage, MAX_MESSAGE_BYTES } from "../../src/protocol/wire.ts";
import { TAG_BYTES } from "../../src/transport/sealing.ts";
import type { RawPeer } from "./raw-peer.ts";
import { useSockets } from "./socket-bench.ts";
import { identityOf, KINDS } from "./socket-world.ts";
import { CHANNEL, stop } from "./transport-suite.ts";

/** A frame's head as a client writes it: mask of zeros, length in 64 bits. */
function headOf(length: number, first = 0x82): Uint8Array {
  const head = new Uint8Array(14);
  head[0] = first;
  head[1] = 0x80 | 127;
  new DataView(head.buffer).setBigUint64(2, BigInt(length));
  return head;
}

for (const kind of KINDS) {
  describe(`sockets, ${kind}: traffic that is broken or hostile`, () => {
    const { start, befriended, rawPeer } = useSockets(kind);

    it("refuses a frame above the limit by its announced length alone", async () => {
      const { address, recorder } = await start(1);
      const { peer } = await befriended(address, 2);
      await recorder.until(() => recorder.count("connected") === 1);
      const limit = MAX_MESSAGE_BYTES + (kind === "plain" ? TAG_BYTES : 0);
      peer.write(headOf(limit + 1));
      await recorder.until(() => recorder.count("disconnected") === 1);
      expect(recorder.whys[0]).to.equal("the peer announced a frame that is too long");
      expect(await peer.next()).to.equal(null);
      expect(peer.closeCode).to.equal(1009);
    });

    it("takes the longest message that there may be", async () => {
      const { address, recorder } = await start(1);
      const { peer, sealing } = await befriended(address, 2);
      const content = new Uint8Array(MAX_MESSAGE_BYTES);
      peer.frame(sealing.seal(content));
      await recorder.until(() => recorder.count("disconnected") === 1);
      expect(recorder.whys[0]).to.match(/^the peer sent what is no message: /);
    });

    it("takes next to nothing of whoever has not proven who it is", async () => {
      const { address, recorder } = await start(1);
      const peer = await rawPeer(address);
      peer.write(headOf(MAX_MESSAGE_BYTES));
      peer.write(new Uint8Array(4096 - 14));
      await peer.hello();
      expect(recorder.count("problem")).to.equal(0);
      peer.write(new Uint8Array(1));
      await recorder.until(() => recorder.count("problem") === 1);
      expect(recorder.problems()[0]).to.include("sent more than 4096 bytes and did not prove who it is");
    });

    it("refuses texts, before the proof and after", async () => {
      const { address, recorder } = await start(1);
      const stranger = await rawPeer(address);
      stranger.webSocket.send("hello");
      await recorder.until(() => recorder.count("problem") === 1);
      const { peer } = await befriended(address, 2);
      peer.webSocket.send("hello");
      await recorder.until(() => recorder.count("disconnected") === 1);
      const why = "the peer sent a text where only binary frames are spoken";
      expect([recorder.problems()[0], recorder.whys[0]]).to.deep.equal([
        `a connection that came in was given up: ${why}`,
        why,
      ]);
      expect(await peer.next()).to.equal(null);
      expect(peer.closeCode).to.equal(1003);
    });

    it("does not agree to compression, and unpacks nothing that comes all the same", async () => {
      const { address, recorder } = await start(1);
      const peer = await rawPeer(address, { perMessageDeflate: true });
      expect(peer.webSocket.extensions).to.equal("");
      const bomb = deflateRawSync(new Uint8Array(10 << 20));
      peer.write(headOf(bomb.length, 0xc2));
      peer.write(bomb.subarray(0, 1000));
      await recorder.until(() => recorder.count("problem") === 1);
      expect(recorder.problems()[0]).to.match(/RSV1 must be clear/);
    });

    it("refuses a message in too many pieces", async () => {
      const { address, recorder } = await start(1);
      const { peer } = await befriended(address, 2);
      await recorder.until(() => recorder.count("connected") === 1);
      const piece = (first: number) => Uint8Array.of(first, 0x81, 0, 0, 0, 0, 1);
      peer.write(piece(0x02));
      for (let count = 1; count < 65; count++) peer.write(piece(0x00));
      await recorder.until(() => recorder.count("disconnected") === 1);
      expect(recorder.whys[0]).to.match(/fragments/i);
    });

    it("ends the connection over a frame that is no message", async () => {
      const { address, recorder } = await start(1);
      const { peer, sealing } = await befriended(address, 2);
      peer.frame(sealing.seal(Uint8Array.of(1, 99)));
      await recorder.until(() => recorder.count("disconnected") === 1);
      expect(recorder.whys[0]).to.match(/^the peer sent what is no message: /);
    });

    it("[O10] gives up a peer that does not read when too much waits for it", async () => {
      const { transport, address, recorder } = await start(1, { limits: { outboxBytes: 1 << 20 } });
      const { peer } = await befriended(address, 2);
      peer.socket.pause();
      const id = identityOf(2).signer.address;
      await recorder.until(() => recorder.count("connected") === 1);
      let sent = 0;
      while (transport.send(id, { kind: "update", channel: CHANNEL, base: 0, seq: 1, ack: 0, ...bulk() })) {
        sent++;
        expect(sent, "it goes on for ever").to.be.lessThan(10_000);
      }
      expect(recorder.whys[0]).to.match(
        /^the peer does not read: [0-9]+ bytes wait to be sent, more than 1048576$/,
      );
    });

    function bulk() {
      const change = {
        kind: "pay" as const,
        amount: 1n,
        tag: must(parsePaymentTag(`0x${"33".repeat(32)}`)),
      };
      return {
        changes: Array.from({ length: 500 }, () => change),
        signature: must(parseSignature(`0x${"44".repeat(64)}`)),
      };
    }

    it("[O10] reads no further while too many messages of a peer wait, and goes on when they are dealt with", async () => {
      const { address, recorder } = await start(1, { limits: { inboxBytes: 1000 } });
      recorder.handling = false;
      const { peer, sealing } = await befriended(address, 2);
      const size = encodeMessage(stop(1)).length;
      const most = Math.floor(1000 / size) + 1;
      for (let seq = 1; seq <= 500; seq++) peer.frame(sealing.seal(encodeMessage(stop(seq))));
      await recorder.until(() => recorder.count("message") === most);
      const slow = await befriended(address, 3);
      slow.peer.frame(slow.sealing.seal(encodeMessage(stop(1000))));
      await recorder.until(() => recorder.count("message") > most);
      expect(recorder.count("message")).to.equal(most + 1);
      while (recorder.count("message") < 501) {
        for (const done of recorder.unhandled.splice(0)) {
          done();
          done();
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
      const expected = Array.from({ length: 500 }, (_, i) => stop(i + 1));
      expect(
        recorder.messages().filter((message) => message.kind === "stop" && message.lastSeq < 1000),
      ).to.deep.equal(expected);
    });

    it("[O10] makes a peer wait that goes on sending while nothing is dealt with", async () => {
      const { address, recorder } = await start(1, { limits: { inboxBytes: 1000 } });
      recorder.handling = false;
      const { peer, sealing } = await befriended(address, 2);
      await recorder.until(() => recorder.count("connected") === 1);
      const frame = encodeMessage({ kind: "update", channel: CHANNEL, base: 0, seq: 1, ack: 0, ...bulk() });
      const most = 64 << 20;
      let sent = 0;
      while (peer.webSocket.bufferedAmount < 8 << 20) {
        peer.frame(sealing.seal(frame));
        sent += frame.length;
        expect(sent, "it is read for ever").to.be.lessThan(most);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(recorder.count("message")).to.equal(1);
    });

    it("[O10] reads no more of a peer in a second than its quota, and goes on in the next", async () => {
      const { address, recorder, timers } = await start(1, { limits: { quotaBytes: 1000 } });
      const { peer, sealing } = await befriended(address, 2);
      const size = encodeMessage(stop(1)).length;
      const perSecond = Math.ceil(1000 / size);
      for (let seq = 1; seq <= 3 * perSecond; seq++) peer.frame(sealing.seal(encodeMessage(stop(seq))));
      for (let second = 1; second <= 3; second++) {
        await recorder.until(() => recorder.count("message") >= second * perSecond);
        const other = await befriended(address, 3);
        await recorder.until(() => recorder.count("connected") === second + 1);
        await other.peer.close();
        await recorder.until(() => recorder.count("disconnected") === second);
        expect(recorder.count("message")).to.equal(second * perSecond);
        timers.fire(1000);
      }
      expect(recorder.messages()).to.deep.equal(Array.from({ length: 3 * perSecond }, (_, i) => stop(i + 1)));
    });

    it("gives up a peer that is silent for three pings, and keeps one that answers", async () => {
      const { address, recorder, timers } = await start(1, { limits: { pingMs: 55 } });
      const { peer, sealing } = await befriended(address, 2);
      await recorder.until(() => recorder.count("connected") === 1);
      for (let round = 0; round < 10; round++) {
        timers.fire(55);
        const ping = sealing.open((await peer.next()) ?? new Uint8Array(1));
        expect(ping).to.deep.equal(Buffer.alloc(0));
        peer.frame(sealing.seal(encodeMessage(stop(round))));
        await recorder.until(() => recorder.count("message") === round + 1);
      }
      for (let round = 0; round < 3; round++) timers.fire(55);
      expect(recorder.count("disconnected")).to.equal(0);
      timers.fire(55);
      expect(recorder.whys).to.deep.equal(["the peer was silent for 165 ms"]);
    });

    it("counts what was exchanged with each peer, and forgets those that left", async () => {
      const { transport, address, recorder } = await start(1);
      const { peer, sealing } = await befriended(address, 2);
      const other = await befriended(address, 3);
      await recorder.until(() => recorder.count("connected") === 2);
      const id = identityOf(2).signer.address;
      const { length } = encodeMessage(stop(1));
      for (let seq = 1; seq <= 3; seq++) peer.frame(sealing.seal(encodeMessage(stop(seq))));
      await recorder.until(() => recorder.count("message") === 3);
      transport.send(id, stop(1));
      const nothing = { receivedBytes: 0, receivedMessages: 0, sentBytes: 0, sentMessages: 0 };
      const third = { peer: identityOf(3).signer.address, ...nothing };
      const counts = { receivedBytes: 3 * length, receivedMessages: 3, sentBytes: length, sentMessages: 1 };
      expect(transport.traffic()).to.have.deep.members([{ peer: id, ...counts }, third]);
      await other.peer.close();
      await recorder.until(() => recorder.count("disconnected") === 1);
      expect(transport.traffic()).to.deep.equal([{ peer: id, ...counts }]);
    });
  });
}

describe("sockets, plain: frames that are sealed", () => {
  const { start, befriended } = useSockets("plain");

  it("[TRANS-6] ends the connection when sealed bytes were changed, repeated, left out or not sealed at all", async () => {
    const { address, recorder } = await start(1);
    let ended = 0;
    async function ends(attack: (peer: RawPeer, seal: (seq: number) => Uint8Array) => void): Promise<void> {
      const { peer, sealing } = await befriended(address, 2);
      attack(peer, (seq) => sealing.seal(encodeMessage(stop(seq))));
      ended++;
      await recorder.until(() => recorder.count("disconnected") === ended);
      expect(recorder.whys.at(-1)).to.equal("a frame does not open: it was changed on the way");
    }
    await ends((peer, seal) => {
      const frame = seal(1);
      frame[5] = (frame[5] ?? 0) ^ 1;
      peer.frame(frame);
    });
    await ends((peer, seal) => {
      const frame = seal(2);
      peer.frame(frame);
      peer.frame(frame);
    });
    await ends((peer, seal) => {
      seal(3);
      peer.frame(seal(4));
    });
    await ends((peer) => peer.frame(encodeMessage(stop(5))));
    await ends((peer) => peer.frame(new Uint8Array(3)));
    expect(recorder.messages()).to.deep.equal([stop(2)]);
  });

  it("[TRANS-6] what travels is not what was said", async () => {
    const { transport, address, recorder } = await start(1);
    const { peer, sealing } = await befriended(address, 2);
    await recorder.until(() => recorder.count("connected") === 1);
    const secret = Buffer.alloc(32, 0x77);
    transport.send(identityOf(2).signer.address, {
      kind: "fulfil",
      channel: CHANNEL,
      id: 1,
      secret: must(parseSecret(`0x${secret.toString("hex")}`)),
    });
    const frame = (await peer.next()) ?? new Uint8Array(0);
    expect(Buffer.from(frame).includes(secret)).to.equal(false);
    expect(Buffer.from(sealing.open(frame) ?? []).includes(secret)).to.equal(true);
  });
});
