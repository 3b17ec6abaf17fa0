import { expect } from "chai";
import { createCertificate, type Certificate } from "../../src/transport/certificate.ts";
import { relayBytes, terminateTls } from "./relays.ts";
import { useSockets } from "./socket-bench.ts";
import { KINDS } from "./socket-world.ts";
import { stop } from "./transport-suite.ts";

for (const kind of KINDS) {
  describe(`sockets, ${kind}: with somebody in between`, () => {
    const { start, cleanups } = useSockets(kind);

    it("two nodes connect through an honest relay", async () => {
      const [one, two] = [await start(1), await start(2)];
      const relay = await relayBytes(two.address);
      cleanups.push(relay.stop);
      one.transport.connect(two.transport.id, relay.address);
      await one.recorder.until(() => one.recorder.count("connected") === 1);
    });

    it("a byte that was changed after the handshake ends the connection", async () => {
      const [one, two] = [await start(1), await start(2)];
      let isEvil = false;
      const relay = await relayBytes(two.address, (bytes, fromDialler) => {
        if (!isEvil || !fromDialler) return bytes;
        const changed = Buffer.from(bytes);
        changed[changed.length - 3] = (changed.at(-3) ?? 0) ^ 1;
        return changed;
      });
      cleanups.push(relay.stop);
      one.transport.connect(two.transport.id, relay.address);
      await one.recorder.until(() => one.recorder.count("connected") === 1);
      await two.recorder.until(() => two.recorder.count("connected") === 1);
      isEvil = true;
      one.transport.send(two.transport.id, stop(1));
      await two.recorder.until(() => two.recorder.count("disconnected") === 1);
      expect(two.recorder.whys[0]).to.match(/bad record mac|a frame does not open/i);
      expect(two.recorder.count("message")).to.equal(0);
    });
  });
}

describe("sockets, plain: with somebody in between who knows the handshake", () => {
  const { start, cleanups } = useSockets("plain");

  it("one-time keys that were exchanged for others are found out", async () => {
    const [one, two] = [await start(1), await start(2)];
    const id = Buffer.from(one.transport.id.slice(2), "hex");
    const relay = await relayBytes(two.address, (bytes, fromDialler) => {
      // Of a masked frame, 20 bytes of the id tell where the hello is; the key is 73 bytes behind its beginning.
      const at = fromDialler ? idAt(bytes, id) : -1;
      if (at < 0) return bytes;
      const changed = Buffer.from(bytes);
      for (let i = at + 73; i < at + 73 + 32; i++) changed[i] = (changed[i] ?? 0) ^ 1;
      return changed;
    });
    cleanups.push(relay.stop);
    one.transport.connect(two.transport.id, relay.address);
    await two.recorder.until(() => two.recorder.count("problem") > 0);
    await one.recorder.until(() => one.recorder.count("problem") > 0);
    expect(two.recorder.problems()[0]).to.include("does not hold the key");
    expect(one.recorder.count("connected") + two.recorder.count("connected")).to.equal(0);
  });

  /** Where the id stands under some mask of four bytes; below 0 if nowhere. */
  function idAt(bytes: Buffer, id: Buffer): number {
    for (let at = 0; at + id.length <= bytes.length; at++) {
      const isHere = id.every((byte, i) => {
        const mask = (bytes[at + (i % 4)] ?? 0) ^ (id[i % 4] ?? 0);
        return ((bytes[at + i] ?? 0) ^ byte) === mask;
      });
      if (isHere) return at;
    }
    return -1;
  }
});

describe("sockets, tls: with somebody in between who ends TLS on both sides", () => {
  const { start, cleanups } = useSockets("tls");

  /** `choose`: what the attacker shows to the dialler, given what the node that is dialled has. */
  async function attack(choose: (theirs: Certificate) => Promise<Certificate>) {
    const certificate = await createCertificate();
    const two = await start(2, { security: { kind: "tls", certificate } });
    const one = await start(1);
    const terminator = await terminateTls(two.address, await choose(certificate));
    cleanups.push(terminator.stop);
    one.transport.connect(two.transport.id, terminator.address);
    for (const { recorder } of [one, two])
      await recorder.until(() => recorder.count("problem") + recorder.count("connected") > 0);
    expect(one.recorder.count("connected") + two.recorder.count("connected")).to.equal(0);
    const problems = [...one.recorder.problems(), ...two.recorder.problems()].join("\n");
    expect(problems).to.include("does not hold the key of");
    expect(problems).to.include("somebody stands between");
    // Both hellos and a proof went through unchanged: nothing but the session was another.
    expect(terminator.seen.length).to.be.greaterThan(2);
  }

  it("[TRANS-5] is found out, as the proofs are bound to the TLS session", () => attack(createCertificate));

  it("[TRANS-5] is found out even with the certificate and private key of the node that was dialled", () =>
    attack((theirs) => Promise.resolve(theirs)));
});
