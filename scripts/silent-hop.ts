/**
 * Bob, in the middle of the route, is killed while a payment is under way. What becomes of it is decided by the chain,
 * and every figure is compared with it: nobody honest loses anything but gas.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { PaymentHash } from "../src/protocol/types.ts";
import { eth, parseEth, parsePositiveEth } from "./story/amount.ts";
import { openChain } from "./story/chain.ts";
import { mustEqual } from "./story/check.ts";
import { messageOf, StoryFailure } from "./story/failure.ts";
import { startHardhatNode } from "./story/hardhat-node.ts";
import type { Death } from "./story/hop-setup.ts";
import { isUsable, stopNodes, type Player } from "./story/nodes.ts";
import { tellLedger, tellOutcome, transactionFigures, type Expected } from "./story/outcome.ts";
import { createTeller, type Teller } from "./story/print.ts";
import { runStory, storyCommand } from "./story/run.ts";
import { rowOf, setStage, startAll, type Play, type SilentPlan } from "./story/silent-stage.ts";
import { waitUntil, within } from "./story/wait.ts";
import { deployWorld, type StoryChannel } from "./story/world.ts";

const DEATHS: readonly Death[] = ["after-carol-paid", "before-paying-on"];

interface Options {
  readonly network: string;
  readonly json: boolean;
  readonly when: string;
  readonly amount: string;
  readonly fee: string;
  readonly deposit: string;
}

const command = storyCommand("npm run story:silent-hop --", "Bob is killed in the middle of a payment.")
  .option("--when <moment>", `when Bob is killed: ${DEATHS.join(" or ")}`, "after-carol-paid")
  .option("--amount <eth>", "what Xiaohong asks for", "1")
  .option("--fee <eth>", "what each hop keeps", "0.001")
  .option("--deposit <eth>", "what each payer puts into its channel", "2");

function planOf({ when, amount, fee, deposit }: Options): SilentPlan {
  const death = DEATHS.find((one) => one === when);
  if (death === undefined) {
    throw new StoryFailure(`--when ${when} is no moment of this story. Use ${DEATHS.join(" or ")}.`);
  }
  const plan = {
    death,
    amount: parsePositiveEth(amount, "--amount"),
    fee: parseEth(fee, "--fee"),
    deposit: parsePositiveEth(deposit, "--deposit"),
  };
  // The reserve of 1 % of the deposit stays.
  const spendable = plan.deposit - plan.deposit / 100n;
  const needed = plan.amount + 3n * plan.fee;
  if (needed > spendable) {
    throw new StoryFailure(
      `${eth(plan.amount)} ETH and ${eth(3n * plan.fee)} ETH for the hops are more than the ${eth(spendable)} ETH ` +
        `that Wang can spend: his deposit of ${eth(plan.deposit)} ETH less a reserve of 1 %. Lower --amount or ` +
        "raise --deposit.",
    );
  }
  return plan;
}

interface Attempt {
  readonly hash: PaymentHash;
  /** What became of the payment in Wang's eyes; never rejects. */
  readonly outcome: Promise<string>;
}

async function payUntilBobDies(
  teller: Teller,
  play: Play,
  { amount, fee, death }: SilentPlan,
): Promise<Attempt> {
  const { players, bob, channels } = play;
  const { wang, alice, carol, xiaohong } = players;
  teller.part(`Wang pays Xiaohong ${eth(amount)} ETH, and Bob is killed on the way`);
  const { text, hash } = await within("the invoice", xiaohong.node.createInvoice({ amount }));
  const outcome = wang.node.pay({ invoice: text, maxFee: 3n * fee }).then(
    () => "paid",
    (thrown: unknown) => messageOf(thrown),
  );
  const signal = await within(
    "Bob's death",
    Promise.race([bob.gone, outcome.then(() => "the payment's end")]),
  );
  mustEqual("the end of Bob's process", signal ?? "none", "SIGKILL");
  await waitUntil(
    "his neighbours to miss him",
    () => !isUsable(alice, channels.aliceBob.channel) && !isUsable(carol, channels.bobCarol.channel),
  );
  mustEqual("what Wang locked for Alice", lockedBy(wang, channels.wangAlice), amount + 3n * fee);
  mustEqual("what Alice locked for Bob", lockedBy(alice, channels.aliceBob), amount + 2n * fee);
  if (death === "before-paying-on") {
    mustEqual("what Bob locked for Carol", lockedFor(carol, channels.bobCarol), 0n);
    for (const { name, notices } of [wang, alice, carol])
      mustEqual(
        `that ${name} knows the secret`,
        notices.some(({ kind }) => kind === "secretLearned"),
        false,
      );
    teller.say(
      "Alice has locked for Bob, and he is gone before he paid on: nobody but Xiaohong has the secret.",
    );
  } else {
    mustEqual("what Bob locked for Carol", lockedFor(carol, channels.bobCarol), amount + fee);
    await waitUntil("Xiaohong to be paid", () => xiaohong.node.invoiceStatus(hash) === "paid");
    await waitUntil("Carol's lock to be paid", () => lockedBy(carol, channels.carolXiaohong) === 0n);
    for (const { name, notices } of [wang, alice])
      mustEqual(
        `that ${name} knows the secret`,
        notices.some(({ kind }) => kind === "secretLearned"),
        false,
      );
    teller.say("Carol has paid Xiaohong and shown Bob the secret, and he is gone before he passed it on.");
  }
  return { hash, outcome };
}

