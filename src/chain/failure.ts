import { isCallException, isError } from "ethers";
import type { Interface } from "ethers";
import {
  Hashlane__factory,
  HashTimelock__factory,
  SecretRegistry__factory,
} from "../../typechain-types/index.ts";

/** Why a transaction was refused or reverted. */
export interface Failure {
  /** Name of the contract's error, null if it is none of ours. */
  readonly error: string | null;
  /** For people: the error with its values, or what the node said. */
  readonly message: string;
  /** The aim was reached, or made impossible, by an earlier transaction of somebody: nothing to worry about [CL-4]. */
  readonly overtaken: boolean;
}

const interfaces: readonly Interface[] = [
  Hashlane__factory.createInterface(),
  SecretRegistry__factory.createInterface(),
  HashTimelock__factory.createInterface(),
];

/** What the same act of somebody else leaves behind for a call that comes second. */
const OVERTAKEN: ReadonlySet<string> = new Set([
  "WrongPhase",
  "WrongLife",
  "StaleRecord",
  "UselessAnswer",
  "NothingToSettle",
  "AlreadyPaying",
]);

const OTHER_REASONS: Readonly<Record<string, string>> = {
  INSUFFICIENT_FUNDS: "the account has not enough ETH for value and gas; fund it",
  NONCE_EXPIRED: "another transaction of the account took its number; do not use the account elsewhere",
  REPLACEMENT_UNDERPRICED: "another transaction of the account waits with this number",
};

/** What a thrown error of a call, an estimate or a broadcast means. */
export function failureOf(thrown: unknown): Failure {
  const revert = isCallException(thrown) ? revertOf(thrown.data) : null;
  if (revert !== null) return revert;
  for (const [code, message] of Object.entries(OTHER_REASONS)) {
    if (isError(thrown, code as "INSUFFICIENT_FUNDS")) return { error: null, message, overtaken: false };
  }
  return { error: null, message: reasonOf(thrown), overtaken: false };
}

/** What a call that reverted said; null if it said nothing. */
export function revertOf(data: string | null): Failure | null {
  if (data === null || data === "0x") return null;
  for (const one of interfaces) {
    const parsed = one.parseError(data);
    if (parsed === null) continue;
    const values = parsed.fragment.inputs.map(({ name }, index) => `${name}: ${shown(parsed.args[index])}`);
    return {
      error: parsed.name,
      message: `the contract refuses: ${parsed.name}(${values.join(", ")})`,
      overtaken: OVERTAKEN.has(parsed.name),
    };
  }
  return { error: null, message: `the call reverts with ${data.slice(0, 138)}`, overtaken: false };
}

function shown(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(shown).join(", ")}]` : String(value);
}

/** One line of what went wrong, without the request, which may hold an access key. */
export function reasonOf(thrown: unknown): string {
  const text = saidByNode(thrown) ?? saidByEthers(thrown) ?? String(thrown);
  return text.split("\n", 1)[0]?.slice(0, 200) ?? "";
}

/** Where ethers has no name for an answer, its own message says nothing. */
function saidByNode(thrown: unknown): string | null {
  if (!isError(thrown, "UNKNOWN_ERROR")) return null;
  const { error } = thrown as { readonly error?: { readonly message?: unknown } };
  return typeof error?.message === "string" && error.message !== "" ? error.message : null;
}

function saidByEthers(thrown: unknown): string | null {
  if (typeof thrown === "object" && thrown !== null && "shortMessage" in thrown) {
    const { shortMessage } = thrown;
    if (typeof shortMessage === "string" && shortMessage !== "") return shortMessage;
  }
  return thrown instanceof Error ? thrown.message : null;
}

/** Why a node does not take a transaction that was signed for it. */
export type SendingFailure =
  /** It has this very one. */
  | "known"
  /** One with this number is mined. */
  | "numberUsed"
  /** It has another one with this number, and wants more to replace it. */
  | "underpriced"
  /** The account cannot pay for it. */
  | "fundsShort"
  /** It did not answer: it may have taken it. */
  | "unanswered"
  | "refused";

/** Errors of what a node has answered; all others are those of reaching it. */
const ANSWERED = ["UNKNOWN_ERROR", "INVALID_ARGUMENT", "CALL_EXCEPTION", "ACTION_REJECTED"] as const;

export function sendingFailureOf(thrown: unknown): SendingFailure {
  if (isError(thrown, "NONCE_EXPIRED")) return "numberUsed";
  if (isError(thrown, "INSUFFICIENT_FUNDS")) return "fundsShort";
  if (isError(thrown, "REPLACEMENT_UNDERPRICED")) return "underpriced";
  const text = reasonOf(thrown);
  if (/already (known|imported)|known transaction|alreadyknown/i.test(text)) return "known";
  if (/nonce.*too low|nonce too low/i.test(text)) return "numberUsed";
  if (/underpriced/i.test(text)) return "underpriced";
  if (/insufficient (funds|balance)|enough funds/i.test(text)) return "fundsShort";
  return ANSWERED.some((code) => isError(thrown, code)) ? "refused" : "unanswered";
}
