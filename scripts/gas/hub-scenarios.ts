import { Signature as EthersSignature } from "ethers";

import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import { cooperativeCloseDigest } from "../../src/protocol/eip712.ts";
import { portableCrypto as crypto } from "../../src/protocol/portable-crypto.ts";
import type { Address } from "../../src/protocol/types.ts";
import { mustEqual } from "../story/check.ts";
import type { Receipt } from "./chain.ts";
import { channelOf, eventsOf, VALID_UNTIL, words, type GasChannel } from "./channel.ts";
import { assetsOf, ONE, type GasWorld, type Scenario } from "./world.ts";

const BATCH = 50;

/** Openings with another's money, and what hubs do with many channels at once. */
export function hubScenarios(world: GasWorld): ReadonlyMap<string, Scenario> {
  const dual = assetsOf(world).map(({ suffix, token }): [string, Scenario] => [
    `openDual${suffix}`,
    () => openDual(world, token),
  ]);
  return new Map([
    ...dual,
    [`openBatch${BATCH}`, async () => perChannel(await openBatch(world, batchOf(world, "openBatch")))],
    [`closeBatch${BATCH}`, async () => perChannel(await closeBatch(world, batchOf(world, "closeBatch")))],
  ]);
}

/** A sends and brings 1.0; B, by its consent, 1.0 of its credit if it is ETH, else by its allowance. */
async function openDual(world: GasWorld, token: Address): Promise<number> {
  const { chain, contracts, hashlane, A, B } = world;
  const abi = contracts.hashlane.interface;
  const { params, id, life } = channelOf(world, "openDual", token);
  const isEth = token === ZERO_ADDRESS;
  if (isEth) await addCredit(world, B.owner, 2n * ONE);
  const consent = { otherAmount: ONE, validUntil: VALID_UNTIL };
  const message = { paramsId: id, life, amount: ONE, ...consent };
  const signature = await signConsent(world, B.owner, message);
  const { otherAmount, validUntil } = consent;
  const data = abi.encodeFunctionData("openBoth", [
    params,
    life,
    ONE,
    ONE,
    true,
    otherAmount,
    validUntil,
    signature,
  ]);
  const receipt = await chain.send({ from: A.owner, to: hashlane, data, value: isEth ? ONE : 0n });
  const [opened] = eventsOf(world, receipt, "Opened") as readonly {
    readonly depositA: bigint;
    readonly depositB: bigint;
  }[];
  mustEqual("what A brings", opened?.depositA ?? -1n, ONE);
  mustEqual("what B brings", opened?.depositB ?? -1n, ONE);
  return receipt.gasUsed;
}

function batchOf(world: GasWorld, name: string): readonly GasChannel[] {
  return Array.from({ length: BATCH }, (_, index) => channelOf(world, `${name} ${index}`, ZERO_ADDRESS));
}

async function openBatch(world: GasWorld, channels: readonly GasChannel[]): Promise<Receipt> {
  const { chain, contracts, hashlane, A } = world;
  await addCredit(world, A.owner, BigInt(BATCH + 1) * ONE);
  const items = channels.map(({ params, life }) => ({ params, life, amountA: ONE, amountB: 0n }));
  const data = contracts.hashlane.interface.encodeFunctionData("openBatch", [items]);
  const receipt = await chain.send({ from: A.owner, to: hashlane, data });
  mustEqual("the number of opened channels", eventsOf(world, receipt, "Opened").length, channels.length);
  return receipt;
}

/** All of each channel goes to the credit of A, which sends; each has the signature of B. */
async function closeBatch(world: GasWorld, channels: readonly GasChannel[]): Promise<Receipt> {
  const { chain, contracts, hashlane, A, B } = world;
  await openBatch(world, channels);
  const items = channels.map(({ params, life, channel }) => {
    const message = { channel, transfer: 0n, validUntil: VALID_UNTIL };
    const signature = words(B.signer.sign(cooperativeCloseDigest(crypto, contracts.domain, message)));
    return { params, life, transfer: message.transfer, validUntil: message.validUntil, signature };
  });
  const data = contracts.hashlane.interface.encodeFunctionData("closeBatch", [items]);
  const receipt = await chain.send({ from: A.owner, to: hashlane, data });
  const credited = eventsOf(world, receipt, "Credited") as readonly { readonly amount: bigint }[];
  const sum = credited.reduce((total, { amount }) => total + amount, 0n);
  mustEqual("what A is credited", sum, BigInt(channels.length) * ONE);
  return receipt;
}

async function addCredit(
  { chain, contracts, hashlane }: GasWorld,
  owner: Address,
  amount: bigint,
): Promise<void> {
  const data = contracts.hashlane.interface.encodeFunctionData("addCredit", [ZERO_ADDRESS, owner, amount]);
  await chain.send({ from: owner, to: hashlane, data, value: amount });
}

interface FundingConsent {
  readonly paramsId: string;
  readonly life: number;
  readonly amount: bigint;
  readonly otherAmount: bigint;
  readonly validUntil: number;
}

/** By the chain's own key of the account, as a wallet would. */
async function signConsent(
  { chain, contracts, hashlane }: GasWorld,
  owner: Address,
  { paramsId, life, amount, otherAmount, validUntil }: FundingConsent,
): Promise<string> {
  const number = (name: string) => ({ name, type: "uint256" });
  const typed = {
    domain: {
      name: "Hashlane",
      version: "1",
      chainId: Number(contracts.domain.chainId),
      verifyingContract: hashlane,
    },
    primaryType: "FundingConsent",
    types: {
      EIP712Domain: [
        { name: "name", type: "string" },
        { name: "version", type: "string" },
        number("chainId"),
        { name: "verifyingContract", type: "address" },
      ],
      FundingConsent: [
        { name: "paramsId", type: "bytes32" },
        ...["life", "amount", "otherAmount", "validUntil"].map(number),
      ],
    },
    message: { paramsId, life, amount: `${amount}`, otherAmount: `${otherAmount}`, validUntil },
  };
  const signature = (await chain.story.provider.send("eth_signTypedData_v4", [owner, typed])) as string;
  return EthersSignature.from(signature).compactSerialized;
}

function perChannel({ gasUsed }: Receipt): number {
  return Math.ceil(gasUsed / BATCH);
}
