import { AbiCoder, Contract, Interface, keccak256, randomBytes, toBigInt, TypedDataEncoder } from "ethers";
import type { TypedDataDomain } from "ethers";
import type { FundingAdapter } from "../../typechain-types/index.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { Address, Amount, Hex, Params, Side } from "../protocol/types.ts";
import { findAdapter, NOTHING } from "./adapter.ts";
import type { Account } from "./account.ts";
import type { Call } from "./call.ts";
import type { Contracts } from "./contracts.ts";

/** How a token can come into a channel by one transaction, with what its owner signed. */
export type SignedWay = "permit" | "authorization" | "permit2";

/** What an owner brings into its side. */
export interface Bringing {
  readonly params: Params;
  readonly life: number;
  readonly side: Side;
  readonly amount: Amount;
}

/** Seconds for which what was signed for a transaction holds. */
const VALID_SECONDS = 3600;

const TOKEN = new Interface([
  "function eip712Domain() view returns (bytes1, string name, string version, uint256 chainId, address verifyingContract, bytes32, uint256[])",
  "function DOMAIN_SEPARATOR() view returns (bytes32)",
  "function name() view returns (string)",
  "function version() view returns (string)",
  "function nonces(address owner) view returns (uint256)",
]);

interface SignableToken {
  eip712Domain(): Promise<{ readonly name: string; readonly version: string }>;
  DOMAIN_SEPARATOR(): Promise<string>;
  name(): Promise<string>;
  version(): Promise<string>;
  nonces(owner: string): Promise<bigint>;
}

const TYPES = {
  consent: {
    FundingConsent: [
      { name: "paramsId", type: "bytes32" },
      { name: "life", type: "uint256" },
      { name: "amount", type: "uint256" },
      { name: "otherAmount", type: "uint256" },
      { name: "validUntil", type: "uint256" },
    ],
  },
  permit: {
    Permit: [
      { name: "owner", type: "address" },
      { name: "spender", type: "address" },
      { name: "value", type: "uint256" },
      { name: "nonce", type: "uint256" },
      { name: "deadline", type: "uint256" },
    ],
  },
  authorization: {
    ReceiveWithAuthorization: [
      { name: "from", type: "address" },
      { name: "to", type: "address" },
      { name: "value", type: "uint256" },
      { name: "validAfter", type: "uint256" },
      { name: "validBefore", type: "uint256" },
      { name: "nonce", type: "bytes32" },
    ],
  },
  permit2: {
    PermitWitnessTransferFrom: [
      { name: "permitted", type: "TokenPermissions" },
      { name: "spender", type: "address" },
      { name: "nonce", type: "uint256" },
      { name: "deadline", type: "uint256" },
      { name: "witness", type: "Funding" },
    ],
    Funding: [
      { name: "paramsId", type: "bytes32" },
      { name: "life", type: "uint256" },
      { name: "forB", type: "bool" },
      { name: "otherAmount", type: "uint256" },
    ],
    TokenPermissions: [
      { name: "token", type: "address" },
      { name: "amount", type: "uint256" },
    ],
  },
};

interface Asked {
  readonly contracts: Contracts;
  readonly account: Account;
  readonly adapter: FundingAdapter;
  readonly adapterAddress: string;
  readonly paramsId: string;
  readonly bringing: Bringing;
  /** Unix seconds. */
  readonly until: bigint;
}

/**
 * Signs, as the owner of the side, and gives the call that opens the channel or adds to it.
 * Rejects with `contract_missing` without the FundingAdapter, and with `transaction_failed` if the token does not say
 * how its messages are signed.
 */
export async function signedCall(
  contracts: Contracts,
  account: Account,
  way: SignedWay,
  bringing: Bringing,
): Promise<Call> {
  const adapter = await findAdapter(contracts);
  if (adapter === null) throw noAdapter(contracts);
  const block = await contracts.provider.getBlock("latest");
  const asked: Asked = {
    ...{ contracts, account, adapter, bringing },
    adapterAddress: await adapter.getAddress(),
    paramsId: await contracts.hashlane.paramsIdOf(bringing.params),
    until: BigInt((block?.timestamp ?? 0) + VALID_SECONDS),
  };
  const data = await WAYS[way](asked);
  const to = asked.adapterAddress.toLowerCase() as Address;
  return { to, data: data as Hex, value: 0n, pushes: false };
}

