import { expect } from "chai";
import { must, parsePaymentTag, parseSecret, parseSignature } from "../../src/protocol/checked.ts";
import { encodeMessage, MAX_MESSAGE_BYTES } from "../../src/protocol/wire.ts";
import { TAG_BYTES } from "../../src/transport/sealing.ts";
import type { RawPeer } from "./raw-peer.ts";
import { useSockets } from "./socket-bench.ts";
import { identityOf } from "./socket-world.ts";
import { CHANNEL, stop } from "./transport-suite.ts";

describe("sockets: traffic that is broken or hostile", () => {
  const { start, befriended, rawPeer } = useSockets();

  it("refuses a frame above the limit by its announced length alone", async () => {
    const { address, recorder } = await start(1);
    const unknown = rawPeer(address);
    unknown.write(Uint8Array.of(0, 0, 0x04, 0x01));
    expect(await unknown.refusal()).to.equal("closed without a word");
    expect(recorder.problems()[0]).to.include("announced a frame of 1025 bytes, more than 1024");
    const { peer } = await befriended(address, 2);
    const limit = MAX_MESSAGE_BYTES + TAG_BYTES;
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, limit + 1);
    peer.write(length);
    await recorder.until(() => recorder.count("disconnected") === 1);
    expect(recorder.whys[0]).to.equal(`the peer announced a frame of ${limit + 1} bytes, more than ${limit}`);
  });

  it("takes the longest message that there may be", async () => {
    const { address, recorder } = await start(1);
    const { peer, sealing } = await befriended(address, 2);
    const content = new Uint8Array(MAX_MESSAGE_BYTES);
    peer.frame(sealing.seal(content));
    await recorder.until(() => recorder.count("disconnected") === 1);
    expect(recorder.whys[0]).to.match(/^the peer sent what is no message: /);
  });

  it("ends the connection when sealed bytes were changed, repeated, left out or not sealed at all", async () => {
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

  it("what travels is not what was said", async () => {
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

  it("ends the connection over a sealed frame that is no message", async () => {
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
    const change = { kind: "pay" as const, amount: 1n, tag: must(parsePaymentTag(`0x${"33".repeat(32)}`)) };
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

  it("gives up a peer that is silent for three pings, and keeps one that answers", async () => {
    const { address, recorder, timers } = await start(1, { limits: { pingMs: 55 } });
    const { peer, sealing } = await befriended(address, 2);
    await recorder.until(() => recorder.count("connected") === 1);
    for (let round = 0; round < 10; round++) {
      timers.fire(55);
      const ping = sealing.open((await peer.next()) ?? new Uint8Array(0));
      expect(ping).to.deep.equal(Buffer.alloc(0));
      peer.frame(sealing.seal(encodeMessage(stop(round))));
      await recorder.until(() => recorder.count("message") === round + 1);
    }
    for (let round = 0; round < 3; round++) timers.fire(55);
    expect(recorder.count("disconnected")).to.equal(0);
    timers.fire(55);
    expect(recorder.whys).to.deep.equal(["the peer was silent for 165 ms"]);
  });
});
