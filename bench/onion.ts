/**
 * What onions cost on this machine, in microseconds: `node --import tsx bench/onion.ts`. For a route of four hops and
 * one of twenty, the best of 60 rounds of calls: what others do on the machine only adds.
 */
import { parseArgs } from "node:util";
import { loadCrypto } from "../src/crypto/native-crypto.ts";
import { asciiBytes } from "../src/protocol/bytes.ts";
import type { Crypto, Signer } from "../src/protocol/crypto.ts";
import { makeFailure, readFailure, relayFailure } from "../src/protocol/onion/failure.ts";
import type { Instruction, PacketContext } from "../src/protocol/onion/format.ts";
import { makePacket, openPacket } from "../src/protocol/onion/packet.ts";
import { agreeOnRoute, openKeys } from "../src/protocol/onion/route-keys.ts";
import { createPortableSigner, portableCrypto } from "../src/protocol/portable-crypto.ts";
import type { Address, ChannelId, PaymentHash, Secret } from "../src/protocol/types.ts";

const CONTEXT: PacketContext = {
  domain: { chainId: 1n, contract: `0x${"cc".repeat(20)}` as Address },
  token: `0x${"00".repeat(20)}` as Address,
  hash: `0x${"4a".repeat(32)}` as PaymentHash,
  expiry: 1_800_000_000,
};
const FORWARD: Instruction = { kind: "forward", channel: `0x${"c1".repeat(32)}` as ChannelId, amount: 1n };
const DELIVER: Instruction = { kind: "deliver", paymentSecret: `0x${"5e".repeat(32)}` as Secret, total: 1n };

type Suite = readonly [name: string, crypto: Crypto, createSigner: (key: Uint8Array) => Signer];

function leastTime(work: () => unknown, calls: number): number {
  const rounds = Array.from({ length: 60 }, () => {
    const start = performance.now();
    for (let call = 0; call < calls; call++) work();
    return ((performance.now() - start) / calls) * 1000;
  });
  return Math.min(...rounds);
}

function figures([, crypto, createSigner]: Suite, hops: number, calls: number): Record<string, number> {
  const privateKeys = Array.from({ length: hops }, (_, at) => crypto.sha256(asciiBytes(`node ${at}`)));
  const points = privateKeys.map((key) => crypto.publicKey(key) ?? new Uint8Array());
  const signer = createSigner(privateKeys[0] ?? new Uint8Array());
  const seed = crypto.sha256(asciiBytes("seed"));
  const instructions = privateKeys.map((_, at) => (at === hops - 1 ? DELIVER : FORWARD));
  const route = agreeOnRoute(crypto, seed, points);
  const make = () => makePacket(crypto, route, { context: CONTEXT, instructions, number: 0, seed });
  const { packet, keys } = make();
  const known = openKeys(crypto, signer, route.point);
  const last = keys.at(-1) ?? new Uint8Array();
  let failure = makeFailure(crypto, last, "policy");
  for (const key of keys.slice(0, -1).toReversed()) failure = relayFailure(crypto, key, failure);
  const open = (keysOf: () => ReturnType<typeof openKeys>) => openPacket(crypto, packet, CONTEXT, keysOf);
  return {
    "agree on route keys": leastTime(() => agreeOnRoute(crypto, seed, points), calls),
    "make a packet with known keys": leastTime(make, calls),
    "open a packet, keys unknown": leastTime(() => open(() => openKeys(crypto, signer, route.point)), calls),
    "open a packet, keys known": leastTime(() => open(() => known), calls),
    "make or pass on a failure": leastTime(() => relayFailure(crypto, last, failure), calls),
    "read a failure": leastTime(() => readFailure(crypto, keys, failure), calls),
  };
}

const { values } = parseArgs({ options: { calls: { type: "string", default: "40" } } });
const suite = await loadCrypto({ allowPortable: true });
const suites: readonly Suite[] = [
  [suite.kind, suite.crypto, (key) => suite.createSigner(key)],
  ["portable", portableCrypto, createPortableSigner],
];
for (const each of suites) {
  for (const hops of [4, 20]) {
    const calls = each[0] === "native" ? Number(values.calls) : Math.ceil(Number(values.calls) / 10);
    const rows = Object.entries(figures(each, hops, calls));
    console.log(`${each[0]}, ${hops} hops`);
    for (const [what, time] of rows) console.log(`  ${what.padEnd(32)}${time.toFixed(0).padStart(8)} us`);
  }
}