const WAYS: Readonly<Record<SignedWay, (asked: Asked) => Promise<string>>> = {
  permit: async (asked) => {
    const { account, contracts, adapter, bringing, paramsId, until } = asked;
    const { params, life, amount } = bringing;
    const owner = account.address;
    const nonce = await tokenOf(asked).nonces(owner);
    const spender = contracts.domain.contract;
    const message = { owner, spender, value: amount, nonce, deadline: until };
    const permit = await account.signTyped(await domainOf(asked), TYPES.permit, message);
    const consented = { paramsId, life, amount, otherAmount: 0n, validUntil: until };
    const consent = await account.signTyped(hashlaneDomain(contracts), TYPES.consent, consented);
    const mine = {
      amount,
      consent: { otherAmount: 0n, validUntil: until, signature: consent },
      permit: { value: amount, deadline: until, signature: permit },
    };
    const { interface: abi } = adapter;
    return abi.encodeFunctionData("openWithPermits", [params, life, ...sidesOf(bringing, mine)]);
  },
  authorization: async (asked) => {
    const { account, adapter, adapterAddress, bringing, paramsId, until } = asked;
    const { params, life, side, amount } = bringing;
    const funding = await adapter.fundingOf(paramsId, life, side === "B", 0n);
    const salt = anyNumber();
    const nonce = keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "uint256"], [funding, salt]));
    const message = { from: account.address, to: adapterAddress, value: amount, validAfter: 0n };
    const signature = await account.signTyped(await domainOf(asked), TYPES.authorization, {
      ...message,
      validBefore: until,
      nonce,
    });
    const mine = { amount, otherAmount: 0n, validAfter: 0n, validBefore: until, salt, signature };
    const { interface: abi } = adapter;
    return abi.encodeFunctionData("openWithAuthorizations", [params, life, ...sidesOf(bringing, mine)]);
  },
  permit2: async (asked) => {
    const { account, contracts, adapter, adapterAddress, bringing, paramsId, until } = asked;
    const { params, life, side, amount } = bringing;
    const domain = {
      name: "Permit2",
      chainId: contracts.domain.chainId,
      verifyingContract: await adapter.permit2(),
    };
    const nonce = anyNumber();
    const signature = await account.signTyped(domain, TYPES.permit2, {
      permitted: { token: params.token, amount },
      ...{ spender: adapterAddress, nonce, deadline: until },
      witness: { paramsId, life, forB: side === "B", otherAmount: 0n },
    });
    const mine = { amount, otherAmount: 0n, nonce, deadline: until, signature };
    const { interface: abi } = adapter;
    return abi.encodeFunctionData("openWithPermit2", [params, life, ...sidesOf(bringing, mine)]);
  },
};

function sidesOf<T>({ side }: Bringing, mine: T): [T | typeof NOTHING, T | typeof NOTHING] {
  return side === "A" ? [mine, NOTHING] : [NOTHING, mine];
}

function anyNumber(): bigint {
  return toBigInt(randomBytes(32));
}

function hashlaneDomain({ domain }: Contracts): TypedDataDomain {
  return { name: "Hashlane", version: "1", chainId: domain.chainId, verifyingContract: domain.contract };
}

function tokenOf({ contracts, bringing }: Asked): SignableToken {
  return new Contract(bringing.params.token, TOKEN, contracts.provider) as unknown as SignableToken;
}

/** As the token names it [ERC-5267], or what gives the separator that it checks signatures by. */
async function domainOf(asked: Asked): Promise<TypedDataDomain> {
  const { contracts, bringing } = asked;
  const token = tokenOf(asked);
  const where = { chainId: contracts.domain.chainId, verifyingContract: bringing.params.token };
  const named = await token.eip712Domain().catch(() => null);
  if (named !== null) return { name: named.name, version: named.version, ...where };
  const [name, version, separator] = await Promise.all([
    token.name().catch(() => ""),
    token.version().catch(() => "1"),
    token.DOMAIN_SEPARATOR().catch(() => null),
  ]);
  const tried = [version, "1", "2"].map((one): TypedDataDomain => ({ name, version: one, ...where }));
  const found = tried.find((one) => TypedDataEncoder.hashDomain(one) === separator);
  if (found !== undefined) return found;
  throw new HashlaneError("transaction_failed", {
    failed: "the token does not say how its messages are signed, so that nothing can be signed for it",
    given: { token: bringing.params.token },
    next: "Fund the channel by approve.",
  });
}

function noAdapter({ chainName, domain }: Contracts): HashlaneError {
  return new HashlaneError("contract_missing", {
    failed: "the FundingAdapter, which takes signed permits, is not on this chain",
    given: { chain: chainName, hashlane: domain.contract },
    next: "Deploy it with npm run deploy -- --contracts-only --funding-adapter, or fund the channel by approve.",
  });
}
