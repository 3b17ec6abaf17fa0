import { ZERO_ADDRESS } from "../protocol/checked.ts";
import { HashlaneError } from "../protocol/error.ts";
import { otherSide, ownerOf } from "../protocol/identity.ts";
import type { Address, Amount, Hex, Params, ParamsId, Side } from "../protocol/types.ts";
import type { Account } from "./account.ts";
import type { Call } from "./call.ts";
import type { Contracts } from "./contracts.ts";
import { signedCall, type Bringing, type SignedWay } from "./permits.ts";
import { transact, type Receipt } from "./receipt.ts";
import { isAllowed, withAllowance } from "./token.ts";

/** What an account brings into a channel, for either side. */
export interface Funding {
  readonly params: Params;
  readonly life: number;
  readonly amounts: { readonly A: Amount; readonly B: Amount };
}

/** Phase and life of a channel's slot. */
export interface Slot {
  readonly phase: "ended" | "open" | "closing";
  /** How often these Params were opened. */
  readonly life: number;
}

const PHASES = ["ended", "open", "closing"] as const;
const LIFE_MASK = (1n << 20n) - 1n;

export async function readSlot({ hashlane }: Contracts, paramsId: ParamsId): Promise<Slot> {
  const slot = await hashlane.slotOf(paramsId);
  return { phase: PHASES[Number(slot >> 254n)] ?? "ended", life: Number((slot >> 234n) & LIFE_MASK) };
}

/**
 * Opens a channel, or deposits into it if it is open in this life already. Tokens are approved first if the allowance
 * does not reach. Rejects with `transaction_failed`.
 */
export async function openChannel(
  contracts: Contracts,
  account: Account,
  { params, life, amounts }: Funding,
): Promise<Receipt> {
  const data = contracts.hashlane.interface.encodeFunctionData("open", [params, life, amounts.A, amounts.B]);
  return bring(contracts, account, "opening the channel", params.token, amounts.A + amounts.B, data);
}

/** As {@link openChannel}, paid from the account's credit. */
export function openFromCredit(
  { hashlane, domain }: Contracts,
  account: Account,
  { params, life, amounts }: Funding,
): Promise<Receipt> {
  const data = hashlane.interface.encodeFunctionData("openFromCredit", [params, life, amounts.A, amounts.B]);
  const call: Call = { to: domain.contract, data: data as Hex, value: 0n, pushes: false };
  return transact(account, "opening the channel from credit", call);
}

/** An owner's FundingConsent, which lets somebody else bring its money in. */
export interface Consent {
  /** Least net deposit that the other side must have then. */
  readonly otherAmount: Amount;
  /** Unix seconds. */
  readonly validUntil: number;
  /** 64 bytes by the owner's key, or what the owner's contract takes by ERC-1271. */
  readonly signature: Hex;
}

/**
 * As {@link openChannel}, where the account brings one side's amount and the other owner's comes by its consent: from its
 * credit for ETH, by its allowance to the contract for a token.
 */
export async function openWithConsent(
  contracts: Contracts,
  account: Account,
  { params, life, amounts }: Funding,
  { of, consent }: { readonly of: Side; readonly consent: Consent },
): Promise<Receipt> {
  const { otherAmount, validUntil, signature } = consent;
  const rest = [of === "B", otherAmount, validUntil, signature] as const;
  const { interface: abi } = contracts.hashlane;
  const data = abi.encodeFunctionData("openBoth", [params, life, amounts.A, amounts.B, ...rest]);
  return bring(contracts, account, "opening the channel", params.token, amounts[otherSide(of)], data);
}

/** As {@link openChannel}, where all money comes by its owners' consents; null for a side that brings nothing. */
export function openByConsents(
  { hashlane, domain }: Contracts,
  account: Account,
  { params, life, amounts }: Funding,
  consents: Readonly<Record<Side, Consent | null>>,
): Promise<Receipt> {
  const given = [consents.A ?? NO_CONSENT, consents.B ?? NO_CONSENT] as const;
  const data = hashlane.interface.encodeFunctionData("openFor", [
    params,
    life,
    amounts.A,
    amounts.B,
    ...given,
  ]);
  const call: Call = { to: domain.contract, data: data as Hex, value: 0n, pushes: false };
  return transact(account, "opening the channel by consents", call);
}

const NO_CONSENT: Consent = { otherAmount: 0n, validUntil: 0, signature: "0x" };

/** Adds to one side of an open channel. Rejects with `transaction_failed`. */
export async function depositInto(
  contracts: Contracts,
  account: Account,
  { params, life, side, amount }: Omit<Funding, "amounts"> & { readonly side: Side; readonly amount: Amount },
): Promise<Receipt> {
  const { hashlane } = contracts;
  const { interface: abi } = hashlane;
  const [amountA, amountB] = side === "A" ? [amount, 0n] : [0n, amount];
  const data =
    params.token === ZERO_ADDRESS
      ? abi.encodeFunctionData("deposit", [await hashlane.paramsIdOf(params), life, side === "B"])
      : abi.encodeFunctionData("depositToken", [params, life, amountA, amountB]);
  return bring(contracts, account, "the deposit", params.token, amount, data);
}

