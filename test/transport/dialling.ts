import { expect } from "chai";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { HashlaneError } from "../../src/protocol/error.ts";
import { encodeMessage } from "../../src/protocol/wire.ts";
import { encodeAuth, signAuth } from "../../src/transport/handshake.ts";
import type { RawPeer } from "./raw-peer.ts";
import { ManualTimers, useSockets } from "./socket-bench.ts";
import { identityOf, KINDS, makeTransport } from "./socket-world.ts";
import { Recorder, stop } from "./transport-suite.ts";

/** A socket that is closed at once shows either. */
const GONE = /socket hang up|ECONNRESET|disconnected before secure/;

async function failureOf(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => "none",
    (thrown: unknown) => String(thrown),
  );
}

for (const kind of KINDS)
  describe(`sockets, ${kind}: dialling and listening`, () => {
    const { start, introduced, befriended, rawPeer, cleanups } = useSockets(kind);

    it("[O10] turns connections away above the most allowed", async () => {
      const { address, recorder } = await start(1, { limits: { mostIncoming: 2 } });
      const second = await befriended(address, 2);
      await befriended(address, 3);
      for (let attempt = 0; attempt < 3; attempt++) expect(await failureOf(rawPeer(address))).to.match(GONE);
      expect(recorder.problems()).to.deep.equal([
        "a connection was turned away: 2 are open, which is the most allowed",
      ]);
      await second.peer.close();
      await recorder.until(() => recorder.count("disconnected") === 1);
      await befriended(address, 2);
    });

    it("[O10] refuses nodes of one address above the most allowed, and says so", async () => {
      const { transport, address, recorder } = await start(1, { limits: { mostOfOneAddress: 2 } });
      const second = await befriended(address, 2);
      await befriended(address, 3);
      await recorder.until(() => recorder.count("connected") === 2);
      const late = makeTransport(4, kind, { listen: null, timers: new ManualTimers() });
      const told = new Recorder();
      await late.start(told);
      cleanups.push(() => late.stop());
      late.connect(transport.id, address);
      await told.until(() => told.count("problem") === 1);
      expect(told.problems()).to.deep.equal([
        `a connection to ${transport.id} was given up: the peer refused the connection: too_many_here 2`,
      ]);
      await recorder.until(() => recorder.count("problem") === 1);
      expect(recorder.problems()).to.deep.equal([
        "a connection that came in was given up: 2 nodes of the peer's address are connected, which is the most allowed",
      ]);
      expect(transport.visitors().turnedAway).to.deep.equal({ full: 0, unproven: 0, tooManyHere: 1 });
      // Who is connected may come anew, and who leaves makes room.
      await befriended(address, 3);
      await recorder.until(() => recorder.count("connected") === 3);
      await second.peer.close();
      await recorder.until(() => recorder.count("disconnected") === 2);
      await befriended(address, 4);
      await recorder.until(() => recorder.count("connected") === 4);
      expect(transport.visitors()).to.deep.equal({
        present: 2,
        turnedAway: { full: 0, unproven: 0, tooManyHere: 1 },
      });
    });

    it("a peer that connects anew takes the place of its old connection", async () => {
      const { transport, address, recorder } = await start(1);
      const old = await befriended(address, 2);
      await recorder.until(() => recorder.count("connected") === 1);
      const anew = await befriended(address, 2);
      await recorder.until(() => recorder.count("connected") === 2);
      expect(recorder.events.map(({ kind }) => kind)).to.deep.equal([
        "connected",
        "disconnected",
        "connected",
      ]);
      expect(await old.peer.next()).to.equal(null);
      transport.send(identityOf(2).signer.address, stop(1));
      const frame = (await anew.peer.next()) ?? new Uint8Array(0);
      expect(anew.sealing.open(frame)).to.deep.equal(Buffer.from(encodeMessage(stop(1))));
    });

    it("of two connections that cross, the one that the lower id dialled stands on both sides", async () => {
      const [lower = 0, higher = 0] = [1, 2].sort((a, b) =>
        identityOf(a).signer.address < identityOf(b).signer.address ? -1 : 1,
      );
      for (const [dialling, other, events] of [
        [lower, higher, ["connected"]],
        [higher, lower, ["connected", "disconnected", "connected"]],
      ] as const) {
        const target = await start(other);
        const { transport, recorder, address } = await start(dialling);
        transport.connect(target.transport.id, target.address);
        await recorder.until(() => recorder.count("connected") === 1);
        const { crypto, signer } = identityOf(other);
        const met = await introduced(address, other);
        const { peer } = met;
        peer.frame(encodeAuth(signAuth(crypto, signer, "dialler", met)));
        if (dialling === lower) await endOf(peer);
        else await recorder.until(() => recorder.count("connected") === 2);
        expect(recorder.events.map(({ kind }) => kind)).to.deep.equal(events);
      }
    });

    /** Reads until the connection is closed. */
    async function endOf(peer: RawPeer): Promise<void> {
      let frame: Uint8Array | null;
      do frame = await peer.next();
      while (frame !== null);
    }

    it("does not dial a peer that came by itself meanwhile", async () => {
      const gone = await start(2);
      await gone.transport.stop();
      const { transport, recorder, timers, address } = await start(1);
      transport.connect(gone.transport.id, gone.address);
      await recorder.until(() => recorder.count("problem") === 1);
      await befriended(address, 2);
      await recorder.until(() => recorder.count("connected") === 1);
      const before = timers.pending.size;
      timers.fire(1.5);
      expect(timers.pending.size).to.equal(before - 1);
    });

    it("dials again with more and more time between, from half to all of it, up to the longest", async () => {
      const delays: number[] = [];
      const timers = new ManualTimers();
      const after = timers.after.bind(timers);
      timers.after = (ms, work) => {
        if (ms <= 1000) delays.push(ms);
        return after(ms, work);
      };
      let random = 0;
      const backOff = { firstMs: 100, longestMs: 1000, random: () => random };
      const limits = { handshakeMs: 5000 };
      const gone = await start(2);
      await gone.transport.stop();
      const { transport, recorder } = await start(1, { timers, backOff, limits });
      transport.connect(gone.transport.id, gone.address);
      for (let attempt = 1; attempt <= 6; attempt++) {
        await recorder.until(() => recorder.count("problem") === attempt);
        random = attempt % 2 === 0 ? 0 : 0.5;
        timers.fire(delays.at(-1) ?? 0);
      }
      await recorder.until(() => recorder.count("problem") === 7);
      expect(delays).to.deep.equal([50, 150, 200, 600, 500, 750, 500]);
      expect(recorder.problems()[0]).to.include(
        `a connection to ${gone.transport.id} was given up: connect ECONNREFUSED`,
      );
    });

    it("gives up whoever takes the connection and says nothing", async () => {
      const sockets: Socket[] = [];
      const mute = createServer((socket) => sockets.push(socket));
      mute.listen(0, "127.0.0.1");
      await once(mute, "listening");
      cleanups.push(async () => {
        for (const socket of sockets) socket.destroy();
        mute.close();
        await once(mute, "close");
      });
      const { transport, recorder, timers } = await start(1, { limits: { handshakeMs: 777 } });
      const { port } = mute.address() as AddressInfo;
      const peer = identityOf(2).signer.address;
      transport.connect(peer, `127.0.0.1:${port}`);
      await once(mute, "connection");
      timers.fire(777);
      expect(recorder.problems()).to.deep.equal([
        `a connection to ${peer} was given up: no handshake within 777 ms`,
      ]);
      const [socket] = sockets;
      if (socket !== undefined && !socket.closed) await once(socket.resume(), "close");
    });

    it("leaves no timer behind when it stops, connected, dialling or waiting", async () => {
      const two = await start(2);
      const one = await start(1);
      const absent = await start(3);
      await absent.transport.stop();
      one.transport.connect(two.transport.id, two.address);
      one.transport.connect(absent.transport.id, absent.address);
      await one.recorder.until(() => one.recorder.count("connected") + one.recorder.count("problem") === 2);
      await rawPeer(one.address);
      expect(one.timers.pending.size).to.be.greaterThan(1);
      await one.transport.stop();
      await two.transport.stop();
      expect(one.timers.pending.size + two.timers.pending.size + absent.timers.pending.size).to.equal(0);
    });

    it("says why it cannot listen", async () => {
      const { transport } = await start(1);
      const port = Number(transport.address?.split(":").at(-1));
      const second = makeTransport(2, kind, { listen: { host: "127.0.0.1", port } });
      const failure: unknown = await second.start(new Recorder()).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(HashlaneError).with.property("code", "listen_failed");
      expect(failure).to.have.property("message").that.includes(`port: ${port}`).and.includes("EADDRINUSE");
    });

    it("refuses addresses that are none", async () => {
      const { transport } = await start(1);
      const peer = identityOf(2).signer.address;
      for (const address of [
        "",
        "host",
        "host:",
        ":1",
        "host:65536",
        "a:b:1",
        "[::1]",
        "a/b:1",
        "1.2.3.4.5:1",
      ]) {
        expect(() => transport.connect(peer, address), address).to.throw(RangeError, "host:port");
      }
    });
  });
