import type { Hex } from "../../src/protocol/types.ts";
import type { ChainLock, Evidence, HashLock, Lock, ShownLock } from "./locks.ts";
import { checkpointOf, keyOfPath } from "./registry.ts";
import { Refusal } from "./refusal.ts";
import type { World } from "./world.ts";
import { ZERO_WORD } from "./words.ts";

/** Which locks are won, lost or undecided [LOCK-1]. */

/** What the locks of one settlement are judged by; how far it has got with witnesses and proofs. */
export interface Bench {
  readonly world: World;
  readonly deadline: bigint;
  readonly wait: bigint;
  /** When the lists of 256 witnesses of this call were recorded. */
  readonly times: readonly bigint[];
  readonly proofs: readonly Hex[];
  witnesses: number;
  proofWords: number;
}

/** `rest`: what is still undecided of the lock. */
export interface Verdict {
  readonly won: bigint;
  readonly rest: Lock | null;
}

const DEEPEST = 8;
const LIST = 256;

export function judgeLock(bench: Bench, { lock, evidence }: ShownLock, concedes: boolean): Verdict {
  return lock.kind === "chain"
    ? judgeChain(bench.world, lock, evidence)
    : judgeHash(bench, lock, evidence, concedes);
}

function judgeHash(bench: Bench, lock: HashLock, evidence: Evidence, concedes: boolean): Verdict {
  const { world, deadline, wait } = bench;
  const recorded = recordTime(bench, evidence);
  const latest = lock.expiry > deadline ? lock.expiry : deadline;
  if (world.now >= latest + wait) return { won: 0n, rest: null };
  if (recorded !== null && recorded < lock.expiry) return { won: lock.amount, rest: null };
  if (concedes && evidence.kind === "conceded" && world.now >= lock.expiry) return { won: 0n, rest: null };
  return { won: 0n, rest: lock };
}

/** When the witness that comes with a lock was recorded; null if it is none, or was not. */
function recordTime(bench: Bench, evidence: Evidence): bigint | null {
  if (evidence.kind !== "now" && evidence.kind !== "proof") return null;
  const time =
    evidence.kind === "now"
      ? bench.times[Math.floor(bench.witnesses++ / LIST)]
      : bench.world.times.get(keyOfNextProof(bench, evidence.witness));
  return evidence.witness === ZERO_WORD ? null : (time ?? null);
}

function keyOfNextProof(bench: Bench, witness: Hex): Hex {
  const { proofs, proofWords } = bench;
  const word = proofs[proofWords];
  const given = BigInt(proofs.length);
  if (word === undefined) throw new Refusal("BadProofs", BigInt(proofWords + 1), given);
  const depth = Number(BigInt(word) % 256n);
  const used = proofWords + 1 + depth;
  if (depth > DEEPEST || used > proofs.length) throw new Refusal("BadProofs", BigInt(used), given);
  bench.proofWords = used;
  return keyOfPath(witness, BigInt(word) / 256n, proofs.slice(proofWords + 1, used));
}

function judgeChain(world: World, lock: ChainLock, evidence: Evidence): Verdict {
  const number = evidence.kind === "checkpoint" ? evidence.number : 0n;
  let { amount, start } = lock;
  let won = 0n;
  if (number !== 0n) {
    const checkpoint = checkpointOf(world, lock.commitment, number);
    // Naming one that is none, or that came too late, says nothing.
    if (checkpoint === null || checkpoint.time >= lock.expiry) return { won: 0n, rest: someOf(lock) };
    const steps = checkpoint.index > start ? checkpoint.index - start : 0n;
    won = steps * lock.unit < amount ? steps * lock.unit : amount;
    amount -= won;
    start += steps;
  }
  const next = checkpointOf(world, lock.commitment, number + 1n);
  const mayBeMore = next !== null && next.time < lock.expiry;
  const isOver = world.now >= lock.expiry && !mayBeMore;
  return { won, rest: isOver ? null : someOf({ ...lock, amount, start }) };
}

/** Of a chain lock nothing is left when its amount is used up. */
function someOf(lock: ChainLock): ChainLock | null {
  return lock.amount === 0n ? null : lock;
}
