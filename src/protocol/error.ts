import type { FailCode } from "./onion/failure.ts";
import type { Refusal } from "./outputs.ts";

/** What can go wrong around the core; refusals of the core and failed payments keep their own codes. */
export type ErrorCode =
  | Refusal["code"]
  | FailCode
  | "expired"
  | "garbled_failure"
  | "native_crypto_missing"
  | "bad_private_key"
  | "store_locked"
  | "store_damaged"
  | "store_foreign"
  | "store_failed"
  | "store_closed"
  | "replay_diverged"
  | "backup_missing"
  | "backup_damaged"
  | "backup_foreign"
  | "peer_refused"
  | "listen_failed"
  | "chain_failed"
  | "chain_unreachable"
  | "view_stale"
  | "chain_wrong"
  | "contract_missing"
  | "transaction_failed"
  | "not_acknowledged"
  | "bad_address"
  | "bad_phrase"
  | "bad_keystore"
  | "wrong_password"
  | "no_faucet"
  | "certificate_bad"
  | "config_bad"
  | "directory_taken"
  | "directory_missing"
  | "journal_damaged"
  | "index_damaged"
  | "owner_changed"
  | "store_older"
  | "node_failed"
  | "node_stopped";

export interface ErrorParts {
  /** A clause without a full stop: what failed. */
  readonly failed: string;
  /** With which values; never a secret [O11]. */
  readonly given?: Readonly<Record<string, string | number | bigint>>;
  /** A sentence: what to do next. */
  readonly next: string;
}

/**
 * The error class of everything around the core, which itself returns refusals as values.
 * It stands here because every room of the shell may import this one and no other.
 */
export class HashlaneError extends Error {
  readonly code: ErrorCode;
  /** Null where a refusal of the core came as one text. */
  readonly parts: ErrorParts | null;

  constructor(code: ErrorCode, parts: ErrorParts | string, options?: { readonly cause?: unknown }) {
    super(typeof parts === "string" ? parts : sentence(parts), options);
    this.name = "HashlaneError";
    this.code = code;
    this.parts = typeof parts === "string" ? null : parts;
  }
}

function sentence({ failed, given = {}, next }: ErrorParts): string {
  const values = Object.entries(given).map(([name, value]) => `${name}: ${value}`);
  return `${failed}${values.length === 0 ? "" : ` (${values.join(", ")})`}. ${next}`;
}
