import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { HashlaneError } from "../../src/protocol/error.ts";
import { readFileHeader } from "../../src/store/file-header.ts";
import { readFrameHeader } from "../../src/store/frame.ts";
import { createFileStore } from "../../src/store/file-store.ts";
import { openAppendFile, writeWhole, type AppendFile } from "../../src/store/files.ts";
import { bytesOf, codeOf, contentOf, describeStore } from "./log-suite.ts";

const OWNER = "node 0x01 on chain 31337";
const directories: string[] = [];

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "hashlane-store-"));
  directories.push(directory);
  return directory;
}

after(async () => {
  for (const directory of directories) await rm(directory, { recursive: true });
});

describeStore("file", async () => createFileStore({ directory: join(await newDirectory(), "store") }));

describe("file store", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await newDirectory();
  });

  const open = () => createFileStore({ directory }).open(OWNER);
  const content = () => contentOf(createFileStore({ directory }));
  const segment = async (index = -1) => {
    const names = (await readdir(directory)).filter((name) => name.startsWith("segment-")).sort();
    return join(directory, names.at(index) ?? "none");
  };
  const error = async () => {
    const outcome: unknown = await content().catch((reason: unknown) => reason);
    if (!(outcome instanceof HashlaneError)) throw new Error("this was to be refused");
    return outcome;
  };

  /** Each text in a write of its own; gives the ends of the writes in the file. */
  async function write(...texts: string[]): Promise<number[]> {
    const { log } = await open();
    const ends: number[] = [];
    for (const text of texts) {
      await log.append([bytesOf(text)]);
      ends.push((await stat(await segment())).size);
    }
    await log.close();
    return ends;
  }

  async function change(path: string, at: number, mask = 0xff): Promise<void> {
    const bytes = await readFile(path);
    bytes[at] = (bytes[at] ?? 0) ^ mask;
    await writeFile(path, bytes);
  }

  it("a write cut at any byte costs only itself, and is reported", async () => {
    const [first = 0, second = 0, end = 0] = await write("one", "two", "three");
    const whole = await readFile(await segment());
    for (let length = first; length < end; length++) {
      await writeFile(await segment(), whole.subarray(0, length));
      const { records, notices } = await content();
      const clean = length === first || length === second;
      expect(records, `cut at ${length}`).to.deep.equal(length < second ? ["one"] : ["one", "two"]);
      expect(notices.length, `cut at ${length}`).to.equal(clean ? 0 : 1);
      expect((await stat(await segment())).size).to.equal(length < second ? first : second);
    }
  });

  it("a last write with any byte changed is damage, too: it may have been acted on", async () => {
    const [, start = 0, end = 0] = await write("one", "two", "three");
    const path = await segment();
    const whole = await readFile(path);
    for (let at = start; at < end; at++) {
      await writeFile(path, whole);
      await change(path, at);
      const damaged = await readFile(path);
      const refusal = await error();
      expect(refusal.code, `changed at ${at}`).to.equal("store_damaged");
      expect(refusal.message).to.include("record 2 does not read back, and its write was not cut short");
      expect(refusal.message).to.include(`file: ${path}, position: ${start}`);
      expect(await readFile(path)).to.deep.equal(damaged);
    }
  });

  it("a last write with a sector that was never written is cut, and the next one takes its place", async () => {
    const [first = 0] = await write("one", "x".repeat(4000));
    const whole = await readFile(await segment());
    const { salt } = readFileHeader("", "segment", whole);
    expect(readFrameHeader(salt, whole, first)).to.deep.include({ count: 1, first: 1 });
    for (let sector = 512; sector + 512 <= whole.length; sector += 512) {
      const torn = Uint8Array.from(whole);
      torn.fill(0, sector, sector + 512);
      await writeFile(await segment(), torn);
      const { log, records, notices } = await open();
      expect(records.length, `hole at ${sector}`).to.equal(1);
      expect(notices).to.have.length(1);
      await log.append([bytesOf("instead")]);
      await log.close();
      expect((await content()).records).to.deep.equal(["one", "instead"]);
    }
  });

  it("a tail of zeros, as a crashed file system leaves it, is cut", async () => {
    const [end = 0] = await write("one");
    await truncate(await segment(), end + 5000);
    const { records, notices } = await content();
    expect(records).to.deep.equal(["one"]);
    expect(notices[0]).to.equal(`cut 5000 bytes of an unfinished write from ${await segment()} at ${end}`);
  });

  it("any changed byte before the last write is damage: refused with its position, nothing touched", async () => {
    const [first = 0, second = 0] = await write("one", "two", "three");
    const path = await segment();
    const whole = await readFile(path);
    for (let at = first; at < second; at++) {
      await writeFile(path, whole);
      await change(path, at);
      const damaged = await readFile(path);
      const refusal = await error();
      expect(refusal.code, `changed at ${at}`).to.equal("store_damaged");
      expect(refusal.message).to.include(`file: ${path}, position: ${first}`);
      expect(await readFile(path)).to.deep.equal(damaged);
    }
  });

  it("any changed byte of a header is refused", async () => {
    await write("one");
    const path = await segment();
    const whole = await readFile(path);
    for (let at = 0; at < 24 + OWNER.length + 4; at++) {
      await writeFile(path, whole);
      await change(path, at, 0x01);
      expect((await error()).code, `changed at ${at}`).to.equal("store_damaged");
    }
  });

  it("a format of a later version is named as such", async () => {
    await write("one");
    await change(await segment(), 9, 0x03);
    expect((await error()).message).to.equal(
      `the store has a format that this version does not know (file: ${await segment()}, format: 2, known: 1). ` +
        "Start it with the version that wrote it.",
    );
  });

  it("what a peer made us store cannot pass for a frame of ours", async () => {
    await write("one");
    const other = await newDirectory();
    const { log } = await createFileStore({ directory: other }).open(OWNER);
    for (let i = 0; i < 9; i++) await log.append([bytesOf("foreign")]);
    await log.close();
    const foreign = await readFile(join(other, "segment-0000000000000000"));
    const mine = await open();
    const before = (await stat(await segment())).size;
    await mine.log.append([foreign]);
    await mine.log.close();
    await change(await segment(), before);
    expect((await error()).message).to.include(
      "record 1 does not read back, and its write was not cut short",
    );
  });

  it("an unfinished write is no excuse for a segment that a later one follows", async () => {
    const { log } = await open();
    await log.append([bytesOf("one")]);
    await log.writeSnapshot(bytesOf("state"));
    await log.append([bytesOf("two")]);
    await log.close();
    await rm(join(directory, "snapshot-0000000000000001"));
    expect((await content()).records).to.deep.equal(["one", "two"]);
    const path = await segment(0);
    await truncate(path, (await stat(path)).size - 1);
    expect((await error()).message)
      .to.include("a finished segment ends in the middle")
      .and.include(path);
  });

  it("a missing segment is refused with the numbers of its records", async () => {
    const { log } = await open();
    await log.append([bytesOf("one"), bytesOf("two")]);
    await log.writeSnapshot(bytesOf("state"));
    await log.append([bytesOf("three")]);
    await log.close();
    await rm(join(directory, "snapshot-0000000000000002"));
    await rm(await segment(0));
    expect((await error()).message).to.include("the records from 0 to 1 are missing");
  });

  it("falls back on the snapshot before the newest, and says so", async () => {
    const { log } = await open();
    for (const text of ["a", "b", "c"]) {
      await log.append([bytesOf(text)]);
      await log.writeSnapshot(bytesOf(`after ${text}`));
    }
    await log.append([bytesOf("d")]);
    await log.close();
    expect((await readdir(directory)).filter((name) => !name.startsWith("lock")).sort()).to.deep.equal([
      "segment-0000000000000002",
      "segment-0000000000000003",
      "snapshot-0000000000000002",
      "snapshot-0000000000000003",
    ]);
    const newest = join(directory, "snapshot-0000000000000003");
    await change(newest, (await stat(newest)).size - 1);
    expect(await content()).to.deep.equal({
      snapshot: "after b",
      records: ["c", "d"],
      notices: [`passed over the unreadable snapshot ${newest}`],
    });
    const before = join(directory, "snapshot-0000000000000002");
    await change(before, (await stat(before)).size - 1);
    expect((await error()).message).to.include("no snapshot reads back");
  });

  it("a crash between a snapshot and its segment loses nothing", async () => {
    const { log } = await open();
    await log.append([bytesOf("one")]);
    await log.writeSnapshot(bytesOf("state"));
    await log.close();
    await rm(await segment());
    await writeFile(join(directory, "segment-0000000000000001.tmp"), "half");
    await write("two");
    expect(await content()).to.deep.equal({ snapshot: "state", records: ["two"], notices: [] });
  });

  it("only the user may read the files", async () => {
    const { log } = await open();
    await log.append([bytesOf("one")]);
    await log.writeSnapshot(bytesOf("state"));
    const names = await readdir(directory);
    expect(names).to.have.length(4);
    for (const name of names) {
      expect((await stat(join(directory, name))).mode & 0o777, name).to.equal(0o600);
    }
    await log.close();
  });
});

