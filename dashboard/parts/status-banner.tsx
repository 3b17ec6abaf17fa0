import { useLive } from "./live.ts";
import { type Say, useSay } from "./settings.ts";
import type { ExplorerStatus } from "../../src/api/explorer-views.ts";

/** Says when what is shown is not the newest; else how far the chain was read. */
export function StatusBanner() {
  const say = useSay();
  const { status, isConnected } = useLive();
  const warning = isConnected ? (status === null ? null : warningOf(status, say)) : say("offline");
  return (
    <div class={`status ${warning === null ? "" : "warning"}`} role="status">
      {warning ?? (status === null ? "" : calmText(status, say))}
    </div>
  );
}

function calmText({ chainId, block, contract }: ExplorerStatus, say: Say) {
  return (
    <>
      <span class="dot" /> {say("live")} · {say("chainLine", { chain: chainId, block: block ?? "–" })} ·{" "}
      <code class="contract">{contract}</code>
    </>
  );
}

function warningOf({ state, block, newest, problem }: ExplorerStatus, say: Say): string | null {
  const at = { block: block ?? "–", newest: newest ?? "–", problem: problem ?? "" };
  switch (state) {
    case "ready":
      return null;
    case "reading":
      return say("reading", at);
    case "chain_unreachable":
      return say("chainDown", at);
    case "chain_old":
      return say("chainOld", at);
  }
}
