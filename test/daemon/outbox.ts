import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Posted } from "../../src/chain/outbox.ts";
import { Journal } from "../../src/daemon/journal.ts";
import { journalOutbox } from "../../src/daemon/outbox.ts";
import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";

const WISH: Posted = {
  nonce: 8,
  key: "record:0xab#0",
  call: { to: ZERO_ADDRESS, data: "0x12", value: 0n, pushes: false },
  gasLimit: 54_000n,
  due: { by: 1_700_000_000, stakes: [{ token: ZERO_ADDRESS, amount: 10n ** 30n }] },
  fees: { maxFeePerGas: 2n, maxPriorityFeePerGas: 1n },
  since: 1_699_999_000,
  atBlock: 77,
  hashes: [`0x${"ab".repeat(32)}`],
};
const OWN: Posted = { ...WISH, nonce: 7, key: null, due: null, fees: null, hashes: [] };

describe("what an account has sent, in the journal", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "hashlane-outbox-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it("is there after a restart, by number, each number once", () => {
    const before = new Journal(join(directory, "journal"));
    const outbox = journalOutbox(before);
    outbox.put(WISH);
    outbox.put(OWN);
    outbox.put({ ...WISH, gasLimit: 1n });
    before.close();
    const after = new Journal(join(directory, "journal"));
    expect(journalOutbox(after).all()).to.deep.equal([OWN, { ...WISH, gasLimit: 1n }]);
    journalOutbox(after).remove(8);
    expect(journalOutbox(after).all()).to.deep.equal([OWN]);
    after.close();
  });
});
