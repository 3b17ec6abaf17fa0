import { expect } from "chai";
import fc from "fast-check";
import { once } from "node:events";
import { get as httpGet, request as httpRequest, type IncomingMessage } from "node:http";
import { get as httpsGet } from "node:https";
import { connect, type AddressInfo, type Socket } from "node:net";
import { connect as tlsConnect, createServer as createTlsServer } from "node:tls";
import { createCertificate } from "../../src/transport/certificate.ts";
import { befriend, RawPeer } from "./raw-peer.ts";
import { useSockets } from "./socket-bench.ts";
import { identityOf, KINDS } from "./socket-world.ts";
import type { ManualTimers } from "./socket-bench.ts";

const HANDSHAKE_MS = 777;

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response as AsyncIterable<Buffer>) text += chunk.toString();
  return text;
}

/** However it ends. */
function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.on("error", () => undefined).once("close", () => resolve()));
}

function portOf(address: string): number {
  return Number(address.split(":").at(-1));
}

for (const kind of KINDS) {
  describe(`sockets, ${kind}: the door`, () => {
    const { start, befriended, rawPeer, cleanups } = useSockets(kind);

    function knock(address: string): Socket {
      const socket = connect({ host: "127.0.0.1", port: portOf(address) });
      socket.on("error", () => undefined);
      cleanups.push(async () => {
        socket.destroy();
        if (!socket.closed) await gone(socket);
      });
      return socket;
    }

    /** One clock runs for everybody who came in and is no node yet. */
    async function untilWaiting(timers: ManualTimers, count: number): Promise<void> {
      const waiting = (): number => [...timers.pending].filter(({ ms }) => ms === HANDSHAKE_MS).length;
      while (waiting() !== count) await new Promise((resolve) => setImmediate(resolve));
    }

    it("[O10] lets no address make it wait for more than so many that do not say who they are", async () => {
      const limits = { mostUnproven: 3, handshakeMs: HANDSHAKE_MS };
      const { address, recorder, timers } = await start(1, { limits });
      await befriended(address, 2);
      await recorder.until(() => recorder.count("connected") === 1);
      const silent = [knock(address), knock(address), knock(address)];
      await untilWaiting(timers, 3);
      for (let attempt = 0; attempt < 5; attempt++) {
        const late = knock(address);
        await gone(late.resume());
      }
      // A flood fills no log.
      expect(recorder.problems()).to.deep.equal([
        "a connection was turned away: 3 from 127.0.0.1 have not proven who they are, which is the most allowed",
      ]);
      const closed = silent.map((socket) => gone(socket.resume()));
      timers.fire(HANDSHAKE_MS);
      await Promise.all(closed);
      expect(recorder.problems().slice(1)).to.deep.equal(
        silent.map(() => `a connection that came in was given up: no WebSocket within ${HANDSHAKE_MS} ms`),
      );
      await befriended(address, 3);
      await recorder.until(() => recorder.count("connected") === 2);
      expect(recorder.count("disconnected")).to.equal(0);
    });

    it("[O10] does not count proven nodes among those that make it wait", async () => {
      const { address, recorder } = await start(1, { limits: { mostUnproven: 1 } });
      for (const node of [2, 3, 4]) {
        await befriended(address, node);
        await recorder.until(() => recorder.count("connected") === node - 1);
      }
    });

    it("gives whoever sends byte after byte no more time", async () => {
      const { address, recorder, timers } = await start(1, { limits: { handshakeMs: HANDSHAKE_MS } });
      const socket = knock(address);
      for (const byte of kind === "tls" ? [0x16, 0x03, 0x01] : Buffer.from("GET")) {
        socket.write(Uint8Array.of(byte));
        await untilWaiting(timers, 1);
      }
      const closed = gone(socket.resume());
      timers.fire(HANDSHAKE_MS);
      await closed;
      expect(recorder.problems()[0]).to.include(`no WebSocket within ${HANDSHAKE_MS} ms`);
    });

    it("tells people who look with a browser what this is", async () => {
      const { address } = await start(1);
      const ask = kind === "tls" ? httpsGet : httpGet;
      const asked = ask(`${kind === "tls" ? "https" : "http"}://${address}/`, { rejectUnauthorized: false });
      const [response] = (await once(asked, "response")) as [IncomingMessage];
      expect([response.statusCode, response.headers.upgrade]).to.deep.equal([426, "websocket"]);
      expect(await textOf(response)).to.include("hashlane connect NODE@HOST:PORT");
    });

    it("tells a WebSocket that speaks something else what to offer", async () => {
      const { address, recorder } = await start(1);
      for (const headers of [{}, { "sec-websocket-protocol": "chat, hashlane2" }]) {
        const peer = new RawPeer(address, kind, { headers, protocols: [] });
        const [, response] = (await once(peer.webSocket, "unexpected-response")) as [
          unknown,
          IncomingMessage,
        ];
        expect(response.statusCode).to.equal(400);
        expect(await textOf(response)).to.equal("Offer the subprotocol hashlane.\n");
      }
      expect(recorder.count("connected")).to.equal(0);
    });

    it("gives up a request whose head is too long, or that is none", async () => {
      const { address, recorder } = await start(1);
      const options = { port: portOf(address), rejectUnauthorized: false, host: "127.0.0.1" };
      for (const text of [`GET / HTTP/1.1\r\nx: ${"y".repeat(20_000)}`, "\u0000\u0001\r\n\r\n"]) {
        const before = recorder.count("problem");
        const socket = kind === "tls" ? tlsConnect(options) : connect(options);
        cleanups.push(() => Promise.resolve(socket.destroy()));
        socket.write(text);
        await gone(socket.resume());
        await recorder.until(() => recorder.count("problem") === before + 1);
      }
      expect(recorder.problems()[0]).to.match(/Header overflow/);
      expect(recorder.problems()[1]).to.match(/Parse Error/);
    });

    it("random bytes end where they came in, and never throw", async () => {
      const { address, recorder } = await start(1);
      const heads = ["", "\u0016\u0003\u0001", "GET / HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n\r\n"].map((text) =>
        Buffer.from(text, "latin1"),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...heads),
          fc.uint8Array({ minLength: 1, maxLength: 300 }),
          async (head, bytes) => {
            const socket = connect({ host: "127.0.0.1", port: portOf(address) });
            socket.end(Buffer.concat([head, bytes]));
            await gone(socket.resume());
          },
        ),
        { numRuns: 60 },
      );
      await befriended(address, 2);
      await recorder.until(() => recorder.count("connected") === 1);
    });

    it("survives whoever leaves at any moment", async () => {
      const { address, recorder } = await start(1);
      knock(address).destroy();
      const reset = knock(address);
      await once(reset, "connect");
      reset.resetAndDestroy();
      const peer = await rawPeer(address);
      peer.socket.destroy();
      await befriended(address, 2);
      await recorder.until(() => recorder.count("connected") === 1);
    });
  });
}

