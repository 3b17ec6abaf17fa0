/**
 * How long a node takes to start from its log: `node --import tsx bench/store.ts [--json] [--batches 10000,100000]`.
 * A store of so many batches of direct payments over one channel is written, with the snapshots of a running node and
 * without any, then opened and replayed as at the start after a crash; the figures are the median of several starts.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadCrypto } from "../src/crypto/native-crypto.ts";
import { encodeRecord } from "../src/node/record.ts";
import { replay, saveSnapshot } from "../src/node/replay.ts";
import { toHex } from "../src/protocol/bytes.ts";
import { ZERO_ADDRESS } from "../src/protocol/checked.ts";
import type { Signer } from "../src/protocol/crypto.ts";
import { channelId, paramsId } from "../src/protocol/identity.ts";
import type { Input } from "../src/protocol/inputs.ts";
import { initialState, type NodeState } from "../src/protocol/node/state.ts";
import { runBatch, type Step } from "../src/protocol/node/step.ts";
import type { Context } from "../src/protocol/node/work.ts";
import { KeyMemory } from "../src/protocol/onion/key-memory.ts";
import type { Address, Domain, PaymentTag } from "../src/protocol/types.ts";
import { createFileStore } from "../src/store/file-store.ts";
import type { Log } from "../src/store/port.ts";

const SNAPSHOT_EVERY = 10_000;
const OWNER = "bench";
/** Records that wait for one sync, as under load. */
const GROUP = 500;

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    batches: { type: "string", default: "10000,100000" },
    runs: { type: "string", default: "3" },
  },
});

const suite = await loadCrypto({ allowPortable: true });
const DOMAIN: Domain = { chainId: 31_337n, contract: `0x${"cc".repeat(20)}` as Address };

interface Player {
  readonly ctx: Context;
  state: NodeState;
}

function player(byte: number): Player {
  const signer: Signer = suite.createSigner(new Uint8Array(32).fill(byte));
  const { crypto } = suite;
  return {
    ctx: { crypto, signer, domain: DOMAIN, keys: new KeyMemory(crypto, signer) },
    state: initialState({ self: signer.address, claimTime: 600 }),
  };
}

function run(one: Player, inputs: readonly Input[]): Step {
  const step = runBatch(one.state, inputs, one.ctx);
  one.state = step.state;
  return step;
}

function sentBy(from: Player, { outputs }: Step): readonly Input[] {
  const peer = from.state.config.self;
  return outputs.flatMap((output) =>
    output.kind === "send" ? [{ kind: "message", from: peer, message: output.message } as const] : [],
  );
}

/** The payer of endless direct payments, one batch at a time. */
function* batchesOf(): Generator<{
  readonly inputs: readonly Input[];
  readonly step: Step;
  readonly state: NodeState;
}> {
  const [wang, alice] = [player(1), player(2)];
  const [a, b] = [wang.state.config.self, alice.state.config.self];
  const params = {
    ...{ ownerA: a, ownerB: b, signerA: a, signerB: b, token: ZERO_ADDRESS },
    ...{ challengePeriod: 3600, recoveryPeriod: 0, salt: 0n },
  };
  const id = paramsId(suite.crypto, DOMAIN, params);
  const channel = channelId(suite.crypto, id, 1);
  const deposits = { A: 10n ** 18n, B: 10n ** 18n };
  const opened: readonly Input[] = [
    { kind: "chain", fact: { kind: "opened", params, paramsId: id, channel, life: 1, deposits } },
    { kind: "chain", fact: { kind: "head", number: 1, time: 1_700_000_000 } },
  ];
  const take = (inputs: readonly Input[]) => {
    const step = run(wang, inputs);
    return { inputs, step, state: wang.state };
  };
  yield take(opened);
  run(alice, opened);
  const greeting = take([{ kind: "connected", peer: b }]);
  yield greeting;
  const answer = run(alice, [{ kind: "connected", peer: a }, ...sentBy(wang, greeting.step)]);
  yield take(sentBy(alice, answer));
  for (let number = 1n; ; number++) {
    const tag = toHex<PaymentTag>(new TextEncoder().encode(String(number).padStart(32, "0")), 32);
    const paid = take([{ kind: "command", command: { kind: "payDirect", channel, amount: 1n, tag } }]);
    yield paid;
    yield take(sentBy(alice, run(alice, sentBy(wang, paid.step))));
  }
}

