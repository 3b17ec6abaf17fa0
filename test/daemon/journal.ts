import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Journal } from "../../src/daemon/journal.ts";

const SET = "INSERT INTO settings VALUES (?, ?)";

describe("the journal", () => {
  let directory: string;
  let path: string;
  let journal: Journal;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "hashlane-journal-"));
    path = join(directory, "journal");
    journal = new Journal(path);
  });

  afterEach(() => {
    journal.close();
    rmSync(directory, { recursive: true });
  });

  /** What another reader sees: only what is committed. */
  function durable(): readonly unknown[] {
    const reader = new DatabaseSync(path, { readOnly: true });
    const names = reader.prepare("SELECT name FROM settings ORDER BY name").all();
    reader.close();
    return names.map(({ name }) => name);
  }

  it("shows a grouped write at once, and makes all of a turn durable together", async () => {
    const written = ["a", "b"].map((name) => journal.grouped(() => void journal.run(SET, name, "1")));
    expect(journal.setting("a")).to.equal("1");
    expect(durable()).to.deep.equal([]);
    await Promise.all(written);
    expect(durable()).to.deep.equal(["a", "b"]);
  });

  it("takes back all of a work that throws, and nothing of the others in its group", async () => {
    const first = journal.grouped(() => void journal.run(SET, "a", "1"));
    const failing = (): void => {
      journal.run(SET, "b", "1");
      journal.run(SET, "a", "2");
    };
    expect(() => journal.grouped(failing)).to.throw("UNIQUE constraint failed");
    const last = journal.grouped(() => void journal.run(SET, "c", "1"));
    await Promise.all([first, last]);
    expect(durable()).to.deep.equal(["a", "c"]);
  });

  it("makes a write outside of a group durable when it returns, with the group that waits", async () => {
    const grouped = journal.grouped(() => void journal.run(SET, "a", "1"));
    journal.setSetting("b", "1");
    expect(durable()).to.deep.equal(["a", "b"]);
    await grouped;
    const again = journal.grouped(() => void journal.run(SET, "c", "1"));
    journal.transaction(() => void journal.run(SET, "d", "1"));
    expect(durable()).to.deep.equal(["a", "b", "c", "d"]);
    await again;
  });

  it("makes all writes of a transaction durable when it returns, or none if it throws", () => {
    const failing = (): void => {
      journal.run(SET, "a", "1");
      throw new Error("on purpose");
    };
    expect(() => journal.transaction(failing)).to.throw("on purpose");
    expect(durable()).to.deep.equal([]);
    journal.setSetting("b", "1");
    expect(durable()).to.deep.equal(["b"]);
  });

  it("makes what waits durable before it closes", async () => {
    const grouped = journal.grouped(() => void journal.run(SET, "a", "1"));
    journal.close();
    await grouped;
    expect(durable()).to.deep.equal(["a"]);
    journal = new Journal(path);
  });
});
