import { expect } from "chai";
import type { TestToken } from "../../typechain-types/index.ts";
import {
  addCredit,
  creditOf,
  depositInto,
  openChannel,
  readSlot,
  transferEth,
  withdrawCredit,
} from "../../src/chain/funding.ts";
import type { Account } from "../../src/chain/account.ts";
import { balanceOf } from "../../src/chain/token.ts";
import { must, parseAddress, ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import { HashlaneError } from "../../src/protocol/error.ts";
import { paramsId } from "../../src/protocol/identity.ts";
import { portableCrypto } from "../../src/protocol/portable-crypto.ts";
import type { Address, Amount } from "../../src/protocol/types.ts";
import { createChainWorld, makeChannel, mint, type ChainWorld } from "./chain-world.ts";

const MINTED = 1_000_000n;

describe("funding channels", () => {
  let world: ChainWorld;
  let bank: Account;
  let token: TestToken;
  let tokenAddress: Address;

  beforeEach(async () => {
    world = await createChainWorld();
    bank = world.account(0);
    ({ token, tokenAddress } = await mint(world, bank, MINTED));
  });

  async function refusalOf(work: Promise<unknown>): Promise<HashlaneError> {
    const outcome: unknown = await work.catch((error: unknown) => error);
    if (!(outcome instanceof HashlaneError)) throw new Error("it was not refused");
    return outcome;
  }

  const inContract = (of: Address): Promise<Amount> =>
    balanceOf(world.contracts, of, world.contracts.domain.contract);
  const allowance = (): Promise<bigint> => token.allowance(bank.address, world.contracts.domain.contract);

  for (const kind of ["ETH", "a token"] as const) {
    const tokenOf = (): Address => (kind === "ETH" ? ZERO_ADDRESS : tokenAddress);

    it(`opens a channel with ${kind}, once per life, and adds to it`, async () => {
      const { contracts } = world;
      const { params } = makeChannel(world, tokenOf());
      const id = paramsId(portableCrypto, contracts.domain, params);
      expect(await readSlot(contracts, id)).to.deep.equal({ phase: "ended", life: 0 });
      await openChannel(contracts, bank, { params, life: 1, amounts: { A: 70n, B: 30n } });
      expect(await readSlot(contracts, id)).to.deep.equal({ phase: "open", life: 1 });
      expect(await inContract(tokenOf())).to.equal(100n);
      await depositInto(contracts, bank, { params, life: 1, side: "A", amount: 5n });
      await depositInto(contracts, bank, { params, life: 1, side: "B", amount: 8n });
      expect(await inContract(tokenOf())).to.equal(113n);
      const filter = contracts.hashlane.filters.Deposited();
      const deposits = await contracts.hashlane.queryFilter(filter);
      expect(deposits.map(({ args }) => [args.depositA, args.depositB])).to.deep.equal([
        [75n, 30n],
        [75n, 38n],
      ]);
      const late = refusalOf(depositInto(contracts, bank, { params, life: 2, side: "A", amount: 5n }));
      expect((await late).code).to.equal("transaction_failed");
      expect((await late).message).to.include("WrongLife(expected: 1, given: 2)");
      expect(await inContract(tokenOf())).to.equal(113n);
    });

    it(`gives credit in ${kind} and pays it to whom its owner names`, async () => {
      const { contracts } = world;
      const owner = world.account(1);
      const to = must(parseAddress(`0x${"77".repeat(20)}`));
      const of = tokenOf();
      await addCredit(contracts, bank, { token: of, owner: owner.address, amount: 40n });
      expect(await creditOf(contracts, of, owner.address)).to.equal(40n);
      expect(await creditOf(contracts, of, bank.address)).to.equal(0n);
      await withdrawCredit(contracts, owner, { token: of, amount: 39n, to });
      expect(await creditOf(contracts, of, owner.address)).to.equal(1n);
      expect(await balanceOf(contracts, of, to)).to.equal(39n);
      const refusal = await refusalOf(withdrawCredit(contracts, owner, { token: of, amount: 2n, to }));
      expect(refusal.code).to.equal("transaction_failed");
      expect(refusal.message).to.include("NotEnoughCredit(available: 1, needed: 2)");
      await withdrawCredit(contracts, owner, { token: of, amount: 1n, to });
      expect(await creditOf(contracts, of, owner.address)).to.equal(0n);
    });
  }

  it("never leaves an allowance, and takes what was allowed before", async () => {
    const { contracts } = world;
    const { params } = makeChannel(world, tokenAddress);
    const contract = contracts.domain.contract;
    const approvals = async (): Promise<readonly bigint[]> =>
      (await token.queryFilter(token.filters.Approval())).map(({ args }) => args.value);
    await openChannel(contracts, bank, { params, life: 1, amounts: { A: 70n, B: 30n } });
    expect(await allowance()).to.equal(0n);
    expect(await approvals()).to.deep.equal([100n]);
    await (await token.approve(contract, 9n)).wait();
    await depositInto(contracts, bank, { params, life: 1, side: "A", amount: 9n });
    expect(await approvals()).to.deep.equal([100n, 9n]);
    await (await token.approve(contract, 9n)).wait();
    await depositInto(contracts, bank, { params, life: 1, side: "A", amount: 10n });
    expect(await approvals()).to.deep.equal([100n, 9n, 9n, 0n, 10n]);
    expect(await allowance()).to.equal(0n);
  });

  it("takes an allowance back if what it was for is refused", async () => {
    const { contracts } = world;
    const { params } = makeChannel(world, tokenAddress);
    const contract = contracts.domain.contract;
    const late = { params, life: 2, amounts: { A: 70n, B: 30n } };
    for (const before of [0n, 99n]) {
      await (await token.approve(contract, before)).wait();
      const refusal = await refusalOf(openChannel(contracts, bank, late));
      expect(refusal.message).to.include("WrongLife(expected: 1, given: 2)");
      expect(await allowance()).to.equal(before);
    }
    await (await token.approve(contract, 100n)).wait();
    await refusalOf(openChannel(contracts, bank, late));
    expect(await allowance(), "not ours to take back").to.equal(100n);
  });

  it("says so if the allowance stays, because it cannot be taken back", async () => {
    const { contracts } = world;
    const { params } = makeChannel(world, tokenAddress);
    let sent = 0;
    const failing: Account = {
      ...bank,
      send: (call) =>
        ++sent === 1 ? bank.send(call) : Promise.reject(new Error(`the pool is full (${sent})`)),
    };
    const opening = openChannel(contracts, failing, { params, life: 1, amounts: { A: 70n, B: 30n } });
    const { code, message } = await refusalOf(opening);
    expect(code).to.equal("transaction_failed");
    expect(message).to.match(
      /^the money was not taken, and the approval of the token could not be taken back /,
    );
    expect(message).to.include(
      `(token: ${tokenAddress}, amount: 100, spender: ${contracts.domain.contract}, `,
    );
    expect(message).to.include("opening the channel failed").and.to.include("the pool is full (2)");
    expect(message).to.include("the pool is full (3)");
    expect(await allowance()).to.equal(100n);
  });

  it("brings no more than the account has", async () => {
    const { contracts } = world;
    const { params } = makeChannel(world, tokenAddress);
    await openChannel(contracts, bank, { params, life: 1, amounts: { A: MINTED, B: 0n } });
    expect(await balanceOf(contracts, tokenAddress, bank.address)).to.equal(0n);
    const refusal = await refusalOf(depositInto(contracts, bank, { params, life: 1, side: "B", amount: 1n }));
    expect(refusal.code).to.equal("transaction_failed");
    expect(await inContract(tokenAddress)).to.equal(MINTED);
  });

  it("sends ETH", async () => {
    const to = must(parseAddress(`0x${"78".repeat(20)}`));
    const receipt = await transferEth(bank, to, 123n);
    expect(await balanceOf(world.contracts, ZERO_ADDRESS, to)).to.equal(123n);
    expect(receipt).to.deep.include({ gasUsed: 21_000n, created: null });
  });
});
