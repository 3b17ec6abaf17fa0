/**
 * Alice has paid the site 1024 for half an hour; then she closes the channel with an old state, or with an invented
 * one. The site's node shows what she has signed and gets the whole channel. Every figure is compared with the chain.
 */
import { createFactReader } from "../src/chain/fact-reader.ts";
import { transact } from "../src/chain/receipt.ts";
import { callsOf } from "../src/chain/transactions.ts";
import type { ClosingRecord, Transaction } from "../src/protocol/chain-facts.ts";
import { headOf, stateBody } from "../src/protocol/locks.ts";
import type { Signed } from "../src/protocol/outputs.ts";
import type { Amount, LaneState } from "../src/protocol/types.ts";
import { eth } from "./story/amount.ts";
import { mustEqual } from "./story/check.ts";
import { StoryFailure } from "./story/failure.ts";
import { stopNodes } from "./story/nodes.ts";
import { tellLedger, tellOutcome, transactionFigures } from "./story/outcome.ts";
import { createTeller, type Teller } from "./story/print.ts";
import { runStory } from "./story/run.ts";
import {
  countPayments,
  openStream,
  planStream,
  streamCommand,
  watchVideo,
  type Stream,
  type StreamOptions,
  type StreamPlan,
} from "./story/stream.ts";
import { waitUntil, within } from "./story/wait.ts";
import { createWatchedStore } from "./story/watched-store.ts";

interface Options extends StreamOptions {
  readonly asleep: boolean;
  readonly invent: boolean;
}

/** What the chain says of Alice's close. */
interface Close {
  readonly record: ClosingRecord;
  /** Unix seconds: until then it can be answered. */
  readonly deadline: number;
}

const BEGINNING: LaneState = { seq: 0, sent: 0n, ack: 0, locks: [] };
/** Far above everything that Alice has signed. */
const INVENTED_SEQ = 1_000_000;
const MOST_BLOCKS = 10_000;

const command = streamCommand(
  "npm run story:cheater --",
  "Alice closes with an old state and loses everything.",
)
  .option("--asleep", "nobody answers: the site's node is down", false)
  .option("--invent", "Alice invents a newer state in which she has paid nothing", false);

/** What Alice declares; an old state must be one that her node has signed, or the story would prove nothing. */
function lieOf(
  { world }: Stream,
  { price }: StreamPlan,
  signed: readonly Signed[],
  invent: boolean,
): LaneState {
  if (invent) {
    mustEqual(
      "the invented state is newer than what Alice has signed",
      INVENTED_SEQ > newestOf(signed),
      true,
    );
    return { ...BEGINNING, seq: INVENTED_SEQ };
  }
  const first: LaneState = { ...BEGINNING, seq: 1, sent: price };
  const inMinuteOne = signed.find(({ seq }) => seq === first.seq);
  mustEqual(
    "what Alice signed in minute 1",
    inMinuteOne?.body ?? "nothing",
    stateBody(world.suite.crypto, first),
  );
  return first;
}

function newestOf(signed: readonly Signed[]): number {
  return Math.max(...signed.map(({ seq }) => seq));
}

/** Alice's own program: her node would never send this. */
async function closeWith({ world, alice, channel }: Stream, own: LaneState): Promise<Close> {
  const { contracts, suite } = world;
  const { block } = await send(world, alice.owner, "Alice's close", {
    kind: "close",
    key: "close",
    params: channel.params,
    life: 1,
    own,
    theirs: headOf(suite.crypto, BEGINNING),
    theirSignature: null,
  });
  const facts = await createFactReader(contracts, suite.crypto, MOST_BLOCKS).read(block, block);
  const closing = facts.find((fact) => fact.kind === "closing" && fact.channel === channel.channel);
  if (closing?.kind !== "closing") throw new StoryFailure("the chain does not know of Alice's close.");
  mustEqual("what Alice declared", closing.record.own.sent, own.sent);
  return closing;
}

async function send(
  { contracts, suite }: Stream["world"],
  account: Stream["alice"]["owner"],
  what: string,
  transaction: Transaction,
): ReturnType<typeof transact> {
  const [call] = callsOf(contracts, suite.crypto, transaction);
  if (call === undefined) throw new StoryFailure(`${what} needs no transaction.`);
  return within(what, transact(account, what, call));
}

