import { getCreate2Address, keccak256 } from "ethers";
import { must, parseAddress } from "../protocol/checked.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { Address, Hex } from "../protocol/types.ts";
import type { Account } from "./account.ts";
import { failureOf } from "./failure.ts";
import { transact } from "./receipt.ts";

/**
 * The deployment factory that most EVM chains have at this address: it deploys by CREATE2 what follows a salt of 32
 * bytes in its calldata, so that the address depends on the code alone.
 */
export const FACTORY = must(parseAddress("0x4e59b44847b379578588920ca78fbf26c0b4956c"));
export const SALT: Hex = `0x${"00".repeat(32)}`;

export const FACTORY_CODE: Hex =
  "0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3";

/**
 * Makes the factory on any chain. Its signature was made up, so nobody knows the key of its sender: the first
 * transaction of that account can be no other.
 */
export const PLACEMENT: Hex = `0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe${FACTORY_CODE.slice(2)}1ba0${"22".repeat(32)}a0${"22".repeat(32)}`;
export const PLACER = must(parseAddress("0x3fab184622dc19b6109349b94811493bf2a45362"));
/** Wei; the placement offers 100 gwei for each of 100,000 gas. */
const PLACEMENT_COST = 10n ** 16n;

/** Copies a word over another one (Cancun), keeps it until the end of the transaction (Cancun), returns 1 (Shanghai). */
const PROBE: Hex = "0x60015f5260205f60205e6020515f5d5f5c5f5260205ff3";

export interface Placed {
  readonly address: Address;
  /** 0 if it stood already. */
  readonly gasUsed: bigint;
  /** 0 if it stood already, because then it may be as old as the chain. */
  readonly block: number;
}

/** Where the factory puts the code that `initCode` makes. */
export function addressOfCode(initCode: Hex): Address {
  return must(parseAddress(getCreate2Address(FACTORY, SALT, keccak256(initCode))));
}

/**
 * Deploys at the address that the code decides, or finds it there.
 * Rejects with `transaction_failed`.
 */
export async function place(account: Account, name: string, initCode: Hex): Promise<Placed> {
  const address = addressOfCode(initCode);
  const stands = async (): Promise<boolean> => (await account.provider.getCode(address)) !== "0x";
  const found = { address, gasUsed: 0n, block: 0 };
  if (await stands()) return found;
  const call = { to: FACTORY, data: `${SALT}${initCode.slice(2)}` as Hex, value: 0n, pushes: false };
  try {
    const { gasUsed, block } = await transact(account, `the deployment of ${name}`, call);
    if (await stands()) return { address, gasUsed, block };
  } catch (thrown) {
    // Anybody may deploy it, and the factory refuses to do so twice.
    if (await stands()) return found;
    throw thrown;
  }
  throw new HashlaneError("transaction_failed", {
    failed: `the deployment of ${name} made no contract`,
    given: { account: account.address, address },
    next: "This chain does not behave like Ethereum; use another.",
  });
}

/**
 * Makes sure that the factory stands, and that the chain has the instructions of Cancun that the contracts use.
 * Rejects with `contract_missing` if another contract stands there, with `transaction_failed` if it cannot be placed,
 * and with `chain_wrong` if the chain is too old.
 */
export async function requireFactory(account: Account): Promise<void> {
  await requireOpcodes(account);
  if (await factoryStands(account)) return;
  // A development chain takes the code as it is, at the cost of no block.
  const version: unknown = await account.provider.send("web3_clientVersion", []).catch(() => "");
  if (typeof version === "string" && version.startsWith("HardhatNetwork/")) {
    await account.provider.send("hardhat_setCode", [FACTORY, FACTORY_CODE]);
  } else {
    await sendPlacement(account);
  }
  if (await factoryStands(account)) return;
  throw noFactory(account, "the transaction that makes it was taken, but made no contract");
}

async function requireOpcodes({ provider }: Account): Promise<void> {
  const answer = await provider.call({ data: PROBE }).catch((thrown: unknown) => failureOf(thrown).message);
  if (/^0x0{63}1$/.test(answer)) return;
  throw new HashlaneError("chain_wrong", {
    failed:
      "this chain cannot run the contracts: it does not know the instructions MCOPY and TSTORE (Cancun)",
    given: { answer },
    next: "Use a chain that follows Ethereum as of March 2024 or later.",
  });
}

async function factoryStands({ provider }: Account): Promise<boolean> {
  const code = await provider.getCode(FACTORY);
  if (code === "0x") return false;
  if (code === FACTORY_CODE) return true;
  throw new HashlaneError("contract_missing", {
    failed: "another contract stands at the address of the deployment factory",
    given: { address: FACTORY, code_hash: keccak256(code) },
    next: "The contracts cannot have their usual addresses on this chain; use another.",
  });
}

async function sendPlacement(account: Account): Promise<void> {
  const { provider } = account;
  const missing = PLACEMENT_COST - (await provider.getBalance(PLACER));
  if (missing > 0n) {
    const gift = { to: PLACER, data: "0x", value: missing, pushes: false } as const;
    await transact(account, "the payment for the deployment factory", gift);
  }
  const sent = await provider.broadcastTransaction(PLACEMENT).catch((thrown: unknown) => {
    throw noFactory(account, failureOf(thrown).message, thrown);
  });
  await sent.wait();
}

function noFactory({ address }: Account, reason: string, cause?: unknown): HashlaneError {
  return new HashlaneError(
    "transaction_failed",
    {
      failed: "the usual deployment factory is not on this chain and cannot be placed there",
      given: { factory: FACTORY, account: address, reason },
      next:
        "Send its transaction through a node that takes transactions without a chain id (EIP-155), or ask who runs " +
        "the chain for the factory.",
    },
    { cause },
  );
}
