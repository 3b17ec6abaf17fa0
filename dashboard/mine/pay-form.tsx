import { useState } from "preact/hooks";
import type { Decoded, Payment, PaymentRoute } from "../../src/api/views.ts";
import { useSay } from "../parts/settings.ts";
import { Amount, ChannelLink, NodeLink, Time } from "../parts/show.tsx";
import { useAct } from "./act.tsx";
import { newKey, useSession } from "./session.ts";

interface Plan {
  readonly invoice: string;
  readonly decoded: Decoded;
  readonly route: PaymentRoute;
  readonly key: string;
}

/** First what would happen, then the payment. */
export function PayForm() {
  const say = useSay();
  const { client } = useSession();
  const [text, setText] = useState("");
  const [plan, setPlan] = useState<Plan | null>(null);
  const [look, told] = useAct(async () => {
    const invoice = text.trim();
    setPlan(null);
    const decoded = await client.call("decode", { invoice });
    const route = await client.call("route", { invoice });
    setPlan({ invoice, decoded, route, key: newKey() });
    return null;
  });
  return (
    <section class="card">
      <h2>{say("pay")}</h2>
      <div class="form">
        <label>
          {say("invoice")}
          <textarea rows={3} value={text} onInput={(e) => setText(e.currentTarget.value)} />
        </label>
        <button type="button" onClick={look} disabled={text.trim() === ""}>
          {say("showRoute")}
        </button>
        {told}
      </div>
      {plan !== null && <Planned key={plan.key} plan={plan} />}
    </section>
  );
}

function Planned({ plan: { invoice, decoded, route, key } }: { readonly plan: Plan }) {
  const say = useSay();
  const { client, events } = useSession();
  const [payment, setPayment] = useState<Payment | null>(null);
  const [pay, told, busy] = useAct(async () => {
    setPayment(await client.call("pay", { invoice, idempotencyKey: key }));
    return null;
  });
  const ended = events.find(
    ({ kind, data }) =>
      data.hash === decoded.hash && (kind === "payment_succeeded" || kind === "payment_failed"),
  );
  return (
    <>
      <dl class="values">
        <dt>{say("amount")}</dt>
        <dd>
          <Amount money={decoded.amount} />
        </dd>
        <dt>{say("fee")}</dt>
        <dd>
          <Amount money={route.fee} />
        </dd>
        <dt>{say("payee")}</dt>
        <dd>
          <NodeLink node={decoded.payee} alias={null} />
        </dd>
        <dt>{say("description")}</dt>
        <dd>{decoded.description}</dd>
        <dt>{say("expires")}</dt>
        <dd>
          <Time at={decoded.expires} />
        </dd>
      </dl>
      {route.parts.map((part, index) => (
        <ol key={index} class="route">
          {part.hops.map(({ channel, from, to, amount }) => (
            <li key={channel}>
              <NodeLink node={from} alias={null} /> → <NodeLink node={to} alias={null} />:{" "}
              <Amount money={amount} />, <ChannelLink channel={channel} />
            </li>
          ))}
        </ol>
      ))}
      {payment === null ? (
        <button type="button" class="main" onClick={pay} disabled={busy}>
          {say("payNow")}
        </button>
      ) : (
        <p role="status">
          <span
            class={`badge ${ended?.kind === "payment_failed" ? "convicted" : ended === undefined ? "closing" : "open"}`}
          >
            {say(ended === undefined ? "underWay" : ended.kind === "payment_failed" ? "failed" : "paid")}
          </span>{" "}
          {ended?.kind === "payment_failed" ? String(ended.data.message) : ""}
        </p>
      )}
      {told}
    </>
  );
}
