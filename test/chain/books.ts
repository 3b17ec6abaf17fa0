import { expect } from "chai";
import { TestToken__factory } from "../../typechain-types/index.ts";
import { type Books, keepBooks } from "../../src/chain/books.ts";
import { creditOf } from "../../src/chain/funding.ts";
import { must, parseAddress, ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import { portableCrypto as crypto } from "../../src/protocol/portable-crypto.ts";
import type { Address } from "../../src/protocol/types.ts";
import { Dice } from "../contracts/dice.ts";
import { BookHistory, type BookTally } from "./book-history.ts";
import { type ChainWorld, createChainWorld } from "./chain-world.ts";

const SEED = Number(process.env.HASHLANE_SEED ?? 1);
const STEPS = 160;
/** Of a history that is known to reach everything; others may be too short for it. */
const COMPLETE_SEED = 1;

/** What the history must hold, lest the comparison says nothing about it. */
const EVENTS = [
  "Opened",
  "Deposited",
  "Resized",
  "CloseStarted",
  "Answered",
  "Convicted",
  "Settled",
  "Ended",
  "Credited",
  "CreditSpent",
  "FundedByConsent",
  "Skipped",
  "CreditWithdrawn",
];

describe("books kept from events alone", function () {
  this.timeout(0);

  let world: ChainWorld;
  let tokens: readonly Address[];

  before(async () => {
    world = await createChainWorld();
    const bank = await world.contracts.provider.getSigner(world.account(0).address);
    const token = await new TestToken__factory(bank).deploy();
    await token.waitForDeployment();
    const address = must(parseAddress((await token.getAddress()).toLowerCase()));
    for (const { address: owner } of world.accounts) {
      await (await token.set(owner, 10n ** 30n)).wait();
      const signer = await world.contracts.provider.getSigner(owner);
      await (await token.connect(signer).approve(world.contracts.domain.contract, 10n ** 30n)).wait();
    }
    tokens = [ZERO_ADDRESS, address];
  });

  async function books(): Promise<Books> {
    const { provider, domain, firstBlock } = world.contracts;
    const logs = await provider.getLogs({ address: domain.contract, fromBlock: firstBlock });
    return keepBooks(world.contracts, crypto, logs);
  }

  async function compare(kept: Books): Promise<void> {
    const { hashlane } = world.contracts;
    for (const { paramsId, slot } of kept.channels.values()) {
      const found = await hashlane.slotOf(paramsId);
      expect(slot.toString(16)).to.equal(found.toString(16));
    }
    for (const token of tokens) {
      for (const { address } of world.accounts) {
        expect(kept.creditOf(token, address)).to.equal(await creditOf(world.contracts, token, address));
      }
    }
  }

  it("[ST-1] [ST-2] hold every slot, record and credit of a random history", async () => {
    const tally: BookTally = new Map();
    const history = new BookHistory(world, tokens, new Dice(SEED), tally);
    for (let step = 0; step < STEPS; step++) {
      const kept = await books();
      if (step % 20 === 0) await compare(kept);
      await history.step(kept);
    }
    const kept = await books();
    await compare(kept);
    const { provider, hashlane, domain, firstBlock } = world.contracts;
    const logs = await provider.getLogs({ address: domain.contract, fromBlock: firstBlock });
    const names = new Set(logs.map((log) => hashlane.interface.parseLog(log)?.name));
    console.log(
      `      HASHLANE_SEED=${SEED}: ${[...tally].map(([name, count]) => `${name} ${count}`).join(", ")}`,
    );
    if (SEED !== COMPLETE_SEED) return;
    expect(EVENTS.filter((name) => !names.has(name))).to.deep.equal([]);
    expect(tally.get("replaced"), "humble closes replaced").to.be.greaterThan(0);
    expect(kept.channels.size).to.be.greaterThan(3);
  });
});
