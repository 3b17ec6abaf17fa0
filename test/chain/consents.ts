import { expect } from "chai";
import { TestToken__factory } from "../../typechain-types/index.ts";
import {
  addCredit,
  creditOf,
  openByConsents,
  openFromCredit,
  openWithConsent,
  readSlot,
} from "../../src/chain/funding.ts";
import type { Account } from "../../src/chain/account.ts";
import { balanceOf } from "../../src/chain/token.ts";
import { must, parseAddress, ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import { fundingConsentDigest } from "../../src/protocol/eip712.ts";
import { HashlaneError } from "../../src/protocol/error.ts";
import { paramsId } from "../../src/protocol/identity.ts";
import { createPortableSigner, portableCrypto } from "../../src/protocol/portable-crypto.ts";
import type { Address, Params, ParamsId } from "../../src/protocol/types.ts";
import { createChainWorld, makeChannel, type ChainWorld } from "./chain-world.ts";
import { consentOf } from "./consent.ts";

const FAR_FUTURE = 2 ** 32 - 1;

describe("opening with the consent of owners", () => {
  let world: ChainWorld;
  let a: Account;
  let b: Account;

  beforeEach(async () => {
    world = await createChainWorld();
    a = world.account(1);
    b = world.account(2);
  });

  const idOf = (params: Params): ParamsId => paramsId(portableCrypto, world.contracts.domain, params);

  const ask = (params: Params, amount: bigint, otherAmount: bigint, validUntil = FAR_FUTURE) => ({
    paramsId: idOf(params),
    life: 1,
    amount,
    otherAmount,
    validUntil,
  });

  async function reasonOf(work: Promise<unknown>): Promise<string> {
    const outcome: unknown = await work.catch((error: unknown) => error);
    if (!(outcome instanceof HashlaneError)) throw new Error("it was not refused");
    return /reason: the contract refuses: (\w+\(.*\))\)\./.exec(outcome.message)?.[1] ?? outcome.message;
  }

  it("[I7] is the message that the core hashes", async () => {
    const { provider, domain } = world.contracts;
    const { params } = makeChannel(world);
    const asked = ask(params, 30n, 70n);
    const { signature } = await consentOf(provider, domain, b.address, asked);
    const digest = fundingConsentDigest(portableCrypto, domain, asked);
    expect(portableCrypto.recover(digest, signature as never)).to.equal(b.address);
  });

  it("takes one side's ETH from its credit and the other's from the sender, once a life", async () => {
    const { contracts } = world;
    const { params } = makeChannel(world);
    await addCredit(contracts, b, { token: ZERO_ADDRESS, owner: b.address, amount: 40n });
    const consent = await consentOf(contracts.provider, contracts.domain, b.address, ask(params, 30n, 70n));
    const funding = { params, life: 1, amounts: { A: 70n, B: 30n } };
    const short = { ...funding, amounts: { A: 69n, B: 30n } };
    const by = { of: "B", consent } as const;
    expect(await reasonOf(openWithConsent(contracts, a, short, by))).to.equal(
      "TooLittleBeside(otherAmount: 70, otherDeposit: 69)",
    );
    await openWithConsent(contracts, a, funding, by);
    expect(await readSlot(contracts, idOf(params))).to.deep.equal({ phase: "open", life: 1 });
    expect(await creditOf(contracts, ZERO_ADDRESS, b.address)).to.equal(10n);
    expect(await balanceOf(contracts, ZERO_ADDRESS, contracts.domain.contract)).to.equal(110n);
    const again = await reasonOf(openWithConsent(contracts, a, funding, by));
    expect(again.toLowerCase()).to.equal(`consentused(owner: ${b.address})`);
  });

  it("takes both sides' tokens by their allowances, whoever sends it, and nothing of a side without consent", async () => {
    const { contracts } = world;
    const bank = await contracts.provider.getSigner(world.account(0).address);
    const token = await new TestToken__factory(bank).deploy();
    await token.waitForDeployment();
    const of = must(parseAddress((await token.getAddress()).toLowerCase()));
    for (const { address } of [a, b]) {
      await (await token.set(address, 100n)).wait();
      const owner = await contracts.provider.getSigner(address);
      await (await token.connect(owner).approve(contracts.domain.contract, 100n)).wait();
    }
    const { params } = makeChannel(world, of);
    const { provider, domain } = contracts;
    const A = await consentOf(provider, domain, a.address, ask(params, 60n, 30n));
    const B = await consentOf(provider, domain, b.address, ask(params, 30n, 60n));
    const stranger = world.account(3);
    const funding = { params, life: 1, amounts: { A: 60n, B: 30n } };
    const alone = await reasonOf(openByConsents(contracts, stranger, funding, { A, B: null }));
    expect(alone).to.match(/^SignatureExpired\(validUntil: 0, timestamp: \d+\)$/);
    await openByConsents(contracts, stranger, funding, { A, B });
    const held = async (account: Address): Promise<bigint> => balanceOf(contracts, of, account);
    expect([await held(a.address), await held(b.address), await held(domain.contract)]).to.deep.equal([
      40n,
      70n,
      90n,
    ]);
    const other = createPortableSigner(new Uint8Array(32).fill(9));
    const forged = {
      ...A,
      signature: other.sign(fundingConsentDigest(portableCrypto, domain, ask(params, 1n, 0n))),
    };
    const more = { params, life: 1, amounts: { A: 1n, B: 0n } };
    const wrong = await reasonOf(openByConsents(contracts, stranger, more, { A: forged, B: null }));
    expect(wrong.toLowerCase()).to.equal(`wrongconsent(owner: ${a.address})`);
  });

  it("opens from the sender's own credit", async () => {
    const { contracts } = world;
    const { params } = makeChannel(world);
    const funding = { params, life: 1, amounts: { A: 7n, B: 2n } };
    await addCredit(contracts, a, { token: ZERO_ADDRESS, owner: a.address, amount: 9n });
    await openFromCredit(contracts, a, funding);
    expect(await creditOf(contracts, ZERO_ADDRESS, a.address)).to.equal(0n);
    expect(await readSlot(contracts, idOf(params))).to.deep.equal({ phase: "open", life: 1 });
    expect(await reasonOf(openFromCredit(contracts, a, funding))).to.equal(
      "NotEnoughCredit(available: 0, needed: 9)",
    );
  });
});
