import { expect } from "chai";

import type { Posted } from "../../src/chain/outbox.ts";
import { backupFinding } from "../../src/daemon/backup-finding.ts";
import { closingGas, judgeReserve, judgeWaiting } from "../../src/daemon/gas-findings.ts";
import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";

const GWEI = 10n ** 9n;

describe("what the doctor says of money for gas", () => {
  it("counts an end, an answer and a record for each lock that pays us", () => {
    expect(closingGas([])).to.equal(0n);
    expect(closingGas([{ locksIn: 0 }])).to.equal(169_000n);
    expect(closingGas([{ locksIn: 0 }, { locksIn: 3 }])).to.equal(2n * 169_000n + 3n * 47_200n);
  });

  it("is content with ten times the price of now, warns below, and fails below the price of now", () => {
    const judge = (holds: bigint) => judgeReserve(169_000n, { baseFee: 9n * GWEI, tip: GWEI }, holds);
    const now = 169_000n * 10n * GWEI;
    expect(judge(10n * now).level).to.equal("ok");
    expect(judge(10n * now - 1n)).to.deep.include({ check: "gas_reserve", level: "warning" });
    expect(judge(now).level).to.equal("warning");
    expect(judge(now - 1n).level).to.equal("failure");
    expect(judge(now).found).to.equal(
      "closing everything takes 169000 gas: 0.00169 ETH now, 0.0169 ETH when gas costs 10 times as much; " +
        "the account holds 0.00169 ETH",
    );
    expect(judge(now).next).to.match(/^Send 0\.01521 ETH to the account/);
  });

  it("names what waits, and warns when its deadline is near", () => {
    const posted: Posted = {
      ...{ nonce: 3, key: "record:0xab#0", gasLimit: 1n, since: 0, atBlock: 0, hashes: [] },
      call: { to: ZERO_ADDRESS, data: "0x", value: 0n, pushes: false },
      fees: { maxFeePerGas: 5n, maxPriorityFeePerGas: 1n },
      due: { by: 1601, stakes: [] },
    };
    expect(judgeWaiting(posted, 1000)).to.deep.include({
      level: "ok",
      found: "transaction 3 (record:0xab#0) is not final, offering 5 wei for a unit of gas, due in 601 s",
    });
    expect(judgeWaiting(posted, 1001).level).to.equal("warning");
    expect(judgeWaiting({ ...posted, due: null, key: null, fees: null }, 5000)).to.deep.include({
      level: "ok",
      found: "transaction 3 is not final",
    });
  });
});

describe("what the doctor says of the backup", () => {
  const config = { backupFile: "/mnt/b.sealed", backupSeconds: 60 };
  const judge = (writtenAt: number | null, problem: string | null = null) =>
    backupFinding({ problem, writtenAt }, config, 1_000_000);

  it("warns if none is kept", () => {
    const none = backupFinding({ problem: null, writtenAt: null }, { ...config, backupFile: null }, 0);
    expect(none).to.deep.include({ level: "warning", found: "no backup is kept" });
  });

  it("fails if it could not be written, also if it was before", () => {
    expect(judge(999_000, "no space left")).to.deep.include({
      level: "failure",
      found: "/mnt/b.sealed could not be written: no space left",
    });
  });

  it("fails if it is older than three times its period, not at it", () => {
    expect(judge(null).level).to.equal("ok");
    expect(judge(1_000_000 - 180_000)).to.deep.include({
      level: "ok",
      found: "/mnt/b.sealed was written 180 s ago",
    });
    expect(judge(1_000_000 - 181_000)).to.deep.include({
      level: "failure",
      found: "/mnt/b.sealed was written 181 s ago, and is due every 60 s",
    });
  });
});