interface Written {
  readonly directory: string;
  readonly log: Log;
  readonly snapshots: boolean;
}

/** The same batches into a store with snapshots and one without. */
async function writeStores(count: number): Promise<readonly Written[]> {
  const stores = await Promise.all(
    [true, false].map(async (snapshots) => {
      const directory = mkdtempSync(join(tmpdir(), "hashlane-bench-"));
      return { directory, snapshots, log: (await createFileStore({ directory }).open(OWNER)).log };
    }),
  );
  let written = 0;
  let group: Uint8Array[] = [];
  for (const { inputs, step, state } of batchesOf()) {
    group.push(encodeRecord({ inputs, signed: step.signed, cursor: null }));
    written++;
    const isSnapshot = written % SNAPSHOT_EVERY === 0 && written < count;
    if (group.length === GROUP || isSnapshot || written === count) {
      for (const { log } of stores) await log.append(group);
      group = [];
    }
    for (const { log, snapshots } of stores)
      if (isSnapshot && snapshots) await saveSnapshot(log, state, null);
    if (written === count) break;
  }
  for (const { log } of stores) await log.close();
  return stores;
}

/** As `startNode` does, up to where the node knows its state. */
async function start(
  directory: string,
): Promise<{ readonly ms: number; readonly cpuMs: number; readonly behind: number }> {
  const { ctx, state } = player(1);
  const begin = performance.now();
  const cpu = process.cpuUsage();
  const opened = await createFileStore({ directory }).open(OWNER);
  // The store stays as it is, for the next start.
  const writeSnapshot = (): Promise<void> => Promise.resolve();
  const still: Log = { append: writeSnapshot, writeSnapshot, close: () => opened.log.close() };
  await replay({ ...opened, log: still }, state.config, ctx);
  const ms = performance.now() - begin;
  const { user, system } = process.cpuUsage(cpu);
  await opened.log.close();
  return { ms, cpuMs: (user + system) / 1000, behind: opened.records.length };
}

const median = (all: readonly number[]): number =>
  [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;

function bytesIn(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}

const rows = [];
for (const count of values.batches.split(",").map(Number)) {
  for (const { directory, snapshots } of await writeStores(count)) {
    const starts = [];
    for (let at = 0; at < Number(values.runs); at++) starts.push(await start(directory));
    const ms = starts.map((one) => one.ms);
    const [behind] = starts.map((one) => one.behind);
    rows.push({
      ...{ batches: count, snapshots, replayed: behind ?? 0, bytes: bytesIn(directory) },
      ...{
        medianMs: Math.round(median(ms)),
        cpuMs: Math.round(median(starts.map((one) => one.cpuMs))),
        leastMs: Math.round(Math.min(...ms)),
        mostMs: Math.round(Math.max(...ms)),
      },
    });
    rmSync(directory, { recursive: true });
  }
}

if (values.json) {
  console.log(JSON.stringify({ cpu: cpus()[0]?.model ?? "unknown", crypto: suite.kind, rows }));
} else {
  console.log(
    `${cpus()[0]?.model ?? "unknown CPU"}, Node ${process.version}; a snapshot every ${SNAPSHOT_EVERY} batches`,
  );
  for (const row of rows) {
    const { batches, snapshots, replayed, bytes, medianMs, leastMs, mostMs, cpuMs } = row;
    console.log(
      `${batches} batches, ${snapshots ? "with" : "without"} snapshots: ${replayed} replayed, ${bytes} bytes, ` +
        `${medianMs} ms (${leastMs} to ${mostMs}), ${cpuMs} ms of them computing`,
    );
  }
}