describe("file store: writing", () => {
  /** Counts writes and syncs; `fail` names the call that fails. */
  async function opened(fail?: "write" | "sync") {
    const directory = await newDirectory();
    const calls: string[] = [];
    const state = { fail: undefined as typeof fail };
    const openAppend = async (path: string): Promise<AppendFile> => {
      const file = await openAppendFile(path);
      const call = async (name: "write" | "sync", work: () => Promise<void>) => {
        calls.push(name);
        if (state.fail === name) throw new Error("the disk is gone");
        await work();
      };
      return {
        write: (bytes) => call("write", () => file.write(bytes)),
        sync: () => call("sync", () => file.sync()),
        close: () => file.close(),
      };
    };
    const { log } = await createFileStore({ directory, openAppend }).open(OWNER);
    await log.append([bytesOf("first")]);
    state.fail = fail;
    calls.length = 0;
    return { directory, calls, log, state };
  }

  it("[NODE-1] resolves only after the sync", async () => {
    const { log, calls } = await opened();
    await log.append([bytesOf("x")]).then(() => calls.push("resolved"));
    expect(calls).to.deep.equal(["write", "sync", "resolved"]);
    await log.close();
  });

  it("one write and one sync take all that was appended together", async () => {
    const { log, calls, directory } = await opened();
    const texts = Array.from({ length: 50 }, (_, i) => `record ${i}`);
    await Promise.all(texts.map((text) => log.append([bytesOf(text)])));
    expect(calls).to.deep.equal(["write", "sync"]);
    await log.close();
    expect((await contentOf(createFileStore({ directory }))).records).to.deep.equal(["first", ...texts]);
  });

  for (const call of ["write", "sync"] as const) {
    it(`[NODE-1] after a failed ${call} nothing more is written, even if the disk recovers`, async () => {
      const { log, calls, state, directory } = await opened(call);
      const failing = codeOf(log.append([bytesOf("lost")]));
      const next = codeOf(log.append([bytesOf("same group")]));
      expect([await failing, await next]).to.deep.equal(["store_failed", "store_failed"]);
      state.fail = undefined;
      calls.length = 0;
      expect(await codeOf(log.append([bytesOf("later")]))).to.equal("store_failed");
      expect(await codeOf(log.writeSnapshot(bytesOf("later")))).to.equal("store_failed");
      expect(calls).to.deep.equal([]);
      await log.close();
      const { records } = await contentOf(createFileStore({ directory }));
      expect(records[0]).to.equal("first");
      expect(records).to.not.include("later");
    });
  }
});

