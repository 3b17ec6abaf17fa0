import { HashlaneError } from "../protocol/error.ts";

export function storeForeign(place: string, owner: string, given: string): HashlaneError {
  return new HashlaneError("store_foreign", {
    failed: "this store belongs to another node, chain or contract",
    given: { store: place, belongs_to: owner, opened_as: given },
    next: "Choose another directory, or start with the key and contract that it was made for.",
  });
}

export function storeLocked(place: string, holder: string, next: string): HashlaneError {
  return new HashlaneError("store_locked", {
    failed: "this store is open already, and two writers would sign different states with one number",
    given: { store: place, holder },
    next,
  });
}

export function storeDamaged(file: string, position: number, problem: string): HashlaneError {
  return new HashlaneError("store_damaged", {
    failed: `the store is damaged: ${problem}`,
    given: { file, position },
    next:
      "Nothing was signed. Do not repair or delete it by hand. Check the disk, then make a new directory from the words " +
      "and the newest backup with hashlane restore, and keep this one.",
  });
}

export function storeFailed(file: string, cause: unknown): HashlaneError {
  return new HashlaneError(
    "store_failed",
    {
      failed: "writing failed, so that it is not known what is on disk; nothing more is written",
      given: { file, reason: cause instanceof Error ? cause.message : String(cause) },
      next: "Check the disk (space, permissions, health), then start the node again: it reads what is there.",
    },
    { cause },
  );
}

export function storeClosed(place: string): HashlaneError {
  return new HashlaneError("store_closed", {
    failed: "the store is closed",
    given: { store: place },
    next: "Open it again before appending.",
  });
}
