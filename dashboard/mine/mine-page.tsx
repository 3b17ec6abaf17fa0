import { useMemo, useState } from "preact/hooks";
import type { Info } from "../../src/api/views.ts";
import { ApiProblem } from "../../src/api/problem.ts";
import type { ApiClient } from "../../src/client/api-client.ts";
import { useLoad } from "../parts/load.ts";
import { Show } from "../parts/problem.tsx";
import { useSay } from "../parts/settings.ts";
import { Amounts, Id } from "../parts/show.tsx";
import { Channels } from "./channels.tsx";
import { Activity } from "./activity.tsx";
import { Doctor } from "./doctor.tsx";
import { InvoiceForm } from "./invoice-form.tsx";
import { OpenForm } from "./open-form.tsx";
import { PayForm } from "./pay-form.tsx";
import { clientWith, keepToken, keptToken, SessionProvider, useEvents } from "./session.ts";

/** The node's own page, for whoever holds its token. */
export function MinePage() {
  const [token, setToken] = useState(keptToken);
  const give = (given: string | null): void => {
    keepToken(given);
    setToken(given);
  };
  if (token === null) return <TokenForm give={give} />;
  return <WithToken key={token} token={token} leave={() => give(null)} />;
}

function TokenForm({ give }: { readonly give: (token: string) => void }) {
  const say = useSay();
  const [text, setText] = useState("");
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (text.trim() !== "") give(text.trim());
  };
  return (
    <section class="card narrow">
      <h1>{say("mine")}</h1>
      <p>{say("tokenHint")}</p>
      <form onSubmit={submit} class="form">
        <label>
          {say("token")}
          <input
            type="password"
            autocomplete="off"
            value={text}
            onInput={(e) => setText(e.currentTarget.value)}
          />
        </label>
        <button type="submit" class="main">
          {say("enter")}
        </button>
      </form>
    </section>
  );
}

function WithToken({ token, leave }: { readonly token: string; readonly leave: () => void }) {
  const say = useSay();
  const client = useMemo(() => clientWith(token), [token]);
  const [info, again] = useLoad("info", () => client.call("info", {}));
  const isWrong =
    info.state === "failed" && info.failure instanceof ApiProblem && info.failure.status === 401;
  return (
    <>
      <Show loaded={info} retry={again}>
        {(value) => <Node client={client} first={value} />}
      </Show>
      <p>
        <button type="button" onClick={leave}>
          {say(isWrong ? "otherToken" : "leave")}
        </button>
      </p>
    </>
  );
}

function Node({ client, first }: { readonly client: ApiClient; readonly first: Info }) {
  const events = useEvents(client, first);
  const newest = events.at(-1)?.cursor ?? 0;
  const [loaded] = useLoad(`info ${newest}`, () => client.call("info", {}));
  // While the newer is on its way the older stays.
  const [info, setInfo] = useState(first);
  if (loaded.state === "ready" && loaded.value !== info) setInfo(loaded.value);
  return (
    <SessionProvider value={{ client, info, events }}>
      <Balances info={info} />
      <Doctor newest={newest} />
      <Channels newest={newest} />
      <div class="columns even">
        <PayForm />
        <InvoiceForm />
      </div>
      <OpenForm />
      <Activity newest={newest} />
    </SessionProvider>
  );
}

function Balances({ info }: { readonly info: Info }) {
  const say = useSay();
  return (
    <>
      <h1>{info.alias}</h1>
      <p>
        <Id id={info.uri ?? info.node} />
        {info.frozen && <span class="badge closing"> {say("frozen")}</span>}
      </p>
      <div class="figures">
        {(["canPay", "canReceive", "wallets"] as const).map((name) => (
          <div class="figure" key={name}>
            <div class="value">
              <Amounts all={info[name]} />
            </div>
            <div class="quiet">{say(name)}</div>
          </div>
        ))}
      </div>
    </>
  );
}
