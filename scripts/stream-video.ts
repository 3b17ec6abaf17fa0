/**
 * Alice watches videos of the site 1024 and pays every minute: 30 payments, of which the chain sees only the opening
 * and the closing of one channel. Every figure is compared with the chain.
 */
import { mustEqual } from "./story/check.ts";
import { stopNodes } from "./story/nodes.ts";
import { tellLedger, tellOutcome, transactionFigures } from "./story/outcome.ts";
import { createTeller } from "./story/print.ts";
import { runStory } from "./story/run.ts";
import {
  countPayments,
  openStream,
  planStream,
  streamCommand,
  watchVideo,
  type StreamOptions,
} from "./story/stream.ts";
import { eth } from "./story/amount.ts";
import { within } from "./story/wait.ts";

const command = streamCommand("npm run story:video --", "Alice pays the site 1024 by the minute.");

async function tell(options: StreamOptions): Promise<void> {
  const plan = planStream(options);
  const teller = createTeller(options.json);
  const stream = await openStream(teller, options.network, plan);
  const { world, alice, site, channel, before, firstBlock } = stream;
  await watchVideo(teller, plan, stream);
  const payments = countPayments(stream, plan);
  const counted = payments === 1 ? "1 payment" : `${payments} payments`;
  teller.say(`${counted}, each signed by Alice and acknowledged by the site. No transaction was sent.`);

  teller.part("Both close together, in one transaction");
  const end = await within("the channel to end", alice.node.closeCooperatively(channel.channel));
  mustEqual("the way in which the channel ended", end.how, "cooperative");
  mustEqual("what Alice got back", end.received, plan.deposit - plan.total);
  teller.say(`Alice gets ${eth(end.received)} ETH back, the site ${eth(plan.total)} ETH.`);
  await stopNodes([alice, site]);

  const ledger = await tellLedger(teller, world, [alice, site], firstBlock);
  const calls = ledger.map(({ what }) => what).join(", ");
  mustEqual("the list of all transactions of the channel", calls, "open, closeCooperatively");
  const changes = await tellOutcome(
    teller,
    world,
    [
      { person: alice, before: before.alice, due: -plan.total },
      { person: site, before: before.site, due: plan.total },
    ],
    ledger,
  );
  teller.say(`${counted}, ${ledger.length} transactions. Every figure agrees with the chain.`);
  teller.end({ minutes: plan.minutes, payments, changes, transactions: transactionFigures(ledger) });
}

await runStory(command, () => tell(command.opts<StreamOptions>()));