/** How money comes in: ETH and what is approved as they are, tokens by what their owner signs. */
export type FundingWay = "approve" | SignedWay;

/** Those that leave the owner the least to sign or to take back come first. */
const SIGNED_WAYS: readonly SignedWay[] = ["authorization", "permit", "permit2"];

/**
 * Opens a channel with one side's money, or adds to it. Where no way is asked for, it is the first one of one
 * transaction that the token takes at this moment, and approving where it takes none. Rejects with `transaction_failed`,
 * and as {@link signedCall} does.
 */
export async function bringIn(
  contracts: Contracts,
  account: Account,
  bringing: Bringing & { readonly isOpening: boolean },
  asked: FundingWay | null,
): Promise<Receipt> {
  const { params, life, side, amount, isOpening } = bringing;
  const call = await signedCallFor(contracts, account, bringing, asked);
  if (call !== null) return transact(account, "funding the channel with what was signed", call);
  const amounts = side === "A" ? { A: amount, B: 0n } : { A: 0n, B: amount };
  return isOpening
    ? openChannel(contracts, account, { params, life, amounts })
    : depositInto(contracts, account, { params, life, side, amount });
}

/** Null: by approving. */
async function signedCallFor(
  contracts: Contracts,
  account: Account,
  bringing: Bringing,
  asked: FundingWay | null,
): Promise<Call | null> {
  const { params, amount, side } = bringing;
  if (params.token === ZERO_ADDRESS || asked === "approve") return null;
  // What is signed moves the owner's money: only its own key can do so.
  if (ownerOf(params, side) !== account.address) {
    if (asked === null) return null;
    throw notTheOwner(account, ownerOf(params, side), asked);
  }
  if (asked !== null) return signedCall(contracts, account, asked, bringing);
  const spender = contracts.domain.contract;
  if (await isAllowed(account, { token: params.token, amount, spender })) return null;
  for (const way of SIGNED_WAYS) {
    const call = await signedCall(contracts, account, way, bringing).catch(() => null);
    if (call !== null && (await isTaken(contracts, account, call))) return call;
  }
  return null;
}

function notTheOwner({ address }: Account, owner: Address, way: SignedWay): HashlaneError {
  return new HashlaneError("transaction_failed", {
    failed: "the side's owner is another account, whose key is not here to sign with",
    given: { owner, account: address, funding: way },
    next: "Fund the channel by approve: then this account's money is brought in.",
  });
}

/** Whether it would go through now. */
async function isTaken({ provider }: Contracts, { address }: Account, { to, data }: Call): Promise<boolean> {
  return provider.call({ from: address, to, data }).then(
    () => true,
    () => false,
  );
}

/** Gives an account credit that it can withdraw or open channels with. Rejects with `transaction_failed`. */
export async function addCredit(
  contracts: Contracts,
  account: Account,
  { token, owner, amount }: { readonly token: Address; readonly owner: Address; readonly amount: Amount },
): Promise<Receipt> {
  const data = contracts.hashlane.interface.encodeFunctionData("addCredit", [token, owner, amount]);
  return bring(contracts, account, "adding credit", token, amount, data);
}

/** Pays credit of the account to any address. Rejects with `transaction_failed`. */
export function withdrawCredit(
  { hashlane, domain }: Contracts,
  account: Account,
  { token, amount, to }: { readonly token: Address; readonly amount: Amount; readonly to: Address },
): Promise<Receipt> {
  const data = hashlane.interface.encodeFunctionData("withdrawCredit", [token, amount, to]);
  const call: Call = { to: domain.contract, data: data as Hex, value: 0n, pushes: true };
  return transact(account, "withdrawing credit", call);
}

/** Money of an account inside the contract but outside channels, in base units. */
export function creditOf({ hashlane }: Contracts, token: Address, owner: Address): Promise<Amount> {
  return hashlane.creditOf(token, owner);
}

/** Sends ETH. Rejects with `transaction_failed`. */
export function transferEth(account: Account, to: Address, amount: Amount): Promise<Receipt> {
  return transact(account, "the transfer", { to, data: "0x", value: amount, pushes: false });
}

function bring(
  { domain }: Contracts,
  account: Account,
  what: string,
  token: Address,
  amount: Amount,
  data: string,
): Promise<Receipt> {
  const to = domain.contract;
  const value = token === ZERO_ADDRESS ? amount : 0n;
  return withAllowance(account, { token, amount, spender: to }, () =>
    transact(account, what, { to, data: data as Hex, value, pushes: false }),
  );
}
