import { WebSocket } from "ws";
import { Carrier, SUBPROTOCOL, webSocketOptions } from "./carrier.ts";
import type { Security } from "./security.ts";

/** Begins to connect. */
export function dial(address: string, security: Security, frameBytes: number): Carrier {
  const scheme = security.kind === "tls" ? "wss" : "ws";
  const options = {
    ...webSocketOptions(frameBytes),
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
    // The node key proves who is there, over this session; a certificate would prove no more than a name.
    rejectUnauthorized: false,
  } as const;
  return new Carrier(new WebSocket(`${scheme}://${address}/`, [SUBPROTOCOL], options), null);
}
