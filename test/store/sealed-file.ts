import { expect } from "chai";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHex } from "../../src/protocol/bytes.ts";
import { HashlaneError } from "../../src/protocol/error.ts";
import type { NodeId } from "../../src/protocol/types.ts";
import { openContent, readSealed, sealContent, writeSealed } from "../../src/store/sealed-file.ts";

const keyOf = (byte: number) => ({
  address: toHex<NodeId>(new Uint8Array(20).fill(byte), 20),
  privateKey: new Uint8Array(32).fill(byte),
});
const KEY = keyOf(1);
const CONTENT = new TextEncoder().encode("what a restored node needs");
const HEADER_BYTES = 8 + 2 + 20 + 32 + 12;

function refusalOf(bytes: Uint8Array, key = KEY): HashlaneError {
  try {
    openContent("a.sealed", key, bytes);
  } catch (thrown) {
    if (thrown instanceof HashlaneError) return thrown;
    throw thrown;
  }
  throw new Error("it was opened");
}

describe("sealed files", () => {
  it("are opened by the key that sealed them, and never look the same twice", () => {
    const sealed = sealContent(KEY, CONTENT);
    expect(openContent("a.sealed", KEY, sealed)).to.deep.equal(CONTENT);
    expect(openContent("a.sealed", KEY, sealContent(KEY, new Uint8Array(0)))).to.deep.equal(
      new Uint8Array(0),
    );
    expect(sealed.length).to.equal(HEADER_BYTES + CONTENT.length + 16);
    expect(sealContent(KEY, CONTENT).subarray(HEADER_BYTES)).not.to.deep.equal(sealed.subarray(HEADER_BYTES));
    expect(Buffer.from(sealed).includes("restored")).to.equal(false);
    expect(Buffer.from(sealed).includes(Buffer.from(KEY.privateKey))).to.equal(false);
  });

  it("are refused with any byte changed, cut or added", () => {
    const sealed = sealContent(KEY, CONTENT);
    for (let at = 0; at < sealed.length; at++) {
      const changed = Uint8Array.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const isNode = at >= 10 && at < 30;
      expect(refusalOf(changed).code, `changed at ${at}`).to.equal(
        isNode ? "backup_foreign" : "backup_damaged",
      );
      expect(refusalOf(sealed.subarray(0, at)).code, `cut at ${at}`).to.be.oneOf(["backup_damaged"]);
    }
    expect(refusalOf(Uint8Array.from([...sealed, 0])).code).to.equal("backup_damaged");
  });

  it("are refused of another node, and of this node's name under another key", () => {
    const sealed = sealContent(KEY, CONTENT);
    expect(refusalOf(sealed, keyOf(2)).message).to.equal(
      `the backup is that of another node (file: a.sealed, node: ${KEY.address}, given: ${keyOf(2).address}). ` +
        "Name the backup of this node, or give the words of the other.",
    );
    expect(refusalOf(sealed, { ...KEY, privateKey: keyOf(2).privateKey }).code).to.equal("backup_damaged");
  });

  it("of a later format are named as such", () => {
    const sealed = sealContent(KEY, CONTENT);
    sealed[9] = 2;
    expect(refusalOf(sealed).message).to.include("(file: a.sealed, format: 2, known: 1)");
  });

  it("replace one another whole, readable by their owner alone; a missing one is named", async () => {
    const directory = await mkdtemp(join(tmpdir(), "hashlane-sealed-"));
    const path = join(directory, "a.sealed");
    const missing: unknown = await readSealed(path, KEY).catch((reason: unknown) => reason);
    expect(missing).to.be.instanceOf(HashlaneError).with.property("code", "backup_missing");
    await writeFile(path, "an older one");
    await writeSealed(path, sealContent(KEY, CONTENT));
    expect(await readSealed(path, KEY)).to.deep.equal(CONTENT);
    expect(await readdir(directory)).to.deep.equal(["a.sealed"]);
    expect((await readFile(path)).length).to.equal(HEADER_BYTES + CONTENT.length + 16);
    expect((await stat(path)).mode & 0o077).to.equal(0);
    await rm(directory, { recursive: true });
  });
});
