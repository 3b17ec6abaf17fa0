import type { Command } from "commander";
import type { Channel, Closing, Operation } from "../api/views.ts";
import { problem } from "../api/problem.ts";
import type { ApiClient } from "../client/api-client.ts";
import { clientOf, wholeNumber, withClient, type CommonOptions } from "./options.ts";
import { print, show, table } from "./print.ts";
import { exitAlone, type StandaloneExitOptions } from "./standalone.ts";
import { followUntil } from "./wait.ts";

interface WaitOptions extends CommonOptions {
  readonly wait: boolean;
  readonly timeout: number;
}

interface OpenOptions extends WaitOptions {
  readonly asset?: string;
  readonly peerOwner?: string;
  readonly challengeSeconds?: number;
  readonly funding?: string;
  readonly key?: string;
}

interface CloseOptions extends WaitOptions {
  readonly alone: boolean;
  readonly force?: boolean;
  readonly humble: boolean;
}

interface ExitOptions extends CloseOptions, StandaloneExitOptions {
  readonly standalone: boolean;
}

export function withWait(command: Command, what: string, seconds: number): Command {
  return command
    .option("--no-wait", `do not wait ${what}`)
    .option("--timeout <seconds>", "wait no longer than this", wholeNumber, seconds);
}

const KEY_ABOUT = "the same key is the same request, also after a crash; random if left out";
const FUNDING_ABOUT = "of a token: approve, permit, authorization or permit2; what it takes if left out";
const ALONE_ABOUT = "without the peer: takes the challenge period";
const HUMBLE_ABOUT = "after data loss, when the peer is gone for good: takes the recovery period";

/** Channels: money that is locked up with one other node, to pay and be paid over it. */
export function addChannelCommands(program: Command): void {
  const channel = program.command("channel").description("Open, fund, close and list channels.");
  addFundingCommands(channel);
  // Under the names that users of other networks know.
  addFundingCommands(program);
  for (const command of [channel.command("list"), program.command("channels")])
    withClient(command).description("Channels that have not ended on chain.").action(list);
  addExitCommand(program);
}

function addFundingCommands(channel: Command): void {
  const open = withClient(channel.command("open"))
    .description("Open a channel with a connected node and bring a deposit: one transaction.")
    .argument("<node>", "id of the node")
    .argument("<amount>", "our deposit, such as 0.5")
    .option("--asset <symbol>", "of the config (ETH)")
    .option("--peer-owner <address>", "account of the peer, if it is not the node's id")
    .option("--challenge-seconds <number>", "in which a close can be answered", wholeNumber)
    .option("--funding <way>", FUNDING_ABOUT)
    .option("--key <text>", KEY_ABOUT);
  withWait(open, "until it is usable", 120).action(openChannel);
  withClient(channel.command("deposit"))
    .description("Add to our side of a channel: one transaction.")
    .argument("<channel>", "its id")
    .argument("<amount>", "such as 0.5")
    .option("--funding <way>", FUNDING_ABOUT)
    .option("--key <text>", KEY_ABOUT)
    .action(deposit);
  const withdrawal = withClient(channel.command("withdraw"))
    .description("Take money out of our side of an open channel, with the peer's agreement: one transaction.")
    .argument("<channel>", "its id")
    .argument("<amount>", "such as 0.5; at most what the channel can pay")
    .option("--key <text>", KEY_ABOUT);
  withWait(withdrawal, "until the owner has it", 300).action(withdraw);
  const close = withClient(channel.command("close"))
    .description("Close a channel: with the peer in one transaction, or alone.")
    .argument("<channel>", "its id")
    .option("--alone", ALONE_ABOUT, false)
    .option("--force", "also if it was sold for a time that is not over", false)
    .option("--humble", HUMBLE_ABOUT, false);
  withWait(close, "for its end on chain", 120).action(closeChannel);
}

function addExitCommand(program: Command): void {
  const exit = withClient(program.command("exit"))
    .description("Close every channel and take the money home.")
    .option("--alone", ALONE_ABOUT, false)
    .option("--humble", HUMBLE_ABOUT, false)
    .option(
      "--standalone",
      "without the node and its log: from the key, a backup and the chain; humbly",
      false,
    )
    .option("--words-file <file>", "of the key, for --standalone; that of --dir if left out")
    .option("--password-file <file>", "of the key in --dir, for --standalone; asked for if left out")
    .option("--backup <file>", "for --standalone")
    .option("--rpc <url>", "JSON-RPC of the chain's node, for --standalone; that of the backup if left out");
  withWait(exit, "for their end on chain", 300).action((options: ExitOptions) =>
    options.standalone ? exitAlone(options) : exitAll(options),
  );
}

async function openChannel(peer: string, amount: string, options: OpenOptions): Promise<void> {
  const {
    json,
    asset,
    peerOwner,
    challengeSeconds,
    funding,
    key = crypto.randomUUID(),
    wait,
    timeout,
  } = options;
  const client = clientOf(options);
  const { cursor } = await client.call("info", {});
  const opened = await client.call("open", {
    ...{ peer, amount, idempotencyKey: key },
    ...(asset === undefined ? {} : { asset }),
    ...(peerOwner === undefined ? {} : { peerOwner }),
    ...(challengeSeconds === undefined ? {} : { challengeSeconds }),
    ...(funding === undefined ? {} : { funding }),
  });
  const usable = wait && (await usableWithin(client, opened, cursor, timeout));
  const state = usable ? "usable" : "on chain, usable when both sides have seen it";
  print(json, opened, () => `Opened ${opened.channel} with ${show(opened.amount)}: ${state}.`);
}

