import type { HashlaneInterface } from "../../typechain-types/Hashlane.ts";
import { abiEncode } from "../protocol/abi.ts";
import { concatBytes, fromHex, toHex } from "../protocol/bytes.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { channelId } from "../protocol/identity.ts";
import type { ChannelId, Domain, Hex, ParamsId } from "../protocol/types.ts";

/** The calls that may end a channel or decide its locks. */
export type EndingCall =
  | "settle"
  | "closeCooperatively"
  | "closeCooperativelyToCredit"
  | "closeCooperativelyFor"
  | "closeCooperativelyWhileClosing"
  | "closeCooperativelyForWhileClosing";

const ENDING_CALLS: readonly EndingCall[] = [
  "settle",
  "closeCooperatively",
  "closeCooperativelyToCredit",
  "closeCooperativelyFor",
  "closeCooperativelyWhileClosing",
  "closeCooperativelyForWhileClosing",
];

export interface FoundCall {
  readonly name: EndingCall;
  /** Selector and arguments; what follows them in the transaction may still stand at the end. */
  readonly data: Hex;
}

const SELECTOR_DIGITS = 8;
const WORD_DIGITS = 64;
const PARAMS_DIGITS = 8 * WORD_DIGITS;

/**
 * The calls for this channel in the input of a transaction, wherever they stand: an owner may be a contract that
 * wraps them (ERC-4337, a multisig, a batch). What is found was not necessarily carried out; the caller compares it
 * with what the events say.
 */
export function findCalls(
  abi: HashlaneInterface,
  crypto: Crypto,
  domain: Domain,
  channel: ChannelId,
  input: string,
): readonly FoundCall[] {
  const found: (FoundCall & { readonly at: number })[] = [];
  for (const name of ENDING_CALLS) {
    const selector = abi.getFunction(name).selector.slice(2);
    for (let at = input.indexOf(selector, 2); at !== -1; at = input.indexOf(selector, at + 1)) {
      if (at % 2 !== 0 || channelAt(crypto, domain, input, at + SELECTOR_DIGITS) !== channel) continue;
      found.push({ name, data: `0x${input.slice(at)}`, at });
    }
  }
  return found.toSorted((a, b) => a.at - b.at);
}

/** All these calls begin with the Params, eight words in place, and the life. */
function channelAt(crypto: Crypto, domain: Domain, input: string, at: number): ChannelId | null {
  const life = input.slice(at + PARAMS_DIGITS, at + PARAMS_DIGITS + WORD_DIGITS);
  if (life.length < WORD_DIGITS || BigInt(`0x${life}`) > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  const params = fromHex(`0x${input.slice(at, at + PARAMS_DIGITS)}`);
  const encoded = concatBytes(abiEncode([domain.chainId, domain.contract]), params);
  const id = toHex<ParamsId>(crypto.keccak256(encoded), 32);
  return channelId(crypto, id, Number(`0x${life}`));
}
