/**
 * What a tower costs: `npm run bench -- tower [--json] [--records 1000000] [--appointments 2000] [--runs 5]`.
 * A store with so many records is filled; then, at that size: its file and the memory, appointments over HTTP by 64
 * connections of this machine (with both signatures checked, the disk synced and the receipt signed), and the time
 * from a block with one close by an old state to the moment at which its answer is handed to the sender.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { Agent, request } from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { showAppointment } from "../src/api/tower-fields.ts";
import type { Contracts } from "../src/chain/contracts.ts";
import { loadCrypto } from "../src/crypto/native-crypto.ts";
import { toHex, writeUint } from "../src/protocol/bytes.ts";
import type { ChainFact, ClosingRecord } from "../src/protocol/chain-facts.ts";
import { ZERO_ADDRESS, ZERO_WORD } from "../src/protocol/checked.ts";
import { laneDigest } from "../src/protocol/eip712.ts";
import { bodyOf } from "../src/protocol/locks.ts";
import { nameAppointment, type Appointment } from "../src/protocol/tower.ts";
import type { Address, Domain, LocksRoot, Signature } from "../src/protocol/types.ts";
import { readTowerConfig, TOWER_DEFAULTS } from "../src/tower/config.ts";
import { Desk } from "../src/tower/desk.ts";
import { Guard } from "../src/tower/guard.ts";
import { TowerStore, type Entry } from "../src/tower/store.ts";
import { startTowerServer } from "../src/tower/tower-server.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    records: { type: "string", default: "1000000" },
    appointments: { type: "string", default: "2000" },
    runs: { type: "string", default: "5" },
  },
});
const RECORDS = Number(values.records);
const APPOINTMENTS = Number(values.appointments);
const RUNS = Number(values.runs);
/** Entries of one write while the store is filled, and calls under way while it is asked. */
const GROUP = 5000;
const AT_ONCE = 64;
/** Clients that the records are of. */
const CLIENTS = 1000;

const suite = await loadCrypto({ allowPortable: true });
const { crypto } = suite;
const DOMAIN: Domain = { chainId: 31_337n, contract: `0x${"cc".repeat(20)}` as Address };
const signerOf = (byte: number) => suite.createSigner(new Uint8Array(32).fill(byte));
const [guarded, payer, tower] = [signerOf(1), signerOf(2), signerOf(3)];
const NO_SIGNATURE = `0x${"01".repeat(64)}` as Signature;

