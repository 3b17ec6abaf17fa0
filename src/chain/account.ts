import { Wallet } from "ethers";
import type { JsonRpcApiProvider, Signer } from "ethers";
import { toHex } from "../protocol/bytes.ts";
import { must, parseAddress } from "../protocol/checked.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { Address, Amount, Hex } from "../protocol/types.ts";
import { createNonces } from "./nonces.ts";

/** One transaction to be sent. */
export interface Call {
  /** Null deploys. */
  readonly to: Address | null;
  readonly data: Hex;
  /** Wei. */
  readonly value: Amount;
  /** Whether it pays out to accounts whose code may use more gas than the estimate saw. */
  readonly pushes: boolean;
}

/** A transaction that the chain's node has taken. */
export interface Sent {
  readonly call: Call;
  readonly hash: Hex;
  readonly nonce: number;
  readonly gasLimit: bigint;
  /** Wei; null if the node chose. */
  readonly fees: Fees | null;
}

interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** An account that pays for transactions and sends them one after the other. */
export interface Account {
  readonly address: Address;
  readonly provider: JsonRpcApiProvider;
  /** Rejects with what ethers throws; `failureOf` reads it. */
  send(call: Call): Promise<Sent>;
  /** The same once more with a higher fee, in place of one that no block takes. */
  replace(sent: Sent): Promise<Sent>;
}

/** For a receiver whose code burns the whole gas of its push, which the estimate did not see. */
const PUSH_RESERVE_GAS = 450_000n;

/** `privateKey`: 32 bytes. */
export function accountFromKey(provider: JsonRpcApiProvider, privateKey: Uint8Array): Account {
  const signer = new Wallet(toHex(privateKey, 32), provider);
  return accountOf(provider, signer, signer.address);
}

/** An account that the chain's node signs for: those of a development chain. */
export async function accountOfNode(provider: JsonRpcApiProvider, address: Address): Promise<Account> {
  const signer = await provider.getSigner(address);
  return accountOf(provider, signer, signer.address);
}

function accountOf(provider: JsonRpcApiProvider, signer: Signer, name: string): Account {
  let last: Promise<unknown> = Promise.resolve();
  const nonces = createNonces(provider, signer);

  async function sendNow(call: Call): Promise<Sent> {
    const { to, data, value } = call;
    const request = { to, data, value };
    const gasLimit = limitOf(call, await signer.estimateGas(request));
    const nonce = await nonces.next();
    const { hash, maxFeePerGas, maxPriorityFeePerGas } = await signer.sendTransaction({
      ...request,
      gasLimit,
      nonce,
    });
    nonces.onTaken(nonce, hash as Hex);
    return { call, hash: hash as Hex, nonce, gasLimit, fees: feesOf(maxFeePerGas, maxPriorityFeePerGas) };
  }

  async function replaceNow(sent: Sent): Promise<Sent> {
    const { call, nonce, gasLimit } = sent;
    const fees = raised(sent.fees, await currentFees(provider));
    const { to, data, value } = call;
    const { hash } = await signer.sendTransaction({ to, data, value, gasLimit, nonce, ...fees });
    nonces.onTaken(nonce, hash as Hex);
    return { ...sent, hash: hash as Hex, fees };
  }

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };

  return {
    address: must(parseAddress(name)),
    provider,
    send: (call) => inTurn(() => sendNow(call)),
    replace: (sent) => inTurn(() => replaceNow(sent)),
  };
}

function limitOf({ pushes }: Call, estimate: bigint): bigint {
  return estimate + estimate / 5n + (pushes ? PUSH_RESERVE_GAS : 0n);
}

function feesOf(maxFeePerGas: bigint | null, maxPriorityFeePerGas: bigint | null): Fees | null {
  if (maxFeePerGas === null || maxPriorityFeePerGas === null) return null;
  return { maxFeePerGas, maxPriorityFeePerGas };
}

async function currentFees(provider: JsonRpcApiProvider): Promise<Fees | null> {
  const { maxFeePerGas, maxPriorityFeePerGas } = await provider.getFeeData();
  return feesOf(maxFeePerGas, maxPriorityFeePerGas);
}

/** A quarter above the last, more than nodes ask of a replacement, or what the market asks by now. */
function raised(last: Fees | null, current: Fees | null): Fees {
  const old = last ?? current;
  if (old === null) {
    throw new HashlaneError("transaction_failed", {
      failed:
        "the chain does not say what its gas costs (EIP-1559), so that a waiting transaction cannot be raised",
      next: "Use a chain with EIP-1559 fees.",
    });
  }
  const higher = (was: bigint, is: bigint): bigint => (was + was / 4n + 1n > is ? was + was / 4n + 1n : is);
  return {
    maxFeePerGas: higher(old.maxFeePerGas, current?.maxFeePerGas ?? 0n),
    maxPriorityFeePerGas: higher(old.maxPriorityFeePerGas, current?.maxPriorityFeePerGas ?? 0n),
  };
}
