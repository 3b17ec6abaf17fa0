import type { NodeId } from "../protocol/types.ts";
import { notUnderstood } from "./features.ts";
import type { Hello } from "./handshake.ts";

/*
 * refusal: type u8 | code u8 | numbers u16 ...
 * What the numbers are goes by the code: the bits of the features, or the protocols from and to that are spoken.
 */
const TYPE = 3;
const MOST_NUMBERS = 16;

/** Why one end does not want the connection, told to the other before it closes. */
export const REFUSALS = {
  bad_handshake: 1,
  wrong_protocol: 2,
  wrong_chain: 3,
  wrong_contract: 4,
  wrong_node: 5,
  own_id: 6,
  bad_signature: 7,
  too_slow: 8,
  wrong_binding: 9,
  unknown_feature: 10,
  too_many_here: 20,
} as const;
export type HandshakeRefusal = keyof typeof REFUSALS;

export interface Refusal {
  readonly code: HandshakeRefusal;
  readonly numbers: readonly number[];
}

/** A refusal with what was found, as a sentence. */
export interface Refused extends Refusal {
  readonly message: string;
}

export function encodeRefusal({ code, numbers }: Refusal): Uint8Array {
  const told = numbers.slice(0, MOST_NUMBERS);
  return Uint8Array.of(TYPE, REFUSALS[code], ...told.flatMap((number) => [number >> 8, number & 0xff]));
}

/** Null if it is none. */
export function decodeRefusal(frame: Uint8Array): Refusal | null {
  if (frame[0] !== TYPE || frame.length % 2 !== 0 || frame.length > 2 + 2 * MOST_NUMBERS) return null;
  const code = (Object.keys(REFUSALS) as HandshakeRefusal[]).find((name) => REFUSALS[name] === frame[1]);
  if (code === undefined) return null;
  const numbers = Array.from({ length: (frame.length - 2) / 2 }, (_, at) => {
    return (frame[2 + 2 * at] ?? 0) * 256 + (frame[3 + 2 * at] ?? 0);
  });
  return { code, numbers };
}

export function showRefusal({ code, numbers }: Refusal): string {
  return numbers.length === 0 ? code : `${code} ${numbers.join(", ")}`;
}

export const refused = (
  code: HandshakeRefusal,
  message: string,
  numbers: readonly number[] = [],
): Refused => ({ code, numbers, message });

export const badHandshake = (message: string): Refused => refused("bad_handshake", message);

export const badSignature = ({ id }: Hello): Refused =>
  refused(
    "bad_signature",
    `the peer does not hold the key of ${id}, which it claims to be, or somebody stands between`,
  );

/** `most`: proven connections of one address. */
export const tooManyHere = (most: number): Refused =>
  refused("too_many_here", `${most} nodes of the peer's address are connected, which is the most allowed`, [
    Math.min(most, 0xffff),
  ]);

/** `expected`: whom we dialled; null if they came to us. */
export function checkHello(ours: Hello, theirs: Hello, expected: NodeId | null): Refused | null {
  return (
    checkProtocols(ours, theirs) ??
    checkDomain(ours, theirs) ??
    checkId(ours, theirs, expected) ??
    checkBinding(ours, theirs) ??
    checkFeatures(ours, theirs)
  );
}

function checkProtocols({ protocols: ours }: Hello, { protocols: theirs }: Hello): Refused | null {
  if (theirs.from <= ours.to && ours.from <= theirs.to) return null;
  const show = ({ from, to }: Hello["protocols"]): string => (from === to ? `${from}` : `${from} to ${to}`);
  const message = `the peer speaks protocol ${show(theirs)} and this node ${show(ours)}: update the older one`;
  return refused("wrong_protocol", message, [ours.from, ours.to]);
}

function checkDomain({ domain: ours }: Hello, { domain: theirs }: Hello): Refused | null {
  if (theirs.chainId !== ours.chainId) {
    const message = `the peer is on chain ${theirs.chainId} and this node on ${ours.chainId}`;
    return refused("wrong_chain", message);
  }
  if (theirs.contract !== ours.contract) {
    const message = `the peer uses the contract ${theirs.contract} and this node ${ours.contract}`;
    return refused("wrong_contract", message);
  }
  return null;
}

function checkId(ours: Hello, theirs: Hello, expected: NodeId | null): Refused | null {
  if (theirs.id === ours.id) return refused("own_id", `the peer has this node's own id ${ours.id}`);
  if (expected === null || theirs.id === expected) return null;
  return refused("wrong_node", `the node there is ${theirs.id}, not ${expected}`);
}

function checkBinding({ binding: ours }: Hello, { binding: theirs }: Hello): Refused | null {
  if (theirs === ours) return null;
  const message = `the peer binds its proof by ${theirs ?? "what this node does not know"} and this node by ${ours ?? ""}`;
  return refused("wrong_binding", message);
}

function checkFeatures(ours: Hello, theirs: Hello): Refused | null {
  const bits = notUnderstood(ours.features, theirs.features);
  if (bits.length === 0) return null;
  const message = `the peer demands features that this node does not know: ${bits.join(", ")}`;
  return refused("unknown_feature", message, bits);
}