describe("file store: a full disk", () => {
  const full = (): Error => Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });

  it("[NODE-1] in the middle of a write: named, nothing acted on, and cut at the next start", async () => {
    const directory = await newDirectory();
    let room = Infinity;
    const openAppend = async (path: string): Promise<AppendFile> => {
      const file = await openAppendFile(path);
      const write = async (bytes: Uint8Array): Promise<void> => {
        const fits = bytes.subarray(0, room);
        room -= fits.length;
        await file.write(fits);
        if (fits.length < bytes.length) throw full();
      };
      return { ...file, write };
    };
    for (const left of [0, 1, 23, 24, 25, 30]) {
      const { log } = await createFileStore({ directory, openAppend }).open(OWNER);
      await log.append([bytesOf("kept")]);
      room = left;
      const failed: unknown = await log.append([bytesOf("does not fit")]).catch((reason: unknown) => reason);
      expect(failed).to.be.instanceOf(HashlaneError).with.property("code", "store_failed");
      expect(failed).to.have.property("message").that.includes("segment-").and.includes("ENOSPC");
      room = Infinity;
      expect(await codeOf(log.append([bytesOf("later")]))).to.equal("store_failed");
      await log.close();
      const { records, notices } = await contentOf(createFileStore({ directory }));
      expect(new Set(records)).to.deep.equal(new Set(["kept"]));
      expect(notices.length, `${left} bytes`).to.equal(left === 0 ? 0 : 1);
    }
  });

  for (const kind of ["snapshot", "segment"]) {
    it(`when a ${kind} is made: the records before it are all there`, async () => {
      const directory = await newDirectory();
      let isFull = false;
      const makeFile = async (path: string, parts: readonly Uint8Array[]): Promise<void> => {
        if (isFull && path.includes(`${kind}-`)) {
          await writeFile(`${path}.tmp`, "half");
          throw full();
        }
        await writeWhole(path, parts);
      };
      const { log } = await createFileStore({ directory, makeFile }).open(OWNER);
      await log.append([bytesOf("one")]);
      isFull = true;
      expect(await codeOf(log.writeSnapshot(bytesOf("state")))).to.equal("store_failed");
      expect(await codeOf(log.append([bytesOf("two")]))).to.equal("store_failed");
      await log.close();
      const isCovered = kind === "segment";
      expect(await contentOf(createFileStore({ directory }))).to.deep.equal({
        snapshot: isCovered ? "state" : null,
        records: isCovered ? [] : ["one"],
        notices: [],
      });
    });
  }
});

