import { expect } from "chai";
import fc from "fast-check";
import { toHex } from "../../src/protocol/bytes.ts";
import { must, parseAddress } from "../../src/protocol/checked.ts";
import type { Digest } from "../../src/protocol/types.ts";
import { encodeMessage } from "../../src/protocol/wire.ts";
import { encodeAuth, makeHello, PROTOCOLS, signAuth } from "../../src/transport/handshake.ts";
import { encodeRefusal } from "../../src/transport/refusal.ts";
import { RawPeer } from "./raw-peer.ts";
import { useSockets } from "./socket-bench.ts";
import { DOMAIN, identityOf, KINDS } from "./socket-world.ts";
import { stop } from "./transport-suite.ts";

for (const kind of KINDS) {
  describe(`sockets, ${kind}: handshakes that are broken or hostile`, () => {
    const { start, introduced, befriended, rawPeer } = useSockets(kind);
    const binding = kind === "tls" ? "exporter" : "sealed";

    it("refuses another chain and another contract, and says so to both", async () => {
      const { address, recorder } = await start(1);
      const contract = must(parseAddress(`0x${"dd".repeat(20)}`));
      const chain = await introduced(address, 2, { domain: { ...DOMAIN, chainId: 1n } });
      expect(await chain.peer.refusal()).to.equal("wrong_chain");
      const other = await introduced(address, 2, { domain: { ...DOMAIN, contract } });
      expect(await other.peer.refusal()).to.equal("wrong_contract");
      expect(recorder.problems()).to.deep.equal([
        "a connection that came in was given up: the peer is on chain 1 and this node on 31337",
        `a connection that came in was given up: the peer uses the contract ${contract} and this node ${DOMAIN.contract}`,
      ]);
    });

    it("[TRANS-1] takes every range of protocols that it has one of, and no other, and tells its own", async () => {
      const { address, recorder } = await start(1);
      const { to } = PROTOCOLS;
      for (const protocols of [
        { from: 0, to: to - 1 },
        { from: to + 1, to: 65_535 },
        { from: to, to: to - 1 },
      ]) {
        const { peer } = await introduced(address, 2, { protocols });
        expect(await peer.refusal()).to.equal(`wrong_protocol ${to}, ${to}`);
      }
      expect(recorder.problems()[0]).to.include(
        `the peer speaks protocol 0 to ${to - 1} and this node ${to}`,
      );
      for (const protocols of [
        { from: 0, to },
        { from: to, to: 65_535 },
      ]) {
        const { peer } = await befriended(address, 2, { protocols });
        await peer.close();
      }
      await recorder.until(() => recorder.count("disconnected") === 2);
    });

    it("[TRANS-1] understands the beginning of a longer hello, and signs all of it", async () => {
      const { address, recorder } = await start(1);
      const peer = await rawPeer(address);
      const { crypto, signer } = identityOf(2);
      const once = { tls: new Uint8Array(32), plain: (await introduced(address, 3)).ours.once }[kind];
      const said = { protocols: PROTOCOLS, id: signer.address, domain: DOMAIN, binding, once } as const;
      const short = makeHello({ ...said, features: new Set() });
      const ours = { ...short, bytes: new Uint8Array(1024) };
      ours.bytes.set(short.bytes);
      peer.frame(ours.bytes);
      const met = { exporter: peer.exporter, ours, theirs: await peer.hello() };
      peer.frame(encodeAuth(signAuth(crypto, signer, "dialler", met)));
      await recorder.until(() => recorder.count("connected") === 1);
      const longer = await rawPeer(address);
      longer.frame(new Uint8Array(1025).fill(1, 0, 1));
      expect(await longer.refusal()).to.equal("bad_handshake");
      expect(recorder.problems()[0]).to.include("a frame of 1025 bytes came");
    });

    it("[TRANS-2] refuses features that it must know and does not, says which, and overlooks others", async () => {
      const { address, recorder } = await start(1);
      const demanding = await introduced(address, 2, { features: new Set([0, 5, 64, 511]) });
      expect(await demanding.peer.refusal()).to.equal("unknown_feature 0, 64");
      expect(recorder.problems()).to.deep.equal([
        "a connection that came in was given up: the peer demands features that this node does not know: 0, 64",
      ]);
      await befriended(address, 2, { features: new Set([1, 5, 511]) });
      await recorder.until(() => recorder.count("connected") === 1);
    });

    it("[TRANS-2] a demand is met by who knows the feature, asked for or offered", async () => {
      const features = (bits: readonly number[]) => ({
        identity: { ...identityOf(1), features: new Set(bits) },
      });
      for (const known of [64, 65]) {
        const { address, recorder } = await start(1, features([known]));
        if (known === 64) {
          await befriended(address, 2, { features: new Set([64]) });
          await recorder.until(() => recorder.count("connected") === 1);
        } else {
          const { peer } = await introduced(address, 2, { features: new Set([64, 66]) });
          expect(await peer.refusal()).to.equal("unknown_feature 66");
        }
      }
    });

    it("[TRANS-2] both ends learn which feature kept them apart", async () => {
      const one = await start(1, { identity: { ...identityOf(1), features: new Set([100]) } });
      const two = await start(2);
      one.transport.connect(two.transport.id, two.address);
      await one.recorder.until(() => one.recorder.count("problem") > 0);
      await two.recorder.until(() => two.recorder.count("problem") > 0);
      expect(one.recorder.problems()[0]).to.equal(
        `a connection to ${two.transport.id} was given up: the peer refused the connection: unknown_feature 100`,
      );
      expect(two.recorder.problems()[0]).to.include("demands features that this node does not know: 100");
    });

    it("[TRANS-7] refuses a proof that is bound in another way than the carrier allows", async () => {
      const { address, recorder } = await start(1);
      const other = kind === "tls" ? "sealed" : "exporter";
      const { peer } = await introduced(address, 2, { binding: other });
      expect(await peer.refusal()).to.equal("wrong_binding");
      expect(recorder.problems()[0]).to.include(`binds its proof by ${other} and this node by ${binding}`);
    });

    it("refuses its own id", async () => {
      const { address } = await start(1);
      expect(await (await introduced(address, 1)).peer.refusal()).to.equal("own_id");
    });

    it("[TRANS-4] a dialler refuses whoever is not the node that it dialled", async () => {
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

    it("[TRANS-4] nobody passes for a node whose key it does not hold", async () => {
      const { address, recorder } = await start(1);
      const { crypto, signer } = identityOf(2);
      const thief = identityOf(3).signer;
      const claims = await introduced(address, 2);
      claims.peer.frame(encodeAuth(signAuth(crypto, thief, "dialler", claims)));
      expect(await claims.peer.refusal()).to.equal("bad_signature");
      const wrongRole = await introduced(address, 2);
      wrongRole.peer.frame(encodeAuth(signAuth(crypto, signer, "listener", wrongRole)));
      expect(await wrongRole.peer.refusal()).to.equal("bad_signature");
      expect(recorder.problems()[0]).to.include(`the peer does not hold the key of ${signer.address}`);
      expect(recorder.count("connected")).to.equal(0);
    });

    it("[TRANS-3] a proof from one connection is worth nothing in the next", async () => {
      const { address, recorder } = await start(1);
      const { crypto, signer } = identityOf(2);
      const first = await introduced(address, 2);
      const auth = encodeAuth(signAuth(crypto, signer, "dialler", first));
      const second = await rawPeer(address);
      second.frame(first.ours.bytes);
      second.frame(auth);
      expect(await second.refusal()).to.equal("bad_signature");
      expect(recorder.count("connected")).to.equal(0);
      first.peer.frame(auth);
      await recorder.until(() => recorder.count("connected") === 1);
    });

    it("gives up a handshake that takes too long, and only that", async () => {
      const { address, timers, recorder } = await start(1, { limits: { handshakeMs: 777 } });
      const silent = await rawPeer(address);
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
        encodeRefusal({ code: "own_id", numbers: [] }).slice(0, 1),
        encodeRefusal({ code: "own_id", numbers: [1] }).slice(0, 3),
      ]) {
        const peer = await rawPeer(address);
        peer.frame(content);
        expect(await peer.refusal()).to.equal("bad_handshake");
        expect(await peer.next()).to.equal(null);
        expect(peer.closeCode).to.equal(1008);
      }
      const twice = await introduced(address, 2);
      twice.peer.frame(twice.ours.bytes);
      expect(await twice.peer.refusal()).to.equal("bad_handshake");
      const early = await rawPeer(address);
      early.frame(encodeAuth(identityOf(2).signer.sign(toHex<Digest>(new Uint8Array(32)))));
      expect(await early.refusal()).to.equal("bad_handshake");
      expect(recorder.count("connected") + recorder.count("message")).to.equal(0);
    });

    it("random frames never get past the handshake, and never throw", async () => {
      const { address, recorder } = await start(1);
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 1100 }), fc.boolean(), async (bytes, isHello) => {
          const peer = await new RawPeer(address, kind).open();
          if (isHello) bytes[0] = 1;
          peer.frame(bytes);
          while ((await peer.next()) !== null);
          await peer.close();
        }),
        { numRuns: 100 },
      );
      await recorder.until(() => recorder.count("problem") === 100);
      expect(recorder.count("connected") + recorder.count("message")).to.equal(0);
    });
  });
}

describe("sockets, plain: keys of one connection", () => {
  const { start, introduced } = useSockets("plain");

  it("[TRANS-6] refuses one-time keys that give every pair the same secret", async () => {
    const { address } = await start(1);
    const { peer } = await introduced(address, 2, { once: new Uint8Array(32) });
    expect(await peer.refusal()).to.equal("bad_handshake");
  });
});
