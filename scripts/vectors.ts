import { mkdir, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { asciiBytes, readUint, toHex } from "../src/protocol/bytes.ts";
import {
  answerDigest,
  closeIntentDigest,
  cooperativeCloseDigest,
  domainSeparator,
  fundingConsentDigest,
  laneDigest,
  resizeDigest,
} from "../src/protocol/eip712.ts";
import { channelId, paramsId } from "../src/protocol/identity.ts";
import {
  bodyOf,
  locksRoot,
  packLocks,
  packShownLocks,
  type ShownWitness,
  weightOf,
} from "../src/protocol/locks.ts";
import { createPortableSigner, portableCrypto as crypto } from "../src/protocol/portable-crypto.ts";
import { onions } from "./onion-vectors.ts";
import { registryKey, registryPath } from "../src/protocol/registry.ts";
import type {
  Address,
  Body,
  ChainCommitment,
  ChannelId,
  Domain,
  Hex,
  LaneLock,
  LocksRoot,
  Params,
  ParamsId,
  PaymentHash,
  Secret,
} from "../src/protocol/types.ts";

/** Values that only look random: every run gives the same. */
function bytes(label: string, length = 32): Uint8Array {
  return crypto.keccak256(asciiBytes(label)).subarray(32 - length);
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- names the brand
function word<T extends Hex>(label: string): T {
  return toHex<T>(bytes(label), 32);
}

function address(label: string): Address {
  return toHex<Address>(bytes(label, 20), 20);
}

function number(label: string, width: number): bigint {
  return readUint(bytes(label, width), 0, width);
}

const DOMAIN: Domain = { chainId: 31337n, contract: address("contract") };

function identities() {
  const cases = [0, 1, 2].map((index) => {
    const params: Params = {
      ownerA: address(`ownerA ${index}`),
      ownerB: address(`ownerB ${index}`),
      signerA: address(`signerA ${index}`),
      signerB: address(`signerB ${index}`),
      token: index === 0 ? toHex<Address>(new Uint8Array(20), 20) : address(`token ${index}`),
      challengePeriod: 3600 * (index + 1),
      recoveryPeriod: index === 2 ? 86_400 : 0,
      salt: index === 0 ? 0n : number(`salt ${index}`, 8),
    };
    const id = paramsId(crypto, DOMAIN, params);
    return {
      params,
      paramsId: id,
      lives: [1, 2].map((life) => ({ life, channel: channelId(crypto, id, life) })),
    };
  });
  return { domain: DOMAIN, cases };
}

function lockCount(index: number): number {
  return [0, 1, 2, 3, 17][index] ?? 0;
}

function lockLists() {
  const cases = [0, 1, 2, 3, 4].map((index) => {
    const secrets = Array.from({ length: lockCount(index) }, (_, at) =>
      word<Secret>(`secret ${index} ${at}`),
    );
    const locks = secrets.map((secret, at): LaneLock => {
      const hash = toHex<PaymentHash>(crypto.sha256(bytes(`secret ${index} ${at}`)), 32);
      const amount = number(`amount ${secret}`, at % 2 === 0 ? 8 : 12);
      return { id: at + 1, lock: { kind: "hash", amount, expiry: 1_800_000_000 + at, hash } };
    });
    const witnesses = new Map(
      secrets.map((secret, at) => [at + 1, { secret, recorded: at % 3 === 0 ? "now" : "before" }] as const),
    );
    witnesses.delete(2);
    return {
      locks: locks.map(({ lock }) => lock),
      packed: toHex(packLocks(locks)),
      root: locksRoot(crypto, locks),
      /** Witnesses of all locks but the second; every third is recorded by the call itself, the others before. */
      shown: toHex(packShownLocks(locks, witnesses)),
    };
  });
  return { cases, mixed: [1, 2, 5].map(mixedList) };
}

/** Hash locks and chain locks in turn, a chain lock at the end. */
function mixedList(count: number) {
  const witnesses = new Map<number, ShownWitness>();
  const checkpoints = new Map<number, number>();
  const locks = Array.from({ length: count }, (_, at): LaneLock => {
    const label = `mixed ${count} ${at}`;
    const [id, amount, expiry] = [at + 1, number(`amount ${label}`, 12), 1_800_000_000 + at];
    if (at % 2 === count % 2) {
      witnesses.set(id, { secret: word<Secret>(label), recorded: "before" });
      const hash = toHex<PaymentHash>(crypto.sha256(bytes(label)), 32);
      return { id, lock: { kind: "hash", amount, expiry, hash } };
    }
    checkpoints.set(id, 4096 - at);
    const commitment = word<ChainCommitment>(label);
    return {
      id,
      lock: { kind: "chain", amount, expiry, commitment, unit: number(`unit ${label}`, 8), start: at },
    };
  });
  return {
    locks: locks.map(({ lock }) => lock),
    weight: locks.reduce((sum, { lock }) => sum + weightOf(lock), 0),
    packed: toHex(packLocks(locks)),
    root: locksRoot(crypto, locks),
    /** All witnesses recorded before, and all checkpoints: 4096 with the first place, one less with each later one. */
    shown: toHex(packShownLocks(locks, witnesses, checkpoints)),
  };
}

function typedMessages() {
  const signer = createPortableSigner(bytes("signer"));
  const channel = channelId(crypto, word<ParamsId>("params"), 1);
  const lanes = [1, 2, 3].map((index) => {
    const head = {
      sent: number(`sent ${index}`, 16),
      ack: index * 7,
      locksRoot: word<LocksRoot>(`root ${index}`),
    };
    const body = bodyOf(crypto, head);
    const seq = index === 3 ? Number.MAX_SAFE_INTEGER : index;
    const digest = laneDigest(crypto, DOMAIN, channel, seq, body);
    return { seq, ...head, body, digest, signature: signer.sign(digest) };
  });
  const separator = toHex(domainSeparator(crypto, DOMAIN));
  return { domain: DOMAIN, separator, channel, signer: signer.address, lanes, ...otherMessages(channel) };
}

function otherMessages(channel: ChannelId) {
  const body = word<Body>("body");
  const answer = { channel, seq: 9, body, tower: address("tower"), reward: 10n ** 16n };
  const closes = [10n ** 18n, -(10n ** 18n), 0n].map((transfer) => {
    const close = { channel, transfer, validUntil: 1_900_000_000 };
    return { ...close, digest: cooperativeCloseDigest(crypto, DOMAIN, close) };
  });
  const resize = {
    channel,
    count: 3,
    changeA: -(10n ** 18n),
    changeB: 10n ** 17n,
    validUntil: 1_900_000_000,
  };
  const intents = [false, true].map((humble) => {
    const bodies = { ownBody: body, theirBody: word<Body>("their body") };
    const intent = { channel, ownSeq: 9, theirSeq: 4, ...bodies, humble, validUntil: 1_900_000_000 };
    return { ...intent, digest: closeIntentDigest(crypto, DOMAIN, intent) };
  });
  const consent = {
    paramsId: word<ParamsId>("params"),
    life: 1,
    amount: 10n ** 18n,
    otherAmount: 10n ** 17n,
    validUntil: 1_900_000_000,
  };
  return {
    closeIntents: intents,
    fundingConsent: { ...consent, digest: fundingConsentDigest(crypto, DOMAIN, consent) },
    resize: { ...resize, digest: resizeDigest(crypto, DOMAIN, resize) },
    answer: { ...answer, digest: answerDigest(crypto, DOMAIN, answer) },
    cooperativeCloses: closes,
  };
}

function records() {
  const cases = [1, 2, 3, 5, 8, 140, 256].map((count) => {
    const secrets = Array.from({ length: count }, (_, at) => word<Secret>(`recorded ${count} ${at}`));
    const indexes = [...new Set([0, count >> 1, count - 1])];
    return {
      secrets,
      key: registryKey(crypto, secrets),
      proofs: indexes.map((index) => ({ index, proof: registryPath(crypto, secrets, index) })),
    };
  });
  return { cases };
}

/** Files of golden values by name, as text: numbers above 2^53 are decimal strings. */
export function goldenFiles(): ReadonlyMap<string, string> {
  const files = {
    "identity.json": identities(),
    "locks.json": lockLists(),
    "messages.json": typedMessages(),
    "onion.json": onions(),
    "registry.json": records(),
  };
  const decimal = (_: string, value: unknown): unknown =>
    typeof value === "bigint" ? value.toString() : value;
  return new Map(
    Object.entries(files).map(([name, value]) => [name, `${JSON.stringify(value, decimal, 2)}\n`]),
  );
}

export const VECTORS = new URL("../vectors/", import.meta.url);

async function writeAll(): Promise<void> {
  await mkdir(VECTORS, { recursive: true });
  for (const [name, text] of goldenFiles()) await writeFile(new URL(name, VECTORS), text);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await writeAll();
