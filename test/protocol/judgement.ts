import { expect } from "chai";
import type { ClosingRecord } from "../../src/protocol/chain-facts.ts";
import { judgeAnswer, type AnswerJudgement } from "../../src/protocol/judgement.ts";
import { headOf } from "../../src/protocol/locks.ts";
import type { LaneHead, Seq } from "../../src/protocol/types.ts";
import { fastCrypto } from "./fast-crypto.ts";

const lane = (seq: Seq, sent = 0n, ack: Seq = 0): LaneHead =>
  headOf(fastCrypto, { seq, sent, ack, locks: [] });

/** The closer declared its state 8; the other side acknowledged up to `acknowledged` and has shown `answered`. */
function recordWith(acknowledged: Seq, answered: Seq): ClosingRecord {
  return {
    closer: "A",
    humble: false,
    deposits: { A: 100n, B: 0n },
    paid: { A: 0n, B: 0n },
    own: { ...lane(8, 50n, 3), shown: true },
    theirs: { ...lane(3, 0n, acknowledged), shown: false },
    answered: { ...lane(answered), shown: false },
  };
}

const judge = (record: ClosingRecord, state: LaneHead): AnswerJudgement =>
  judgeAnswer(fastCrypto, record, state);

describe("what the chain makes of an answer", () => {
  it("[CL-5] refuses seq 0 with 1 as the lowest, whatever counts by then", () => {
    for (const record of [recordWith(0, 0), recordWith(5, 0), recordWith(0, 6), recordWith(5, 6)])
      expect(judge(record, lane(0))).to.deep.equal({ kind: "refused", seq: 0, lowest: 1 });
  });

  it("[CL-5] counts from what is acknowledged on, and above what was shown before", () => {
    for (const [acknowledged, answered, lowest] of [
      [0, 0, 1],
      [5, 0, 5],
      [5, 4, 5],
      [5, 5, 6],
    ] as const) {
      const record = recordWith(acknowledged, answered);
      expect(judge(record, lane(lowest))).to.deep.equal({
        kind: "counts",
        record: { ...record, answered: { ...lane(lowest), shown: false } },
      });
      const seq = lowest - 1;
      if (seq > 0) expect(judge(record, lane(seq))).to.deep.equal({ kind: "refused", seq, lowest });
    }
  });

  it("[CL-5] refuses the declared state, and convicts with another of its number", () => {
    const record = recordWith(5, 0);
    expect(judge(record, lane(8, 50n, 3))).to.deep.equal({ kind: "refused", seq: 8, lowest: 5 });
    expect(judge(record, lane(8, 49n, 3))).to.deep.equal({ kind: "convicted" });
    expect(judge(record, lane(9, 50n, 3))).to.deep.equal({ kind: "convicted" });
  });

  it("[CL-5] convicts with a lower number that promised more, although it was acknowledged away", () => {
    const record = recordWith(5, 0);
    const [seq, lowest] = [4, 5];
    expect(judge(record, lane(seq, 50n, 3))).to.deep.equal({ kind: "refused", seq, lowest });
    expect(judge(record, lane(seq, 51n, 3))).to.deep.equal({ kind: "convicted" });
    expect(judge(record, lane(seq, 50n, 4))).to.deep.equal({ kind: "convicted" });
  });
});
