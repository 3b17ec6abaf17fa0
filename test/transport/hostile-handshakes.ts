import { expect } from "chai";
import { createServer, connect, type Server, type Socket } from "node:net";
import { once } from "node:events";
import fc from "fast-check";
import { toHex } from "../../src/protocol/bytes.ts";
import { must, parseAddress } from "../../src/protocol/checked.ts";
import type { Digest } from "../../src/protocol/types.ts";
import { encodeMessage } from "../../src/protocol/wire.ts";
import { encodeAuth, encodeRefusal, makeHello, signAuth } from "../../src/transport/handshake.ts";
import type { SocketTransport } from "../../src/transport/socket-transport.ts";
import { RawPeer } from "./raw-peer.ts";
import { useSockets } from "./socket-bench.ts";
import { DOMAIN, identityOf } from "./socket-world.ts";
import { stop } from "./transport-suite.ts";

describe("sockets: handshakes that are broken or hostile", () => {
  const { start, introduced, befriended, rawPeer, cleanups } = useSockets();

  it("refuses another chain and another contract, and says so to both", async () => {
    const { address, recorder } = await start(1);
    const contract = must(parseAddress(`0x${"dd".repeat(20)}`));
    const chain = await introduced(address, 2, { ...DOMAIN, chainId: 1n });
    expect(await chain.peer.refusal()).to.equal("wrong_chain");
    const other = await introduced(address, 2, { ...DOMAIN, contract });
    expect(await other.peer.refusal()).to.equal("wrong_contract");
    expect(recorder.problems()).to.deep.equal([
      "a connection that came in was given up: the peer is on chain 1 and this node on 31337",
      `a connection that came in was given up: the peer uses the contract ${contract} and this node ${DOMAIN.contract}`,
    ]);
  });

  it("refuses another protocol, even one with a longer hello", async () => {
    const { address, recorder } = await start(1);
    const peer = rawPeer(address);
    const { bytes } = makeHello(identityOf(2).signer.address, DOMAIN, new Uint8Array(32).fill(9));
    const longer = new Uint8Array(200);
    longer.set(bytes);
    longer[2] = 2;
    peer.frame(longer);
    expect(await peer.refusal()).to.equal("wrong_protocol");
    expect(recorder.problems()[0]).to.include("the peer speaks protocol 2 and this node 1");
  });

  it("refuses its own id", async () => {
    const { address } = await start(1);
    expect(await (await introduced(address, 1)).peer.refusal()).to.equal("own_id");
  });

  it("a dialler refuses whoever is not the node that it dialled", async () => {
    const two = await start(2);
    const one = await start(1);
    const wanted = identityOf(3).signer.address;
    one.transport.connect(wanted, two.address);
    await one.recorder.until(() => one.recorder.count("problem") > 0);
    const found = identityOf(2).signer.address;
    expect(one.recorder.problems()).to.deep.equal([
      `a connection to ${wanted} was given up: the node there is ${found}, not ${wanted}`,
    ]);
    await two.recorder.until(() => two.recorder.count("problem") > 0);
    expect(two.recorder.problems()[0]).to.include("the peer refused the connection: wrong_node");
    expect(one.recorder.count("connected") + two.recorder.count("connected")).to.equal(0);
  });

  it("nobody passes for a node whose key it does not hold", async () => {
    const { address, recorder } = await start(1);
    const { crypto, signer } = identityOf(2);
    const thief = identityOf(3).signer;
    const claims = await introduced(address, 2);
    claims.peer.frame(encodeAuth(signAuth(crypto, thief, "dialler", claims.mine, claims.theirs)));
    expect(await claims.peer.refusal()).to.equal("bad_signature");
    const wrongRole = await introduced(address, 2);
    wrongRole.peer.frame(encodeAuth(signAuth(crypto, signer, "listener", wrongRole.mine, wrongRole.theirs)));
    expect(await wrongRole.peer.refusal()).to.equal("bad_signature");
    expect(recorder.problems()[0]).to.include(`the peer does not hold the key of ${signer.address}`);
    expect(recorder.count("connected")).to.equal(0);
  });

  it("a proof from one connection is worth nothing in the next", async () => {
    const { address, recorder } = await start(1);
    const { crypto, signer } = identityOf(2);
    const first = await introduced(address, 2);
    const auth = encodeAuth(signAuth(crypto, signer, "dialler", first.mine, first.theirs));
    const second = rawPeer(address);
    second.frame(first.mine.bytes);
    second.frame(auth);
    expect(await second.refusal()).to.equal("bad_signature");
    expect(recorder.count("connected")).to.equal(0);
    first.peer.frame(auth);
    await recorder.until(() => recorder.count("connected") === 1);
  });

  it("refuses one-time keys that give every pair the same secret", async () => {
    const { address } = await start(1);
    const peer = rawPeer(address);
    peer.frame(makeHello(identityOf(2).signer.address, DOMAIN, new Uint8Array(32)).bytes);
    expect(await peer.refusal()).to.equal("bad_handshake");
  });

  it("gives up a handshake that takes too long, and only that", async () => {
    const { address, timers, recorder } = await start(1, { limits: { handshakeMs: 777 } });
    const silent = rawPeer(address);
    const halfway = await introduced(address, 2);
    await silent.hello();
    await befriended(address, 3);
    await recorder.until(() => recorder.count("connected") === 1);
    timers.fire(777);
    expect(await silent.refusal()).to.equal("too_slow");
    expect(await halfway.peer.refusal()).to.equal("too_slow");
    expect(recorder.problems()).to.have.length(2);
    expect(recorder.problems()[0]).to.include("no handshake within 777 ms");
    expect(recorder.count("disconnected")).to.equal(0);
  });

  it("refuses what is no handshake, and messages before it is done", async () => {
    const { address, recorder } = await start(1);
    for (const content of [
      encodeMessage(stop(1)),
      new Uint8Array(0),
      Uint8Array.of(2),
      encodeRefusal("own_id").slice(0, 1),
    ]) {
      const peer = rawPeer(address);
      peer.frame(content);
      expect(await peer.refusal()).to.equal("bad_handshake");
    }
    const twice = await introduced(address, 2);
    twice.peer.frame(twice.mine.bytes);
    expect(await twice.peer.refusal()).to.equal("bad_handshake");
    const early = rawPeer(address);
    early.frame(encodeAuth(identityOf(2).signer.sign(toHex<Digest>(new Uint8Array(32)))));
    expect(await early.refusal()).to.equal("bad_handshake");
    expect(recorder.count("connected") + recorder.count("message")).to.equal(0);
  });

  it("random bytes never get past the handshake, and never throw", async () => {
    const { address, recorder } = await start(1);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 5, maxLength: 300 }), async (bytes) => {
        const peer = new RawPeer(address);
        peer.write(bytes);
        peer.socket.end();
        while ((await peer.next()) !== null);
        await peer.close();
      }),
      { numRuns: 100 },
    );
    await recorder.until(() => recorder.count("problem") === 100);
    expect(recorder.count("connected") + recorder.count("message")).to.equal(0);
  });

  describe("with somebody in between", () => {
    /** Passes everything on, or what `change` makes of it. */
    async function between(target: SocketTransport, change: (bytes: Buffer, fromDialler: boolean) => Buffer) {
      const sockets: Socket[] = [];
      const server: Server = createServer((near) => {
        const [host = "", port = ""] = (target.address ?? "").split(":");
        const far = connect({ host, port: Number(port) });
        sockets.push(near, far);
        near.on("data", (bytes: Buffer) => far.write(change(bytes, true)));
        far.on("data", (bytes: Buffer) => near.write(change(bytes, false)));
        near.on("close", () => far.destroy());
        far.on("close", () => near.destroy());
        for (const socket of [near, far]) socket.on("error", () => undefined);
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      cleanups.push(async () => {
        for (const socket of sockets) socket.destroy();
        server.close();
        await once(server, "close");
      });
      const address = server.address();
      return `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
    }

    it("two nodes connect through an honest relay", async () => {
      const [one, two] = [await start(1), await start(2)];
      one.transport.connect(two.transport.id, await between(two.transport, (bytes) => bytes));
      await one.recorder.until(() => one.recorder.count("connected") === 1);
    });

    it("one-time keys that were exchanged for others are found out", async () => {
      const [one, two] = [await start(1), await start(2)];
      let first = true;
      const address = await between(two.transport, (bytes, fromDialler) => {
        if (!fromDialler || !first) return bytes;
        first = false;
        const changed = Buffer.from(bytes);
        changed.fill(9, 4 + 75, 4 + 75 + 32);
        return changed;
      });
      one.transport.connect(two.transport.id, address);
      await two.recorder.until(() => two.recorder.count("problem") > 0);
      await one.recorder.until(() => one.recorder.count("problem") > 0);
      expect(two.recorder.problems()[0]).to.include("does not hold the key");
      expect(one.recorder.count("connected") + two.recorder.count("connected")).to.equal(0);
    });
  });
});
