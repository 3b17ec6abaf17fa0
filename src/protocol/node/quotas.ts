import { type Allowance, type Bucket, isFull, takeOne } from "../bucket.ts";
import { edgeKey } from "../liquidity.ts";
import type { Table } from "../table.ts";
import type { Hex, NodeId, SignedPolicy } from "../types.ts";
import type { Work } from "./work.ts";

/** Signatures that a peer can have us verify at once, beyond one for each end of a channel that we know. */
export const NEWS_BESIDES = 256;
const NEWS_PER_SECOND = 10;
/** Fewer than there is room for, so that no peer pushes out what others brought. */
export const EARLY: Allowance = { most: 32, perSecond: 1 / 60 };
/** One end of a channel can change its mind so often at our peers' cost: four times an hour in the long run. */
export const TOLD: Allowance = { most: 8, perSecond: 4 / 3600 };

/** As many as there are policies can be new when a peer connects. */
function newsAllowance({ state }: Work): Allowance {
  return { most: NEWS_BESIDES + 2 * state.graph.edges.size, perSecond: NEWS_PER_SECOND };
}

/** Takes a policy that is news into account. */
export function mayVerify(work: Work, from: NodeId, isEarly: boolean): boolean {
  const { quotas, head } = work.state;
  const news = takeOne(quotas.news.get(from), newsAllowance(work), head.time);
  const early = isEarly ? takeOne(quotas.early.get(from), EARLY, head.time) : undefined;
  if (news === null || early === null) return false;
  const changed = { ...quotas, news: quotas.news.with(from, news) };
  if (early !== undefined) changed.early = quotas.early.with(from, early);
  work.state = { ...work.state, quotas: changed };
  return true;
}

/** An honest peer passes on nothing that it has not verified itself. */
export function stopVerifying(work: Work, from: NodeId): void {
  const { quotas, head } = work.state;
  const news = quotas.news.with(from, { left: 0, at: head.time });
  work.state = { ...work.state, quotas: { ...quotas, news } };
}

/** A policy is kept in any case: it takes the place of an older one. */
export function mayTell(work: Work, { policy: { channel, node } }: SignedPolicy): boolean {
  const { quotas, head } = work.state;
  const key = edgeKey(channel, node);
  const left = takeOne(quotas.told.get(key), TOLD, head.time);
  if (left === null) return false;
  work.state = { ...work.state, quotas: { ...quotas, told: quotas.told.with(key, left) } };
  return true;
}

/** Whoever has not been heard for long has a full allowance, remembered or not. */
export function forgetQuotas(work: Work): void {
  const { quotas, head } = work.state;
  const keep = <K extends Hex>(all: Table<K, Bucket>, allowance: Allowance): Table<K, Bucket> => {
    let left = all;
    for (const [key, bucket] of all.entries())
      if (isFull(bucket, allowance, head.time)) left = left.without(key);
    return left;
  };
  const news = keep(quotas.news, newsAllowance(work));
  const [early, told] = [keep(quotas.early, EARLY), keep(quotas.told, TOLD)];
  work.state = { ...work.state, quotas: { news, early, told } };
}
