/**
 * What peers can say to each other in a second: `node --import tsx bench/transport.ts [--json]`. Both ends are in one
 * process on one thread, so that each message is written, sent, received and read on the same core. Over loopback with
 * TLS, without, and in memory. Several runs in turn; the figures are the median, with the least and the most.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { loadCrypto } from "../src/crypto/native-crypto.ts";
import type { Crypto, Signer } from "../src/protocol/crypto.ts";
import type { Message } from "../src/protocol/messages.ts";
import { PACKET_BYTES } from "../src/protocol/onion/format.ts";
import type { Address, ChannelId, NodeId, PaymentHash, Signature } from "../src/protocol/types.ts";
import { encodeMessage } from "../src/protocol/wire.ts";
import { createCertificate } from "../src/transport/certificate.ts";
import { createMemoryNetwork } from "../src/transport/memory-network.ts";
import type { Transport, TransportListener } from "../src/transport/port.ts";
import type { Security } from "../src/transport/security.ts";
import { SocketTransport } from "../src/transport/socket-transport.ts";

const CHANNEL = `0x${"07".repeat(32)}` as ChannelId;
const DOMAIN = { chainId: 31_337n, contract: `0x${"cc".repeat(20)}` as Address };
/** Messages under way at most: less than any limit of the transports, enough to fill a connection. */
const WINDOW = { small: 2000, large: 10 } as const;
const LOCKS = 300;

const SMALL: Message = { kind: "stop", channel: CHANNEL, lastSeq: 1, heldSeq: 0 };
const LARGE: Message = {
  kind: "update",
  channel: CHANNEL,
  ...{ base: 0, seq: 1, ack: 0, signature: `0x${"44".repeat(64)}` as Signature },
  changes: Array.from({ length: LOCKS }, (_, id) => ({
    kind: "add" as const,
    id,
    lock: { kind: "hash", amount: 1n, expiry: 1_800_000_000, hash: `0x${"33".repeat(32)}` as PaymentHash },
    packet: new Uint8Array(PACKET_BYTES).fill(7),
  })),
};

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    runs: { type: "string", default: "5" },
    milliseconds: { type: "string", default: "1500" },
  },
});

/** Counts, and lets the bench wait for a count. */
class Counter implements TransportListener {
  received = 0;
  isConnected = false;
  onNews: () => void = () => undefined;

  onConnected(): void {
    this.isConnected = true;
    this.onNews();
  }
  onDisconnected(_: NodeId, why: string): void {
    throw new Error(`disconnected: ${why}`);
  }
  onMessage(_: NodeId, __: Message, done: () => void): void {
    this.received++;
    done();
    this.onNews();
  }
  onProblem(problem: string): void {
    throw new Error(problem);
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => (this.onNews = resolve));
  }
}

interface Pair {
  readonly one: Transport;
  readonly two: Transport;
  readonly atOne: Counter;
  readonly atTwo: Counter;
  readonly connectMs: number;
}

async function connectPair(one: Transport, two: Transport): Promise<Pair> {
  const [atOne, atTwo] = [new Counter(), new Counter()];
  await one.start(atOne);
  await two.start(atTwo);
  const start = performance.now();
  one.connect(two.id, two.address ?? "");
  await atOne.until(() => atOne.isConnected);
  await atTwo.until(() => atTwo.isConnected);
  return { one, two, atOne, atTwo, connectMs: performance.now() - start };
}

