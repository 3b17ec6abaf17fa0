/**
 * Wang pays Xiaohong, with whom he shares no channel, through Alice, Bob and Carol; then everybody closes, and every
 * figure is compared with the chain.
 */
import { HashlaneError } from "../src/protocol/error.ts";
import type { PaymentHash } from "../src/protocol/types.ts";
import { eth, parseEth, parsePositiveEth } from "./story/amount.ts";
import { openChain } from "./story/chain.ts";
import { mustEqual } from "./story/check.ts";
import { StoryFailure } from "./story/failure.ts";
import { playerOf, startNodes, stopNodes, type Player } from "./story/nodes.ts";
import { tellLedger, tellOutcome, transactionFigures, type Expected } from "./story/outcome.ts";
import { createTeller, type Teller } from "./story/print.ts";
import { fundPeople, GAS_MONEY, openRow, ROW, setFee, tellChannels, tellPeople } from "./story/row.ts";
import { runStory, storyCommand } from "./story/run.ts";
import { waitUntil, within } from "./story/wait.ts";
import { deployWorld, type Person, type StoryChannel } from "./story/world.ts";

interface Options {
  readonly network: string;
  readonly json: boolean;
  readonly amount: string;
  readonly fee: string;
  readonly maxFee: string;
  readonly deposit: string;
  readonly without?: string;
}

interface Plan {
  readonly amount: bigint;
  readonly fee: bigint;
  readonly maxFee: bigint;
  readonly deposit: bigint;
  readonly names: readonly string[];
}

const command = storyCommand("npm start --", "Wang pays Xiaohong through Alice, Bob and Carol.")
  .option("--amount <eth>", "what Xiaohong asks for", "1")
  .option("--fee <eth>", "what each hop keeps", "0.001")
  .option("--max-fee <eth>", "what Wang pays for all hops together at most", "0.1")
  .option("--deposit <eth>", "what each payer puts into its channel", "2")
  .option("--without <name>", "leave out alice, bob or carol");

function planOf({ amount, fee, maxFee, deposit, without }: Options): Plan {
  const hops = ROW.slice(1, -1).map((name) => name.toLowerCase());
  if (without !== undefined && !hops.includes(without.toLowerCase())) {
    throw new StoryFailure(`--without ${without} names no hop. Use one of ${hops.join(", ")}.`);
  }
  return {
    amount: parsePositiveEth(amount, "--amount"),
    fee: parseEth(fee, "--fee"),
    maxFee: parseEth(maxFee, "--max-fee"),
    deposit: parsePositiveEth(deposit, "--deposit"),
    names: ROW.filter((name) => name.toLowerCase() !== without?.toLowerCase()),
  };
}

/** What the hops ask for forwarding, told to all. */
async function setFees(
  { fee, deposit }: Plan,
  players: readonly Player[],
  channels: readonly StoryChannel[],
): Promise<void> {
  for (const { payer, channel } of channels)
    await setFee(playerOf(players, payer), channel, { fee, most: deposit });
  const isWhole = players.length === channels.length + 1;
  await waitUntil(
    "Wang to know the fees",
    () => !isWhole || players[0]?.node.policies().length === channels.length,
  );
}

function tellLocks(
  teller: Teller,
  players: readonly Player[],
  channels: readonly StoryChannel[],
  hash: PaymentHash,
): bigint[] {
  teller.part("Locks travel to Xiaohong, all with one hash and one expiry");
  const locks = channels.map(({ payer, payee, channel }) => {
    const added = playerOf(players, payer).notices.find(
      (notice) =>
        notice.kind === "lockAdded" &&
        notice.hash === hash &&
        notice.channel === channel &&
        notice.direction === "out",
    );
    if (added?.kind !== "lockAdded")
      throw new StoryFailure(`${payer.name} has locked nothing for ${payee.name}.`);
    return { payer, payee, amount: added.amount, expiry: added.expiry };
  });
  teller.table(
    ["from - to", "locked", "expires"],
    locks.map(({ payer, payee, amount, expiry }) => [
      `${payer.name} - ${payee.name}`,
      eth(amount),
      new Date(expiry * 1000).toISOString(),
    ]),
  );
  return locks.map(({ amount }) => amount);
}

