import { asciiBytes, readUint } from "../../src/protocol/bytes.ts";
import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import { cooperativeCloseDigest, laneDigest, resizeDigest } from "../../src/protocol/eip712.ts";
import { channelId, paramsId } from "../../src/protocol/identity.ts";
import { bodyOf } from "../../src/protocol/locks.ts";
import { portableCrypto as crypto } from "../../src/protocol/portable-crypto.ts";
import type {
  Address,
  ChannelId,
  LaneHead,
  Params,
  ParamsId,
  Side,
  Signature,
} from "../../src/protocol/types.ts";
import { mustEqual } from "../story/check.ts";
import { START, type Receipt } from "./chain.ts";
import { ONE, type GasWorld, type Party } from "./world.ts";

const DAY = 86_400;
export const CHALLENGE_PERIOD = DAY;
export const VALID_UNTIL = START + DAY;

/** A channel of the two parties in one of its lives, with the calls that scenarios are made of. */
export interface GasChannel {
  readonly params: Params;
  readonly id: ParamsId;
  readonly life: number;
  readonly channel: ChannelId;
}

/** The name gives the salt, so that a figure stays the same when scenarios come and go. */
export function channelOf({ contracts, A, B }: GasWorld, name: string, token: Address, life = 1): GasChannel {
  const params: Params = {
    ownerA: A.owner,
    ownerB: B.owner,
    signerA: A.signer.address,
    signerB: B.signer.address,
    token,
    challengePeriod: CHALLENGE_PERIOD,
    recoveryPeriod: 0,
    salt: readUint(crypto.keccak256(asciiBytes(`gas: ${name}`)), 0, 8),
  };
  const id = paramsId(crypto, contracts.domain, params);
  return { params, id, life, channel: channelId(crypto, id, life) };
}

export async function openWith(
  { chain, contracts, hashlane }: GasWorld,
  { params, life }: GasChannel,
  by: Party,
  amounts: Readonly<Record<Side, bigint>>,
): Promise<Receipt> {
  const abi = contracts.hashlane.interface;
  return chain.send({
    from: by.owner,
    to: hashlane,
    data: abi.encodeFunctionData("open", [params, life, amounts.A, amounts.B]),
    value: params.token === ZERO_ADDRESS ? amounts.A + amounts.B : 0n,
  });
}

/** What B brings into an open channel. */
export async function depositByB(
  { chain, contracts, hashlane, B }: GasWorld,
  { params, id, life }: GasChannel,
): Promise<Receipt> {
  const abi = contracts.hashlane.interface;
  const isEth = params.token === ZERO_ADDRESS;
  const data = isEth
    ? abi.encodeFunctionData("deposit", [id, life, true])
    : abi.encodeFunctionData("depositToken", [params, life, 0n, ONE]);
  return chain.send({ from: B.owner, to: hashlane, data, value: isEth ? ONE : 0n });
}

/** Opens the channel with 1.0 of each side. */
export async function fund(world: GasWorld, channel: GasChannel): Promise<number> {
  const opened = await openWith(world, channel, world.A, { A: ONE, B: 0n });
  const deposited = await depositByB(world, channel);
  return opened.gasUsed + deposited.gasUsed;
}

/** A sends, with the signature of B; ends with 0.7 and 1.3. */
export async function closeTogether(
  world: GasWorld,
  { params, life, channel }: GasChannel,
): Promise<Receipt> {
  const { chain, contracts, hashlane, A, B } = world;
  const transfer = (3n * ONE) / 10n;
  const digest = cooperativeCloseDigest(crypto, contracts.domain, {
    channel,
    transfer,
    validUntil: VALID_UNTIL,
  });
  const receipt = await chain.send({
    from: A.owner,
    to: hashlane,
    data: contracts.hashlane.interface.encodeFunctionData("closeCooperatively", [
      params,
      life,
      transfer,
      VALID_UNTIL,
      words(B.signer.sign(digest)),
    ]),
  });
  mustEndWith(world, receipt, ONE - transfer, ONE + transfer);
  return receipt;
}

/** A takes half of its deposit out of the open channel, with the signature of B. */
export async function withdraw(world: GasWorld, { params, life, channel }: GasChannel): Promise<Receipt> {
  const { chain, contracts, hashlane, A, B } = world;
  const abi = contracts.hashlane.interface;
  const change = { changeA: -ONE / 2n, changeB: 0n };
  const resize = { channel, count: 0, ...change, validUntil: VALID_UNTIL };
  const signature = words(B.signer.sign(resizeDigest(crypto, contracts.domain, resize)));
  const { changeA, changeB } = change;
  const data = abi.encodeFunctionData("resize", [params, life, changeA, changeB, VALID_UNTIL, signature]);
  const receipt = await chain.send({ from: A.owner, to: hashlane, data, value: 0n });
  const [resized] = eventsOf(world, receipt, "Resized") as readonly { readonly depositA: bigint }[];
  mustEqual("what A leaves in the channel", resized?.depositA ?? -1n, ONE / 2n);
  mustNotCredit(world, receipt);
  return receipt;
}

/** The signature of a lane's state by its payer, as the contract takes it. */
export function signLane({ contracts }: GasWorld, { channel }: GasChannel, by: Party, head: LaneHead) {
  return words(by.signer.sign(laneDigest(crypto, contracts.domain, channel, head.seq, bodyOf(crypto, head))));
}

export function words(signature: Signature) {
  return { r: signature.slice(0, 66), vs: `0x${signature.slice(66)}` };
}

/** The values of all events of a name, in order. */
export function eventsOf({ contracts }: GasWorld, { logs }: Receipt, name: string): readonly unknown[] {
  return logs.flatMap((log) => {
    const event = contracts.hashlane.interface.parseLog(log);
    return event?.name === name ? [event.args] : [];
  });
}

/** A cheaper ending than the one that was meant must not pass for a figure of it. */
export function mustEndWith(world: GasWorld, receipt: Receipt, paidA: bigint, paidB: bigint): void {
  const [ended] = eventsOf(world, receipt, "Ended") as readonly {
    readonly paidA: bigint;
    readonly paidB: bigint;
  }[];
  mustEqual("what A is paid at the end", ended?.paidA ?? -1n, paidA);
  mustEqual("what B is paid at the end", ended?.paidB ?? -1n, paidB);
  mustNotCredit(world, receipt);
}

/** The same for a conviction of A without a tower. */
export function mustConvictA(world: GasWorld, receipt: Receipt, spoils: bigint): void {
  const [convicted] = eventsOf(world, receipt, "Convicted") as readonly {
    readonly closerIsB: boolean;
    readonly spoils: bigint;
  }[];
  mustEqual("that B is convicted", convicted?.closerIsB ?? true, false);
  mustEqual("what B is paid at the end", convicted?.spoils ?? -1n, spoils);
  mustNotCredit(world, receipt);
}

function mustNotCredit(world: GasWorld, receipt: Receipt): void {
  mustEqual("that a payment became a credit", eventsOf(world, receipt, "Credited").length > 0, false);
}
