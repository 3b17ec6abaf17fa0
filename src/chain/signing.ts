import { keccak256, Signature } from "ethers";
import type { JsonRpcApiProvider, Signer, TypedDataDomain, TypedDataField, Wallet } from "ethers";
import type { Address, Amount, Hex } from "../protocol/types.ts";
import type { Posted } from "./outbox.ts";

/** A transaction that is ready to leave. */
export interface Ready {
  /** Null if only the node that signs it can say. */
  readonly hash: Hex | null;
  /** Resolves to its hash when the node has taken it. */
  readonly broadcast: () => Promise<Hex>;
}

/** Signs an account's transactions. */
export interface Sender {
  readonly address: string;
  estimateGas(request: {
    readonly to: Address | null;
    readonly data: Hex;
    readonly value: Amount;
  }): Promise<bigint>;
  prepare(posted: Posted): Promise<Ready>;
  signTyped(domain: TypedDataDomain, types: TypedFields, message: Record<string, unknown>): Promise<Hex>;
}

/** Of each kind of message [EIP-712]. */
export type TypedFields = Record<string, TypedDataField[]>;

export function signerOfKey(provider: JsonRpcApiProvider, wallet: Wallet): Sender {
  return {
    address: wallet.address,
    estimateGas: (request) => wallet.estimateGas(request),
    prepare: async (posted) => {
      const request = await wallet.populateTransaction(requestOf(posted));
      const raw = await wallet.signTransaction({ ...request, from: null });
      const broadcast = async (): Promise<Hex> => {
        await provider.send("eth_sendRawTransaction", [raw]);
        return keccak256(raw) as Hex;
      };
      return { hash: keccak256(raw) as Hex, broadcast };
    },
    signTyped: async (...what) => compact(await wallet.signTypedData(...what)),
  };
}

export function signerOfNode(signer: Signer & { readonly address: string }): Sender {
  return {
    address: signer.address,
    estimateGas: (request) => signer.estimateGas(request),
    prepare: async (posted) => ({
      hash: await Promise.resolve(null),
      broadcast: async () => (await signer.sendTransaction(requestOf(posted))).hash as Hex,
    }),
    signTyped: async (...what) => compact(await signer.signTypedData(...what)),
  };
}

/** The pair (r, vs) [EIP-2098]. */
function compact(signature: string): Hex {
  return Signature.from(signature).compactSerialized as Hex;
}

function requestOf({ call, gasLimit, nonce, fees }: Posted) {
  const { to, data, value } = call;
  return { to, data, value, gasLimit, nonce, ...(fees === null ? {} : { type: 2, ...fees }) };
}
