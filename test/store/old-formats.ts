import { expect } from "chai";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeNode, decodeNode } from "../../src/protocol/node/codec.ts";
import { initialState } from "../../src/protocol/node/state.ts";
import { createFileStore } from "../../src/store/file-store.ts";
import { ETH, loadOnce, World } from "../node/world.ts";

const FIXTURES = fileURLToPath(new URL("fixtures/", import.meta.url));

/** Payments over one channel, then a crash: a snapshot, and records behind it. See fixtures/README.md. */
const STORES = ["format-3"];

describe("stores of older versions", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "hashlane-old-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  for (const name of STORES) {
    it(`${name} is taken over with everything that was in it, and kept in the format of today`, async () => {
      await cp(join(FIXTURES, name), directory, { recursive: true });
      const world = await World.create();
      const wang = await world.add("wang", { store: createFileStore({ directory }) });
      const [channel, ...others] = wang.node.channels();
      expect(others).to.deep.equal([]);
      expect(channel).to.deep.include({
        status: "usable",
        recovery: null,
        life: 1,
        balance: { ours: 9n * ETH + 79n, theirs: 11n * ETH - 79n },
        locked: { ours: 0n, theirs: 0n },
      });
      expect(wang.node.policies()).to.have.lengthOf(2);
      await wang.node.stop();
      const snapshot = (await readdir(directory)).filter((one) => one.startsWith("snapshot-")).sort();
      const text = await readFile(join(directory, snapshot.at(-1) ?? ""), "utf8");
      expect(text).to.include('{\\"format\\":4,');
      const again = createFileStore({ directory });
      await world.restart(wang, { store: again });
      expect(wang.node.channels()[0]?.balance).to.deep.equal(channel?.balance);
      await wang.node.stop();
    });
  }

  it("a format that no version wrote, or that is to come, is refused", async () => {
    const signer = (await loadOnce()).createSigner(new Uint8Array(32).fill(1));
    const text = encodeNode(initialState({ self: signer.address, claimTime: 1 }));
    expect(text).to.match(/^\{"format":4,/);
    for (const format of [2, 5, '"4"', "null"]) {
      expect(() => decodeNode(text.replace('"format":4', `"format":${format}`))).to.throw(
        TypeError,
        /a node's state must have format 4; given: /,
      );
    }
  });
});
