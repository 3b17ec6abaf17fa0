import { expect } from "chai";
import type { Batch } from "../../../src/protocol/inputs.ts";
import { judgeAnswer, judgeClose } from "../../../src/protocol/judgement.ts";
import { headOf, stateBody } from "../../../src/protocol/locks.ts";
import { decodeNode, encodeNode } from "../../../src/protocol/node/codec.ts";
import type { NodeState } from "../../../src/protocol/node/state.ts";
import { runBatch, type Step } from "../../../src/protocol/node/step.ts";
import type { Context } from "../../../src/protocol/node/work.ts";
import { fastCrypto } from "../fast-crypto.ts";

/** Body of each state that was signed, by channel, signer and seq. */
export type Bodies = Map<string, string>;

function text({ outputs, signed }: Step): string {
  return JSON.stringify([outputs, signed], (_, value: unknown) => {
    if (typeof value === "bigint") return `${value}n`;
    return value instanceof Map ? [...value] : value;
  });
}

/** What must hold after every step of every test. */
export function checkStep(bodies: Bodies, before: NodeState, batch: Batch, step: Step, ctx: Context): void {
  const encoded = encodeNode(step.state);
  expect(encodeNode(decodeNode(encoded)), "the state survives encode and decode").to.equal(encoded);
  const again = runBatch(before, batch, ctx);
  expect(encodeNode(again.state), "the same batch gives the same state").to.equal(encoded);
  expect(text(again), "the same batch gives the same outputs").to.equal(text(step));
  checkSigned(bodies, step, ctx);
  checkChannels(bodies, step.state);
}

/** [O1] One seq, one body, for ever. */
function checkSigned(bodies: Bodies, { signed }: Step, { signer }: Context): void {
  for (const { channel, seq, body } of signed) {
    const key = `${channel} ${signer.address} ${seq}`;
    expect(bodies.get(key) ?? body, `[O1] state ${key} has one body`).to.equal(body);
    bodies.set(key, body);
  }
}

/** [O3] At any moment the own newest states pass the contract, and nothing that the peer may hold convicts. */
function checkChannels(bodies: Bodies, state: NodeState): void {
  for (const { channel, side, deposits, own, held, peer } of state.channels.values()) {
    const close = {
      closer: side,
      humble: false,
      deposits,
      own: own.newest,
      theirs: headOf(fastCrypto, held.newest),
    };
    const judged = judgeClose(fastCrypto, close);
    expect(judged.kind, `[O3] ${JSON.stringify(judged, (_, v: unknown) => String(v))}`).to.equal("closing");
    if (judged.kind !== "closing") continue;
    for (const { state: signed } of own.tail) {
      const answered = judgeAnswer(fastCrypto, judged.record, headOf(fastCrypto, signed));
      expect(answered.kind, "[I3] an honest closer is never convicted").not.to.equal("convicted");
    }
    const signedBody = bodies.get(`${channel} ${peer} ${held.newest.seq}`);
    if (held.newest.seq > 0)
      expect(stateBody(fastCrypto, held.newest), "held states were signed").to.equal(signedBody);
  }
}