function viewOf({ name, node }: Player, { channel }: StoryChannel): ReturnType<typeof node.channels>[number] {
  const view = node.channels().find((one) => one.channel === channel);
  if (view === undefined) throw new StoryFailure(`${name}'s node has lost a channel.`);
  return view;
}

const lockedBy = (player: Player, channel: StoryChannel): bigint => viewOf(player, channel).locked.ours;
const lockedFor = (player: Player, channel: StoryChannel): bigint => viewOf(player, channel).locked.theirs;

/** Carol puts the witness on chain, and whoever is behind Bob learns it from there. */
async function recordInTime(teller: Teller, play: Play, { hash, outcome }: Attempt): Promise<void> {
  const { players, channels, clock, world, firstBlock } = play;
  const { wang, alice, carol } = players;
  teller.part("Carol records the secret on chain before the locks expire");
  const hasLearned = ({ notices }: Player): boolean =>
    notices.some(
      (notice) => notice.kind === "secretLearned" && notice.hash === hash && notice.from === "chain",
    );
  await clock.runUntil("Carol's record", () => hasLearned(alice));
  const lock = alice.notices.find((notice) => notice.kind === "lockAdded" && notice.direction === "out");
  if (lock?.kind !== "lockAdded") throw new StoryFailure("Alice has locked nothing.");
  const [record] = await world.contracts.registry.queryFilter(
    world.contracts.registry.filters.Recorded(),
    firstBlock,
  );
  const block = await record?.getBlock();
  if (block === undefined) throw new StoryFailure("the chain does not know of Carol's record.");
  mustEqual("that the record came before the expiry", block.timestamp < lock.expiry, true);
  tellDecisions(teller, carol, true);
  teller.say(`It is on chain ${lock.expiry - block.timestamp} s before the locks expire.`);
  mustEqual("what became of the payment", await within("Wang's receipt", outcome), "paid");
  await waitUntil("Wang to pay Alice", () => lockedBy(wang, channels.wangAlice) === 0n);
  teller.say("Alice finds it there and shows it to Wang, who pays her and has his proof of payment.");
}

function tellDecisions(teller: Teller, { name, notices }: Player, isRecord: boolean): void {
  for (const notice of notices)
    if (notice.kind === "decision" && (notice.what === "record") === isRecord)
      teller.say(`${name}'s node: ${notice.what}, because ${notice.why}.`);
}

