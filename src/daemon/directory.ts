import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HashlaneError } from "../protocol/error.ts";

/** What stands where in a node's directory. */
export function placesIn(directory: string) {
  return {
    directory,
    config: join(directory, "config.json"),
    keystore: join(directory, "keystore.json"),
    /** For TLS with peers, with its private key. */
    certificate: join(directory, "certificate.pem"),
    /** What the node itself keeps: the log of its channels. */
    store: join(directory, "store"),
    /** What the daemon keeps for its callers. */
    journal: join(directory, "journal.sqlite"),
    /** Which towers guard the node, and their receipts. */
    towers: join(directory, "towers.sqlite"),
    /** What the explorer reads from the chain; only if the config asks for one. */
    index: join(directory, "explorer.sqlite"),
    /** Where the API answers while the daemon runs. */
    apiUrl: join(directory, "api-url"),
  } as const;
}

export type Places = ReturnType<typeof placesIn>;

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/** For a new node; a directory that holds anything is left alone. */
export function makeDirectory(directory: string): void {
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw new HashlaneError("directory_taken", {
      failed: "this directory holds files already",
      given: { directory },
      next: "Choose another with --dir; a node that is there is started with hashlane start.",
    });
  }
  mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
}

export function requireDirectory(directory: string): Places {
  const places = placesIn(directory);
  if (existsSync(places.config)) return places;
  throw new HashlaneError("directory_missing", {
    failed: "there is no node in this directory",
    given: { directory },
    next: "Make one with hashlane init, or name another with --dir or HASHLANE_DIR.",
  });
}

/** Whole or not at all, and readable by nobody else. */
export function writePrivate(path: string, text: string): void {
  const draft = `${path}.new`;
  writeFileSync(draft, text, { mode: FILE_MODE });
  renameSync(draft, path);
}

/** Null if there is no such file. */
export function readText(path: string): string | null {
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}

export function removeFile(path: string): void {
  rmSync(path, { force: true });
}
