import { problem } from "../api/problem.ts";
import type { Frozen } from "../api/views.ts";
import type { ChannelId, Policy } from "../protocol/types.ts";
import type { Parts } from "./parts.ts";

const SETTING = "frozen";

/** Channels that forwarded when the freeze began; null if there is none. */
function frozenChannels({ journal }: Pick<Parts, "journal">): readonly string[] | null {
  const text = journal.setting(SETTING);
  return text === null || text === "" ? null : (JSON.parse(text) as string[]);
}

export function isFrozen(parts: Pick<Parts, "journal">): boolean {
  return frozenChannels(parts) !== null;
}

export function requireThawed(parts: Parts): void {
  if (!isFrozen(parts)) return;
  throw problem(409, "node_frozen", "this node is frozen and pays nothing", "Run hashlane unfreeze first.");
}

function ownPolicies({ node }: Parts): readonly Policy[] {
  return node.policies().filter((policy) => policy.node === node.id);
}

async function enable(parts: Parts, channels: ReadonlySet<string>, enabled: boolean): Promise<void> {
  for (const policy of ownPolicies(parts)) {
    if (channels.has(policy.channel) && policy.enabled !== enabled)
      await parts.node.setPolicy({ ...policy, enabled });
  }
}

/** Pays nothing of our own at once, and nothing for others as soon as the policies say so. */
export async function freeze(parts: Parts): Promise<Frozen> {
  const known = frozenChannels(parts);
  const channels =
    known ??
    ownPolicies(parts)
      .filter(({ enabled }) => enabled)
      .map(({ channel }) => channel);
  parts.journal.setSetting(SETTING, JSON.stringify(channels));
  await enable(parts, new Set(channels), false);
  return { frozen: true };
}

export async function unfreeze(parts: Parts): Promise<Frozen> {
  const channels = frozenChannels(parts);
  if (channels === null) return { frozen: false };
  await enable(parts, new Set(channels), true);
  parts.journal.setSetting(SETTING, "");
  return { frozen: false };
}

/** A channel that became usable meanwhile forwards after the freeze. */
export function addToFreeze({ journal }: Parts, channel: ChannelId): void {
  const channels = frozenChannels({ journal });
  if (channels !== null && !channels.includes(channel))
    journal.setSetting(SETTING, JSON.stringify([...channels, channel]));
}
