import { once } from "node:events";
import { createServer as createHttpsServer } from "node:https";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { SUBPROTOCOL } from "../../src/transport/carrier.ts";
import type { Certificate } from "../../src/transport/certificate.ts";

export interface Relay {
  /** Where to connect instead of to the target. */
  readonly address: string;
  readonly stop: () => Promise<void>;
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Passes bytes on, or what `change` makes of them. */
export async function relayBytes(
  target: string,
  change: (bytes: Buffer, fromDialler: boolean) => Buffer = (bytes) => bytes,
): Promise<Relay> {
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const [host = "", port = ""] = target.split(":");
    const far = connect({ host, port: Number(port) });
    sockets.push(near, far);
    near.on("data", (bytes: Buffer) => far.write(change(bytes, true)));
    far.on("data", (bytes: Buffer) => near.write(change(bytes, false)));
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
    for (const socket of [near, far]) socket.on("error", () => undefined);
  });
  const address = await listen(server);
  return {
    address,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

export interface Terminator extends Relay {
  /** Every frame that it read in the clear. */
  readonly seen: Uint8Array[];
}

/** Stands in the middle: ends the TLS of both sides and passes every frame on unchanged. */
export async function terminateTls(
  target: string,
  { certificate, privateKey }: Certificate,
): Promise<Terminator> {
  const seen: Uint8Array[] = [];
  const open: WebSocket[] = [];
  const server = createHttpsServer({ cert: certificate, key: privateKey });
  const webSockets = new WebSocketServer({ server, handleProtocols: () => SUBPROTOCOL });
  webSockets.on("connection", (near) => {
    const far = new WebSocket(`wss://${target}/`, [SUBPROTOCOL], { rejectUnauthorized: false });
    open.push(near, far);
    const ready = once(far, "open");
    near.on("message", (data: Buffer) => {
      seen.push(data);
      void ready.then(() => far.send(data, { binary: true }));
    });
    far.on("message", (data: Buffer) => {
      seen.push(data);
      near.send(data, { binary: true });
    });
    near.on("close", () => far.terminate());
    far.on("close", () => near.terminate());
    for (const one of [near, far]) one.on("error", () => undefined);
  });
  const address = await listen(server);
  return {
    address,
    seen,
    stop: async () => {
      for (const one of open) one.terminate();
      webSockets.close();
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
