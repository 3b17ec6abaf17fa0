import { expect } from "chai";
import { getAddress } from "ethers";
import { openChannel } from "../../src/chain/funding.ts";
import type { ChainProblem } from "../../src/chain/port.ts";
import { TransactionSender } from "../../src/chain/sender.ts";
import type { Transaction } from "../../src/protocol/chain-facts.ts";
import { must, parseAddress } from "../../src/protocol/checked.ts";
import { headOf } from "../../src/protocol/locks.ts";
import { portableCrypto } from "../../src/protocol/portable-crypto.ts";
import type { Hex, LaneState, Secret } from "../../src/protocol/types.ts";
import { createChainWorld, makeChannel, type ChainWorld } from "./chain-world.ts";
import { fullBlocks, mineFull } from "./full-blocks.ts";

const STRANGER = must(parseAddress(`0x${"5b".repeat(20)}`));
const REPLACE_AFTER = 2;
const FRESH: LaneState = { seq: 0, sent: 0n, ack: 0, locks: [] };

function recordOf(byte: string, key = `record:${byte}`): Transaction {
  return { kind: "record", key, secrets: [`0x${byte.repeat(32)}` as Secret] };
}

function closeOf(world: ChainWorld, key: string, params = makeChannel(world).params): Transaction {
  const theirs = headOf(portableCrypto, FRESH);
  return { kind: "close", key, params, life: 1, own: FRESH, theirs, theirSignature: null };
}

interface Waiting {
  readonly hash: string;
  readonly input: Hex;
  readonly maxFeePerGas: string;
  readonly maxPriorityFeePerGas: string;
}

describe("sending transactions", () => {
  let world: ChainWorld;
  let problems: ChainProblem[];
  let sender: TransactionSender;

  beforeEach(async () => {
    world = await createChainWorld();
    problems = [];
    sender = new TransactionSender({
      contracts: world.contracts,
      account: world.first,
      crypto: portableCrypto,
      replaceAfterBlocks: REPLACE_AFTER,
      listener: {
        onReport: () => undefined,
        onView: () => undefined,
        onProblem: (problem) => problems.push(problem),
      },
    });
    const opening = { params: makeChannel(world).params, life: 1, amounts: { A: 100n, B: 0n } };
    await openChannel(world.contracts, world.first, opening);
  });

  const waiting = async (): Promise<readonly Waiting[]> =>
    (await world.provider.send("eth_pendingTransactions", [])) as readonly Waiting[];
  const handMining = (): Promise<unknown> => world.provider.send("evm_setAutomine", [false]);
  const mine = (): Promise<unknown> => world.provider.send("evm_mine", []);
  const recorded = async (byte: string): Promise<number> => {
    const { registry } = world.contracts;
    const events = await registry.queryFilter(registry.filters.Recorded());
    return events.filter(({ args }) => args.witness === `0x${byte.repeat(32)}`).length;
  };

  it("sends a wish once while it is under way, and again when the facts of its block are known", async () => {
    await Promise.all([sender.submit(recordOf("a1")), sender.submit(recordOf("a1"))]);
    await sender.submit(recordOf("a1"));
    expect(await sender.check()).to.equal(true);
    await sender.submit(recordOf("a1"));
    expect(await recorded("a1")).to.equal(1);
    const block = await world.provider.getBlockNumber();
    sender.forgetUpTo(block - 1);
    await sender.submit(recordOf("a1"));
    expect(await world.provider.getBlockNumber()).to.equal(block);
    sender.forgetUpTo(block);
    await sender.submit(recordOf("a1"));
    expect(await world.provider.getBlockNumber()).to.equal(block + 1);
    expect(problems).to.deep.equal([]);
  });

  it("sends wishes of other keys beside it", async () => {
    await Promise.all([sender.submit(recordOf("a1")), sender.submit(recordOf("a2"))]);
    expect([await recorded("a1"), await recorded("a2")]).to.deep.equal([1, 1]);
    expect(problems).to.deep.equal([]);
  });

  it("says that another was first if the contract refuses for that", async () => {
    await sender.submit(closeOf(world, "one"));
    await sender.submit(closeOf(world, "two"));
    expect(problems).to.have.lengthOf(1);
    expect(problems[0]).to.deep.include({ kind: "transactionOvertaken", key: "two" });
    expect(problems[0]?.message).to.equal("the contract refuses: WrongPhase(expected: 1, actual: 2)");
  });

  it("says that a wish failed if the contract refuses for another reason, and takes it again", async () => {
    const { contracts, first, second } = world;
    const sides = { ownerA: second.address, signerA: second.address, ownerB: STRANGER, signerB: STRANGER };
    const params = { ...makeChannel(world).params, ...sides };
    await openChannel(contracts, first, { params, life: 1, amounts: { A: 1n, B: 0n } });
    const wish = closeOf(world, "not ours", params);
    await sender.submit(wish);
    await sender.submit(wish);
    const message = `the contract refuses: NotParticipant(caller: ${getAddress(first.address)})`;
    const problem = { kind: "transactionFailed", key: "not ours", message };
    expect(problems).to.deep.equal([problem, problem]);
  });

  it("says why a transaction reverted in its block", async () => {
    await handMining();
    await sender.submit(closeOf(world, "late"));
    const [ours] = await waiting();
    if (ours === undefined) throw new Error("nothing was sent");
    const data = ours.input;
    const rival = { from: world.second.address, to: world.contracts.domain.contract, data };
    const fees = { gas: "0xf4240", maxFeePerGas: "0x174876e800", maxPriorityFeePerGas: "0x174876e800" };
    await world.provider.send("eth_sendTransaction", [{ ...rival, ...fees }]);
    await mine();
    expect(await sender.check()).to.equal(true);
    expect(problems).to.have.lengthOf(1);
    expect(problems[0]).to.deep.include({ kind: "transactionOvertaken", key: "late" });
    expect(problems[0]?.message).to.contain("WrongPhase(expected: 1, actual: 2)");
  });

  it("pays more for one without a deadline that so many blocks did not take, not a block earlier", async () => {
    await handMining();
    await fullBlocks(world);
    await sender.submit(recordOf("a1"));
    const [before] = await waiting();
    if (before === undefined) throw new Error("nothing was sent");
    for (let block = 1; block < REPLACE_AFTER; block++) await mineFull(world);
    expect(await sender.check()).to.equal(false);
    expect((await waiting()).map(({ hash }) => hash)).to.deep.equal([before.hash]);
    await mineFull(world);
    expect(await sender.check()).to.equal(false);
    const [raised, ...others] = await waiting();
    expect(others).to.deep.equal([]);
    expect(raised?.hash).to.not.equal(before.hash);
    expect(raised?.input).to.equal(before.input);
    const least = (fee: string): bigint => (BigInt(fee) * 5n) / 4n;
    expect(BigInt(raised?.maxFeePerGas ?? 0) >= least(before.maxFeePerGas)).to.equal(true);
    expect(BigInt(raised?.maxPriorityFeePerGas ?? 0) >= least(before.maxPriorityFeePerGas)).to.equal(true);
    await mine();
    expect(await sender.check()).to.equal(true);
    expect(await recorded("a1")).to.equal(1);
    expect(problems).to.deep.equal([]);
  });
});