/** Both channels with Bob end without him. */
async function closeWithoutBob(
  teller: Teller,
  { players, channels, clock, people }: Play,
  { death, amount, fee, deposit }: SilentPlan,
): Promise<void> {
  const { alice, carol } = players;
  teller.part("Alice and Carol close their channels with Bob alone");
  const isPaid = death === "after-carol-paid";
  const ends = [
    { player: alice, channel: channels.aliceBob, due: isPaid ? deposit - (amount + 2n * fee) : deposit },
    { player: carol, channel: channels.bobCarol, due: isPaid ? amount + fee : 0n },
  ] as const;
  const decides = (player: Player, { channel }: StoryChannel): boolean =>
    player.notices.some((one) => one.kind === "decision" && one.what === "close" && one.channel === channel);
  // Whoever has something at stake leaves by itself; who has not would wait for Bob for ever.
  const [stays, leaves] = isPaid ? [ends[0], ends[1]] : [ends[1], ends[0]];
  await clock.runUntil(`${leaves.player.name}'s close`, () => decides(leaves.player, leaves.channel));
  const closing = within("the end", stays.player.node.closeAlone(stays.channel.channel));
  await waitUntil(`${stays.player.name}'s close`, () => decides(stays.player, stays.channel));
  const hasEnded = ({ player, channel }: (typeof ends)[number]): boolean =>
    player.notices.some((one) => one.kind === "channelEnded" && one.channel === channel.channel);
  await clock.runUntil("the end of the channels with Bob", () => ends.every(hasEnded));
  await closing;
  for (const { player, channel, due } of ends) {
    const end = player.notices.find((one) => one.kind === "channelEnded" && one.channel === channel.channel);
    if (end?.kind !== "channelEnded")
      throw new StoryFailure(`${player.name}'s channel with Bob has not ended.`);
    mustEqual(`how ${player.name}'s channel with Bob ended`, end.how, "settled");
    mustEqual(`what ${player.name} got of the channel with Bob`, end.received, due);
    tellDecisions(teller, player, false);
    const { name } = people.bob;
    teller.say(
      `${player.name} gets ${eth(end.received)} ETH of it, ${name} ${eth(deposit - end.received)} ETH.`,
    );
  }
}

async function closeTheOthers(teller: Teller, { players, channels }: Play): Promise<void> {
  teller.part("The others close together, one transaction a channel");
  const { wang, carol } = players;
  for (const [player, { payee, channel }] of [
    [wang, channels.wangAlice],
    [carol, channels.carolXiaohong],
  ] as const) {
    const end = await within(`the end with ${payee.name}`, player.node.closeCooperatively(channel));
    mustEqual(`${player.name} - ${payee.name} ended`, end.how, "cooperative");
    teller.say(`${player.name} - ${payee.name}: ${player.name} gets ${eth(end.received)} ETH back.`);
  }
}

function expected(play: Play, { death, amount, fee }: SilentPlan): readonly Expected[] {
  const dues =
    death === "after-carol-paid" ? [-(amount + 3n * fee), fee, fee, fee, amount] : [0n, 0n, 0n, 0n, 0n];
  return rowOf(play).map((person, index) => ({
    person,
    before: play.before[index] ?? 0n,
    due: dues[index] ?? 0n,
  }));
}

async function tellOn(teller: Teller, plan: SilentPlan, url: string, directory: string): Promise<void> {
  const { world } = await deployWorld(await openChain(url));
  const stage = await setStage(teller, world, plan);
  const play = await startAll(teller, stage, plan, url, directory);
  const attempt = await payUntilBobDies(teller, play, plan);
  if (plan.death === "after-carol-paid") await recordInTime(teller, play, attempt);
  await closeWithoutBob(teller, play, plan);
  const outcome = await within("the end of the payment", attempt.outcome);
  if (plan.death === "before-paying-on") teller.say(`Wang's node: ${outcome}.`);
  await waitUntil(
    "Wang's lock to be free",
    () => lockedBy(play.players.wang, play.channels.wangAlice) === 0n,
  );
  await closeTheOthers(teller, play);
  await stopNodes(Object.values(play.players));
  const ledger = await tellLedger(teller, world, rowOf(play), play.firstBlock);
  const changes = await tellOutcome(teller, world, expected(play, plan), ledger);
  teller.say("Nobody has lost anything but gas, and every figure agrees with the chain.");
  teller.end({
    when: plan.death,
    payment: outcome,
    steps: play.clock.steps,
    changes,
    transactions: transactionFigures(ledger),
  });
}

async function tell(options: Options): Promise<void> {
  const plan = planOf(options);
  const teller = createTeller(options.json);
  const own = options.network === "in-process" ? await startHardhatNode() : null;
  const directory = mkdtempSync(join(tmpdir(), "hashlane-bob-"));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  // A signal ends the process without passing through here.
  process.once("exit", remove);
  try {
    await tellOn(teller, plan, own?.url ?? options.network, directory);
  } finally {
    remove();
    await own?.stop();
  }
}

await runStory(command, () => tell(command.opts<Options>()));
