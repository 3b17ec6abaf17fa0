/**
 * The plain hash time-lock on chain: Alice locks money for Bob twice. Once Bob shows the secret and is paid, once nobody
 * does and Alice takes her money back. What comes too early, too late or with a wrong secret is refused.
 */
import { randomBytes } from "node:crypto";

import { failureOf } from "../src/chain/failure.ts";
import {
  claimMoney,
  connectTimelock,
  lockMoney,
  readTimelock,
  refundMoney,
  type Timelock,
  type TimelockTerms,
} from "../src/chain/hash-timelock.ts";
import { fromHex, toHex } from "../src/protocol/bytes.ts";
import { ZERO_ADDRESS } from "../src/protocol/checked.ts";
import { HashlaneError } from "../src/protocol/error.ts";
import type { Amount, PaymentHash, Secret } from "../src/protocol/types.ts";
import { eth, parseEth, parsePositiveEth } from "./story/amount.ts";
import { openChain } from "./story/chain.ts";
import { mustEqual } from "./story/check.ts";
import { StoryFailure } from "./story/failure.ts";
import { tellLedger, tellOutcome, transactionFigures } from "./story/outcome.ts";
import { createTeller, type Teller } from "./story/print.ts";
import { runStory, storyCommand } from "./story/run.ts";
import { within } from "./story/wait.ts";
import { createPerson, deployWorld, fund, type Person, type World } from "./story/world.ts";

interface Options {
  readonly network: string;
  readonly json: boolean;
  readonly amount: string;
}

interface Scene {
  readonly teller: Teller;
  readonly world: World;
  readonly timelock: Timelock;
  readonly alice: Person;
  readonly bob: Person;
  readonly amount: Amount;
  /** Names of the errors by which the contract refused, in order. */
  readonly refusals: string[];
}

const GAS_MONEY = parseEth("1", "gas money");
const LOCK_SECONDS = 3600;

const command = storyCommand(
  "npm run story:htlc --",
  "Alice locks money for Bob under a hash and a time.",
).option("--amount <eth>", "what Alice locks, twice", "0.5");

/** A lock for Bob that only who knows the secret can claim, for an hour. */
async function lock(
  { teller, world, timelock, alice, bob, amount }: Scene,
  salt: bigint,
): Promise<{ readonly terms: TimelockTerms; readonly secret: Secret }> {
  const secret = toHex<Secret>(randomBytes(32), 32);
  const hash = toHex<PaymentHash>(world.suite.crypto.sha256(fromHex(secret)), 32);
  const expiry = (await world.chain.time()) + LOCK_SECONDS;
  const terms = {
    sender: alice.owner.address,
    receiver: bob.owner.address,
    token: ZERO_ADDRESS,
    amount,
    hash,
    expiry,
    salt,
  };
  await within("Alice's lock", lockMoney(timelock, alice.owner, terms));
  mustEqual("the lock", await readTimelock(timelock, terms), "locked");
  teller.say(`${eth(amount)} ETH for who shows what hashes to ${hash.slice(0, 10)}…, until`);
  teller.say(`${new Date(expiry * 1000).toISOString()}.`);
  return { terms, secret };
}

/** The contract must refuse, with this error. */
async function refused({ teller, refusals }: Scene, what: string, error: string, attempt: Promise<unknown>) {
  const name = await within(what, attempt).then(
    () => null,
    (thrown: unknown) => {
      if (thrown instanceof HashlaneError && thrown.code === "transaction_failed")
        return failureOf(thrown.cause).error;
      throw thrown;
    },
  );
  if (name === null) throw new StoryFailure(`${what} was not refused by the contract. Please report it.`);
  mustEqual(`the error of the contract for ${what}`, name, error);
  refusals.push(name);
  teller.say(`${what}: refused, ${name}.`);
}

async function claimInTime(scene: Scene): Promise<void> {
  const { teller, timelock, alice, bob } = scene;
  teller.part("Alice locks money, and Bob claims it");
  const { terms, secret } = await lock(scene, 1n);
  const wrong = toHex<Secret>(randomBytes(32), 32);
  await refused(
    scene,
    "Bob with a wrong secret",
    "WrongSecret",
    claimMoney(timelock, bob.owner, terms, wrong),
  );
  await refused(scene, "Alice before the time", "NotExpired", refundMoney(timelock, alice.owner, terms));
  await within("Bob's claim", claimMoney(timelock, bob.owner, terms, secret));
  mustEqual("the claimed lock", await readTimelock(timelock, terms), "claimed");
  teller.say(`Bob shows the secret and gets ${eth(terms.amount)} ETH.`);
  await refused(scene, "Bob a second time", "NotLocked", claimMoney(timelock, bob.owner, terms, secret));
}

async function refundInTheEnd(scene: Scene): Promise<void> {
  const { teller, timelock, world, alice, bob } = scene;
  teller.part("Alice locks money again, and nobody claims it");
  const { terms, secret } = await lock(scene, 2n);
  await refused(scene, "Alice before the time", "NotExpired", refundMoney(timelock, alice.owner, terms));
  await world.chain.travelTo(terms.expiry);
  teller.say("The hour goes by.");
  const late = claimMoney(timelock, bob.owner, terms, secret);
  await refused(scene, "Bob after the time", "ExpiryPassed", late);
  await within("Alice's refund", refundMoney(timelock, alice.owner, terms));
  mustEqual("the refunded lock", await readTimelock(timelock, terms), "refunded");
  teller.say(`Alice takes her ${eth(terms.amount)} ETH back.`);
  await refused(scene, "Alice a second time", "NotLocked", refundMoney(timelock, alice.owner, terms));
}

async function tell(options: Options): Promise<void> {
  const amount = parsePositiveEth(options.amount, "--amount");
  const teller = createTeller(options.json);
  const chain = await openChain(options.network);
  const { world, deployment } = await deployWorld(chain);
  const { provider } = world.contracts;
  const timelock = await connectTimelock(provider, deployment.hashTimelock.address);
  const [alice, bob] = [createPerson(world, "Alice"), createPerson(world, "Bob")];
  // Of two locks one is refunded only after the other was claimed.
  const before = { alice: 2n * amount + GAS_MONEY, bob: GAS_MONEY };
  await fund(world, alice, before.alice);
  await fund(world, bob, before.bob);
  const firstBlock = (await provider.getBlockNumber()) + 1;

  const scene: Scene = { teller, world, timelock, alice, bob, amount, refusals: [] };
  await claimInTime(scene);
  await refundInTheEnd(scene);
  mustEqual("what is left in the contract", await provider.getBalance(timelock.address), 0n);

  const ledger = await tellLedger(teller, world, [alice, bob], firstBlock);
  const changes = await tellOutcome(
    teller,
    world,
    [
      { person: alice, before: before.alice, due: -amount },
      { person: bob, before: before.bob, due: amount },
    ],
    ledger,
  );
  teller.say("Every figure agrees with the chain.");
  teller.end({ refusals: scene.refusals, changes, transactions: transactionFigures(ledger) });
}

await runStory(command, () => tell(command.opts<Options>()));
