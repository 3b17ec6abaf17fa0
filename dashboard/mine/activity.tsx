import { useEffect, useState } from "preact/hooks";
import type { Event, Payment } from "../../src/api/views.ts";
import { useLoad } from "../parts/load.ts";
import { Show } from "../parts/problem.tsx";
import { useSay } from "../parts/settings.ts";
import { Amount, ChannelLink, Duration, shortId, Time } from "../parts/show.tsx";
import { forwardsIn, locksIn, plus } from "./locks.ts";
import { LOOKED_AT, useSession } from "./session.ts";

const SHOWN = 20;

/** What waits, what was forwarded, what was paid, and why the node went to the chain. */
export function Activity({ newest }: { readonly newest: number }) {
  const say = useSay();
  return (
    <>
      <p class="hint">{say("fromEvents", { count: LOOKED_AT })}</p>
      <div class="columns even">
        <Pending />
        <Forwards />
        <Payments newest={newest} />
        <Decisions />
      </div>
    </>
  );
}

function Pending() {
  const say = useSay();
  const { events, info } = useSession();
  const locks = locksIn(events);
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const [seen] = useState(() => Date.now());
  const now = Date.parse(info.chain.time) / 1000 + (Date.now() - seen) / 1000;
  return (
    <section class="card">
      <h2>{say("pending")}</h2>
      {locks.length === 0 && <p class="quiet">{say("none")}</p>}
      <ul class="plain">
        {locks.map(({ channel, direction, hash, amount, expiry }, index) => (
          <li key={index}>
            {say(direction === "in" ? "incoming" : "outgoing")} <Amount money={amount} />{" "}
            <code title={hash}>{shortId(hash)}</code> <ChannelLink channel={channel} /> · {say("expiresIn")}{" "}
            <Duration seconds={expiry - now} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Forwards() {
  const say = useSay();
  const { events } = useSession();
  const all = forwardsIn(events);
  const earned = new Map<string, string>();
  for (const { fee, state } of all) {
    if (state === "earned") earned.set(fee.asset, plus(earned.get(fee.asset) ?? "0", fee.value));
  }
  return (
    <section class="card">
      <h2>{say("forwards")}</h2>
      {all.length === 0 && <p class="quiet">{say("none")}</p>}
      {[...earned].map(([asset, value]) => (
        <p key={asset}>
          {say("earned")} <Amount money={{ asset, value }} />
        </p>
      ))}
      <ul class="plain">
        {all.slice(0, SHOWN).map(({ hash, from, to, amount, fee, at, state }) => (
          <li key={hash}>
            <Amount money={amount} /> <ChannelLink channel={from} /> → <ChannelLink channel={to} />,{" "}
            {say("fee")} <Amount money={fee} />{" "}
            <span class={`badge ${STATES[state]}`}>{say(`forward_${state}`)}</span>
            <div class="quiet">
              <Time at={at} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

const STATES = { earned: "open", pending: "closing", failed: "convicted" } as const;

function Payments({ newest }: { readonly newest: number }) {
  const say = useSay();
  const { client } = useSession();
  const [loaded, again] = useLoad(`payments ${newest}`, () => client.call("payments", { limit: SHOWN }));
  return (
    <section class="card">
      <h2>{say("payments")}</h2>
      <Show loaded={loaded} retry={again}>
        {({ entries }) =>
          entries.length === 0 ? <p class="quiet">{say("none")}</p> : <List payments={entries} />
        }
      </Show>
    </section>
  );
}

function List({ payments }: { readonly payments: readonly Payment[] }) {
  const say = useSay();
  return (
    <ul class="plain">
      {payments.map(({ id, amount, fee, status, payee, description, created, problem }) => (
        <li key={id}>
          <Amount money={amount} /> → <code title={payee}>{shortId(payee)}</code> {description}{" "}
          <span
            class={`badge ${status === "succeeded" ? "open" : status === "failed" ? "convicted" : "closing"}`}
          >
            {say(status === "succeeded" ? "paid" : status === "failed" ? "failed" : "underWay")}
          </span>{" "}
          {fee !== null && (
            <span class="quiet">
              {say("fee")} <Amount money={fee} />
            </span>
          )}
          {problem !== null && <div class="refusal">{problem.message}</div>}
          <div class="quiet">
            <Time at={created} />
          </div>
        </li>
      ))}
    </ul>
  );
}

/** Why the node closed, answered, settled, recorded or froze. */
function Decisions() {
  const say = useSay();
  const { events } = useSession();
  const told = events.filter(({ kind }) => kind === "decision" || kind === "channel_ended").reverse();
  return (
    <section class="card">
      <h2>{say("decisions")}</h2>
      {told.length === 0 && <p class="quiet">{say("none")}</p>}
      <ul class="plain">
        {told.slice(0, SHOWN).map((event) => (
          <li key={event.cursor}>
            <Decision event={event} />
            <div class="quiet">
              <Time at={event.at} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Decision({ event: { kind, data } }: { readonly event: Event }) {
  const say = useSay();
  const channel = <ChannelLink channel={String(data.channel)} />;
  if (kind === "decision") {
    return (
      <>
        <strong>{String(data.what)}</strong> {channel}: {String(data.why)}
      </>
    );
  }
  return (
    <>
      <strong>{say("event_ended")}</strong> {channel}: {String(data.how)}
    </>
  );
}
