import { useState } from "preact/hooks";
import { useLoad } from "../parts/load.ts";
import { Show } from "../parts/problem.tsx";
import { useSay } from "../parts/settings.ts";
import { shortId } from "../parts/show.tsx";
import { useAct } from "./act.tsx";
import { AmountField, AssetField } from "./fields.tsx";
import { newKey, useSession } from "./session.ts";

/** Connects with a node, and opens a channel with one that is connected. */
export function OpenForm() {
  const say = useSay();
  const { client, events } = useSession();
  const [uri, setUri] = useState("");
  const [loaded, again] = useLoad(`peers ${events.length}`, () => client.call("peers", {}));
  const [connect, told, busy] = useAct(async () => {
    await client.call("connect", { address: uri.trim() });
    again();
    return say("connecting");
  });
  return (
    <section class="card">
      <h2>{say("open")}</h2>
      <div class="form inline">
        <label>
          {say("connectTo")}
          <input value={uri} placeholder="NODE@HOST:PORT" onInput={(e) => setUri(e.currentTarget.value)} />
        </label>
        <button type="button" onClick={connect} disabled={busy || uri.trim() === ""}>
          {say("connect")}
        </button>
        {told}
      </div>
      <Show loaded={loaded} retry={again}>
        {({ entries }) => (
          <Opening peers={entries.filter(({ connected }) => connected).map(({ node }) => node)} />
        )}
      </Show>
    </section>
  );
}

function Opening({ peers }: { readonly peers: readonly string[] }) {
  const say = useSay();
  const { client, info } = useSession();
  const [chosen, setChosen] = useState("");
  const [amount, setAmount] = useState("");
  const [asset, setAsset] = useState(info.wallets[0]?.asset ?? "ETH");
  const [key, setKey] = useState(newKey);
  const peer = peers.includes(chosen) ? chosen : (peers[0] ?? "");
  const [open, told, busy] = useAct(async () => {
    await client.call("open", { peer, amount: amount.trim(), asset, idempotencyKey: key });
    setKey(newKey());
    setAmount("");
    return say("openedNow");
  });
  if (peers.length === 0) return <p class="hint">{say("noPeers")}</p>;
  return (
    <div class="form inline">
      <label>
        {say("peer")}
        <select value={peer} onChange={(e) => setChosen(e.currentTarget.value)}>
          {peers.map((node) => (
            <option key={node} value={node}>
              {shortId(node)}
            </option>
          ))}
        </select>
      </label>
      <AmountField value={amount} onChange={setAmount} />
      <AssetField value={asset} onChange={setAsset} info={info} />
      <button type="button" class="main" onClick={open} disabled={busy || amount.trim() === ""}>
        {say("open")}
      </button>
      <span class="quiet">{say("openHint")}</span> {told}
    </div>
  );
}
