import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { SUBPROTOCOL } from "./carrier.ts";

export const MOST_HEADER_BYTES = 8192;
const UPGRADE_REQUIRED = 426;

/** For people who look with a browser or curl. */
export function answer(response: ServerResponse, isSecure: boolean): void {
  const lines = [
    `Nodes of Hashlane connect here. They speak WebSocket, subprotocol ${SUBPROTOCOL}${isSecure ? ", over TLS 1.3" : ""}.`,
    "Connect a node of yours with: hashlane connect NODE@HOST:PORT",
    "Programs use the API of their own node, which listens at another port.",
    "",
  ];
  response.shouldKeepAlive = false;
  const headers = { upgrade: "websocket", "content-type": "text/plain; charset=utf-8" };
  response.writeHead(UPGRADE_REQUIRED, headers).end(lines.join("\n"));
}

/** For a WebSocket that speaks something else. */
export function refuseUpgrade(socket: Duplex): void {
  const text = `Offer the subprotocol ${SUBPROTOCOL}.\n`;
  const head = ["HTTP/1.1 400 Bad Request", "Connection: close", `Content-Length: ${text.length}`, "", ""];
  socket.once("finish", () => socket.destroy());
  socket.end(head.join("\r\n") + text);
}
