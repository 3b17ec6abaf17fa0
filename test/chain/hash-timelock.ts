import { expect } from "chai";
import { randomBytes } from "node:crypto";
import type { BrowserProvider } from "ethers";
import type { Account } from "../../src/chain/account.ts";
import { failureOf } from "../../src/chain/failure.ts";
import {
  claimMoney,
  connectTimelock,
  lockMoney,
  readTimelock,
  refundMoney,
  type Timelock,
  type TimelockTerms,
} from "../../src/chain/hash-timelock.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import { HashlaneError } from "../../src/protocol/error.ts";
import { portableCrypto } from "../../src/protocol/portable-crypto.ts";
import type { Address, Amount, PaymentHash, Secret } from "../../src/protocol/types.ts";
import type { TestToken } from "../../typechain-types/index.ts";
import { createChainWorld, mint } from "./chain-world.ts";

const AMOUNT = 1000n;

interface Setting {
  readonly provider: BrowserProvider;
  readonly timelock: Timelock;
  readonly token: TestToken;
  readonly tokenAddress: Address;
  readonly sender: Account;
  readonly receiver: Account;
}

async function setUp(): Promise<Setting> {
  const world = await createChainWorld();
  const { provider, first: sender, second: receiver } = world;
  const timelock = await connectTimelock(provider, world.hashTimelock);
  return { provider, timelock, ...(await mint(world, sender, AMOUNT)), sender, receiver };
}

async function termsOf(
  { provider, sender, receiver }: Setting,
  token: Address,
  amount: Amount = AMOUNT,
): Promise<{ readonly terms: TimelockTerms; readonly secret: Secret }> {
  const bytes = randomBytes(32);
  const block = await provider.getBlock("latest");
  return {
    secret: toHex<Secret>(bytes, 32),
    terms: {
      sender: sender.address,
      receiver: receiver.address,
      token,
      amount,
      hash: toHex<PaymentHash>(portableCrypto.sha256(bytes), 32),
      expiry: (block?.timestamp ?? 0) + 1000,
      salt: 1n,
    },
  };
}

/** What the contract said when it refused. */
async function refusal(attempt: Promise<unknown>): Promise<string> {
  const thrown = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(thrown).to.be.instanceOf(HashlaneError);
  const { code, cause } = thrown as HashlaneError;
  expect(code).to.equal("transaction_failed");
  return failureOf(cause).message;
}

describe("hash time-lock by the chain adapter", () => {
  let setting: Setting;
  beforeEach(async () => {
    setting = await setUp();
  });

  it("locks a token with an allowance of just the amount, and pays it to the receiver", async () => {
    const { timelock, token, tokenAddress, sender, receiver } = setting;
    const { terms, secret } = await termsOf(setting, tokenAddress);
    expect(await readTimelock(timelock, terms)).to.equal("none");
    await lockMoney(timelock, sender, terms);
    expect(await readTimelock(timelock, terms)).to.equal("locked");
    expect(await token.allowance(sender.address, timelock.address)).to.equal(0n);
    expect(await token.balanceOf(timelock.address)).to.equal(AMOUNT);
    await claimMoney(timelock, sender, terms, secret);
    expect(await readTimelock(timelock, terms)).to.equal("claimed");
    expect(await token.balanceOf(receiver.address)).to.equal(AMOUNT);
    expect(await token.balanceOf(timelock.address)).to.equal(0n);
  });

  it("refunds a token at the expiry, not a second before", async () => {
    const { provider, timelock, token, tokenAddress, sender, receiver } = setting;
    const { terms, secret } = await termsOf(setting, tokenAddress);
    await lockMoney(timelock, sender, terms);
    await provider.send("evm_setNextBlockTimestamp", [terms.expiry - 1]);
    expect(await refusal(refundMoney(timelock, sender, terms))).to.equal(
      `the contract refuses: NotExpired(expiry: ${terms.expiry}, timestamp: ${terms.expiry - 1})`,
    );
    await provider.send("evm_setNextBlockTimestamp", [terms.expiry]);
    const late = await refusal(claimMoney(timelock, receiver, terms, secret));
    expect(late).to.equal(
      `the contract refuses: ExpiryPassed(expiry: ${terms.expiry}, timestamp: ${terms.expiry})`,
    );
    await refundMoney(timelock, receiver, terms);
    expect(await readTimelock(timelock, terms)).to.equal("refunded");
    expect(await token.balanceOf(sender.address)).to.equal(AMOUNT);
  });

  it("refuses another's money, a used lock and a wrong secret, each with its values", async () => {
    const { timelock, sender, receiver } = setting;
    const { terms, secret } = await termsOf(setting, ZERO_ADDRESS);
    expect(await refusal(lockMoney(timelock, receiver, terms))).to.contain("BadTerms(terms: [");
    await lockMoney(timelock, sender, terms);
    expect(await refusal(lockMoney(timelock, sender, terms))).to.match(
      /AlreadyLocked\(id: 0x[0-9a-f]{64}\)$/,
    );
    const wrong = toHex<Secret>(randomBytes(32), 32);
    expect(await refusal(claimMoney(timelock, receiver, terms, wrong))).to.contain(
      `WrongSecret(expected: ${terms.hash}, given: 0x`,
    );
    await claimMoney(timelock, receiver, terms, secret);
    expect(await refusal(claimMoney(timelock, receiver, terms, secret))).to.match(
      /NotLocked\(id: 0x[0-9a-f]{64}, status: 2\)$/,
    );
  });

  it("refuses a token that the sender has too little of", async () => {
    const { timelock, tokenAddress, sender } = setting;
    const { terms } = await termsOf(setting, tokenAddress, AMOUNT + 1n);
    expect(await refusal(lockMoney(timelock, sender, terms))).to.contain("the call reverts with 0xe450d38c");
    expect(await readTimelock(timelock, terms)).to.equal("none");
  });

  it("finds no contract where there is none", async () => {
    const { provider, sender } = setting;
    const outcome = await connectTimelock(provider, sender.address).catch((thrown: unknown) => thrown);
    expect(outcome).to.be.instanceOf(HashlaneError);
    expect((outcome as HashlaneError).code).to.equal("contract_missing");
    expect((outcome as HashlaneError).message).to.contain(sender.address);
  });
});
