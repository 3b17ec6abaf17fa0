import { useState } from "preact/hooks";
import { encode } from "uqr";
import type { Invoice } from "../../src/api/views.ts";
import { useLoad } from "../parts/load.ts";
import { useSay } from "../parts/settings.ts";
import { Amount } from "../parts/show.tsx";
import { useAct } from "./act.tsx";
import { AmountField, AssetField } from "./fields.tsx";
import { useSession } from "./session.ts";

export function InvoiceForm() {
  const say = useSay();
  const { client, info } = useSession();
  const [amount, setAmount] = useState("");
  const [description, setDescription] = useState("");
  const [asset, setAsset] = useState(info.wallets[0]?.asset ?? "ETH");
  const [invoice, setInvoice] = useState<Invoice | null>(null);
  const [make, told, busy] = useAct(async () => {
    setInvoice(await client.call("invoice", { amount: amount.trim(), asset, description }));
    return null;
  });
  return (
    <section class="card">
      <h2>{say("receive")}</h2>
      <div class="form">
        <AmountField value={amount} onChange={setAmount} />
        <AssetField value={asset} onChange={setAsset} info={info} />
        <label>
          {say("description")}
          <input maxLength={256} value={description} onInput={(e) => setDescription(e.currentTarget.value)} />
        </label>
        <button type="button" class="main" onClick={make} disabled={busy || amount.trim() === ""}>
          {say("makeInvoice")}
        </button>
        {told}
      </div>
      {invoice !== null && <Made key={invoice.hash} invoice={invoice} />}
    </section>
  );
}

/** Its text and picture, and what has become of it. */
function Made({ invoice }: { readonly invoice: Invoice }) {
  const say = useSay();
  const { client, events } = useSession();
  const about = events.filter(({ data }) => data.hash === invoice.hash).length;
  const [loaded] = useLoad(`invoice ${about}`, () => client.call("invoiceOf", {}, { hash: invoice.hash }));
  const status = loaded.state === "ready" ? loaded.value.status : invoice.status;
  const [copy, told] = useAct(async () => {
    await navigator.clipboard.writeText(invoice.invoice);
    return say("copied");
  });
  return (
    <>
      <p role="status" class="row">
        <Amount money={invoice.amount} />
        <span class={`badge ${status === "paid" ? "open" : "closing"}`}>{say(`invoice_${status}`)}</span>
      </p>
      {status === "open" && <Qr text={invoice.invoice.toUpperCase()} label={say("invoice")} />}
      <textarea readOnly rows={4} aria-label={say("invoice")} value={invoice.invoice} />
      <p class="row">
        <button type="button" onClick={copy}>
          {say("copy")}
        </button>
        {told}
      </p>
    </>
  );
}

/** Dark on white in every theme, or cameras would not read it. Capitals make it smaller; invoices are read in both. */
function Qr({ text, label }: { readonly text: string; readonly label: string }) {
  const { data, size } = encode(text, { ecc: "L", border: 2 });
  const path = data
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")))
    .join("");
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
