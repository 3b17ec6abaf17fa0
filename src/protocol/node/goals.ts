import { asciiBytes, fromHex, toHex } from "../bytes.ts";
import { type OpenedInvoice, openInvoice } from "../invoice.ts";
import { policyOf } from "../graph.ts";
import { cellsOf, type Instruction, MAX_HOPS } from "../onion/format.ts";
import { hmac } from "../onion/mac.ts";
import { policyKey } from "../policy.ts";
import type {
  Address,
  Amount,
  NodeId,
  PaymentHash,
  Secret,
  Seed,
  SignedPolicy,
  UnixSeconds,
} from "../types.ts";
import { hashOf } from "./hash-of.ts";
import type { Goal, Part } from "./state.ts";
import type { Work } from "./work.ts";

const SHARE_LABEL = asciiBytes("Hashlane payment 1 share");

/** What a payment needs to know of its end, whether by an invoice or without. */
export interface Terms {
  readonly hash: PaymentHash;
  readonly payee: NodeId;
  readonly token: Address;
  readonly amount: Amount;
  /** The payee's. */
  readonly claimTime: number;
  /** From then on nothing is tried any more; null = no such time. */
  readonly expiry: UnixSeconds | null;
  readonly payeeKey: Uint8Array;
  /** Of the invoice; null if there is none. */
  readonly paymentSecret: Secret | null;
  readonly maxHops: number;
}

/** Null if what the goal follows from is not known any more. */
export function termsOf(work: Pick<Work, "ctx" | "state">, goal: Goal, amount: Amount): Terms | null {
  const { crypto, domain } = work.ctx;
  if (goal.kind === "invoice") {
    const opened = openInvoice(crypto, goal.text);
    return opened.ok ? termsOfInvoice(opened) : null;
  }
  const { payee, token, text, witness } = goal;
  const signed = anyPolicyOf(work, payee);
  const key = signed === null ? null : policyKey(crypto, domain, signed);
  if (signed === null || key === null) return null;
  const { claimTime } = signed.policy;
  const hash = hashOf(crypto, witness);
  return {
    hash,
    payee,
    token,
    amount,
    claimTime,
    expiry: null,
    payeeKey: key,
    paymentSecret: null,
    maxHops: MAX_HOPS - cellsOf(text),
  };
}

export function termsOfInvoice({ invoice, payeeKey }: Extract<OpenedInvoice, { ok: true }>): Terms {
  return { ...invoice, payeeKey, maxHops: MAX_HOPS };
}

/** A node's key follows from any of its policies. */
function anyPolicyOf({ state: { graph } }: Pick<Work, "state">, node: NodeId): SignedPolicy | null {
  for (const id of graph.channelsOf.get(node) ?? []) {
    const edge = graph.edges.get(id);
    const signed = edge === undefined ? null : policyOf(edge, node);
    if (signed !== null) return signed;
  }
  return null;
}

/** What the payee reads in one part. */
export function deliveryOf(
  goal: Goal,
  { amount: total, paymentSecret }: Terms,
  share: Secret | null,
): Instruction {
  if (goal.kind === "spontaneous") {
    if (share === null) throw new Error("a part of a payment without an invoice has a share");
    return { kind: "spontaneous", share, total, text: goal.text };
  }
  if (paymentSecret === null) throw new Error("an invoice has a payment secret");
  return { kind: "deliver", paymentSecret, total };
}

/**
 * Shares of new parts: random but the last, which together with the others and those of the parts under way gives the
 * witness.
 */
export function sharesOf(
  work: Work,
  goal: Goal,
  { seed, made, parts }: { readonly seed: Seed; readonly made: number; readonly parts: readonly Part[] },
  count: number,
): readonly (Secret | null)[] {
  if (goal.kind === "invoice") return Array.from({ length: count }, () => null);
  const fresh = Array.from({ length: count - 1 }, (_, at) =>
    toHex<Secret>(hmac(work.ctx.crypto, fromHex(seed), SHARE_LABEL, Uint8Array.of(made + 1 + at)), 32),
  );
  const live = parts.flatMap(({ share }) => (share === null ? [] : [share]));
  return [...fresh, xorOf([goal.witness, ...live, ...fresh])];
}

/** Shares together: each bit is set if it is in an odd number of them. */
export function xorOf(words: readonly Secret[]): Secret {
  const sum = new Uint8Array(32);
  for (const word of words) fromHex(word).forEach((byte, at) => (sum[at] = (sum[at] ?? 0) ^ byte));
  return toHex<Secret>(sum, 32);
}
