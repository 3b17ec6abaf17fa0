import { toHex } from "../../src/protocol/bytes.ts";
import { answerDigest } from "../../src/protocol/eip712.ts";
import { bodyOf } from "../../src/protocol/locks.ts";
import { portableCrypto as crypto } from "../../src/protocol/portable-crypto.ts";
import type { Hex, LaneHead, Side } from "../../src/protocol/types.ts";
import { StoryFailure } from "../story/failure.ts";
import type { Receipt } from "./chain.ts";
import { CHALLENGE_PERIOD, eventsOf, signLane, words, type GasChannel } from "./channel.ts";
import type { GasWorld } from "./world.ts";

/** The closing record, as the contract emitted it and wants it back. */
interface ClosingRecord {
  readonly terms: bigint;
  readonly paid: bigint;
  readonly own: bigint;
  readonly ownLocks: string;
  readonly theirs: bigint;
  readonly theirLocks: string;
  readonly answered: bigint;
  readonly answeredLocks: string;
}

export interface Closed {
  readonly gasUsed: number;
  readonly record: ClosingRecord;
}

export interface ShownLists {
  readonly own?: Uint8Array;
  readonly theirs?: Uint8Array;
}

export async function close(
  world: GasWorld,
  channel: GasChannel,
  closer: Side,
  states: { readonly own: LaneHead; readonly theirs: LaneHead; readonly ownLocks?: Uint8Array },
): Promise<Closed> {
  const { chain, contracts, hashlane } = world;
  const { own, theirs, ownLocks = new Uint8Array(0) } = states;
  const signature = signLane(world, channel, world[closer === "A" ? "B" : "A"], theirs);
  const receipt = await chain.send({
    from: world[closer].owner,
    to: hashlane,
    data: contracts.hashlane.interface.encodeFunctionData("close", [
      channel.params,
      channel.life,
      own,
      theirs,
      signature,
      toHex(ownLocks),
    ]),
  });
  return { gasUsed: receipt.gasUsed, record: recordIn(world, receipt) };
}

/** The side that did not close shows a state of the closer's lane. */
export async function answer(
  world: GasWorld,
  channel: GasChannel,
  { record }: Closed,
  closer: Side,
  state: LaneHead,
): Promise<Receipt> {
  const { chain, contracts, hashlane } = world;
  const signature = signLane(world, channel, world[closer], state);
  const { params, life } = channel;
  return chain.send({
    from: world[closer === "A" ? "B" : "A"].owner,
    to: hashlane,
    data: contracts.hashlane.interface.encodeFunctionData("answer", [params, life, record, state, signature]),
  });
}

/** A tower shows it, and is promised a reward. */
export async function answerByTower(
  world: GasWorld,
  channel: GasChannel,
  { record }: Closed,
  closer: Side,
  state: LaneHead,
  reward: bigint,
): Promise<Receipt> {
  const { chain, contracts, hashlane, tower } = world;
  const body = bodyOf(crypto, state);
  const { params, life, channel: id } = channel;
  const digest = answerDigest(crypto, contracts.domain, { channel: id, seq: state.seq, body, tower, reward });
  const consent = words(world[closer === "A" ? "B" : "A"].signer.sign(digest));
  const signature = signLane(world, channel, world[closer], state);
  return chain.send({
    from: tower,
    to: hashlane,
    data: contracts.hashlane.interface.encodeFunctionData("answerFor", [
      params,
      life,
      record,
      state,
      signature,
      tower,
      reward,
      consent,
    ]),
  });
}

/** After the deadline. */
export async function settle(
  { chain, contracts, hashlane, ...parties }: GasWorld,
  { params, life }: GasChannel,
  { record }: Closed,
  by: Side,
  { own = new Uint8Array(0), theirs = new Uint8Array(0) }: ShownLists = {},
): Promise<Receipt> {
  chain.waitUntil(chain.now() + CHALLENGE_PERIOD);
  const shown = { own: toHex(own), theirs: toHex(theirs), answered: "0x" as Hex, proofs: [] };
  return chain.send({
    from: parties[by].owner,
    to: hashlane,
    data: contracts.hashlane.interface.encodeFunctionData("settle", [params, life, record, shown]),
  });
}

function recordIn(world: GasWorld, receipt: Receipt): ClosingRecord {
  const [started] = eventsOf(world, receipt, "CloseStarted") as readonly { readonly record: ClosingRecord }[];
  if (started === undefined) throw new StoryFailure("the close told no record.");
  return started.record;
}