describe("[NODE-2] file store: one process at a time", () => {
  const PROGRAM = `
    import { createFileStore } from "${new URL("../../src/store/file-store.ts", import.meta.url).href}";
    const { log } = await createFileStore({ directory: process.argv[1] }).open(${JSON.stringify(OWNER)});
    await log.append([new TextEncoder().encode("from the other process")]);
    process.stdout.write("open");
    setInterval(() => undefined, 1000);
  `;

  async function startOther(directory: string) {
    const args = ["--import", "tsx", "--input-type=module", "--eval", PROGRAM, directory];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    return child;
  }

  it("refuses while another process has it; takes over when that one was killed", async function () {
    this.timeout(20_000);
    const directory = await newDirectory();
    const child = await startOther(directory);
    const refusal: unknown = await contentOf(createFileStore({ directory })).catch(
      (reason: unknown) => reason,
    );
    expect(refusal).to.be.instanceOf(HashlaneError).with.property("code", "store_locked");
    expect(refusal).to.have.property("message").that.includes(`holder: process ${child.pid}`);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect((await contentOf(createFileStore({ directory }))).records).to.deep.equal([
      "from the other process",
    ]);
    expect((await readdir(directory)).filter((name) => name.startsWith("lock"))).to.deep.equal(["lock-2"]);
  });

  async function lockedBy(holder: object | string): Promise<string> {
    const directory = await newDirectory();
    await writeFile(join(directory, "lock-1"), typeof holder === "string" ? holder : JSON.stringify(holder));
    return codeOf(
      contentOf(createFileStore({ directory })).then(() =>
        Promise.reject(new HashlaneError("expired", "taken")),
      ),
    );
  }
  const taken = "expired";

  it("a number that was given to another process or before a restart of the machine is stale", async () => {
    const host = hostname();
    const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
    const line = await readFile("/proc/self/stat", "utf8");
    const started = line.slice(line.lastIndexOf(")") + 2).split(" ")[19];
    const { pid } = process;
    expect(await lockedBy({ pid, started, boot, host })).to.equal("store_locked");
    expect(await lockedBy({ pid, started: "1", boot, host })).to.equal(taken);
    expect(await lockedBy({ pid, started, boot: "another", host })).to.equal(taken);
  });

  it("a holder on another machine cannot be judged and is not passed over", async () => {
    expect(await lockedBy({ pid: 999_999_999, started: "1", boot: "b", host: "elsewhere" })).to.equal(
      "store_locked",
    );
  });

  it("an unreadable lock file is not passed over", async () => {
    for (const text of ["", "{", "{}", '{"pid":"1"}', '{"pid":0,"host":"h"}']) {
      expect(await lockedBy(text), text).to.equal("store_locked");
    }
  });

  it("of many that take over a stale lock at once, one wins", async () => {
    let winners = 0;
    for (let round = 0; round < 20; round++) {
      const directory = await newDirectory();
      await writeFile(
        join(directory, "lock-1"),
        JSON.stringify({ pid: process.pid, started: "1", boot: null, host: hostname() }),
      );
      const attempts = Array.from({ length: 8 }, () => createFileStore({ directory }).open(OWNER));
      const outcomes = await Promise.allSettled(attempts);
      const won = outcomes.filter((outcome) => outcome.status === "fulfilled");
      expect(won.length).to.be.at.most(1);
      winners += won.length;
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") expect(outcome.reason).to.have.property("code", "store_locked");
      }
      for (const { value } of won) await value.log.close();
    }
    expect(winners).to.be.greaterThan(0);
  });
});
