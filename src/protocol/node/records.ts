import type { ChainFact, ForeignRecord } from "../chain-facts.ts";
import { commitmentOf } from "../locks.ts";
import { MAX_RECORDED, registryKey } from "../registry.ts";
import type { Hex, PaymentHash, Secret, UnixSeconds } from "../types.ts";
import { claimAll, learnSecret } from "./claims.ts";
import { dueOfRecord } from "./dues.ts";
import { hashOf } from "./hash-of.ts";
import type { Recording } from "./state.ts";
import { fateOf, knownSecret } from "./terms.ts";
import { notify, refsOf, submit, short, type Work } from "./work.ts";

/** A list is final on chain: keeps it if it holds a witness of ours, and uses that [NODE-9] [HOP-2]. */
export function onRecorded(work: Work, record: ForeignRecord): void {
  const { crypto } = work.ctx;
  const key = registryKey(crypto, record.secrets);
  for (const secret of record.secrets) {
    const hash = hashOf(crypto, secret);
    const before = work.state.recorded.get(hash);
    if (before === undefined || record.time < before) {
      work.state = { ...work.state, recorded: work.state.recorded.with(hash, record.time) };
    }
    if (!isWanted(work, hash, record.time)) continue;
    learnSecret(work, hash, secret, "chain");
    keepList(work, hash, { secret, key }, record);
  }
}

/** Whether the record came in time for a lock that is not settled yet. */
function isWanted(work: Work, hash: PaymentHash, time: UnixSeconds): boolean {
  return refsOf(work, hash).some(({ channel, direction, id }) => {
    const owner = work.state.channels.get(channel);
    const lock = (direction === "in" ? owner?.incoming : owner?.outgoing)?.find((one) => one.id === id);
    return lock !== undefined && time < lock.lock.expiry;
  });
}

function keepList(
  work: Work,
  hash: PaymentHash,
  found: { secret: Secret; key: Hex },
  record: ForeignRecord,
): void {
  const { secrets, lists } = work.state;
  const list = secrets.get(hash)?.list ?? null;
  const kept = list === null ? undefined : lists.get(list);
  if (kept !== undefined && kept.time <= record.time) return;
  const { secret, key } = found;
  work.state = {
    ...work.state,
    secrets: secrets.with(hash, { secret, list: key }),
    lists: lists.with(key, record),
  };
}

/** A hash chain is open further, final on chain. */
export function onChainRecorded(work: Work, fact: Extract<ChainFact, { kind: "chainRecorded" }>): void {
  const { commitment, number, index, time } = fact;
  const { checkpoints } = work.state;
  const known = [...(checkpoints.get(commitment) ?? []), { number, index, time }];
  work.state = { ...work.state, checkpoints: checkpoints.with(commitment, known) };
}

/** At each final block: what a final record, more time or a paid upstream lock has made due. */
export function claimKnown(work: Work): void {
  for (const hash of [...work.state.secrets.keys()]) claimAll(work, hash);
}

/** Whoever knows a witness and is unpaid at expiry - claimTime records it [HOP-2]. */
export function recordDue(work: Work): void {
  const { head } = work.state;
  const open = work.state.recordings.filter(
    ({ secrets, until }) => until > head.time && secrets.some((secret) => !isRecorded(work, secret)),
  );
  const due = dueSecrets(work, new Set(open.flatMap(({ secrets }) => secrets)));
  const added: Recording[] = [];
  for (let from = 0; from < due.length; from += MAX_RECORDED) {
    added.push(recordingOf(work, due.slice(from, from + MAX_RECORDED)));
  }
  work.state = { ...work.state, recordings: [...open, ...added] };
  for (const recording of work.state.recordings) {
    const { key, secrets } = recording;
    submit(work, { kind: "record", key: `record:${key}`, due: dueOfRecord(work, recording), secrets });
  }
}

function isRecorded({ ctx, state }: Work, secret: Secret): boolean {
  return state.recorded.has(hashOf(ctx.crypto, secret));
}

interface DueSecret {
  readonly secret: Secret;
  readonly expiry: UnixSeconds;
}

function dueSecrets(work: Work, underWay: ReadonlySet<Secret>): readonly DueSecret[] {
  const { head, config, channels } = work.state;
  const due = new Map<Secret, UnixSeconds>();
  for (const { channel, incoming } of channels.values()) {
    for (const { lock, fate } of incoming) {
      const known = knownSecret(work.state, lock);
      if (known === undefined || fate.kind === "failed" || underWay.has(known.secret)) continue;
      if (fateOf(work.state, lock) !== "open" || head.time < lock.expiry - config.claimTime) continue;
      if (!due.has(known.secret)) {
        const why = `lock ${short(commitmentOf(lock))} of ${lock.amount} is unpaid and expires at ${lock.expiry}`;
        notify(work, { kind: "decision", channel, what: "record", why });
      }
      due.set(known.secret, Math.max(due.get(known.secret) ?? 0, lock.expiry));
    }
  }
  return [...due].map(([secret, expiry]) => ({ secret, expiry }));
}

function recordingOf({ ctx }: Work, due: readonly DueSecret[]): Recording {
  const secrets = due.map(({ secret }) => secret);
  return {
    key: registryKey(ctx.crypto, secrets),
    secrets,
    until: Math.max(...due.map(({ expiry }) => expiry)),
  };
}

function isRecovering({ state }: Work): boolean {
  if (state.restored === null) return false;
  if (state.head.number < state.restored.upTo) return true;
  return [...state.channels.values()].some(({ lost }) => lost?.handed === false);
}

/** Forgets witnesses of which no lock is left; their hashes stay known as recorded. */
export function forgetSettled(work: Work): void {
  // The locks of a lost channel may be known only later.
  if (isRecovering(work)) return;
  const gone = [...work.state.secrets.keys()].filter((hash) => !work.state.locks.has(hash));
  if (gone.length === 0) return;
  const secrets = gone.reduce((left, hash) => left.without(hash), work.state.secrets);
  const used = new Set([...secrets.values()].map(({ list }) => list));
  const unused = [...work.state.lists.keys()].filter((key) => !used.has(key));
  const lists = unused.reduce((left, key) => left.without(key), work.state.lists);
  work.state = { ...work.state, secrets, lists };
}
