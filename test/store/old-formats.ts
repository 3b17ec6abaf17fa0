import { expect } from "chai";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeNode, decodeNode } from "../../src/protocol/node/codec.ts";
import { initialState, type NodeState } from "../../src/protocol/node/state.ts";
import { Table } from "../../src/protocol/table.ts";
import type { ChannelId, PaymentHash } from "../../src/protocol/types.ts";
import { createFileStore } from "../../src/store/file-store.ts";
import { ETH, loadOnce, World } from "../node/world.ts";

const FIXTURES = fileURLToPath(new URL("fixtures/", import.meta.url));

/** Payments over one channel, then a crash: a snapshot, and records behind it. See fixtures/README.md. `locked`: by one under way. */
const STORES = [
  { name: "format-3", paid: 79n, locked: 0n },
  { name: "format-4", paid: 71n, locked: 2n * ETH },
];

describe("stores of older versions", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "hashlane-old-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  for (const { name, paid, locked } of STORES) {
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
        balance: { ours: 9n * ETH + paid - locked, theirs: 11n * ETH - paid },
        locked: { ours: locked, theirs: 0n },
      });
      expect(wang.node.policies()).to.have.lengthOf(2);
      await wang.node.stop();
      const snapshot = (await readdir(directory)).filter((one) => one.startsWith("snapshot-")).sort();
      const text = await readFile(join(directory, snapshot.at(-1) ?? ""), "utf8");
      expect(text).to.include('{\\"format\\":5,');
      const again = createFileStore({ directory });
      await world.restart(wang, { store: again });
      expect(wang.node.channels()[0]?.balance).to.deep.equal(channel?.balance);
      await wang.node.stop();
    });
  }

  it("a format that no version wrote, or that is to come, is refused", async () => {
    const signer = (await loadOnce()).createSigner(new Uint8Array(32).fill(1));
    const text = encodeNode(initialState({ self: signer.address, claimTime: 1 }));
    expect(text).to.match(/^\{"format":5,/);
    for (const format of [2, 6, '"5"', "null"]) {
      expect(() => decodeNode(text.replace('"format":5', `"format":${format}`))).to.throw(
        TypeError,
        /a node's state must have format 5; given: /,
      );
    }
  });

  it("payments under way and invoices of format 3 become payments of one part and invoices that hold nothing", async () => {
    const signer = (await loadOnce()).createSigner(new Uint8Array(32).fill(1));
    const { openings, gatherings, restored, histories, ...state } = initialState({
      self: signer.address,
      claimTime: 1,
    });
    expect([openings.size, gatherings.size, restored, histories.size]).to.deep.equal([0, 0, null, 0]);
    const [hash, channel] = [`0x${"0a".repeat(32)}`, `0x${"0b".repeat(32)}`] as const;
    const hops = [{ amount: 12n }, { amount: 11n }, { amount: 10n }];
    const keys = [Uint8Array.of(1)];
    const old = {
      ...state,
      invoices: Table.of([
        ["0x01", { amount: 5n, status: "paid" }],
        ["0x02", { amount: 6n, status: "open" }],
      ] as const),
      attempts: Table.of([
        [
          hash,
          {
            ...{ text: "hl1", maxFee: 3n, seed: "0x05", number: 2, hasNewKeys: true },
            ...{ avoid: { edges: ["e"], nodes: ["n"] }, hops, keys },
          },
        ],
      ] as const),
      channels: Table.of([
        [
          channel,
          {
            phase: { kind: "open" },
            outgoing: [
              { id: 1, lock: { hash }, origin: { kind: "payment" } },
              { id: 2, lock: { hash }, origin: { kind: "forward", channel, id: 4, paid: false } },
            ],
          },
        ],
      ] as const),
    };
    const text = encodeNode(old as unknown as NodeState).replace('"format":5', '"format":3');
    const now = decodeNode(text);
    expect([now.openings.size, now.gatherings.size, now.restored]).to.deep.equal([0, 0, null]);
    expect([...now.invoices.entries()]).to.deep.equal([
      ["0x01", { amount: 5n, status: "paid", isHold: false, received: 5n, text: null }],
      ["0x02", { amount: 6n, status: "open", isHold: false, received: 0n, text: null }],
    ]);
    expect(now.attempts.get(hash as PaymentHash)).to.deep.equal({
      goal: { kind: "invoice", text: "hl1" },
      ...{ maxFee: 3n, rent: 0n, seed: "0x05", made: 2, failures: 1, hasNewKeys: true },
      avoid: { edges: ["e"], nodes: ["n"], scarce: [] },
      parts: [
        {
          ...{ number: 2, share: null, amount: 10n, fee: 2n, rent: 0n, keys },
          hops: hops.map((hop) => ({ ...hop, rent: 0n })),
        },
      ],
      givenUp: null,
    });
    expect(now.channels.get(channel as ChannelId)).to.deep.equal({
      ...{ phase: { kind: "open" }, lost: null, resizes: 0, resize: null },
      outgoing: [
        { id: 1, lock: { hash }, origin: { kind: "payment", part: 2 } },
        { id: 2, lock: { hash }, origin: { kind: "forward", channel, id: 4, paid: false } },
      ],
    });
  });
});
