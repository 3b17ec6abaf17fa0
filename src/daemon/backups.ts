import { decodeSaved, encodeSaved, type SavedNode } from "../node/record.ts";
import type { HashlaneNode } from "../node/hashlane-node.ts";
import type { NodeKey } from "../chain/keystore.ts";
import { readSealed, sealContent, writeSealed } from "../store/sealed-file.ts";
import { reasonOf } from "../chain/failure.ts";
import type { Config } from "./config.ts";
import type { EventLog } from "./events.ts";
import type { Logger } from "./log.ts";

export interface BackupParts {
  readonly config: Config;
  /** Of config.json, with the towers of now. */
  readonly configText: () => string;
  readonly key: NodeKey;
  readonly node: HashlaneNode;
  /** Nodes that a connection is kept with. */
  readonly peers: () => SavedNode["peers"];
  readonly events: EventLog;
  readonly logger: Logger;
}

/** Keeps the encrypted backup file up to date: after every channel that comes or goes, and from time to time. */
export class Backups {
  readonly #parts: BackupParts;
  #timer: NodeJS.Timeout | null = null;
  #isDue = false;
  #running: Promise<void> | null = null;
  /** Why the file could not be written; null if the last time went well. */
  problem: string | null = null;
  /** When it was last written, in milliseconds since 1970; null: not since the start. */
  writtenAt: number | null = null;

  constructor(parts: BackupParts) {
    this.#parts = parts;
  }

  start(): void {
    const { events, config } = this.#parts;
    if (config.backupFile === null) return;
    events.on(({ kind }) => {
      if (kind === "channel_open" || kind === "channel_ended") void this.write();
    });
    this.#timer = setInterval(() => void this.write(), config.backupSeconds * 1000);
    void this.write();
  }

  async stop(): Promise<void> {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    await this.write();
  }

  /** What the file holds, as of now. */
  sealed(): Uint8Array {
    const { node, key, configText } = this.#parts;
    const peers = this.#parts.peers();
    return sealContent(
      key,
      encodeSaved({ node: node.backup(), config: configText(), peers, head: node.head() }),
    );
  }

  /** Whoever asks while one is written gets another one, which is of later. Never rejects. */
  write(): Promise<void> {
    this.#isDue = true;
    this.#running ??= this.#writeAll();
    return this.#running;
  }

  async #writeAll(): Promise<void> {
    const { config, logger } = this.#parts;
    const file = config.backupFile;
    while (this.#isDue && file !== null) {
      this.#isDue = false;
      try {
        await writeSealed(file, this.sealed());
        this.problem = null;
        this.writtenAt = Date.now();
      } catch (thrown) {
        this.problem = reasonOf(thrown);
        logger.warn(`the backup was not written: ${this.problem}`, { file });
      }
    }
    this.#running = null;
  }
}

export async function readBackup(file: string, key: NodeKey): Promise<SavedNode> {
  return decodeSaved(await readSealed(file, key));
}
