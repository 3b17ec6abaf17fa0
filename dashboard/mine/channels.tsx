import { useState } from "preact/hooks";
import type { Channel } from "../../src/api/views.ts";
import { useLoad } from "../parts/load.ts";
import { Show } from "../parts/problem.tsx";
import { useSay } from "../parts/settings.ts";
import { Amount, ChannelLink, NodeLink } from "../parts/show.tsx";
import { useAct } from "./act.tsx";
import { newKey, useSession } from "./session.ts";

export function Channels({ newest }: { readonly newest: number }) {
  const say = useSay();
  const { client } = useSession();
  const [known, setKnown] = useState<readonly Channel[] | null>(null);
  const [loaded, again] = useLoad(`channels ${newest}`, async () => {
    const { entries } = await client.call("channels", {});
    setKnown(entries);
    return entries;
  });
  const shown =
    known === null || loaded.state === "failed" ? loaded : ({ state: "ready", value: known } as const);
  return (
    <section class="card">
      <h2>{say("channels")}</h2>
      <Show loaded={shown} retry={again}>
        {(channels) =>
          channels.length === 0 ? (
            <p class="hint">{say("noOwnChannels")}</p>
          ) : (
            channels.map((channel) => <Row key={channel.channel} channel={channel} />)
          )
        }
      </Show>
    </section>
  );
}

function Row({ channel }: { readonly channel: Channel }) {
  const say = useSay();
  const { balance, spendable, status, connected, recovery } = channel;
  return (
    <div class="own-channel">
      <div class="row">
        <ChannelLink channel={channel.channel} /> <NodeLink node={channel.peer} alias={null} />
        <span class={`badge ${status === "usable" ? "open" : "closing"}`}>{status}</span>
        {!connected && <span class="badge closing">{say("peerAway")}</span>}
        {recovery !== null && <span class="badge convicted">{recovery}</span>}
      </div>
      <Bar channel={channel} />
      <div class="row between-ends">
        <span>
          {say("ours")} <Amount money={balance.ours} />{" "}
          <span class="quiet">
            ({say("spendable")} <Amount money={spendable} />)
          </span>
        </span>
        <span>
          {say("theirs")} <Amount money={balance.theirs} />
        </span>
      </div>
      <details>
        <summary>{say("change")}</summary>
        <Amend channel={channel} kind="deposit" />
        <Amend channel={channel} kind="withdraw" />
        <Close channel={channel} />
      </details>
    </div>
  );
}

/** Both sides and what is locked between them; widths are for the eye, the amounts stand below. */
function Bar({ channel: { balance, locked } }: { readonly channel: Channel }) {
  const say = useSay();
  const parts = [
    ["ours", Number(balance.ours.value)],
    ["locked", Number(locked.ours.value) + Number(locked.theirs.value)],
    ["theirs", Number(balance.theirs.value)],
  ] as const;
  const sum = parts.reduce((total, [, value]) => total + Math.max(0, value), 0);
  const label = `${say("ours")} ${balance.ours.value}, ${say("theirs")} ${balance.theirs.value} ${balance.ours.asset}`;
  return (
    <div class="bar" role="img" aria-label={label}>
      {parts.map(([name, value]) => (
        <div
          key={name}
          class={name}
          style={{ width: `${sum === 0 ? 0 : (100 * Math.max(0, value)) / sum}%` }}
        />
      ))}
    </div>
  );
}

function Amend({
  channel: { channel, balance },
  kind,
}: {
  readonly channel: Channel;
  readonly kind: "deposit" | "withdraw";
}) {
  const say = useSay();
  const { client } = useSession();
  const [amount, setAmount] = useState("");
  const [key, setKey] = useState(newKey);
  const [act, told, busy] = useAct(async () => {
    await client.call(kind, { amount: amount.trim(), idempotencyKey: key }, { channel });
    setKey(newKey());
    setAmount("");
    return say(kind === "deposit" ? "deposited" : "withdrawAsked");
  });
  return (
    <div class="form inline">
      <label>
        {say(kind)} ({balance.ours.asset})
        <input inputMode="decimal" value={amount} onInput={(e) => setAmount(e.currentTarget.value)} />
      </label>
      <button type="button" disabled={busy || amount.trim() === ""} onClick={act}>
        {say(kind)}
      </button>
      <span class="quiet">{say(`${kind}Hint`)}</span> {told}
    </div>
  );
}

function Close({ channel: { channel, connected } }: { readonly channel: Channel }) {
  const say = useSay();
  const { client } = useSession();
  const [alone, setAlone] = useState(false);
  const [isSure, setSure] = useState(false);
  const [act, told, busy] = useAct(async () => {
    await client.call("close", { alone }, { channel });
    return say("closeBegun");
  });
  return (
    <div class="form inline">
      <label class="check">
        <input type="checkbox" checked={alone} onChange={(e) => setAlone(e.currentTarget.checked)} />
        {say("closeAlone")}
      </label>
      <span class="quiet">{say(alone ? "closeAloneHint" : connected ? "closeHint" : "closeAwayHint")}</span>
      {isSure ? (
        <button type="button" class="danger" disabled={busy} onClick={act}>
          {say("closeSure")}
        </button>
      ) : (
        <button type="button" onClick={() => setSure(true)}>
          {say("close")}
        </button>
      )}
      {told}
    </div>
  );
}