function tellSecret(teller: Teller, channels: readonly StoryChannel[], locks: readonly bigint[]): void {
  teller.part("The secret travels back, and each lock becomes a payment");
  teller.table(
    ["from - to", "paid"],
    channels
      .map(({ payer, payee }, index) => [`${payer.name} - ${payee.name}`, eth(locks[index] ?? 0n)])
      .reverse(),
  );
}

/** The node's refusal, with the figures of the options that led to it. */
async function payOrSayWhy(plan: Plan, wang: Player, invoice: string): Promise<void> {
  try {
    await within("the payment", wang.node.pay({ invoice, maxFee: plan.maxFee }));
  } catch (thrown) {
    if (!(thrown instanceof HashlaneError)) throw thrown;
    const fees = plan.fee * BigInt(plan.names.length - 2);
    if (thrown.code === "fee_above_limit") {
      throw new StoryFailure(
        `Wang's node refuses (${thrown.code}): the hops ask for ${eth(fees)} ETH together, but --max-fee is ` +
          `${eth(plan.maxFee)}. Raise --max-fee or lower --fee.`,
      );
    }
    const spendable = wang.node.channels()[0]?.spendable ?? 0n;
    // Which of the two it is depends on whether the hops' policies would let so much pass.
    const isShort = thrown.code === "no_route" || thrown.code === "not_enough_balance";
    if (isShort && plan.amount + fees > spendable) {
      throw new StoryFailure(
        `Wang's node refuses (${thrown.code}): ${eth(plan.amount)} ETH and ${eth(fees)} ETH for the hops are more ` +
          `than the ${eth(spendable)} ETH that he can spend: his deposit of ${eth(plan.deposit)} ETH less a reserve ` +
          "of 1 %. Lower --amount or raise --deposit.",
      );
    }
    throw thrown;
  }
}

async function pay(
  teller: Teller,
  plan: Plan,
  players: readonly Player[],
  channels: readonly StoryChannel[],
): Promise<{ readonly locks: readonly bigint[]; readonly milliseconds: number }> {
  const [wang, xiaohong] = [players[0], players.at(-1)];
  if (wang === undefined || xiaohong === undefined)
    throw new StoryFailure("Wang and Xiaohong must be there.");
  teller.part(`Xiaohong asks for ${eth(plan.amount)} ETH`);
  const request = { amount: plan.amount, description: "lanterns" };
  const invoice = await within("the invoice", xiaohong.node.createInvoice(request));
  teller.say(invoice.text);
  const start = performance.now();
  await payOrSayWhy(plan, wang, invoice.text);
  const milliseconds = performance.now() - start;
  await waitUntil("all locks to be paid", () =>
    players.every(({ node }) => node.channels().every(({ locked }) => locked.ours + locked.theirs === 0n)),
  );
  const locks = tellLocks(teller, players, channels, invoice.hash);
  const hops = BigInt(channels.length);
  locks.forEach((amount, index) =>
    mustEqual(`lock ${index + 1}`, amount, plan.amount + plan.fee * (hops - 1n - BigInt(index))),
  );
  tellSecret(teller, channels, locks);
  teller.say(
    `Wang has the secret, the proof of payment, after ${milliseconds.toFixed(0)} ms. No transaction was sent.`,
  );
  return { locks, milliseconds };
}

