import { toHex } from "../../src/protocol/bytes.ts";
import { must, parseAddress } from "../../src/protocol/checked.ts";
import { loadCrypto, type CryptoSuite } from "../../src/crypto/native-crypto.ts";
import type { Domain } from "../../src/protocol/types.ts";
import { createCertificate, type Certificate } from "../../src/transport/certificate.ts";
import type { Identity } from "../../src/transport/negotiation.ts";
import type { Security } from "../../src/transport/security.ts";
import { SocketTransport, type SocketTransportOptions } from "../../src/transport/socket-transport.ts";
import type { TransportWorld } from "./transport-suite.ts";

export const DOMAIN: Domain = {
  chainId: 31337n,
  contract: must(parseAddress(toHex(new Uint8Array(20).fill(0xcc)))),
};
export const KINDS: readonly Security["kind"][] = ["plain", "tls"];

let loaded: { readonly suite: CryptoSuite; readonly certificate: Certificate } | null = null;

export async function loadOnce(): Promise<void> {
  loaded ??= {
    suite: await loadCrypto({ allowPortable: true }),
    certificate: await createCertificate(),
  };
}

function mustBeLoaded(): NonNullable<typeof loaded> {
  if (loaded === null) throw new Error("loadOnce comes first");
  return loaded;
}

/** Node 1, 2, ... in this domain. */
export function identityOf(node: number, domain = DOMAIN): Identity {
  const { suite } = mustBeLoaded();
  return { signer: suite.createSigner(new Uint8Array(32).fill(node)), crypto: suite.crypto, domain };
}

export function securityOf(kind: Security["kind"]): Security {
  return kind === "plain" ? { kind } : { kind, certificate: mustBeLoaded().certificate };
}

export function makeTransport(
  node: number,
  kind: Security["kind"],
  options: Partial<SocketTransportOptions> = {},
): SocketTransport {
  return new SocketTransport({
    identity: identityOf(node),
    security: securityOf(kind),
    listen: { host: "127.0.0.1", port: 0 },
    backOff: { firstMs: 2, longestMs: 8, random: () => 0.5 },
    ...options,
  });
}

/** Transports over the loopback interface; a node that comes back has the port that it had. */
export function createSocketWorld(kind: Security["kind"]): TransportWorld {
  const last = new Map<number, { transport: SocketTransport; port: number }>();
  return {
    create: (node) => {
      const port = last.get(node)?.port ?? 0;
      const transport = makeTransport(node, kind, { listen: { host: "127.0.0.1", port } });
      const entry = { transport, port };
      last.set(node, entry);
      const start = transport.start.bind(transport);
      transport.start = async (listener) => {
        await start(listener);
        entry.port = Number(transport.address?.split(":").at(-1));
      };
      return transport;
    },
  };
}
