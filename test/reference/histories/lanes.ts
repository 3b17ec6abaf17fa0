import type { Hex } from "../../../src/protocol/types.ts";
import type { Dice } from "../../contracts/dice.ts";
import { type Lock, packLocks, rootOf, rootOfBytes } from "../locks.ts";
import { INITIAL_LANE, type LaneState } from "../state.ts";
import { keccak, sha256, ZERO_WORD } from "../words.ts";
import { encode } from "../abi.ts";

/** What the parties sign off chain, and the witnesses that only some know. */

/** `links[n]` leads to the commitment, `links[0]`, in n steps. */
export type HashChain = readonly Hex[];

export interface Secrets {
  readonly secrets: readonly Hex[];
  readonly chains: readonly HashChain[];
  readonly secretOf: ReadonlyMap<Hex, Hex>;
}

/** States that a side signed in one life, from seq 0 on; a list of bytes for each root that was signed. */
export interface Lanes {
  readonly A: readonly LaneState[];
  readonly B: readonly LaneState[];
}

const MOST_SENT = 2n ** 128n - 1n;
const MOST_AMOUNT = 2n ** 96n - 1n;

export function secretsOf(dice: Dice): Secrets {
  const secrets = Array.from({ length: 5 }, () => dice.word<Hex>());
  if (dice.chance(10)) secrets.push(ZERO_WORD);
  const chains = [chainOf(dice, 1 + dice.below(6)), chainOf(dice, dice.chance(1) ? 4097 : 3)];
  return { secrets, chains, secretOf: new Map(secrets.map((secret) => [sha256(secret), secret])) };
}

function chainOf(dice: Dice, length: number): HashChain {
  const links = [dice.word<Hex>()];
  for (let step = 0; step < length; step++) links.unshift(keccak(encode([links[0] ?? ZERO_WORD])));
  return links;
}

/** One lock; its expiry is not far from `now`. */
export function lockOf(dice: Dice, { secrets, chains }: Secrets, now: bigint, most: bigint): Lock {
  const amount = dice.chance(3) ? MOST_AMOUNT : dice.amount(most);
  const expiry = now + BigInt(dice.chance(5) ? dice.below(50_000_000) : dice.below(1500));
  if (dice.chance(65)) return { kind: "hash", amount, expiry, commitment: sha256(dice.pick(secrets)) };
  const chain = dice.pick(chains);
  const unit = dice.chance(3) ? MOST_AMOUNT : dice.amount(amount / 2n);
  const start = BigInt(dice.chance(70) ? 0 : dice.below(chain.length + 2));
  return { kind: "chain", amount, expiry, commitment: chain[0] ?? ZERO_WORD, unit, start };
}

/** Lists by their roots, as bytes. */
export type Lists = Map<Hex, Uint8Array>;

/** Honest lanes: all that a state says only grows, but for its locks. */
export function lanesOf(dice: Dice, secrets: Secrets, now: bigint, most: bigint, lists: Lists): Lanes {
  const lanes = { A: [INITIAL_LANE], B: [INITIAL_LANE] };
  const locks: Record<"A" | "B", readonly Lock[]> = { A: [], B: [] };
  for (let steps = dice.below(8); steps > 0; steps--) {
    const side = dice.chance(50) ? "A" : "B";
    const last = newest(lanes[side]);
    const read = newest(lanes[side === "A" ? "B" : "A"]).seq;
    locks[side] = changedLocks(dice, secrets, now, most, locks[side]);
    lanes[side].push({
      seq: last.seq + 1n + BigInt(dice.chance(20) ? dice.below(3) : 0),
      ack: dice.chance(70) ? read : last.ack,
      sent: last.sent + (dice.chance(30) ? 0n : dice.amount(most / 3n)),
      locksRoot: remember(lists, locks[side]),
    });
  }
  return lanes;
}

function changedLocks(
  dice: Dice,
  secrets: Secrets,
  now: bigint,
  most: bigint,
  locks: readonly Lock[],
): readonly Lock[] {
  const kept = locks.filter(() => dice.chance(80));
  const added = Array.from({ length: dice.below(3) }, () => lockOf(dice, secrets, now, most / 2n));
  // Two equal locks are two payments [LOCK-2].
  const again = dice.chance(5) ? added : [];
  return [...kept, ...added, ...again];
}

/** Keeps the list of a root, so that it can be shown. */
export function remember(lists: Lists, locks: readonly Lock[]): Hex {
  const root = rootOf(locks);
  lists.set(root, packLocks(locks));
  return root;
}

export function newest(lane: readonly LaneState[]): LaneState {
  return lane.at(-1) ?? INITIAL_LANE;
}

/** What nobody honest signs beside this state. */
export function twisted(
  dice: Dice,
  secrets: Secrets,
  now: bigint,
  state: LaneState,
  lists: Lists,
): LaneState {
  const less = (value: bigint): bigint => (value > 0n ? value - 1n : 0n);
  switch (dice.below(8)) {
    case 0:
      return { ...state, sent: state.sent + 1n < MOST_SENT ? state.sent + 1n : MOST_SENT };
    case 1:
      return { ...state, sent: dice.chance(50) ? less(state.sent) : MOST_SENT };
    case 2:
      return { ...state, ack: dice.chance(50) ? state.ack + 1n : less(state.ack) };
    case 3:
      return { ...state, seq: state.seq + 1n };
    case 4:
      return { ...state, seq: less(state.seq) };
    case 5:
      return { ...state, locksRoot: dice.chance(50) ? ZERO_WORD : dice.word<Hex>() };
    case 6:
      return { ...state, locksRoot: remember(lists, [lockOf(dice, secrets, now, MOST_AMOUNT)]) };
    default:
      return { ...state, locksRoot: rememberFlawed(dice, secrets, now, lists) };
  }
}

/** A payer can sign any root, also that of bytes which are no list. */
function rememberFlawed(dice: Dice, secrets: Secrets, now: bigint, lists: Lists): Hex {
  const locks = Array.from({ length: 1 + dice.below(3) }, () => lockOf(dice, secrets, now, 1000n));
  const list = flawed(dice, packLocks(locks));
  const root = list.length % 50 === 0 ? rootOfBytes(list) : keccak(list);
  lists.set(root, list);
  return root;
}

/** The bytes of a list with a mistake in them. */
export function flawed(dice: Dice, list: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(list);
  const entry = dice.below(Math.max(1, Math.floor(list.length / 50))) * 50;
  switch (dice.below(5)) {
    case 0:
      return copy.subarray(0, Math.max(0, copy.length - 1 - dice.below(50)));
    case 1:
      return Uint8Array.from([...copy, ...copy.subarray(0, dice.chance(50) ? 50 : 7)]);
    case 2:
      copy[entry] = dice.pick([0, 2, 3, 4, 0x41, 0x43, 0x81, 0x82, 0x83, 0xc1, 0xc3, 0xff]);
      return copy;
    case 3:
      if (entry + 49 < copy.length) copy[entry + 49] = (copy[entry + 49] ?? 0) ^ 1;
      return copy;
    default:
      return copy.subarray(Math.min(50, copy.length));
  }
}
