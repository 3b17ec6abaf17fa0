import { expect } from "chai";
import fc from "fast-check";
import { HashlaneError } from "../../src/protocol/error.ts";
import type { Store } from "../../src/store/port.ts";

const OWNER = "node 0x01 on chain 31337";

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export async function codeOf(work: Promise<unknown>): Promise<string> {
  const outcome: unknown = await work.then(
    () => "it succeeded",
    (error: unknown) => error,
  );
  if (!(outcome instanceof HashlaneError))
    throw new Error(`expected a HashlaneError, got ${String(outcome)}`);
  return outcome.code;
}

/** Opens, reads everything as text and closes. */
export async function contentOf(store: Store, owner = OWNER) {
  const { log, snapshot, records, notices } = await store.open(owner);
  await log.close();
  return { snapshot: snapshot === null ? null : textOf(snapshot), records: records.map(textOf), notices };
}

/** What every store must do. `makeStore` gives a new, empty one. */
export function describeStore(name: string, makeStore: () => Promise<Store>): void {
  describe(`${name}: a store`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await makeStore();
    });

    it("is empty at first", async () => {
      expect(await contentOf(store)).to.deep.equal({ snapshot: null, records: [], notices: [] });
    });

    it("[NODE-1] gives back what was appended, in order, over several runs", async () => {
      for (const run of ["a", "b", "c"]) {
        const { log } = await store.open(OWNER);
        await log.append([bytesOf(`${run}1`), bytesOf("")]);
        await log.append([bytesOf(`${run}2`)]);
        await log.close();
      }
      const expected = ["a1", "", "a2", "b1", "", "b2", "c1", "", "c2"];
      expect((await contentOf(store)).records).to.deep.equal(expected);
    });

    it("keeps the order of appends that do not wait for each other", async () => {
      const { log } = await store.open(OWNER);
      const texts = Array.from({ length: 100 }, (_, i) => `record ${i}`);
      await Promise.all(texts.map((text) => log.append([bytesOf(text)])));
      await log.close();
      expect((await contentOf(store)).records).to.deep.equal(texts);
    });

    it("takes an append of nothing", async () => {
      const { log } = await store.open(OWNER);
      await log.append([]);
      await log.append([bytesOf("x")]);
      await log.close();
      expect((await contentOf(store)).records).to.deep.equal(["x"]);
    });

    it("is not changed by what the caller does with the bytes later", async () => {
      const { log } = await store.open(OWNER);
      const record = bytesOf("kept");
      const appended = log.append([record]);
      await appended;
      record.fill(0);
      await log.close();
      expect((await contentOf(store)).records).to.deep.equal(["kept"]);
    });

    it("a snapshot stands for the records before it and no others", async () => {
      const { log } = await store.open(OWNER);
      const work = [log.append([bytesOf("1")]), log.append([bytesOf("2")])];
      work.push(log.writeSnapshot(bytesOf("1 and 2")), log.append([bytesOf("3")]));
      await Promise.all(work);
      await log.append([bytesOf("4")]);
      await log.close();
      expect(await contentOf(store)).to.deep.equal({ snapshot: "1 and 2", records: ["3", "4"], notices: [] });
    });

    it("a later snapshot replaces an earlier one, also over runs and with nothing in between", async () => {
      for (const run of ["a", "b", "c"]) {
        const { log } = await store.open(OWNER);
        await log.writeSnapshot(bytesOf(`before ${run}`));
        await log.append([bytesOf(`${run}1`)]);
        await log.writeSnapshot(bytesOf(`${run} half`));
        await log.writeSnapshot(bytesOf(run));
        await log.append([bytesOf(`${run}2`)]);
        await log.close();
        expect(await contentOf(store)).to.deep.equal({ snapshot: run, records: [`${run}2`], notices: [] });
      }
    });

    it("any run of appends, snapshots and reopenings reads back as written", async function () {
      this.timeout(20_000);
      const step = fc.oneof(
        fc.record({ kind: fc.constant("append" as const), texts: fc.array(fc.string(), { maxLength: 4 }) }),
        fc.record({ kind: fc.constant("snapshot" as const), state: fc.string() }),
        fc.record({ kind: fc.constant("reopen" as const) }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
          const fresh = await makeStore();
          let snapshot: string | null = null;
          let records: string[] = [];
          let { log } = await fresh.open(OWNER);
          for (const each of steps) {
            if (each.kind === "append") {
              await log.append(each.texts.map(bytesOf));
              records.push(...each.texts);
            } else if (each.kind === "snapshot") {
              await log.writeSnapshot(bytesOf(each.state));
              snapshot = each.state;
              records = [];
            } else {
              await log.close();
              ({ log } = await fresh.open(OWNER));
            }
          }
          await log.close();
          expect(await contentOf(fresh)).to.deep.equal({ snapshot, records, notices: [] });
        }),
        { numRuns: 15 },
      );
    });

    it("[NODE-2] refuses to be open twice, and can be opened after closing", async () => {
      const { log } = await store.open(OWNER);
      expect(await codeOf(store.open(OWNER))).to.equal("store_locked");
      await log.append([bytesOf("still written")]);
      await log.close();
      expect((await contentOf(store)).records).to.deep.equal(["still written"]);
    });

    it("refuses another owner, and stays as it was", async () => {
      const { log } = await store.open(OWNER);
      await log.append([bytesOf("mine")]);
      await log.close();
      expect(await codeOf(store.open("somebody else"))).to.equal("store_foreign");
      expect((await contentOf(store)).records).to.deep.equal(["mine"]);
    });

    it("refuses records and snapshots after closing", async () => {
      const { log } = await store.open(OWNER);
      await log.close();
      await log.close();
      expect(await codeOf(log.append([bytesOf("late")]))).to.equal("store_closed");
      expect(await codeOf(log.writeSnapshot(bytesOf("late")))).to.equal("store_closed");
      expect((await contentOf(store)).records).to.deep.equal([]);
    });

    it("closing waits for what was appended before", async () => {
      const { log } = await store.open(OWNER);
      const appended = log.append([bytesOf("in time")]);
      await log.close();
      await appended;
      expect((await contentOf(store)).records).to.deep.equal(["in time"]);
    });
  });
}
