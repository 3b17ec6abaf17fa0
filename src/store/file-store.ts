import { mkdir, readdir, readFile, truncate, unlink } from "node:fs/promises";
import { join } from "node:path";
import { HashlaneError } from "../protocol/error.ts";
import { storeDamaged, storeFailed, storeForeign } from "./errors.ts";
import { encodeFileHeader, readFileHeader, type FileKind } from "./file-header.ts";
import { FileLog, type OpenSegment } from "./file-log.ts";
import { openAppendFile, writeWhole, type AppendFile } from "./files.ts";
import { encodeFrame } from "./frame.ts";
import { takeLock } from "./lock-file.ts";
import type { OpenedLog, Store } from "./port.ts";
import { readSegment, type StoredFile } from "./segment.ts";

export interface FileStoreOptions {
  /** Made if missing; holds nothing else. */
  readonly directory: string;
  /** How the end of a segment is written. */
  readonly openAppend?: (path: string) => Promise<AppendFile>;
  /** How a file is made that appears whole or not at all. */
  readonly makeFile?: typeof writeWhole;
}

/** A log in files of one directory: segments of records, and snapshots that stand for all records before them. */
export function createFileStore({
  directory,
  openAppend = openAppendFile,
  makeFile = writeWhole,
}: FileStoreOptions): Store {
  return {
    open: async (owner) => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const lock = await takeLock(directory);
      try {
        const held = await recover({ directory, owner, makeFile });
        const log = await FileLog.open({
          ...held,
          directory,
          openAppend,
          createSegment: (first) => createSegment({ directory, owner, makeFile }, first),
          createSnapshot: (first, state) => createSnapshot({ directory, owner, makeFile }, first, state),
          dropBefore: (first) => dropBefore(directory, first),
          release: () => lock.release(),
        });
        return { log, snapshot: held.snapshot, records: held.records, notices: held.notices };
      } catch (error) {
        await lock.release();
        throw error instanceof HashlaneError ? error : storeFailed(directory, error);
      }
    },
  };
}

interface Recovered extends Pick<OpenedLog, "snapshot" | "records" | "notices"> {
  readonly next: number;
  readonly covered: number;
  readonly segment: OpenSegment;
}

interface Place {
  readonly directory: string;
  readonly owner: string;
  readonly makeFile: typeof writeWhole;
}

async function recover(place: Place): Promise<Recovered> {
  const { directory, owner } = place;
  const notices: string[] = [];
  const base = await newestSnapshot(directory, owner, notices);
  const records: Uint8Array[] = [];
  const covered = base?.first ?? 0;
  let next = covered;
  let segment: OpenSegment | null = null;
  const firsts = (await numbersOf(directory, "segment")).filter((first) => first >= next);
  for (const [index, first] of firsts.entries()) {
    const file = await load(directory, "segment", first, owner);
    if (first !== next)
      throw storeDamaged(file.path, 0, `the records from ${next} to ${first - 1} are missing`);
    const read = readSegment(file);
    if (read.length < file.bytes.length) {
      if (index < firsts.length - 1)
        throw storeDamaged(file.path, read.length, "a finished segment ends in the middle");
      await truncate(file.path, read.length);
      const torn = file.bytes.length - read.length;
      notices.push(`cut ${torn} bytes of an unfinished write from ${file.path} at ${read.length}`);
    }
    records.push(...read.records);
    next = read.next;
    segment = { path: file.path, salt: file.header.salt, first };
  }
  segment ??= await createSegment(place, next);
  return { snapshot: base?.state ?? null, records, notices, next, covered, segment };
}

interface Snapshot {
  readonly first: number;
  readonly state: Uint8Array;
}

/** The segments since the snapshot before the newest are kept, so that one unreadable snapshot loses nothing. */
async function newestSnapshot(directory: string, owner: string, notices: string[]): Promise<Snapshot | null> {
  const firsts = (await numbersOf(directory, "snapshot")).reverse();
  for (const [index, first] of firsts.entries()) {
    const file = await load(directory, "snapshot", first, owner);
    const state = readState(file);
    if (state !== null) return { first, state };
    if (index === firsts.length - 1)
      throw storeDamaged(file.path, file.header.length, "no snapshot reads back");
    notices.push(`passed over the unreadable snapshot ${file.path}`);
  }
  return null;
}

/** Null if it does not read back: what it stands for is in the segments, too. */
function readState(file: StoredFile): Uint8Array | null {
  try {
    const [state, ...more] = readSegment(file).records;
    return state !== undefined && more.length === 0 ? state : null;
  } catch (error) {
    if (error instanceof HashlaneError && error.code === "store_damaged") return null;
    throw error;
  }
}

async function load(directory: string, kind: FileKind, first: number, owner: string): Promise<StoredFile> {
  const path = pathOf(directory, kind, first);
  const bytes = await readFile(path);
  const header = readFileHeader(path, kind, bytes);
  if (header.owner !== owner) throw storeForeign(directory, header.owner, owner);
  if (header.first !== first) throw storeDamaged(path, 0, `the file is that of record ${header.first}`);
  return { path, bytes, header };
}

async function createSegment({ directory, owner, makeFile }: Place, first: number): Promise<OpenSegment> {
  const path = pathOf(directory, "segment", first);
  const { bytes, salt } = encodeFileHeader("segment", owner, first);
  await makeFile(path, [bytes]);
  return { path, salt, first };
}

async function createSnapshot(
  { directory, owner, makeFile }: Place,
  first: number,
  state: Uint8Array,
): Promise<void> {
  const { bytes, salt } = encodeFileHeader("snapshot", owner, first);
  await makeFile(pathOf(directory, "snapshot", first), [bytes, encodeFrame(salt, first, [state])]);
}

async function dropBefore(directory: string, first: number): Promise<void> {
  for (const kind of ["snapshot", "segment"] as const) {
    for (const number of await numbersOf(directory, kind)) {
      if (number < first) await unlink(pathOf(directory, kind, number));
    }
  }
}

function pathOf(directory: string, kind: FileKind, first: number): string {
  return join(directory, `${kind}-${String(first).padStart(16, "0")}`);
}

/** In ascending order. */
async function numbersOf(directory: string, kind: FileKind): Promise<number[]> {
  const pattern = new RegExp(`^${kind}-([0-9]{16})$`);
  const numbers = (await readdir(directory)).flatMap((name) => {
    const digits = pattern.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
  return numbers.sort((a, b) => a - b);
}
