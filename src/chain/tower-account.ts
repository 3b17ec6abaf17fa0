import type { HashlaneInterface } from "../../typechain-types/Hashlane.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { Address, Amount, Hex, Signature } from "../protocol/types.ts";
import type { Account } from "./account.ts";
import type { Call } from "./call.ts";
import { writeSignature } from "./closing.ts";
import type { Contracts } from "./contracts.ts";

/** What lets an account that is no side of a channel answer in it. */
export interface Consent {
  readonly tower: Address;
  readonly reward: Amount;
  readonly signature: Signature;
}

export interface TowerAccountOptions {
  readonly contracts: Contracts;
  readonly account: Account;
  /** For the state that this signature of the closer is on; null if there is none. */
  readonly consentFor: (signature: Signature) => Consent | null;
  /** Wei for a unit of gas, above which nothing is sent. */
  readonly mostGasPrice: Amount;
}

/** A close at which fees rise without end must not empty the account in one go. */
interface Priced {
  readonly maxFeePerGas: bigint | null;
}

/**
 * An account that answers for others: what is sent through it as `answer` leaves as `answerFor` with the consent of
 * the side that is guarded. So a tower sends through the same sender as a node.
 */
export function towerAccount({ contracts, account, consentFor, mostGasPrice }: TowerAccountOptions): Account {
  const { hashlane } = contracts;
  const requireCheap = ({ maxFeePerGas }: Priced): void => {
    if (maxFeePerGas === null || maxFeePerGas <= mostGasPrice) return;
    throw new HashlaneError("transaction_failed", {
      failed: "gas costs more than this tower pays",
      given: { wei: maxFeePerGas, most: mostGasPrice },
      next: "It is sent as soon as gas is cheaper; raise maxGasGwei in the config if that may be too late.",
    });
  };
  return {
    ...account,
    send: async (call, wish) => {
      requireCheap(await account.provider.getFeeData());
      return account.send(asAnswerFor(hashlane.interface, call, consentFor), wish);
    },
  };
}

type AnswerArguments = readonly [
  params: unknown,
  life: unknown,
  record: unknown,
  state: unknown,
  signature: { readonly r: string; readonly vs: string },
];

function asAnswerFor(
  abi: HashlaneInterface,
  call: Call,
  consentFor: TowerAccountOptions["consentFor"],
): Call {
  if (!call.data.startsWith(abi.getFunction("answer").selector)) return call;
  const given = abi.decodeFunctionData("answer", call.data) as unknown as AnswerArguments;
  const { r, vs } = given[4];
  const consent = consentFor(`${r}${vs.slice(2)}` as Signature);
  if (consent === null) return call;
  const { tower, reward, signature } = consent;
  const values = [...given, tower, reward, writeSignature(signature)];
  return { ...call, data: abi.encodeFunctionData("answerFor", values as never) as Hex };
}
