import { isDeepStrictEqual } from "node:util";
import type { ChainCursor } from "../chain/port.ts";
import { HashlaneError } from "../protocol/error.ts";
import { decodeNode, encodeNode } from "../protocol/node/codec.ts";
import { initialState, type NodeConfig, type NodeState } from "../protocol/node/state.ts";
import { runBatch } from "../protocol/node/step.ts";
import type { Context } from "../protocol/node/work.ts";
import type { Log, OpenedLog } from "../store/port.ts";
import { decodeRecord, decodeSnapshot, encodeSnapshot, type BatchRecord } from "./record.ts";

/** A node as its log leaves it. */
export interface Replayed {
  readonly state: NodeState;
  readonly cursor: ChainCursor | null;
  /** Records that the newest snapshot does not cover. */
  readonly behind: number;
}

/** Runs the logged batches again; what they asked to be sent is not, for the peers and the chain ask for it anew. */
export async function replay(opened: OpenedLog, config: NodeConfig, ctx: Context): Promise<Replayed> {
  const { log, snapshot, records } = opened;
  const start = snapshot === null ? null : decodeSnapshot(snapshot);
  let state = start === null ? initialState(config) : decodeNode(start.state);
  let cursor = start?.cursor ?? null;
  for (const [index, bytes] of records.entries()) {
    const record = decodeRecord(bytes);
    const step = runBatch(state, record.inputs, ctx);
    if (!isDeepStrictEqual(step.signed, record.signed)) throw diverged(index, record, step.signed);
    state = step.state;
    cursor = record.cursor ?? cursor;
  }
  if (start !== null && isDeepStrictEqual(state.config, config))
    return { state, cursor, behind: records.length };
  // A replay must run under the settings that the batches ran under: others hold from a snapshot on.
  const settled = { ...state, config };
  await saveSnapshot(log, settled, cursor);
  return { state: settled, cursor, behind: 0 };
}

export function saveSnapshot(log: Log, state: NodeState, cursor: ChainCursor | null): Promise<void> {
  return log.writeSnapshot(encodeSnapshot({ state: encodeNode(state), cursor }));
}

function diverged(index: number, record: BatchRecord, signed: BatchRecord["signed"]): HashlaneError {
  const name = (all: BatchRecord["signed"]) =>
    all.map(({ channel, seq, body }) => `${channel} seq ${seq} body ${body}`).join("; ") || "nothing";
  return new HashlaneError("replay_diverged", {
    failed:
      "the log does not lead to the states that this node signed, so that it might sign others under their numbers",
    given: { record: index + 1, logged: name(record.signed), replayed: name(signed) },
    next:
      "Start the version of Hashlane that wrote this log and stop it properly: it then leaves a snapshot from which " +
      "other versions go on. If this is that version, keep the directory and report the fault.",
  });
}