/** Wang's own words for why he cannot pay; anything but a missing route is a fault. */
async function payInVain(teller: Teller, plan: Plan, players: readonly Player[]): Promise<string> {
  const [wang, xiaohong] = [players[0], players.at(-1)];
  if (wang === undefined || xiaohong === undefined)
    throw new StoryFailure("Wang and Xiaohong must be there.");
  teller.part(`Xiaohong asks for ${eth(plan.amount)} ETH`);
  const { text } = await within("the invoice", xiaohong.node.createInvoice({ amount: plan.amount }));
  try {
    await within("the payment", wang.node.pay({ invoice: text, maxFee: plan.maxFee }));
  } catch (thrown) {
    if (!(thrown instanceof HashlaneError) || thrown.code !== "no_route") throw thrown;
    teller.say(`Wang's node: ${thrown.message}`);
    return thrown.code;
  }
  throw new StoryFailure("Wang paid although there is no route.");
}

function tellBalances(teller: Teller, players: readonly Player[], channels: readonly StoryChannel[]): void {
  teller.part("What the channels hold now");
  const rows = channels.map(({ payer, payee, channel }) => {
    const view = playerOf(players, payer)
      .node.channels()
      .find((one) => one.channel === channel);
    const balance = view?.balance ?? { ours: 0n, theirs: 0n };
    return [`${payer.name} - ${payee.name}`, eth(balance.ours), eth(balance.theirs)];
  });
  teller.table(["channel", "payer", "payee"], rows);
}

async function closeAll(
  teller: Teller,
  players: readonly Player[],
  channels: readonly StoryChannel[],
): Promise<void> {
  teller.part("Everybody closes, one transaction a channel");
  for (const { payer, payee, channel } of channels) {
    const closing = playerOf(players, payer).node.closeCooperatively(channel);
    const end = await within(`the end of the channel of ${payer.name} and ${payee.name}`, closing);
    mustEqual(`${payer.name} - ${payee.name} ended`, end.how, "cooperative");
    teller.say(`${payer.name} - ${payee.name}: ${payer.name} gets ${eth(end.received)} ETH back.`);
  }
}

/** What each must have at the end: paid and kept as planned, or nothing moved. */
function expect(plan: Plan, people: readonly Person[], paid: boolean): readonly Expected[] {
  const hops = BigInt(people.length - 2);
  return people.map((person, index) => {
    const isLast = index === people.length - 1;
    const due = index === 0 ? -(plan.amount + plan.fee * hops) : isLast ? plan.amount : plan.fee;
    return { person, before: plan.deposit + GAS_MONEY, due: paid ? due : 0n };
  });
}

async function tell(options: Options): Promise<void> {
  const plan = planOf(options);
  const teller = createTeller(options.json);
  const chain = await openChain(options.network);
  teller.part(`Contracts are deployed (${chain.name})`);
  const { world, deployment } = await deployWorld(chain);
  const { hashlane, registry, hashTimelock } = deployment;
  teller.table(
    ["contract", "address", "gas"],
    Object.entries({ hashlane, registry, hashTimelock }).map(([name, { address, gasUsed }]) => [
      name,
      address,
      gasUsed.toLocaleString("en"),
    ]),
  );
  teller.part("Everybody gets ETH");
  const people = await fundPeople(world, plan.names, plan.deposit);
  await tellPeople(teller, world, people);
  const first = (await world.contracts.provider.getBlockNumber()) + 1;
  teller.part("Neighbours open channels, one transaction each");
  const channels = await openRow(world, people, plan.deposit);
  tellChannels(teller, channels);
  const players = await startNodes(world, people, channels);
  await setFees(plan, players, channels);

  const whole = people.length === ROW.length;
  const payment = whole ? await pay(teller, plan, players, channels) : null;
  const refusal = whole ? null : await payInVain(teller, plan, players);
  tellBalances(teller, players, channels);
  await closeAll(teller, players, channels);
  await stopNodes(players);
  const ledger = await tellLedger(teller, world, people, first);
  const changes = await tellOutcome(teller, world, expect(plan, people, whole), ledger);
  teller.say(whole ? "Every figure agrees with the chain." : "Nothing has moved, and the chain agrees.");
  teller.end({
    refusal,
    locks: payment?.locks ?? [],
    milliseconds: payment?.milliseconds ?? null,
    changes,
    transactions: transactionFigures(ledger),
  });
}

await runStory(command, () => tell(command.opts<Options>()));