async function messagesPerSecond(pair: Pair, message: Message, window: number): Promise<number> {
  const { one, two, atTwo } = pair;
  const start = performance.now();
  const end = start + Number(values.milliseconds);
  const before = atTwo.received;
  let sent = 0;
  while (performance.now() < end) {
    for (; sent - (atTwo.received - before) < window; sent++) one.send(two.id, message);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await atTwo.until(() => atTwo.received - before === sent);
  return (sent / (performance.now() - start)) * 1000;
}

/** Microseconds for a message and its answer. */
async function roundTrip({ one, two, atOne, atTwo }: Pair): Promise<number> {
  const rounds = 2000;
  const start = performance.now();
  for (let round = 0; round < rounds; round++) {
    const [there, back] = [atTwo.received, atOne.received];
    one.send(two.id, SMALL);
    await atTwo.until(() => atTwo.received > there);
    two.send(one.id, SMALL);
    await atOne.until(() => atOne.received > back);
  }
  return ((performance.now() - start) / rounds) * 1000;
}

type Figures = Record<
  "connect ms" | "round trip us" | "small messages/s" | "large messages/s" | "MB/s",
  number
>;

async function measure(makePair: () => Promise<Pair>): Promise<Figures> {
  const pair = await makePair();
  const size = encodeMessage(LARGE).length;
  const small = await messagesPerSecond(pair, SMALL, WINDOW.small);
  const large = await messagesPerSecond(pair, LARGE, WINDOW.large);
  const trip = await roundTrip(pair);
  for (const listener of [pair.atOne, pair.atTwo]) listener.onDisconnected = () => undefined;
  await pair.one.stop();
  await pair.two.stop();
  return {
    "connect ms": pair.connectMs,
    "round trip us": trip,
    "small messages/s": small,
    "large messages/s": large,
    "MB/s": (large * size) / 1e6,
  };
}

function socketPair(crypto: Crypto, signers: readonly [Signer, Signer], security: Security): Promise<Pair> {
  const [one, two] = signers.map(
    (signer) =>
      new SocketTransport({
        identity: { signer, crypto, domain: DOMAIN },
        security,
        listen: { host: "127.0.0.1", port: 0 },
        limits: { quotaBytes: Number.MAX_SAFE_INTEGER },
      }),
  ) as [SocketTransport, SocketTransport];
  return connectPair(one, two);
}

function median(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

const suite = await loadCrypto();
const { crypto } = suite;
const signers = [1, 2].map((key) => suite.createSigner(new Uint8Array(32).fill(key))) as [Signer, Signer];
const certificate = await createCertificate();
const kinds: Readonly<Record<string, () => Promise<Pair>>> = {
  memory: () => {
    const network = createMemoryNetwork();
    return connectPair(
      network.createTransport(signers[0].address),
      network.createTransport(signers[1].address),
    );
  },
  plain: () => socketPair(crypto, signers, { kind: "plain" }),
  tls: () => socketPair(crypto, signers, { kind: "tls", certificate }),
};
const found = new Map<string, Figures[]>(Object.keys(kinds).map((kind) => [kind, []]));
// One round that does not count: code is compiled meanwhile.
for (let run = 0; run <= Number(values.runs); run++) {
  for (const [kind, makePair] of Object.entries(kinds)) {
    const figures = await measure(makePair);
    if (run > 0) found.get(kind)?.push(figures);
  }
}
const rows = [...found].flatMap(([kind, all]) =>
  (Object.keys(all[0] ?? {}) as (keyof Figures)[]).map((what) => {
    const sorted = all.map((figures) => figures[what]).toSorted((a, b) => a - b);
    return { kind, what, median: median(sorted), least: sorted[0] ?? 0, most: sorted.at(-1) ?? 0 };
  }),
);
const sizes = { small: encodeMessage(SMALL).length, large: encodeMessage(LARGE).length };
const machine = `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Node ${process.version}`;
if (values.json) {
  process.stdout.write(`${JSON.stringify({ machine, runs: Number(values.runs), sizes, rows }, null, 2)}\n`);
} else {
  process.stdout.write(
    `${machine}; ${values.runs} runs; messages of ${sizes.small} and ${sizes.large} bytes\n`,
  );
  const show = (value: number): string => (value < 100 ? value.toFixed(2) : Math.round(value).toString());
  for (const { kind, what, median: middle, least, most } of rows) {
    const spread = `${show(least)} to ${show(most)}`;
    process.stdout.write(`${kind.padEnd(8)}${what.padEnd(18)}${show(middle).padStart(10)}   ${spread}\n`);
  }
}