export async function usableWithin(
  client: ApiClient,
  { channel }: Operation,
  cursor: number,
  timeout: number,
): Promise<boolean> {
  const { entries } = await client.call("channels", {});
  if (entries.some((one) => one.channel === channel && one.status === "usable")) return true;
  const late = {
    what: `channel ${channel} is on chain but not usable`,
    next: "Look at hashlane channel list.",
  };
  await followUntil(
    client,
    cursor,
    timeout,
    late,
    ({ kind, data }) => kind === "channel_usable" && data.channel === channel,
  );
  return true;
}

async function deposit(channel: string, amount: string, options: OpenOptions): Promise<void> {
  const { json, funding, key = crypto.randomUUID() } = options;
  const request = { amount, idempotencyKey: key, ...(funding === undefined ? {} : { funding }) };
  const done = await clientOf(options).call("deposit", request, { channel });
  print(json, done, () => `Deposited ${show(done.amount)} into ${done.channel}.`);
}

async function withdraw(channel: string, amount: string, options: OpenOptions): Promise<void> {
  const { json, key = crypto.randomUUID(), wait, timeout } = options;
  const client = clientOf(options);
  const { cursor } = await client.call("info", {});
  const begun = await client.call("withdraw", { amount, idempotencyKey: key }, { channel });
  const id = begun.channel;
  if (wait && begun.status === "started") {
    const late = {
      what: "the withdrawal is not final",
      next: `Look again with --key ${key}: the same key asks once.`,
    };
    await followUntil(client, cursor, timeout, late, ({ kind, data }) => {
      if (data.channel !== id) return false;
      if (kind === "withdrawal_expired") throw expired(begun);
      return kind === "channel_resized" || kind === "channel_ended";
    });
  }
  const done = wait || begun.status === "done";
  const answer: Operation = { ...begun, status: done ? "done" : "started" };
  print(
    json,
    answer,
    () => `${done ? "Withdrew" : "Asked the peer for"} ${show(begun.amount)} out of ${id}.`,
  );
}

function expired({ channel, amount }: Operation): Error {
  return problem(
    0,
    "withdrawal_expired",
    "the peer did not agree, or the chain did not take it, in time",
    "Nothing has changed. Try again while the peer is connected, or close the channel.",
    { channel, amount: amount.value, asset: amount.asset },
  );
}

async function closeChannel(channel: string, options: CloseOptions): Promise<void> {
  const { json, alone, humble, force = false } = options;
  const client = clientOf(options);
  const { cursor } = await client.call("info", {});
  const closing = await client.call("close", { alone, humble, force }, { channel });
  warnOfAbsent([closing], alone || humble);
  if (options.wait) await waitForEnds(client, [closing], cursor, options);
  print(json, closing, () => (options.wait ? `Closed ${channel}.` : `Closing ${channel}.`));
}

async function exitAll(options: CloseOptions): Promise<void> {
  const { json, alone, humble } = options;
  const client = clientOf(options);
  const { cursor } = await client.call("info", {});
  const closing = await client.call("exit", { alone, humble });
  warnOfAbsent(closing.entries, alone || humble);
  if (options.wait) await waitForEnds(client, closing.entries, cursor, options);
  const count = closing.entries.length;
  print(json, closing, () =>
    count === 0
      ? "There was no channel to close."
      : `${options.wait ? "Closed" : "Closing"} ${count} channels.`,
  );
}

/** An agreement needs both. */
function warnOfAbsent(closing: readonly Closing[], alone: boolean): void {
  for (const { channel, peer, connected, status } of closing) {
    if (alone || connected || status === "ended" || status === "closing") continue;
    process.stderr.write(
      `${peer} of ${channel} is not connected: it closes when the peer is back, or with --alone.\n`,
    );
  }
}

async function waitForEnds(
  client: ApiClient,
  closing: readonly Closing[],
  cursor: number,
  { timeout }: WaitOptions,
): Promise<void> {
  const open = new Set(closing.filter(({ status }) => status !== "ended").map(({ channel }) => channel));
  if (open.size === 0) return;
  const late = {
    what: `${open.size} channels have not ended on chain`,
    next: "They go on closing as long as the node runs; look at hashlane channel list.",
  };
  await followUntil(client, cursor, timeout, late, ({ kind, data }) => {
    if (kind === "channel_ended") open.delete(String(data.channel));
    return open.size === 0;
  });
}

async function list(options: CommonOptions): Promise<void> {
  const channels = await clientOf(options).call("channels", {});
  const row = ({ channel, peer, connected, balance, spendable, ...one }: Channel): readonly string[] => [
    channel,
    peer,
    [one.status, ...(one.recovery === null ? [] : [one.recovery]), ...(connected ? [] : ["peer away"])].join(
      ", ",
    ),
    show(balance.ours),
    show(balance.theirs),
    show(spendable),
  ];
  print(options.json, channels, () =>
    table(
      ["channel", "peer", "status", "ours", "theirs", "can pay"],
      channels.entries.map(row),
      "No channels. Open one with hashlane channel open NODE AMOUNT.",
    ),
  );
}
