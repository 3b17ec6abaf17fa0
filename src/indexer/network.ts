import type { ChannelLife } from "./channel-life.ts";
import type { IndexStore } from "./index-store.ts";

/** Every life of every channel, oldest first. */
export function livesIn(store: IndexStore): readonly ChannelLife[] {
  return store
    .all("SELECT life FROM channels ORDER BY opened, channel")
    .map(({ life }) => JSON.parse(String(life)) as ChannelLife);
}
