import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileStore } from "../../src/store/file-store.ts";
import { openAppendFile, type AppendFile } from "../../src/store/files.ts";
import { ETH, outcomeOf, turn, waitFor, World } from "./world.ts";

describe("a node whose disk is full", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "hashlane-full-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("[NODE-1] stops before anything leaves, says so, and goes on when there is room", async () => {
    let isFull = false;
    const openAppend = async (path: string): Promise<AppendFile> => {
      const file = await openAppendFile(path);
      const write = async (bytes: Uint8Array): Promise<void> => {
        await file.write(isFull ? bytes.subarray(0, bytes.length / 2) : bytes);
        if (isFull) throw new Error("ENOSPC: no space left on device");
      };
      return { ...file, write };
    };
    const world = await World.create();
    const store = createFileStore({ directory, openAppend });
    const wang = await world.add("Wang", { store });
    const alice = await world.add("Alice");
    const channel = world.open(wang, alice, ETH, ETH);
    world.dial(wang, alice);
    world.ledger.mine();
    await world.notice(wang, "channelUsable");
    await world.notice(alice, "channelUsable");
    await wang.node.payDirect({ channel, amount: 1n });
    isFull = true;
    const paying: unknown = await outcomeOf(
      "the payment",
      wang.node.payDirect({ channel, amount: 2n }),
    ).catch((error: unknown) => error);
    expect(paying).to.have.property("code", "store_failed");
    expect((await wang.node.ended)?.code).to.equal("store_failed");
    for (let turns = 0; turns < 50; turns++) await turn();
    expect(alice.notices.filter(({ kind }) => kind === "directReceived")).to.have.lengthOf(1);
    expect(alice.node.channels()[0]?.balance.ours).to.equal(ETH + 1n);
    isFull = false;
    await world.restart(wang, { store: createFileStore({ directory, openAppend }) });
    expect(wang.problems.filter((text) => text.startsWith("cut "))).to.have.lengthOf(1);
    expect(wang.node.channels()[0]?.balance.ours).to.equal(ETH - 1n);
    world.dial(wang, alice);
    await waitFor("the connection", () => wang.node.channels()[0]?.connected === true);
    await wang.node.payDirect({ channel, amount: 4n });
    expect(alice.node.channels()[0]?.balance.ours).to.equal(ETH + 5n);
    expect(wang.node.channels()[0]).to.deep.include({ status: "usable", recovery: null });
    await world.stop();
  });
});
