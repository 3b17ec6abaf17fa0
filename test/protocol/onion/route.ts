import { loadCrypto, type CryptoSuite } from "../../../src/crypto/native-crypto.ts";
import { asciiBytes } from "../../../src/protocol/bytes.ts";
import type { Signer } from "../../../src/protocol/crypto.ts";
import type { Instruction, PacketContext } from "../../../src/protocol/onion/format.ts";
import { makePacket, openPacket, type Opened } from "../../../src/protocol/onion/packet.ts";
import { agreeOnRoute, openKeys, type RouteKeys } from "../../../src/protocol/onion/route-keys.ts";
import type { Address, ChannelId, PaymentHash, Secret } from "../../../src/protocol/types.ts";

export const CONTEXT: PacketContext = {
  domain: { chainId: 31337n, contract: `0x${"cc".repeat(20)}` as Address },
  token: `0x${"00".repeat(20)}` as Address,
  hash: `0x${"4a".repeat(32)}` as PaymentHash,
  expiry: 1_800_000_000,
};
export const SECRET = `0x${"5e".repeat(32)}` as Secret;

export function channelOf(index: number): ChannelId {
  return `0x${"c1".repeat(31)}${index.toString(16).padStart(2, "0")}` as ChannelId;
}

let loaded: CryptoSuite | null = null;

export async function loadOnce(): Promise<CryptoSuite> {
  loaded ??= await loadCrypto({ allowPortable: true });
  return loaded;
}

/** Nodes in a row with real keys, and a payer that knows their public ones. */
export class Row {
  readonly crypto;
  readonly signers: readonly Signer[];
  readonly keys: RouteKeys;
  readonly instructions: readonly Instruction[];
  readonly #label: string;

  constructor(suite: CryptoSuite, count: number, label = "row") {
    const { crypto } = suite;
    const privateKeys = Array.from({ length: count }, (_, at) =>
      crypto.sha256(asciiBytes(`${label} node ${at}`)),
    );
    this.crypto = crypto;
    this.#label = label;
    this.signers = privateKeys.map((key) => suite.createSigner(key));
    const points = privateKeys.map((key) => crypto.publicKey(key) ?? new Uint8Array());
    this.keys = agreeOnRoute(crypto, this.seed("route"), points);
    this.instructions = privateKeys.map((_, at) =>
      at === count - 1
        ? { kind: "deliver", paymentSecret: SECRET, total: 1_000n }
        : { kind: "forward", channel: channelOf(at + 1), amount: BigInt(1_000 + count - at) },
    );
  }

  seed(name: string): Uint8Array {
    return this.crypto.sha256(asciiBytes(`${this.#label} seed ${name}`));
  }

  make(number = 0, context = CONTEXT): ReturnType<typeof makePacket> {
    const { crypto, keys, instructions } = this;
    return makePacket(crypto, keys, { context, instructions, number, seed: this.seed(`packet ${number}`) });
  }

  /** As the node at this place reads it, from nothing but the packet and its own key. */
  open(at: number, packet: Uint8Array, context = CONTEXT): Opened {
    const signer = this.signers[at];
    if (signer === undefined) throw new Error(`the row has no node ${at}`);
    return openPacket(this.crypto, packet, context, (point) => openKeys(this.crypto, signer, point));
  }

  /** What each node gets, if all do their part. */
  packets(first: Uint8Array): readonly Uint8Array[] {
    const packets = [first];
    for (let at = 0; at + 1 < this.signers.length; at++) {
      const opened = this.open(at, packets[at] ?? new Uint8Array());
      if (opened.kind !== "forward") throw new Error(`node ${at} reads: ${opened.kind}`);
      packets.push(opened.rest);
    }
    return packets;
  }
}
