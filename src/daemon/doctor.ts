import { existsSync, statSync, statfsSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Finding, Page } from "../api/views.ts";
import { isCodeOurs } from "../chain/check-code.ts";
import { connectContracts } from "../chain/contracts.ts";
import { chainIdOf, originOf, urlsIn } from "../chain/endpoints.ts";
import { reasonOf } from "../chain/failure.ts";
import { balanceOf } from "../chain/token.ts";
import { ZERO_ADDRESS } from "../protocol/checked.ts";
import { HashlaneError } from "../protocol/error.ts";
import { backupFinding } from "./backup-finding.ts";
import { findCertificate } from "./certificate.ts";
import type { Config } from "./config.ts";
import type { Places } from "./directory.ts";
import { finding } from "./finding.ts";
import { isFrozen } from "./freeze.ts";
import { reserveFinding, waitingFindings } from "./gas-findings.ts";
import { liquidityOf } from "./info.ts";
import type { Parts } from "./parts.ts";
import { towerFindings } from "./towers/tower-figures.ts";

const ENOUGH_BYTES = 1_000_000_000;
const LEAST_BYTES = 100_000_000;
const MOST_CLOCK_SECONDS = 60;
const FEW_BLOCKS = 3;
/** Wei: some closings at a high price of gas. */
const ENOUGH_GAS_MONEY = 10n ** 16n;
const READABLE_BY_OTHERS = 0o077;

/** Everything that a running node can know about itself. */
export async function diagnose(parts: Parts): Promise<Page<Finding>> {
  const { config, places, node } = parts;
  const chain = await diagnoseChain(config);
  const entries = [
    ...chain.findings,
    ...currency(parts, chain.block),
    ...diagnoseDisk(config, places),
    finding("store", "ok", `locked by this daemon, process ${process.pid}`),
    await gasMoney(parts),
    await reserveFinding(parts),
    ...waitingFindings(parts),
    backupFinding(parts.backups, config, Date.now()),
    ...peers(parts),
    ...liquidity(parts),
    ...towerFindings(parts.towers.list(), node.guarded.lanes().length),
    isFrozen(parts)
      ? finding(
          "freeze",
          "warning",
          "the node is frozen: it pays and forwards nothing",
          "Run hashlane unfreeze when it may pay again.",
        )
      : finding("freeze", "ok", "the node pays and forwards"),
    node.address === null
      ? finding(
          "listening",
          "warning",
          "nobody can connect to this node",
          'Set "listen" in the config if others are to open channels with it.',
        )
      : finding("listening", "ok", `takes connections at ${node.address}, by WebSocket over TLS 1.3`),
  ];
  return { entries, next: null };
}

interface ChainDiagnosis {
  readonly findings: readonly Finding[];
  /** The newest; null if the chain cannot be used. */
  readonly block: number | null;
}

/** What can be known of the chain without a node. */
export async function diagnoseChain(config: Config): Promise<ChainDiagnosis> {
  const { rpc, chainId, hashlane } = config;
  try {
    const contracts = await connectContracts(rpc, { hashlane, chainId });
    const block = await contracts.provider.getBlock("latest");
    const ours = await isCodeOurs(contracts);
    const found = `chain ${chainId} answers, block ${block?.number ?? 0}`;
    const findings = [
      finding("chain", "ok", found),
      ...(await endpoints(rpc, chainId)),
      clock(block?.timestamp ?? 0, config.staleSeconds),
      contract(hashlane, ours),
    ];
    return { findings, block: block?.number ?? null };
  } catch (thrown) {
    const next =
      "Check the URL in the config and that the chain's node runs; without it no close can be answered.";
    const found = `the chain cannot be used: ${reasonOf(thrown)}`;
    return { findings: [finding("chain", "failure", found, next)], block: null };
  }
}

/** One that answers is enough; the others are there for when it does not. */
async function endpoints(rpc: string, chainId: bigint): Promise<readonly Finding[]> {
  const urls = urlsIn(rpc);
  const next = "Correct or replace it; a single endpoint that fails leaves this node blind.";
  const found = await Promise.all(
    urls.map(async (url) => {
      const actual = await chainIdOf(url).catch((thrown: unknown) => reasonOf(thrown));
      if (actual === chainId) return null;
      const why = typeof actual === "bigint" ? `is of chain ${actual}` : `does not answer: ${actual}`;
      return finding("endpoint", "warning", `${originOf(url)} ${why}`, next);
    }),
  );
  return found.filter((one) => one !== null);
}

function contract(address: string, isOurs: boolean): Finding {
  if (isOurs) return finding("contract", "ok", `${address} holds the code of this version`);
  return finding(
    "contract",
    "failure",
    `${address} calls itself Hashlane, but its code is not what this version was built from`,
    "Use the version of this program that it was built with, or this version's contract; put no money into it.",
  );
}

