import { expect } from "chai";
import { adapterAddress, PERMIT2, placeAdapter } from "../../src/chain/adapter.ts";
import type { Account } from "../../src/chain/account.ts";
import { bringIn, readSlot, type FundingWay } from "../../src/chain/funding.ts";
import { must, parseAddress } from "../../src/protocol/checked.ts";
import { HashlaneError } from "../../src/protocol/error.ts";
import { paramsId } from "../../src/protocol/identity.ts";
import { portableCrypto } from "../../src/protocol/portable-crypto.ts";
import type { Address, Params } from "../../src/protocol/types.ts";
import {
  FundingAdapter__factory,
  Permit2Double__factory,
  PermitToken__factory,
  SignableToken__factory,
  type PermitToken,
} from "../../typechain-types/index.ts";
import { createChainWorld, makeChannel, mint, type ChainWorld } from "./chain-world.ts";

const MINTED = 1000n;

describe("funding channels by what an owner signs", () => {
  let world: ChainWorld;
  let owner: Account;

  beforeEach(async () => {
    world = await createChainWorld();
    owner = world.first;
  });

  async function tokenOf(kind: "permit" | "both"): Promise<PermitToken> {
    const signer = await world.provider.getSigner(owner.address);
    const token =
      kind === "permit"
        ? await new PermitToken__factory(signer).deploy()
        : await new SignableToken__factory(signer).deploy();
    await token.waitForDeployment();
    await (await token.set(owner.address, MINTED)).wait();
    return token;
  }
  const at = async (token: PermitToken): Promise<Address> =>
    must(parseAddress((await token.getAddress()).toLowerCase()));
  const placed = (): Promise<unknown> => placeAdapter(world.account(0), world.contracts.domain.contract);

  async function placePermit2(token: PermitToken): Promise<void> {
    const double = await new Permit2Double__factory(await world.provider.getSigner(owner.address)).deploy();
    await double.waitForDeployment();
    await world.rpc("hardhat_setCode", PERMIT2, await world.provider.getCode(await double.getAddress()));
    await (await token.approve(PERMIT2, MINTED)).wait();
  }

  async function bring(
    params: Params,
    amount: bigint,
    way: FundingWay | null,
    isOpening = true,
    side: "A" | "B" = "A",
  ): Promise<number> {
    const before = await world.provider.getTransactionCount(owner.address);
    await bringIn(world.contracts, owner, { params, life: 1, side, amount, isOpening }, way);
    return (await world.provider.getTransactionCount(owner.address)) - before;
  }
  const inContract = (token: PermitToken): Promise<bigint> =>
    token.balanceOf(world.contracts.domain.contract);
  const allowance = (token: PermitToken): Promise<bigint> =>
    token.allowance(owner.address, world.contracts.domain.contract);
  /** By what the adapter was called, in order. */
  const waysTaken = async (): Promise<readonly string[]> => {
    const adapter = adapterAddress(world.contracts.domain.contract);
    const newest = await world.provider.getBlockNumber();
    const abi = FundingAdapter__factory.createInterface();
    const names: string[] = [];
    for (let number = 0; number <= newest; number++) {
      const block = await world.provider.getBlock(number, true);
      for (const { to, data } of block?.prefetchedTransactions ?? [])
        if (to?.toLowerCase() === adapter) names.push(abi.parseTransaction({ data })?.name ?? "");
    }
    return names;
  };
  async function refusalOf(work: Promise<unknown>): Promise<HashlaneError> {
    const outcome: unknown = await work.catch((error: unknown) => error);
    if (!(outcome instanceof HashlaneError)) throw new Error("it was not refused");
    return outcome;
  }

  for (const way of ["permit", "authorization", "permit2"] as const) {
    it(`opens by ${way} in one transaction, and leaves no allowance`, async () => {
      const token = await tokenOf("both");
      await placed();
      await placePermit2(token);
      const { params } = makeChannel(world, await at(token));
      expect(await bring(params, 70n, way)).to.equal(1);
      const id = paramsId(portableCrypto, world.contracts.domain, params);
      expect(await readSlot(world.contracts, id)).to.deep.equal({ phase: "open", life: 1 });
      expect([await inContract(token), await allowance(token)]).to.deep.equal([70n, 0n]);
      const [deposit] = await world.contracts.hashlane.queryFilter(world.contracts.hashlane.filters.Opened());
      expect(deposit?.args.depositA).to.equal(70n);
    });
  }

  for (const way of ["authorization", "permit2"] as const) {
    it(`deposits by ${way}, as often as wanted`, async () => {
      const token = await tokenOf("both");
      await placed();
      await placePermit2(token);
      const { params } = makeChannel(world, await at(token));
      for (const isOpening of [true, false, false])
        expect(await bring(params, 20n, way, isOpening)).to.equal(1);
      expect(await inContract(token)).to.equal(60n);
    });
  }

  it("refuses a second deposit by permit, because a consent is used once a life", async () => {
    const token = await tokenOf("both");
    await placed();
    const { params } = makeChannel(world, await at(token));
    await bring(params, 20n, "permit");
    const refusal = await refusalOf(bring(params, 20n, "permit", false));
    expect(refusal.code).to.equal("transaction_failed");
    expect(refusal.message).to.include("ConsentUsed");
    expect([await inContract(token), await allowance(token)]).to.deep.equal([20n, 0n]);
  });

  it("chooses by what the token takes: an authorization, a permit, Permit2, or approving", async () => {
    const [both, permit] = [await tokenOf("both"), await tokenOf("permit")];
    await placed();
    await bring(makeChannel(world, await at(both)).params, 10n, null);
    const { params } = makeChannel(world, await at(permit));
    expect(await bring(params, 10n, null)).to.equal(1);
    expect(await bring(params, 10n, null, false), "its consent is used").to.equal(2);
    await placePermit2(permit);
    expect(await bring(params, 10n, null, false)).to.equal(1);
    expect(await waysTaken()).to.deep.equal(["openWithAuthorizations", "openWithPermits", "openWithPermit2"]);
    const { token, tokenAddress } = await mint(world, owner, MINTED);
    expect(await bring(makeChannel(world, tokenAddress).params, 10n, null)).to.equal(2);
    expect(await token.balanceOf(world.contracts.domain.contract)).to.equal(10n);
  });

  it("takes what is allowed already before it signs anything", async () => {
    const token = await tokenOf("both");
    await placed();
    const { params } = makeChannel(world, await at(token));
    await (await token.approve(world.contracts.domain.contract, 10n)).wait();
    expect(await bring(params, 10n, null)).to.equal(1);
    expect(await waysTaken()).to.deep.equal([]);
  });

  it("approves without the adapter, and says so if a permit was asked for", async () => {
    const token = await tokenOf("both");
    const { params } = makeChannel(world, await at(token));
    const refusal = await refusalOf(bring(params, 10n, "authorization"));
    expect(refusal.code).to.equal("contract_missing");
    expect(refusal.parts?.failed).to.match(/^the FundingAdapter/);
    expect(await bring(params, 10n, null)).to.equal(2);
  });

  it("signs for nothing of which it does not know how it is signed", async () => {
    const { tokenAddress } = await mint(world, owner, MINTED);
    await placed();
    const { params } = makeChannel(world, tokenAddress);
    const refusal = await refusalOf(bring(params, 10n, "authorization"));
    expect([refusal.code, refusal.parts?.given]).to.deep.equal([
      "transaction_failed",
      { token: tokenAddress },
    ]);
  });

  it("signs for no other account's side: it approves, or refuses", async () => {
    const token = await tokenOf("both");
    await placed();
    const params = { ...makeChannel(world, await at(token)).params, ownerA: world.account(3).address };
    const refusal = await refusalOf(bring(params, 10n, "authorization"));
    expect(refusal.parts?.given).to.deep.equal({
      ...{ owner: world.account(3).address, account: owner.address, funding: "authorization" },
    });
    expect(await bring(params, 10n, null)).to.equal(2);
    expect(await token.balanceOf(owner.address)).to.equal(MINTED - 10n);
  });

  it("brings in side B too", async () => {
    const token = await tokenOf("both");
    await placed();
    const { params } = makeChannel(world, await at(token));
    owner = world.second;
    await (await token.set(owner.address, MINTED)).wait();
    await bring(params, 33n, "authorization", true, "B");
    const [opened] = await world.contracts.hashlane.queryFilter(world.contracts.hashlane.filters.Opened());
    expect([opened?.args.depositA, opened?.args.depositB]).to.deep.equal([0n, 33n]);
  });
});
