import { asciiBytes, toHex } from "../src/protocol/bytes.ts";
import { makeFailure, relayFailure } from "../src/protocol/onion/failure.ts";
import type { Instruction, PacketContext } from "../src/protocol/onion/format.ts";
import { makePacket, openPacket } from "../src/protocol/onion/packet.ts";
import { agreeOnRoute, openKeys } from "../src/protocol/onion/route-keys.ts";
import { createPortableSigner, portableCrypto as crypto } from "../src/protocol/portable-crypto.ts";
import type { Address, ChannelId, PaymentHash, Secret } from "../src/protocol/types.ts";

/** Values that only look random: every run gives the same. */
function bytes(label: string): Uint8Array {
  return crypto.keccak256(asciiBytes(label));
}

const CONTEXT: PacketContext = {
  domain: { chainId: 31337n, contract: toHex<Address>(bytes("contract").subarray(12), 20) },
  token: toHex<Address>(bytes("token").subarray(12), 20),
  hash: toHex<PaymentHash>(bytes("payment hash"), 32),
  expiry: 1_800_000_000,
};

const DELIVERY: Instruction = {
  kind: "deliver",
  paymentSecret: toHex<Secret>(bytes("payment secret"), 32),
  total: 10n ** 18n,
};
/** With as long a text as there may be. */
const UNASKED: Instruction = {
  kind: "spontaneous",
  share: toHex<Secret>(bytes("share"), 32),
  total: 10n ** 18n,
  text: "for you ".repeat(24),
};

/** `rent`: what each forwarding node is to pass on, the last of them nothing. */
function instructionsFor(count: number, delivery: Instruction, rent: bigint): readonly Instruction[] {
  const rentAt = (at: number): { readonly rent?: bigint } =>
    rent > 0n && at < count - 2 ? { rent: rent * BigInt(count - 2 - at) } : {};
  return Array.from({ length: count }, (_, at) =>
    at === count - 1
      ? delivery
      : {
          kind: "forward",
          channel: toHex<ChannelId>(bytes(`channel ${at}`), 32),
          amount: 10n ** 18n + BigInt(count - at),
          ...rentAt(at),
        },
  );
}

/** What each node receives, the payer's first; a failure of the last node as each node sends it. */
function onion(count: number, number: number, delivery = DELIVERY, rent = 0n) {
  const privateKeys = Array.from({ length: count }, (_, at) => bytes(`node ${at}`));
  const routeSeed = bytes(`route seed ${count}`);
  const packetSeed = bytes(`packet seed ${count} ${number}`);
  const publicKeys = privateKeys.map((key) => crypto.publicKey(key) ?? new Uint8Array());
  const route = agreeOnRoute(crypto, routeSeed, publicKeys);
  const instructions = instructionsFor(count, delivery, rent);
  const made = makePacket(crypto, route, { context: CONTEXT, instructions, number, seed: packetSeed });
  const packets = [made.packet];
  for (const key of privateKeys) {
    const keysOf = (point: Uint8Array) => openKeys(crypto, createPortableSigner(key), point);
    const opened = openPacket(crypto, packets.at(-1) ?? new Uint8Array(), CONTEXT, keysOf);
    if (opened.kind === "forward") packets.push(opened.rest);
  }
  const failures: Uint8Array[] = [];
  for (const key of made.keys.toReversed()) {
    const last = failures.at(-1);
    failures.push(last === undefined ? makeFailure(crypto, key, "policy") : relayFailure(crypto, key, last));
  }
  return {
    nodes: privateKeys.map((key, at) => ({
      privateKey: toHex(key),
      publicKey: toHex(publicKeys[at] ?? key),
    })),
    routeSeed: toHex(routeSeed),
    packetSeed: toHex(packetSeed),
    number,
    instructions,
    secrets: route.secrets.map((secret) => toHex(secret)),
    keys: made.keys.map((key) => toHex(key)),
    packets: packets.map((packet) => toHex(packet)),
    failures: failures.map((failure) => toHex(failure)),
  };
}

/** Two packets with the same route keys among them. */
export function onions() {
  const { domain, ...context } = CONTEXT;
  const withRent = onion(4, 2, DELIVERY, 10n ** 27n + 1n);
  const cases = [onion(1, 0), onion(4, 0), onion(4, 1), onion(17, 0, UNASKED), withRent];
  return { domain, ...context, cases };
}