/** A chain may be ahead on purpose, as development chains are; our clock only paces retries. */
function clock(chainTime: number, staleSeconds: number | null): Finding {
  const ahead = Math.round(Date.now() / 1000) - chainTime;
  if (staleSeconds !== null && ahead > staleSeconds) {
    return finding(
      "clock",
      "failure",
      `the newest block is ${ahead} s old by this machine's clock, above the ${staleSeconds} s of staleSeconds`,
      "Check the clock of the machine and whether the chain's node is in step; nothing new is locked meanwhile.",
    );
  }
  if (ahead >= -MOST_CLOCK_SECONDS)
    return finding("clock", "ok", `the newest block is ${Math.max(ahead, 0)} s old by this machine's clock`);
  return finding(
    "clock",
    "warning",
    `this machine's clock is ${-ahead} s behind the chain's`,
    "Set the clock of the machine. Deadlines follow the chain's, so that no money is at risk.",
  );
}

/** Whether the node has read what the chain has. */
function currency({ node, config }: Parts, newest: number | null): readonly Finding[] {
  if (newest === null) return [];
  const { number } = node.head();
  const missing = newest - config.confirmations - number;
  const found = `blocks are read up to ${number} of ${newest}, with ${config.confirmations} to be on top`;
  if (missing <= FEW_BLOCKS) return [finding("reading", "ok", found)];
  return [
    finding("reading", "warning", found, "Wait; if the number does not grow, look into the daemon's log."),
  ];
}

export function diagnoseDisk(config: Config, places: Places): readonly Finding[] {
  const { directory, keystore, certificate } = places;
  // A node that never ran has no certificate yet.
  const secrets = [keystore, config.tokenFile, ...(existsSync(certificate) ? [certificate] : [])];
  return [writable(directory), free(directory), ...secrets.map(secrecy), usable(certificate)];
}

function usable(certificate: string): Finding {
  try {
    const found =
      findCertificate(certificate) === null
        ? "none yet: the first start makes it"
        : `${certificate} is in order, for TLS with peers`;
    return finding("certificate", "ok", found);
  } catch (thrown) {
    if (!(thrown instanceof HashlaneError) || thrown.parts === null) throw thrown;
    return finding("certificate", "failure", thrown.parts.failed, thrown.parts.next);
  }
}

function writable(directory: string): Finding {
  const probe = join(directory, `.probe-${process.pid}`);
  try {
    writeFileSync(probe, "probe", { flag: "wx", mode: 0o600 });
    unlinkSync(probe);
    return finding("disk", "ok", `${directory} can be written`);
  } catch (thrown) {
    const next =
      "Correct the permissions, or mount the disk for writing; the node stops where it cannot write.";
    return finding("disk", "failure", `${directory} cannot be written: ${reasonOf(thrown)}`, next);
  }
}

function free(directory: string): Finding {
  const { bavail, bsize } = statfsSync(directory);
  const bytes = bavail * bsize;
  const found = `${Math.floor(bytes / 1_000_000)} MB are free`;
  if (bytes >= ENOUGH_BYTES) return finding("space", "ok", found);
  return finding(
    "space",
    bytes >= LEAST_BYTES ? "warning" : "failure",
    found,
    "Make room: the node stops where it cannot write.",
  );
}

function secrecy(file: string): Finding {
  try {
    const { mode } = statSync(file);
    if ((mode & READABLE_BY_OTHERS) === 0)
      return finding("secrets", "ok", `${file} is readable by its owner alone`);
    return finding("secrets", "warning", `others may read ${file}`, `Run chmod 600 ${file}.`);
  } catch {
    return finding("secrets", "failure", `${file} is missing`, "Bring it back from a copy.");
  }
}

async function gasMoney({ contracts, account, assets }: Parts): Promise<Finding> {
  try {
    const wei = await balanceOf(contracts, ZERO_ADDRESS, account.address);
    const found = `the account holds ${assets.money(wei, ZERO_ADDRESS).value} ETH for gas`;
    if (wei >= ENOUGH_GAS_MONEY) return finding("gas", "ok", found);
    return finding(
      "gas",
      "failure",
      found,
      `Send ETH to ${account.address}: a close that cannot be answered is lost.`,
    );
  } catch (thrown) {
    return finding(
      "gas",
      "failure",
      `the balance cannot be read: ${reasonOf(thrown)}`,
      "See the chain's finding.",
    );
  }
}

function peers({ node }: Parts): readonly Finding[] {
  const away = node.channels().filter(({ connected }) => !connected);
  if (away.length === 0)
    return [
      finding(
        "peers",
        "ok",
        `${node.peers().length} nodes are connected, the peer of every channel among them`,
      ),
    ];
  const next = "Connect again with hashlane connect, wait, or close the channel with --alone.";
  return away.map(({ channel, peer }) =>
    finding("peers", "warning", `${peer} of channel ${channel} is not connected`, next),
  );
}

function liquidity(parts: Parts): readonly Finding[] {
  const { canPay, canReceive } = liquidityOf(parts);
  const judge = (check: string, amounts: typeof canPay, verb: string, next: string): readonly Finding[] =>
    amounts.map(({ value, asset }) =>
      value === "0"
        ? finding(check, "warning", `the node can ${verb} no ${asset}`, next)
        : finding(check, "ok", `the node can ${verb} up to ${value} ${asset}`),
    );
  return [
    ...judge("outgoing", canPay, "pay", "Open a channel or deposit into one."),
    ...judge(
      "incoming",
      canReceive,
      "receive",
      "Ask a node to open a channel with this one, or pay something first.",
    ),
  ];
}
