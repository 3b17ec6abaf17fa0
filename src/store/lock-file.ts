import { randomBytes } from "node:crypto";
import { link, readdir, readFile, unlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { asciiBytes } from "../protocol/bytes.ts";
import { storeLocked } from "./errors.ts";
import { FILE_MODE, writeWhole } from "./files.ts";

/** Names one run of one process: a number alone is given again after a crash or a restart of the machine. */
interface Holder {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process; null where the system does not tell. */
  readonly started: string | null;
  readonly boot: string | null;
  readonly host: string;
}

/** A process that has ended keeps its number until its parent asks for the result. */
const ENDED_STATES = ["Z", "X"];

const RELEASED = "released";

export interface LockFile {
  release(): Promise<void>;
}

/**
 * Takes the lock of a directory, also from a holder that is gone; rejects with `store_locked` while one lives.
 *
 * The file with the highest number is the lock. It is never removed before a higher one exists, not even on release:
 * so of all that want to follow a holder, the one that makes the next number wins, and one that was too slow finds a
 * higher number.
 */
export async function takeLock(directory: string): Promise<LockFile> {
  const last = await newest(directory);
  if (last !== null) await refuseUnlessGone(directory, pathOf(directory, last));
  return claimNumber(directory, (last ?? 0) + 1);
}

/** Makes the lock with this number, which follows a holder that is gone, unless somebody did or went further. */
export async function claimNumber(directory: string, mine: number): Promise<LockFile> {
  const path = pathOf(directory, mine);
  const claim = join(directory, `lock.${randomBytes(8).toString("hex")}`);
  await writeFile(claim, JSON.stringify(await describe(process.pid)), { mode: FILE_MODE, flag: "wx" });
  try {
    if (!(await linked(claim, path))) throw contended(directory);
  } finally {
    await unlink(claim);
  }
  if ((await newest(directory)) !== mine) {
    await unlink(path);
    throw contended(directory);
  }
  for (const older of await numbersOf(directory)) {
    if (older < mine) await unlink(pathOf(directory, older));
  }
  return { release: () => writeWhole(path, [asciiBytes(RELEASED)]) };
}

async function refuseUnlessGone(directory: string, path: string): Promise<void> {
  const text = await readOrNull(path);
  if (text === RELEASED) return;
  if (text === null) throw contended(directory);
  const holder = parse(text);
  if (holder === null) throw unreadable(directory, path);
  if (holder.host !== hostname()) throw elsewhere(directory, path, holder);
  if (await lives(holder)) {
    throw storeLocked(directory, `process ${holder.pid}`, "Stop that process, or use another directory.");
  }
}

async function lives(holder: Holder): Promise<boolean> {
  const now = await describe(holder.pid);
  if (holder.boot !== now.boot) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (codeOf(error) === "ESRCH") return false;
  }
  return holder.started === now.started;
}

async function describe(pid: number): Promise<Holder> {
  const stat = await readOrNull(`/proc/${pid}/stat`);
  // The name of the program, in brackets, may hold spaces; behind it come the state and, 19 fields on, the start time.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  const started = ENDED_STATES.includes(fields[0] ?? "") ? null : (fields[19] ?? null);
  const boot = (await readOrNull("/proc/sys/kernel/random/boot_id"))?.trim() ?? null;
  return { pid, started, boot, host: hostname() };
}

function parse(text: string): Holder | null {
  try {
    const { pid, started, boot, host } = JSON.parse(text) as Partial<Holder>;
    if (!Number.isSafeInteger(pid) || pid === undefined || pid < 1 || typeof host !== "string") return null;
    return { pid, started: started ?? null, boot: boot ?? null, host };
  } catch {
    return null;
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

const pathOf = (directory: string, number: number) => join(directory, `lock-${number}`);

async function numbersOf(directory: string): Promise<number[]> {
  return (await readdir(directory)).flatMap((name) => {
    const digits = /^lock-([1-9][0-9]{0,14})$/.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
}

async function newest(directory: string): Promise<number | null> {
  const numbers = await numbersOf(directory);
  return numbers.length === 0 ? null : Math.max(...numbers);
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ESRCH") return null;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

const contended = (directory: string) =>
  storeLocked(directory, "another process that started at the same time", "Start only one, then try again.");

const unreadable = (directory: string, path: string) =>
  storeLocked(
    directory,
    `an unreadable file ${path}`,
    "Make sure that no node uses the store, then delete that file.",
  );

const elsewhere = (directory: string, path: string, holder: Holder) =>
  storeLocked(
    directory,
    `process ${holder.pid} on ${holder.host}`,
    `It runs on another machine or in another container: make sure that it is gone, then delete ${path}.`,
  );
