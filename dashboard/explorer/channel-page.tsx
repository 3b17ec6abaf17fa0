import { Fragment } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ChannelDetail, ExplorerEvent, PolicyView } from "../../src/api/explorer-views.ts";
import { explorer } from "../parts/client.ts";
import { chainNow, useLive, useOnEvent } from "../parts/live.ts";
import { useLoad } from "../parts/load.ts";
import { Show } from "../parts/problem.tsx";
import { useSay, useSettings } from "../parts/settings.ts";
import { Amount, ChannelLink, Duration, durationText, Id, NodeLink, Phase, Time } from "../parts/show.tsx";
import { detailText, eventWord } from "./event-word.ts";

export function ChannelPage({ id }: { readonly id: string }) {
  const [loaded, again] = useLoad(`channel ${id}`, () => explorer.call("channel", {}, { channel: id }));
  useOnEvent(({ channel }) => channel === id.toLowerCase(), again);
  return (
    <Show loaded={loaded} retry={again}>
      {(channel) => <ChannelView channel={channel} />}
    </Show>
  );
}

function ChannelView({ channel }: { readonly channel: ChannelDetail }) {
  const say = useSay();
  return (
    <>
      <h1>{say("channel")}</h1>
      <p>
        <Id id={channel.channel} />
      </p>
      <p class="row">
        <Phase phase={channel.phase} how={channel.how} />
        {channel.disputed && <span class="badge closing">{say("disputed")}</span>}
        {channel.closer !== null && <span>{say("closerIs", { side: channel.closer })}</span>}
        {channel.humble && <span>({say("humble")})</span>}
      </p>
      {channel.phase === "closing" && channel.deadline !== null && <Countdown deadline={channel.deadline} />}
      <Sides channel={channel} />
      <Terms channel={channel} />
      <Life events={channel.events} />
      <Policies policies={channel.policies} />
      {channel.otherLives.length > 0 && (
        <section class="card">
          <h2>{say("otherLives")}</h2>
          <ul>
            {channel.otherLives.map((other) => (
              <li key={other.channel}>
                {say("lifeNumber")} {other.life}: <ChannelLink channel={other.channel} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Countdown({ deadline }: { readonly deadline: string }) {
  const say = useSay();
  const live = useLive();
  const { language } = useSettings();
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const left = Date.parse(deadline) / 1000 - chainNow(live);
  return (
    <p class="countdown" role="timer">
      {left > 0 ? say("countdown", { time: durationText(left, language) }) : say("deadlineOver")}
    </p>
  );
}

function Sides({ channel }: { readonly channel: ChannelDetail }) {
  const say = useSay();
  return (
    <section class="card">
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{say("side")}</th>
              <th scope="col">{say("node")}</th>
              <th scope="col">{say("owner")}</th>
              <th scope="col" class="number">
                {say("netDeposit")}
              </th>
              {channel.paid !== null && (
                <th scope="col" class="number">
                  {say("paidOut")}
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {([0, 1] as const).map((side) => (
              <tr key={side}>
                <th scope="row">{side === 0 ? "A" : "B"}</th>
                <td>
                  <NodeLink node={channel.nodes[side]} alias={channel.aliases[side]} />
                </td>
                <td>
                  <Id id={channel.owners[side]} />
                </td>
                <td class="number">
                  <Amount money={channel.deposits[side]} />
                </td>
                {channel.paid !== null && (
                  <td class="number">
                    <Amount money={channel.paid[side]} />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Terms({ channel }: { readonly channel: ChannelDetail }) {
  const say = useSay();
  return (
    <dl class="facts">
      <div>
        <dt>{say("capacity")}</dt>
        <dd>
          <Amount money={channel.capacity} />
        </dd>
      </div>
      <div>
        <dt>{say("challenge")}</dt>
        <dd>
          <Duration seconds={channel.challengeSeconds} />
        </dd>
      </div>
      <div>
        <dt>{say("recovery")}</dt>
        <dd>
          {channel.recoverySeconds === 0 ? say("none") : <Duration seconds={channel.recoverySeconds} />}
        </dd>
      </div>
      <div>
        <dt>{say("resizes")}</dt>
        <dd>{channel.resizes}</dd>
      </div>
      <div>
        <dt>{say("lifeNumber")}</dt>
        <dd>{channel.life}</dd>
      </div>
    </dl>
  );
}

function Life({ events }: { readonly events: readonly ExplorerEvent[] }) {
  const say = useSay();
  return (
    <section class="card">
      <h2>{say("life")}</h2>
      <ol class="life" aria-live="polite">
        {events.map((event) => (
          <li key={event.cursor} class={`event ${event.kind}`}>
            <strong>{say(eventWord(event.kind))}</strong>
            <div class="quiet">
              <Time at={event.at} /> · {say("block")} {event.block} · {say("transaction")}{" "}
              <code title={event.transaction}>{event.transaction.slice(0, 12)}…</code>
            </div>
            <Details event={event} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Details({ event: { details } }: { readonly event: ExplorerEvent }) {
  const say = useSay();
  return (
    <dl class="values">
      {Object.entries(details).map(([name, value]) => (
        <Fragment key={name}>
          <dt>{detailText(name, say)}</dt>
          <dd>
            <Detail name={name} value={value} />
          </dd>
        </Fragment>
      ))}
    </dl>
  );
}

function Detail({
  name,
  value,
}: {
  readonly name: string;
  readonly value: ExplorerEvent["details"][string];
}) {
  const say = useSay();
  if (typeof value === "object") return <Amount money={value} />;
  if (typeof value === "boolean") return <>{say(value ? "yes" : "no")}</>;
  return name === "deadline" ? <Time at={String(value)} /> : <>{value}</>;
}

function Policies({ policies }: { readonly policies: readonly PolicyView[] | null }) {
  const say = useSay();
  if (policies === null || policies.length === 0) {
    return <p class="hint">{say(policies === null ? "noGossip" : "noPolicies")}</p>;
  }
  return (
    <section class="card">
      <h2>{say("policies")}</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{say("node")}</th>
              <th scope="col" class="number">
                {say("baseFee")}
              </th>
              <th scope="col" class="number">
                {say("rate")}
              </th>
              <th scope="col" class="number">
                {say("limits")}
              </th>
            </tr>
          </thead>
          <tbody>
            {policies.map((policy) => (
              <tr key={policy.node}>
                <td>
                  <NodeLink node={policy.node} alias={null} />
                  {!policy.enabled && <div class="quiet">{say("disabled")}</div>}
                </td>
                <td class="number">
                  <Amount money={policy.feeBase} />
                </td>
                <td class="number">{policy.feePpm} ppm</td>
                <td class="number">
                  <Amount money={policy.minAmount} /> – <Amount money={policy.maxAmount} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
