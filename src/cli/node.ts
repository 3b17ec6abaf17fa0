import type { Command } from "commander";
import type { Finding, Info, Page, Peer } from "../api/views.ts";
import { ApiProblem, problem } from "../api/problem.ts";
import { readText, requireDirectory } from "../daemon/directory.ts";
import { FAILED } from "./exit.ts";
import { clientOf, withClient, wholeNumber, type CommonOptions } from "./options.ts";
import { pairs, print, show, table } from "./print.ts";

const LOOK_MS = 100;

/** The node as a whole. */
export function addNodeCommands(program: Command): void {
  withClient(program.command("info"))
    .description("Who this node is, what it knows and what it can pay and receive.")
    .action(async (options: CommonOptions) => {
      const info = await clientOf(options).call("info", {});
      print(options.json, info, () => infoText(info));
    });
  addPeerCommands(program);
  withClient(program.command("doctor"))
    .description(
      "Check chain, contract, clock, disk, peers and liquidity, and say what to do. Works on a stopped node too.",
    )
    .action(doctor);
  withClient(program.command("freeze"))
    .description("Pay and forward nothing from now on; receive, and resolve what is under way.")
    .action(async (options: CommonOptions) => {
      const answer = await clientOf(options).call("freeze", {});
      print(
        options.json,
        answer,
        () => "The node is frozen: it pays and forwards nothing. End it with hashlane unfreeze.",
      );
    });
  withClient(program.command("unfreeze"))
    .description("End the freeze.")
    .action(async (options: CommonOptions) => {
      const answer = await clientOf(options).call("unfreeze", {});
      print(options.json, answer, () => "The node pays and forwards.");
    });
  withClient(program.command("events"))
    .description("Follow what happens, one JSON object a line, until Ctrl-C.")
    .option("--after <cursor>", "begin after this cursor; with what is kept if left out", wholeNumber, 0)
    .action(async (options: CommonOptions & { readonly after: number }) => {
      for await (const event of clientOf(options).events(options.after)) print(true, event, () => "");
    });
}

function addPeerCommands(program: Command): void {
  withClient(program.command("connect"))
    .description("Keep a connection with another node, over restarts too.")
    .argument("<uri>", "NODE@HOST:PORT, as hashlane info says it there")
    .option("--timeout <seconds>", "wait no longer than this; the node goes on trying", wholeNumber, 15)
    .action(connect);
  withClient(program.command("peers"))
    .description("Nodes to keep a connection with, and those connected.")
    .action(async (options: CommonOptions) => {
      const peers = await clientOf(options).call("peers", {});
      print(options.json, peers, () => peersText(peers));
    });
}

async function connect(
  address: string,
  options: CommonOptions & { readonly timeout: number },
): Promise<void> {
  const { json, timeout } = options;
  const client = clientOf(options);
  const end = performance.now() + timeout * 1000;
  let peer = await client.call("connect", { address });
  while (!peer.connected) {
    if (performance.now() > end) {
      const next =
        "The node goes on trying: look at hashlane peers, and check the address and that the other node runs.";
      throw problem(0, "under_way", `no connection after ${timeout} s`, next, { address });
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const { entries } = await client.call("peers", {});
    peer = entries.find(({ node }) => node === peer.node) ?? peer;
  }
  print(json, peer, () => `Connected with ${peer.node} at ${peer.address ?? ""}.`);
}

function infoText(info: Info): string {
  const all = (amounts: Info["canPay"]): string => amounts.map(show).join(", ");
  return pairs([
    ["alias", info.alias],
    ["node", info.node],
    ["uri", info.uri ?? "takes no connections"],
    ["listens", info.listens ?? "nowhere"],
    ["account", `${info.account} with ${all(info.wallets)}`],
    ...(info.owner === info.account ? [] : [["owner", `${info.owner}, whom channels pay`] as const]),
    ["chain", `${info.chain.id}, block ${info.chain.block} of ${info.chain.time}`],
    ["contract", info.chain.contract],
    ["channels", `${info.channels}, ${info.peers} peers connected`],
    ["can pay", all(info.canPay)],
    ["can receive", all(info.canReceive)],
    ["network", `${info.policiesKnown} policies known`],
    ["version", info.version],
    ...(info.frozen ? [["frozen", "pays and forwards nothing; end it with hashlane unfreeze"] as const] : []),
  ]);
}

function peersText({ entries }: Page<Peer>): string {
  const rows = entries.map(({ node, address, connected }) => [
    node,
    connected ? "connected" : "away",
    address ?? "connects to us",
  ]);
  return table(["node", "state", "address"], rows, "No peers. Connect with hashlane connect NODE@HOST:PORT.");
}

async function doctor(options: CommonOptions): Promise<void> {
  const findings = await findingsOf(options);
  const marks = { ok: "ok", warning: "warn", failure: "FAIL" } as const;
  print(options.json, findings, () =>
    findings.entries
      .map(({ check, level, found, next }) => {
        const line = `${marks[level].padEnd(4)}  ${check.padEnd(11)}  ${found}`;
        return next === "" ? line : `${line}\n${" ".repeat(19)}${next}`;
      })
      .join("\n"),
  );
  if (findings.entries.some(({ level }) => level === "failure")) process.exitCode = FAILED;
}

/** Of the running node, or what can be seen without it. */
async function findingsOf(options: CommonOptions): Promise<Page<Finding>> {
  try {
    return await clientOf(options).call("doctor", {});
  } catch (thrown) {
    if (!(thrown instanceof ApiProblem) || thrown.problem.code !== "daemon_unreachable") throw thrown;
  }
  const [{ readConfig }, { diagnoseChain, diagnoseDisk }] = await Promise.all([
    import("../daemon/config.ts"),
    import("../daemon/doctor.ts"),
  ]);
  const places = requireDirectory(options.dir);
  const config = readConfig(places.config, readText(places.config) ?? "");
  const next = "Start it with hashlane start: while it is down it cannot answer a close.";
  const down: Finding = { check: "daemon", level: "failure", found: "the node is not running", next };
  return {
    entries: [down, ...(await diagnoseChain(config)).findings, ...diagnoseDisk(config, places)],
    next: null,
  };
}
