import { storeClosed, storeFailed } from "./errors.ts";
import type { AppendFile } from "./files.ts";
import { encodeFrame } from "./frame.ts";
import type { Log } from "./port.ts";

/** A segment that takes more frames. */
export interface OpenSegment {
  readonly path: string;
  readonly salt: number;
  /** Number of its first record. */
  readonly first: number;
}

export interface FileLogParts {
  readonly directory: string;
  /** Number of the next record. */
  readonly next: number;
  readonly segment: OpenSegment;
  /** What the newest snapshot covers; 0 if there is none. */
  readonly covered: number;
  openAppend(path: string): Promise<AppendFile>;
  createSegment(first: number): Promise<OpenSegment>;
  createSnapshot(first: number, state: Uint8Array): Promise<void>;
  /** Removes what only records before this number need. */
  dropBefore(first: number): Promise<void>;
  release(): Promise<void>;
}

/** Records that one write will take. */
interface Group {
  readonly records: Uint8Array[];
  readonly done: Promise<void>;
}

/** The writing half of a file store: one write and one sync for all that was appended meanwhile. */
export class FileLog implements Log {
  readonly #parts: FileLogParts;
  #file: AppendFile;
  #segment: OpenSegment;
  #next: number;
  #covered: number;
  /** The group that still takes records. */
  #group: Group | null = null;
  /** Ends when all work taken so far has. */
  #tail: Promise<void> = Promise.resolve();
  #failure: Error | null = null;
  #closed = false;

  private constructor(parts: FileLogParts, file: AppendFile) {
    this.#parts = parts;
    this.#file = file;
    this.#segment = parts.segment;
    this.#next = parts.next;
    this.#covered = parts.covered;
  }

  static async open(parts: FileLogParts): Promise<FileLog> {
    return new FileLog(parts, await parts.openAppend(parts.segment.path));
  }

  append(records: readonly Uint8Array[]): Promise<void> {
    if (this.#closed) return Promise.reject(storeClosed(this.#parts.directory));
    this.#group ??= this.#startGroup();
    for (const record of records) this.#group.records.push(record);
    return this.#group.done;
  }

  writeSnapshot(state: Uint8Array): Promise<void> {
    if (this.#closed) return Promise.reject(storeClosed(this.#parts.directory));
    // What is appended from now on is not in this state: it must not join a write that the snapshot covers.
    this.#group = null;
    return this.#inTurn(async () => {
      await this.#parts.createSnapshot(this.#next, state);
      if (this.#next !== this.#segment.first) await this.#startSegment();
      if (this.#next !== this.#covered) await this.#parts.dropBefore(this.#covered);
      this.#covered = this.#next;
    });
  }

  close(): Promise<void> {
    if (this.#closed) return this.#tail;
    this.#closed = true;
    this.#tail = this.#tail.then(async () => {
      await this.#file.close();
      await this.#parts.release();
    });
    return this.#tail;
  }

  #startGroup(): Group {
    const records: Uint8Array[] = [];
    const done = this.#inTurn(async () => {
      if (this.#group?.records === records) this.#group = null;
      if (records.length === 0) return;
      await this.#file.write(encodeFrame(this.#segment.salt, this.#next, records));
      await this.#file.sync();
      this.#next += records.length;
    });
    return { records, done };
  }

  async #startSegment(): Promise<void> {
    const segment = await this.#parts.createSegment(this.#next);
    const file = await this.#parts.openAppend(segment.path);
    await this.#file.close();
    this.#file = file;
    this.#segment = segment;
  }

  /** Work is done one at a time and in order; after a failure none is done at all. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const result = this.#tail.then(async () => {
      if (this.#failure !== null) throw this.#failure;
      try {
        await work();
      } catch (cause) {
        this.#failure = storeFailed(this.#segment.path, cause);
        throw this.#failure;
      }
    });
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