const median = (all: readonly number[]): number =>
  [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
const spread = (all: readonly number[]) => ({
  median: median(all),
  least: Math.min(...all),
  most: Math.max(...all),
});
type Spread = ReturnType<typeof spread>;

function appointmentAt(salt: number, seq: number, client: Address = guarded.address): Appointment {
  return {
    params: {
      ...{
        ownerA: client,
        ownerB: payer.address,
        signerA: client,
        signerB: payer.address,
        token: ZERO_ADDRESS,
      },
      ...{ challengePeriod: 86_400, recoveryPeriod: 0, salt: BigInt(salt) },
    },
    ...{ life: 1, side: "A", signature: NO_SIGNATURE, reward: 0n, consent: NO_SIGNATURE },
    state: { seq, ack: 0, sent: BigInt(seq), locksRoot: ZERO_WORD as LocksRoot },
  };
}

function signed(salt: number, seq: number): Appointment {
  const bare = appointmentAt(salt, seq);
  const { channel, body, answer } = nameAppointment(crypto, DOMAIN, tower.address, bare);
  const signature = payer.sign(laneDigest(crypto, DOMAIN, channel, seq, body));
  return { ...bare, signature, consent: guarded.sign(answer) };
}

function clientAt(number: number): Address {
  const bytes = new Uint8Array(20);
  writeUint(bytes, 12, 8, number + 1);
  return toHex<Address>(bytes, 20);
}

function entryOf(appointment: Appointment): Entry {
  const { channel, client, body } = nameAppointment(crypto, DOMAIN, tower.address, appointment);
  return { channel, client, body, appointment };
}

function fill(store: TowerStore): number {
  const begin = performance.now();
  const body = ({ state }: Appointment) => bodyOf(crypto, state);
  for (let from = 0; from < RECORDS; from += GROUP) {
    const count = Math.min(GROUP, RECORDS - from);
    const entries = Array.from({ length: count }, (_, index) => {
      const salt = from + index;
      // The first are those that are brought anew over HTTP.
      return entryOf(appointmentAt(salt, 1, salt < APPOINTMENTS ? undefined : clientAt(salt % CLIENTS)));
    });
    store.put(entries, body);
  }
  return performance.now() - begin;
}

const directory = mkdtempSync(join(tmpdir(), "hashlane-bench-tower-"));
const file = join(directory, "tower.sqlite");

function config() {
  const limits = { clientBytesPerSecond: 1e9, addressBytesPerSecond: 1e9, addressCallsPerSecond: 1e6 };
  const chain = { rpc: "http://127.0.0.1:1", chainId: "31337", hashlane: DOMAIN.contract, firstBlock: 0 };
  const file = {
    ...TOWER_DEFAULTS,
    ...chain,
    ...limits,
    confirmations: 0,
    pollMs: 1000,
    listen: "127.0.0.1:0",
  };
  return readTowerConfig("tower.json", JSON.stringify({ ...file, mostRecords: 1e9, recordsOfClient: 1e9 }));
}

/** Appointments in a second, of channels that the tower knows. */
async function rateOf(store: TowerStore): Promise<Spread> {
  // Known channels are not looked up on chain.
  const contracts = { domain: DOMAIN } as Contracts;
  const now = (): number => performance.now();
  const desk = new Desk({ store, config: config(), contracts, crypto, signer: tower, now });
  const server = await startTowerServer({
    ...{ config: config(), tls: null, desk, now, metrics: () => "", onAnswered: () => undefined },
    info: () => {
      throw new Error("nobody asks for it here");
    },
    onFault: (reason) => console.error(reason),
  });
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const rates: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const bodies = Array.from({ length: Math.min(APPOINTMENTS, RECORDS) }, (_, salt) =>
      JSON.stringify(showAppointment(signed(salt, run + 2))),
    );
    const begin = performance.now();
    let next = 0;
    const work = async (): Promise<void> => {
      for (let body = bodies[next++]; body !== undefined; body = bodies[next++])
        await put(server.url, agent, body);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    rates.push((bodies.length / (performance.now() - begin)) * 1000);
  }
  agent.destroy();
  await server.stop();
  return spread(rates.map(Math.round));
}

function put(url: string, agent: Agent, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const call = request(`${url}/v1/appointments`, { method: "PUT", agent, headers }, (response) => {
      response.resume();
      response.on("end", () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode ?? 0}`)),
      );
    });
    call.on("error", reject);
    call.end(body);
  });
}

/** Milliseconds from a report with one close to its answer; a close of each run is of another channel. */
function answerTimes(store: TowerStore): Spread {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const { channel } = entryOf(appointmentAt(run, 1));
    const nothing = { seq: 0, ack: 0, sent: 0n, locksRoot: ZERO_WORD as LocksRoot, shown: true };
    const record: ClosingRecord = {
      ...{ closer: "B", humble: false, deposits: { A: 1000n, B: 1000n }, paid: { A: 0n, B: 0n } },
      ...{ own: nothing, theirs: nothing, answered: nothing },
    };
    const time = 1_700_000_000 + run;
    const facts: readonly ChainFact[] = [
      { kind: "closing", channel, record, deadline: time + 86_400, ownLocks: new Uint8Array(0) },
      { kind: "head", number: run + 1, time },
    ];
    let answered = 0;
    const guard = new Guard({
      ...{ store, crypto, tower: tower.address, recordSeconds: 1, tell: () => undefined },
      submit: ({ key }) => {
        if (key.includes(channel)) answered = performance.now();
      },
    });
    const begin = performance.now();
    guard.onReport({ facts, cursor: { number: run + 1, hash: ZERO_WORD } });
    times.push(answered - begin);
  }
  return spread(times);
}

const store = new TowerStore(file);
const fillMs = fill(store);
const memory = process.memoryUsage().rss;
const rate = await rateOf(store);
const answer = answerTimes(store);
store.close();
const begin = performance.now();
new TowerStore(file).close();
const openMs = performance.now() - begin;
const bytes = statSync(file).size;
rmSync(directory, { recursive: true });

const machine = `${cpus().length} x ${cpus()[0]?.model ?? "unknown CPU"}, Node ${process.version}, ${suite.kind} crypto`;
const figures = { records: RECORDS, bytes, rss: memory, fillMs, openMs, rate, answer };
if (values.json) {
  console.log(JSON.stringify({ machine, ...figures }));
} else {
  const ms = (one: number): string => one.toFixed(1);
  console.log(`npm run bench -- tower --records ${RECORDS} --appointments ${APPOINTMENTS} --runs ${RUNS}`);
  console.log(machine);
  console.log(
    `${RECORDS} records: ${bytes} bytes of file, ${Math.round(bytes / RECORDS)} each; opened in ${ms(openMs)} ms`,
  );
  console.log(`memory of the process: ${Math.round(memory / 1e6)} MB`);
  console.log(`appointments over HTTP: ${rate.median} a second (${rate.least} to ${rate.most})`);
  console.log(`from block to answer: ${ms(answer.median)} ms (${ms(answer.least)} to ${ms(answer.most)})`);
}
