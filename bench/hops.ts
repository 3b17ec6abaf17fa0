/**
 * Payments a second from Wang over Alice, Bob and Carol to Xiaohong: five `hashlane start` processes, sockets with TLS,
 * hash locks, onions made and opened within the time that is measured, every node's log synced, each payment answered
 * by itself. `npm run bench -- hops [--payments 4000] [--channels 4] [--batch 500] [--runs 5] [--json]`.
 */
import { parseArgs } from "node:util";

import { print, quantileOf } from "./support/report.ts";
import { type Row, startRow } from "./support/row.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    payments: { type: "string", default: "4000" },
    channels: { type: "string", default: "4" },
    batch: { type: "string", default: "500" },
    "in-flight": { type: "string", default: "2" },
    runs: { type: "string", default: "5" },
  },
});
const [payments, channels, batch, runs] = [values.payments, values.channels, values.batch, values.runs].map(
  Number,
) as [number, number, number, number];
const inFlight = Number(values["in-flight"]);
const AMOUNT = "0.000001";

interface Run {
  readonly perSecond: number;
  readonly cpu: number;
  readonly p50: number;
  readonly p99: number;
}

async function measure(row: Row, run: number): Promise<Run> {
  const [payer] = row.nodes;
  if (payer === undefined) throw new Error("the row has no payer");
  const requests = Array.from({ length: payments }, (_, index) => ({
    ...{ node: row.payee, amount: AMOUNT, idempotencyKey: `payment ${run} ${index}` },
  }));
  const latencies: number[] = [];
  const [start, cpu] = [performance.now(), row.cpu()];
  const worker = async (): Promise<void> => {
    for (let some = requests.splice(0, batch); some.length > 0; some = requests.splice(0, batch)) {
      const from = performance.now();
      const { entries } = await payer.client.call("payMany", { payments: some, waitSeconds: 60 });
      const failed = entries.find(({ payment }) => payment?.status !== "succeeded");
      if (failed !== undefined) throw new Error(`a payment did not succeed: ${JSON.stringify(failed)}`);
      latencies.push(...some.map(() => performance.now() - from));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const seconds = (performance.now() - start) / 1000;
  return {
    perSecond: payments / seconds,
    cpu: (row.cpu() - cpu) / payments,
    p50: quantileOf(latencies, 0.5),
    p99: quantileOf(latencies, 0.99),
  };
}

const row = await startRow({ names: ["wang", "alice", "bob", "carol", "xiaohong"], channels });
try {
  // One run that does not count: code is compiled meanwhile, and route keys are agreed on.
  await measure(row, 0);
  const found: Run[] = [];
  for (let run = 1; run <= runs; run++) {
    found.push(await measure(row, run));
    process.stderr.write(`run ${run} of ${runs}: ${Math.round(found.at(-1)?.perSecond ?? 0)} payments/s\n`);
  }
  const command = `npm run bench -- hops --payments ${payments} --channels ${channels} --batch ${batch} --in-flight ${inFlight} --runs ${runs}`;
  print(
    {
      name: "hops",
      command,
      about: "payments over 4 hops by 5 daemon processes over TLS, durable at each, every one answered",
      series: [
        { name: "payments", unit: "/s", values: found.map(({ perSecond }) => perSecond) },
        { name: "processor time, all nodes", unit: "us each", values: found.map(({ cpu }) => cpu) },
        { name: "answer of a batch, p50", unit: "ms", values: found.map(({ p50 }) => p50) },
        { name: "answer of a batch, p99", unit: "ms", values: found.map(({ p99 }) => p99) },
      ],
    },
    values.json,
  );
} finally {
  await row.stop();
}
