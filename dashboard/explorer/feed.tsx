import type { ExplorerEvent } from "../../src/api/explorer-views.ts";
import { useLive } from "../parts/live.ts";
import { useSay } from "../parts/settings.ts";
import { Amount, ChannelLink, Time } from "../parts/show.tsx";
import { eventWord } from "./event-word.ts";

const SHOWN = 12;

/** What happens, as it happens; `first`: what had happened when the page was opened. */
export function Feed({ first }: { readonly first: readonly ExplorerEvent[] }) {
  const say = useSay();
  const { events } = useLive();
  const known = new Set(events.map(({ cursor }) => cursor));
  const all = [...events, ...first.filter(({ cursor }) => !known.has(cursor))]
    .sort((a, b) => b.cursor - a.cursor)
    .slice(0, SHOWN);
  return (
    <section class="card feed">
      <h2>{say("feed")}</h2>
      {all.length === 0 && <p class="quiet">{say("nothingYet")}</p>}
      <ol aria-live="polite" aria-relevant="additions">
        {all.map((event) => (
          <li key={event.cursor} class={`event ${event.kind}`}>
            <Line event={event} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Line({ event }: { readonly event: ExplorerEvent }) {
  const say = useSay();
  const { kind, block, at, channel, details } = event;
  const money = [details.spoils, details.depositA].find((one) => typeof one === "object");
  if (kind === "undone") {
    return (
      <>
        <strong>{say("event_undone")}</strong>{" "}
        <span>{say("undoneText", { events: Number(details.events), block })}</span>
      </>
    );
  }
  return (
    <>
      <strong>{say(eventWord(kind))}</strong> <ChannelLink channel={channel} />{" "}
      {money !== undefined && (kind === "convicted" || kind === "opened") && <Amount money={money} />}
      <div class="quiet">
        <Time at={at} /> · {say("block")} {block}
      </div>
    </>
  );
}