/** The site's node sees the close and answers by itself. */
async function waitForConviction(teller: Teller, { site, channel }: Stream): Promise<void> {
  teller.part("The site's node answers by itself");
  await waitUntil("the site's node to convict Alice", () =>
    site.notices.some((notice) => notice.kind === "channelEnded"),
  );
  for (const notice of site.notices) {
    if (notice.kind === "decision" && notice.channel === channel.channel)
      teller.say(`Its node: ${notice.what}, because ${notice.why}.`);
    if (notice.kind !== "channelEnded") continue;
    mustEqual("the way in which the channel ended", notice.how, "convicted");
    mustEqual("what the site got", notice.received, channel.deposit);
  }
  teller.say(
    `Alice signed more than she declared: she is convicted, and the site gets ${eth(channel.deposit)} ETH.`,
  );
}

/** The challenge period goes by without an answer, and what Alice declared holds. */
async function settleUnanswered(
  teller: Teller,
  { world, alice, channel }: Stream,
  { record, deadline }: Close,
): Promise<void> {
  teller.part("The site's node is down, and nobody answers");
  const { challengePeriod } = channel.params;
  teller.say(`The challenge period of ${challengePeriod / 3600} hours goes by.`);
  await world.chain.travelTo(deadline);
  await send(world, alice.owner, "Alice's settle", {
    kind: "settle",
    key: "settle",
    params: channel.params,
    life: 1,
    record,
    own: null,
    theirs: null,
    answered: null,
    records: [],
  });
  teller.say("Alice settles: the contract knows nothing but what she declared.");
}

function tellMoral(teller: Teller, { total }: StreamPlan, asleep: boolean, declared: Amount): void {
  if (!asleep) {
    teller.say("Cheating cost Alice everything that she had in the channel.");
    return;
  }
  teller.say(
    `The site was owed ${eth(total)} ETH and got ${eth(declared)}: Alice took ${eth(total - declared)}.`,
  );
  teller.say("It would have had the whole channel with one answer within the challenge period. A node");
  teller.say("must be up at least once in each such period, or let a tower answer in its place.");
}

async function tell(options: Options): Promise<void> {
  const { asleep, invent } = options;
  const plan = planStream(options, 2);
  const teller = createTeller(options.json);
  const signed: Signed[] = [];
  const store = createWatchedStore((record) => signed.push(...record.signed));
  const stream = await openStream(teller, options.network, plan, {
    storeOf: ({ name }) => (name === "Alice" ? store : undefined),
  });
  const { world, alice, site, before, firstBlock } = stream;
  await watchVideo(teller, plan, stream);
  const payments = countPayments(stream, plan);
  await stopNodes(asleep ? [alice, site] : [alice]);

  teller.part(
    invent ? "Alice closes with a state that she invented" : "Alice closes with her state of minute 1",
  );
  const lie = lieOf(stream, plan, signed, invent);
  teller.table(
    ["state", "number", "Alice", "1024"],
    [
      ["newest, signed", String(newestOf(signed)), eth(plan.deposit - plan.total), eth(plan.total)],
      [invent ? "invented" : "old", String(lie.seq), eth(plan.deposit - lie.sent), eth(lie.sent)],
    ],
  );
  const close = await closeWith(stream, lie);
  if (asleep) await settleUnanswered(teller, stream, close);
  else await waitForConviction(teller, stream);
  if (!asleep) await stopNodes([site]);

  const ledger = await tellLedger(teller, world, [alice, site], firstBlock);
  const calls = ledger.map(({ what }) => what).join(", ");
  mustEqual(
    "the list of all transactions of the channel",
    calls,
    `open, close, ${asleep ? "settle" : "answer"}`,
  );
  const siteGets = asleep ? lie.sent : plan.deposit;
  const changes = await tellOutcome(
    teller,
    world,
    [
      { person: alice, before: before.alice, due: -siteGets },
      { person: site, before: before.site, due: siteGets },
    ],
    ledger,
  );
  tellMoral(teller, plan, asleep, lie.sent);
  teller.end({
    minutes: plan.minutes,
    payments,
    declared: lie.sent,
    owed: plan.total,
    ended: asleep ? "settled" : "convicted",
    changes,
    transactions: transactionFigures(ledger),
  });
}

await runStory(command, () => tell(command.opts<Options>()));
