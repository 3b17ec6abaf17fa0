import type { HashlaneInterface, IHashlane } from "../../typechain-types/Hashlane.ts";
import { abiEncode } from "../protocol/abi.ts";
import { concatBytes, fromHex, toHex } from "../protocol/bytes.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { channelId, paramsId } from "../protocol/identity.ts";
import type { ChannelId, Domain, Hex, ParamsId } from "../protocol/types.ts";
import { readParams } from "./closing.ts";

type CooperativeEnds = readonly IHashlane.CooperativeEndStructOutput[];

/** The calls that may end a channel or decide its locks. */
export type EndingCall =
  | "settle"
  | "closeCooperatively"
  | "closeCooperativelyToCredit"
  | "closeCooperativelyFor"
  | "closeCooperativelyWhileClosing"
  | "closeCooperativelyForWhileClosing"
  | "closeBatch";

/** Those that begin with a channel's Params; those of a settleBatch too are whole calls of settle. */
const ENDING_CALLS: readonly Exclude<EndingCall, "closeBatch">[] = [
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
  const add = (name: EndingCall, isFor: (at: number) => boolean): void => {
    for (const at of placesOf(abi.getFunction(name).selector, input)) {
      if (isFor(at)) found.push({ name, data: dataAt(input, at), at });
    }
  };
  for (const name of ENDING_CALLS) {
    add(name, (at) => channelAt(crypto, domain, input, at + SELECTOR_DIGITS) === channel);
  }
  add("closeBatch", (at) => channelsOfBatch(abi, crypto, domain, dataAt(input, at)).includes(channel));
  return found.toSorted((a, b) => a.at - b.at);
}

/** Where this selector stands, at whole bytes. */
function placesOf(selector: string, input: string): readonly number[] {
  const digits = selector.slice(2);
  const places: number[] = [];
  for (let at = input.indexOf(digits, 2); at !== -1; at = input.indexOf(digits, at + 1)) {
    if (at % 2 === 0) places.push(at);
  }
  return places;
}

function dataAt(input: string, at: number): Hex {
  return `0x${input.slice(at)}`;
}

/** The items of a closeBatch are arguments without selectors. None if it is no such call. */
function channelsOfBatch(
  abi: HashlaneInterface,
  crypto: Crypto,
  domain: Domain,
  data: Hex,
): readonly ChannelId[] {
  try {
    const [items] = abi.decodeFunctionData("closeBatch", data) as unknown as [CooperativeEnds];
    // Nested values are decoded, and refused, when they are read: here.
    return items.map(({ params, life }) =>
      channelId(crypto, paramsId(crypto, domain, readParams(params)), Number(life)),
    );
  } catch {
    return [];
  }
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
