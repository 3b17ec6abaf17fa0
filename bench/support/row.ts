import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type DaemonProcess, startDaemonProcess } from "../../scripts/network/daemon-process.ts";
import { openRunningChain } from "../../scripts/story/chain.ts";
import { startHardhatNode } from "../../scripts/story/hardhat-node.ts";
import { waitUntil } from "../../scripts/story/wait.ts";
import { deployWorld } from "../../scripts/story/world.ts";

const PASSWORD = "development only";
const FEE = "0.000000001";
const DEPOSIT = "100";

/** Daemons in a row, each in a process of its own, with channels between neighbours. */
export interface Row {
  readonly nodes: readonly DaemonProcess[];
  /** Id of the last. */
  readonly payee: string;
  /** Microseconds of processor time that all of them have taken so far. */
  cpu(): number;
  stop(): Promise<void>;
}

export interface RowOptions {
  readonly names: readonly string[];
  /** Between two neighbours. */
  readonly channels: number;
}

export async function startRow({ names, channels }: RowOptions): Promise<Row> {
  const within = mkdtempSync(join(tmpdir(), "hashlane-bench-"));
  const passwordFile = join(within, "password");
  writeFileSync(passwordFile, `${PASSWORD}\n`, { mode: 0o600 });
  const chain = await startHardhatNode();
  await deployWorld(await openRunningChain(chain.url));
  const nodes: DaemonProcess[] = [];
  for (const name of names) {
    const settings = { spontaneous: true, log: "json", lockEvents: false };
    const fees = { feeBase: FEE, feePpm: 0 };
    const shared = { within, passwordFile, password: PASSWORD, rpc: chain.url, listen: "127.0.0.1:0" };
    nodes.push(await startDaemonProcess({ ...shared, name, settings, fees }));
  }
  for (const [index, left] of nodes.entries()) {
    const right = nodes[index + 1];
    if (right !== undefined) await openBetween(left, right, channels);
  }
  const links = nodes.length - 1;
  await waitUntil("everybody to know all fees", async () =>
    (await Promise.all(nodes.map(({ client }) => client.call("info", {})))).every(
      ({ policiesKnown }) => policiesKnown === 2 * links * channels,
    ),
  );
  const last = nodes.at(-1);
  const payee = last === undefined ? "" : (await last.client.call("info", {})).node;
  const stop = async (): Promise<void> => {
    for (const node of nodes) node.stop();
    await Promise.all(nodes.map(({ gone }) => gone));
    await chain.stop();
    rmSync(within, { recursive: true, force: true });
  };
  const cpu = (): number => nodes.reduce((sum, { pid }) => sum + cpuOf(pid), 0);
  return { nodes, payee, cpu, stop };
}

async function openBetween(left: DaemonProcess, right: DaemonProcess, channels: number): Promise<void> {
  await left.client.call("connect", { address: right.uri });
  const { node: peer } = await right.client.call("info", {});
  await waitUntil(`${left.name} and ${right.name} to connect`, async () =>
    (await left.client.call("peers", {})).entries.some(({ node, connected }) => node === peer && connected),
  );
  for (let channel = 0; channel < channels; channel++) {
    const idempotencyKey = `channel ${channel} of the bench`;
    await left.client.call("open", { peer, amount: DEPOSIT, idempotencyKey });
  }
}

/** Ticks of user and system time (proc(5)), 100 a second on Linux. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
