import { expect } from "chai";
import { BrowserProvider, makeError, toQuantity, Transaction as Signed, Wallet } from "ethers";
import { accountFromKey, type Account } from "../../src/chain/account.ts";
import { transferEth } from "../../src/chain/funding.ts";
import { leastRaise, USUAL_FEE_TERMS } from "../../src/chain/ladder.ts";
import { memoryOutbox, type Outbox, type Posted } from "../../src/chain/outbox.ts";
import { TransactionSender } from "../../src/chain/sender.ts";
import type { Transaction } from "../../src/protocol/chain-facts.ts";
import { must, parseAddress, ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import { portableCrypto } from "../../src/protocol/portable-crypto.ts";
import type { Secret } from "../../src/protocol/types.ts";
import { createChainWorld, Ear, type ChainWorld } from "./chain-world.ts";
import { fullBlocks, mineFull } from "./full-blocks.ts";

const GWEI = 10n ** 9n;
const ETHER = 10n ** 18n;
const KEY = new Uint8Array(32).fill(0x77);
const SELF = must(parseAddress(new Wallet(`0x${"77".repeat(32)}`).address.toLowerCase()));
const LONG = 1_000_000;

/** Its answer to a transaction is lost, after it took it or before. */
class DeafProvider extends BrowserProvider {
  lost: "before" | "after" | null = null;

  override async send(method: string, params: Record<string, unknown> | unknown[]): Promise<unknown> {
    const isLost = method === "eth_sendRawTransaction" && this.lost !== null;
    if (!isLost) return super.send(method, params);
    if (this.lost === "after") await super.send(method, params);
    throw makeError("request timeout", "TIMEOUT", { operation: "send", reason: "timeout" });
  }
}

describe("transactions with a deadline [HOP-2]", () => {
  let world: ChainWorld;
  let outbox: Outbox;
  let account: Account;
  let sender: TransactionSender;
  let ear: Ear;
  let now: number;

  /** As after a restart: what is kept is the outbox alone. */
  function start(provider = world.provider): void {
    const terms = { ...USUAL_FEE_TERMS, sharePercent: 50, least: ETHER / 100n };
    account = accountFromKey(provider, KEY, { outbox, fees: terms });
    const { contracts } = world;
    sender = new TransactionSender({
      ...{ contracts, account, crypto: portableCrypto, replaceAfterBlocks: 3, listener: ear },
    });
  }

  beforeEach(async () => {
    world = await createChainWorld();
    outbox = memoryOutbox();
    ear = new Ear();
    start();
    await world.rpc("hardhat_setBalance", SELF, toQuantity(1000n * ETHER));
    now = await world.time();
  });

  const record = (byte: string, seconds: number, stake = 0n): Transaction => ({
    ...{ kind: "record", key: `record:${byte}`, secrets: [`0x${byte.repeat(32)}` as Secret] },
    due: { by: now + seconds, stakes: [{ token: ZERO_ADDRESS, amount: stake }] },
  });
  const recorded = async (byte: string): Promise<number> => {
    const { registry } = world.contracts;
    const events = await registry.queryFilter(registry.filters.Recorded());
    return events.filter(({ args }) => args.witness === `0x${byte.repeat(32)}`).length;
  };
  const handMining = (): Promise<unknown> => world.rpc("evm_setAutomine", false);
  const mineAt = async (baseFee: bigint): Promise<void> => {
    await world.rpc("hardhat_setNextBlockBaseFeePerGas", toQuantity(baseFee));
    await world.mine();
  };
  const used = (): Promise<number> => world.provider.getTransactionCount(SELF);
  const posted = (byte: string): Posted =>
    outbox.all().find(({ key }) => key === `record:${byte}#0`) ?? expect.fail(`${byte} is not kept`);
  const offered = (byte: string) => posted(byte).fees ?? expect.fail("the node chose the fees");
  const inPool = async (): Promise<readonly string[]> =>
    ((await world.rpc("eth_pendingTransactions")) as readonly { readonly hash: string }[]).map(
      ({ hash }) => hash,
    );
  /** The chain's time goes on by so much with the next block, which has no room. */
  const pass = async (seconds: number): Promise<void> => {
    await world.travelTo((await world.time()) + seconds);
    await mineFull(world, 15_000n * GWEI);
    await sender.check();
  };

  it("follows a spike of the base fee in the next block", async () => {
    await handMining();
    await sender.submit(record("a1", LONG, ETHER));
    const before = offered("a1");
    await mineAt(before.maxFeePerGas + 1n);
    await sender.check();
    const after = offered("a1");
    expect(after.maxFeePerGas >= (before.maxFeePerGas * 9n) / 8n).to.equal(true);
    expect(after.maxPriorityFeePerGas >= (before.maxPriorityFeePerGas * 9n) / 8n).to.equal(true);
    expect(await inPool()).to.deep.equal([posted("a1").hashes[1]]);
    await world.mine();
    expect(await sender.check()).to.equal(true);
    expect([await recorded("a1"), await used(), ear.problems]).to.deep.equal([1, 1, []]);
  });

  it("looks twice at one block without raising twice", async () => {
    await handMining();
    await sender.submit(record("a1", LONG, ETHER));
    await mineAt(offered("a1").maxFeePerGas + 1n);
    await sender.check();
    await sender.check();
    expect(posted("a1").hashes).to.have.lengthOf(2);
  });

  it("offers more as the deadline nears, up to the share of the stake and not a wei more", async () => {
    await fullBlocks(world);
    // A node without a history names its usual tip, whatever the rival pays.
    world.tamper = (method) => {
      if (method === "eth_feeHistory") throw new Error("no such method");
    };
    await sender.submit(record("a1", 1000, ETHER));
    const cap = ETHER / 2n / posted("a1").gasLimit;
    let last = offered("a1");
    for (let passed = 0; passed < 900; passed += 90) {
      await pass(90);
      const next = offered("a1");
      expect(next.maxFeePerGas > last.maxFeePerGas && next.maxFeePerGas < cap).to.equal(true);
      last = next;
    }
    expect(ear.problems).to.deep.equal([]);
    for (let block = 0; block < 3; block++) await pass(90);
    const { maxFeePerGas } = offered("a1");
    expect(maxFeePerGas <= cap && leastRaise(offered("a1")).maxFeePerGas > cap).to.equal(true);
    const [problem, ...others] = ear.problems;
    expect(others).to.deep.equal([]);
    expect(problem).to.deep.include({ kind: "feeCapReached", key: "record:a1" });
    expect(problem).to.have.property("message").that.includes(`its budget allows ${cap}`);
  });

  it("stops at the least budget where nothing is known to be at stake", async () => {
    await handMining();
    await sender.submit(record("a1", LONG));
    const { gasLimit } = posted("a1");
    const cap = ETHER / 100n / gasLimit;
    await mineAt(2n * cap);
    await sender.check();
    expect(offered("a1").maxFeePerGas).to.equal(cap);
    await mineAt(2n * cap);
    await sender.check();
    expect(ear.problems.map(({ kind }) => kind)).to.deep.equal(["feeCapReached"]);
    await mineAt(cap / 2n);
    expect(await sender.check()).to.equal(true);
  });

  it("lifts one with a far deadline that an urgent one waits behind", async () => {
    await handMining();
    await sender.submit(record("a1", 100 * LONG));
    const { gasLimit } = posted("a1");
    const dear = (2n * (ETHER / 100n)) / gasLimit;
    await mineAt(dear);
    await sender.submit(record("b2", 1000, 10n * ETHER));
    await sender.check();
    expect(offered("a1").maxFeePerGas).to.equal(offered("b2").maxFeePerGas);
    await mineAt(dear);
    expect(await sender.check()).to.equal(true);
    expect([await recorded("a1"), await recorded("b2"), await used()]).to.deep.equal([1, 1, 2]);
  });

  it("lifts what its owner has sent and an urgent one waits behind, and tells the owner of its receipt", async () => {
    await handMining();
    const transfer = transferEth(account, SELF, 1n);
    while (outbox.all().length === 0) await Promise.resolve(world.provider.getBlockNumber());
    const fees = outbox.all()[0]?.fees ?? expect.fail("no fees");
    const dear = 3n * fees.maxFeePerGas;
    await mineAt(dear);
    await sender.check();
    expect(outbox.all()[0]?.hashes).to.have.lengthOf(1);
    await sender.submit(record("b2", 1000, ETHER));
    await mineAt(dear);
    await sender.check();
    expect(outbox.all()[0]?.hashes).to.have.lengthOf(2);
    await mineAt(dear);
    expect(await sender.check()).to.equal(true);
    expect((await transfer).hash).to.equal(outbox.all()[0]?.hashes[1]);
    expect(await recorded("b2")).to.equal(1);
  });

  it("knows after a restart what waits, sends it no second time, and raises it", async () => {
    await handMining();
    await sender.submit(record("a1", 1000, ETHER));
    start();
    await sender.submit(record("a1", 1000, ETHER));
    expect(outbox.all()).to.have.lengthOf(1);
    expect(await inPool()).to.have.lengthOf(1);
    await mineAt(offered("a1").maxFeePerGas + 1n);
    await sender.check();
    start();
    expect(posted("a1").hashes).to.have.lengthOf(2);
    await world.mine();
    expect(await sender.check()).to.equal(true);
    start();
    await sender.submit(record("a1", 1000, ETHER));
    await world.mine();
    expect([await recorded("a1"), await used()]).to.deep.equal([1, 1]);
    await sender.check();
    sender.forgetUpTo(await world.provider.getBlockNumber());
    expect(outbox.all()).to.deep.equal([]);
  });

  it("keeps on disk before it leaves what a node may have taken without an answer", async () => {
    await handMining();
    world.tamper = (method) => {
      if (method === "eth_sendRawTransaction") expect(outbox.all()).to.have.lengthOf(1);
    };
    await sender.submit(record("a1", 1000, ETHER));
    expect(ear.problems).to.deep.equal([]);
  });

  it("sends again under its number what a reorganisation has dropped after it was mined", async () => {
    const lose = async (): Promise<void> => {
      await sender.submit(record("a1", LONG, ETHER));
      expect(await sender.check()).to.equal(true);
    };
    await world.reorganise(lose, () => world.mine());
    expect(await recorded("a1")).to.equal(0);
    expect(await sender.check()).to.equal(false);
    expect(await sender.check()).to.equal(true);
    expect([await recorded("a1"), await used(), ear.problems]).to.deep.equal([1, 1, []]);
  });

  it("tells once that the account cannot pay for more, and goes on when it can", async () => {
    await handMining();
    await sender.submit(record("a1", LONG, 100n * ETHER));
    const { gasLimit } = posted("a1");
    const before = offered("a1");
    await world.rpc(
      "hardhat_setBalance",
      SELF,
      toQuantity((gasLimit * before.maxFeePerGas * 9n) / 8n - gasLimit),
    );
    const dear = 10n * before.maxFeePerGas;
    for (let block = 0; block < 2; block++) {
      await mineAt(dear);
      await sender.check();
    }
    expect(ear.problems.map(({ kind, ...rest }) => [kind, "key" in rest && rest.key])).to.deep.equal([
      ["fundsShort", "record:a1"],
    ]);
    expect(ear.problems[0]?.message).to.match(/the account lacks [0-9]{12,} wei/);
    expect(posted("a1").hashes).to.have.lengthOf(1);
    await world.rpc("hardhat_setBalance", SELF, toQuantity(ETHER));
    await mineAt(dear);
    await sender.check();
    await mineAt(dear);
    expect(await sender.check()).to.equal(true);
  });

  it("offers what the account can pay, if that is enough for a replacement", async () => {
    await handMining();
    await sender.submit(record("a1", LONG, 100n * ETHER));
    const { gasLimit } = posted("a1");
    const affordable = 2n * offered("a1").maxFeePerGas;
    await world.rpc("hardhat_setBalance", SELF, toQuantity(gasLimit * affordable));
    await mineAt(10n * affordable);
    await sender.check();
    expect(offered("a1").maxFeePerGas).to.equal(affordable);
    expect(ear.problems).to.deep.equal([]);
  });

  describe("whatever the chain's node answers", () => {
    let answers: string[];

    const answering = (...said: string[]): void => {
      answers = said;
      world.tamper = (method) => {
        const next = method === "eth_sendRawTransaction" ? answers.shift() : undefined;
        if (next !== undefined) throw new Error(next);
      };
    };

    it("goes above a replacement of which it says that it is underpriced", async () => {
      await handMining();
      await sender.submit(record("a1", LONG, ETHER));
      const dear = offered("a1").maxFeePerGas + 1n;
      answering("replacement transaction underpriced");
      await mineAt(dear);
      await sender.check();
      const refused = offered("a1").maxFeePerGas;
      expect(await inPool()).to.deep.equal([posted("a1").hashes[0]]);
      await mineAt(refused + 1n);
      await sender.check();
      expect(offered("a1").maxFeePerGas >= (refused * 9n) / 8n).to.equal(true);
      expect(await inPool()).to.deep.equal([posted("a1").hashes[2]]);
      expect(ear.problems).to.deep.equal([]);
    });

    for (const lost of ["before", "after"] as const) {
      it(`sends nothing twice if its answer is lost, ${lost} it has taken what was sent`, async () => {
        await handMining();
        const deaf = new DeafProvider(world.source, 31337, { cacheTimeout: -1, pollingInterval: 10 });
        deaf.lost = lost;
        start(deaf);
        await sender.submit(record("a1", LONG, ETHER));
        expect([(await inPool()).length, ear.problems]).to.deep.equal([lost === "after" ? 1 : 0, []]);
        await sender.submit(record("a1", LONG, ETHER));
        deaf.lost = null;
        await sender.check();
        await world.mine();
        expect(await sender.check()).to.equal(true);
        expect([await recorded("a1"), await used()]).to.deep.equal([1, 1]);
      });
    }

    it("takes what it already knows for sent", async () => {
      await handMining();
      answering("already known");
      await sender.submit(record("a1", LONG, ETHER));
      expect([outbox.all().length, ear.problems]).to.deep.equal([1, []]);
    });

    it("leaves the number to the next look that was used meanwhile, and tells it if another took it", async () => {
      await handMining();
      await sender.submit(record("a1", LONG, ETHER));
      answering("nonce too low");
      await mineAt(offered("a1").maxFeePerGas + 1n);
      await sender.check();
      expect(posted("a1").hashes).to.have.lengthOf(1);
      const rival = new Wallet(`0x${"77".repeat(32)}`, world.provider);
      const fees = { maxFeePerGas: 900n * GWEI, maxPriorityFeePerGas: 900n * GWEI };
      await rival.sendTransaction({
        to: SELF,
        value: 1n,
        nonce: posted("a1").nonce,
        gasLimit: 21_000n,
        ...fees,
      });
      await world.mine();
      expect(await sender.check()).to.equal(false);
      const message = "another transaction of the account took its place";
      expect(ear.problems).to.deep.equal([{ kind: "transactionFailed", key: "record:a1", message }]);
      expect(outbox.all()).to.deep.equal([]);
    });

    it("tells that the account cannot pay for a first sending, and keeps nothing of it", async () => {
      answering("insufficient funds for gas * price + value");
      await sender.submit(record("a1", LONG, ETHER));
      expect(ear.problems).to.deep.include.members([
        {
          ...{ kind: "transactionFailed", key: "record:a1" },
          message: "the account has not enough ETH for value and gas; fund it",
        },
      ]);
      expect(outbox.all()).to.deep.equal([]);
    });
  });

  it("signs what it posts for this chain alone", async () => {
    await handMining();
    let raw = "";
    world.tamper = (method, [sent]) => {
      if (method === "eth_sendRawTransaction") raw = String(sent);
    };
    await sender.submit(record("a1", LONG, ETHER));
    const { chainId, type, nonce, hash } = Signed.from(raw);
    expect({ chainId, type, nonce }).to.deep.equal({ chainId: 31337n, type: 2, nonce: 0 });
    expect(posted("a1").hashes).to.deep.equal([hash]);
  });
});
