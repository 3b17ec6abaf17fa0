import { fromHex, toHex } from "../../src/protocol/bytes.ts";
import { MAX_CHAIN_LINKS } from "../../src/protocol/registry.ts";
import type { ChannelCall } from "./channel-calls.ts";
import { type Expected, refuse, type TwinState, type TwinTerms } from "./twin-state.ts";

/** A checkpoint is made only of what goes further than all before (section 2.6). */
export function judgeRecordingChain(
  { crypto }: TwinTerms,
  state: TwinState,
  { commitment, index, witness, hint }: Extract<ChannelCall, { kind: "recordChain" }>,
  now: number,
): Expected {
  if (index === 0 || index > MAX_CHAIN_LINKS) return refuse("BadChainIndex", index);
  let link = fromHex(witness);
  for (let left = index; left > 0; left--) link = crypto.keccak256(link);
  if (toHex(link) !== commitment) return refuse("WrongChainWitness", commitment, toHex(link));
  const known = state.chains.get(commitment) ?? [];
  if (hint > known.length) return refuse("BadHint", hint);
  if (index <= (known.at(-1)?.index ?? 0))
    return { kind: "done", what: ["chain recorded no further"], state };
  const chain = [...known, { number: known.length + 1, index, time: now }];
  const chains = new Map([...state.chains, [commitment, chain]]);
  return { kind: "done", what: ["chain recorded"], state: { ...state, chains } };
}
