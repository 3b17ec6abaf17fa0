/** What a store held when it was opened. */
export interface OpenedLog {
  readonly log: Log;
  /** The newest snapshot, or null if there is none. */
  readonly snapshot: Uint8Array | null;
  /** Every durable record after the snapshot, in order. */
  readonly records: readonly Uint8Array[];
  /** What was repaired on opening, one sentence each: for the operator. */
  readonly notices: readonly string[];
}

/** Durable records in order. After one failed write nothing more is taken: what is on disk is not known then. */
export interface Log {
  /** Resolves once the records are durable; what is appended meanwhile shares the next write and sync. */
  append(records: readonly Uint8Array[]): Promise<void>;
  /** Stores a state that stands for every record appended so far, which need not be read again. */
  writeSnapshot(state: Uint8Array): Promise<void>;
  /** Waits for what was appended, then gives the store up for others to open. */
  close(): Promise<void>;
}

/** A place for one log. */
export interface Store {
  /**
   * `owner` says whose log this is, printable ASCII of at most 255 characters; a store keeps the first and refuses all
   * others. Only one log of a store is open at a time, over all processes [NODE-2].
   */
  open(owner: string): Promise<OpenedLog>;
}