describe("sockets, tls: versions and certificates", () => {
  const { start, befriended, cleanups } = useSockets("tls");

  it("tells whoever asks without TLS to use it, and lets no node in that way", async () => {
    const { address, recorder } = await start(1);
    const asked = httpGet(`http://${address}/`, { agent: false });
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    expect(response.statusCode).to.equal(426);
    expect(await textOf(response)).to.include("over TLS 1.3");
    const headers = { upgrade: "websocket", connection: "Upgrade", "sec-websocket-protocol": "hashlane" };
    const plain = httpRequest(`http://${address}/`, { agent: false, headers }).end();
    const [refused] = (await once(plain, "response")) as [IncomingMessage];
    refused.resume();
    expect(refused.statusCode).to.equal(426);
    expect(recorder.count("connected")).to.equal(0);
  });

  it("refuses TLS 1.2 where it listens", async () => {
    const { address, recorder } = await start(1);
    const port = portOf(address);
    const old = tlsConnect({ host: "127.0.0.1", port, rejectUnauthorized: false, maxVersion: "TLSv1.2" });
    const [error] = (await once(old, "error")) as [Error & { code?: string }];
    expect(error.code).to.equal("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
    await recorder.until(() => recorder.count("problem") === 1);
    expect(recorder.problems()[0]).to.match(/unsupported protocol/);
  });

  it("refuses TLS 1.2 where it dials", async () => {
    const { certificate: cert, privateKey: key } = await createCertificate();
    const old = createTlsServer({ cert, key, maxVersion: "TLSv1.2" });
    old.on("tlsClientError", () => undefined);
    old.listen(0, "127.0.0.1");
    await once(old, "listening");
    cleanups.push(async () => {
      old.close();
      await once(old, "close");
    });
    const { transport, recorder } = await start(1);
    const { port } = old.address() as AddressInfo;
    transport.connect(identityOf(2).signer.address, `127.0.0.1:${port}`);
    await recorder.until(() => recorder.count("problem") === 1);
    expect(recorder.problems()[0]).to.match(/protocol version/);
  });

  it("knows a node by its key when its certificate is another", async () => {
    const one = await start(1);
    const two = await start(2);
    one.transport.connect(two.transport.id, two.address);
    await one.recorder.until(() => one.recorder.count("connected") === 1);
    await two.transport.stop();
    await one.recorder.until(() => one.recorder.count("disconnected") === 1);
    const security = { kind: "tls", certificate: await createCertificate() } as const;
    const again = await start(2, { security, listen: { host: "127.0.0.1", port: portOf(two.address) } });
    while (one.recorder.count("connected") < 2) {
      one.timers.fire(1.5);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await again.recorder.until(() => again.recorder.count("connected") === 1);
  });

  it("does not take another node for it because it has its certificate", async () => {
    const security = { kind: "tls", certificate: await createCertificate() } as const;
    const genuine = await start(2, { security });
    await genuine.transport.stop();
    const thief = await start(3, { security, listen: { host: "127.0.0.1", port: portOf(genuine.address) } });
    const one = await start(1);
    one.transport.connect(genuine.transport.id, thief.address);
    await one.recorder.until(() => one.recorder.count("problem") === 1);
    expect(one.recorder.problems()[0]).to.include(`the node there is ${thief.transport.id}`);
  });

  it("is reached by a peer that speaks TLS 1.3 with any of its ciphers", async () => {
    const { address, recorder } = await start(1);
    let node = 2;
    for (const ciphers of ["TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"]) {
      const peer = await new RawPeer(address, "tls", { ciphers }).open();
      cleanups.push(() => peer.close());
      await befriend(peer, identityOf(node++));
    }
    await recorder.until(() => recorder.count("connected") === 2);
    await befriended(address, node);
  });
});
