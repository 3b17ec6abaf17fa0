import type { Money } from "../../src/api/amounts.ts";
import { hrefOf } from "./place.ts";
import { useSay, useSettings } from "./settings.ts";

const PLACES = 6;

/** Rounded down for the eye; the whole amount is in its title. */
export function Amount({ money }: { readonly money: Money }) {
  const [whole = "", fraction = ""] = money.value.split(".");
  const wholeShown = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f");
  // A small amount keeps its first digits.
  const zeros = /^0*/.exec(fraction)?.[0].length ?? 0;
  const places = whole === "0" || whole === "-0" ? Math.max(PLACES, zeros + 2) : PLACES;
  const cut = fraction.slice(0, places).replace(/0+$/, "");
  const isCut = fraction.length > places;
  const text = `${wholeShown}${cut === "" ? "" : `.${cut}`}${isCut ? "…" : ""}`;
  return (
    <span class="amount" title={`${money.value} ${money.asset}`}>
      {text} <span class="asset">{money.asset}</span>
    </span>
  );
}

export function Amounts({ all }: { readonly all: readonly Money[] }) {
  if (all.length === 0) return <span class="quiet">–</span>;
  return (
    <>
      {all.map((money) => (
        <div key={money.asset}>
          <Amount money={money} />
        </div>
      ))}
    </>
  );
}

export function shortId(id: string): string {
  return `${id.slice(0, 8)}…${id.slice(-4)}`;
}

export function NodeLink({ node, alias }: { readonly node: string; readonly alias: string | null }) {
  return (
    <a href={hrefOf("node", node)} title={node}>
      {alias ?? <code>{shortId(node)}</code>}
    </a>
  );
}

export function ChannelLink({ channel }: { readonly channel: string }) {
  return (
    <a href={hrefOf("channel", channel)} title={channel}>
      <code>{shortId(channel)}</code>
    </a>
  );
}

/** An id in full. */
export function Id({ id }: { readonly id: string }) {
  return <code class="id">{id}</code>;
}

export function Time({ at }: { readonly at: string }) {
  const { language } = useSettings();
  const date = new Date(at);
  const style = { dateStyle: "medium", timeStyle: "short" } as const;
  return (
    <time dateTime={at} title={at}>
      {date.toLocaleString(language === "zh" ? "zh-CN" : "en-GB", style)}
    </time>
  );
}

/** Such as 23 h 4 min. */
export function Duration({ seconds }: { readonly seconds: number }) {
  const { language } = useSettings();
  return <>{durationText(seconds, language)}</>;
}

export function durationText(seconds: number, language: string): string {
  const units = language === "zh" ? ["天", "小时", "分", "秒"] : ["d", "h", "min", "s"];
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  const first = parts.findIndex((part) => part > 0);
  if (first < 0) return `0 ${units[3] ?? ""}`;
  return parts
    .map((part, index) => `${part} ${units[index] ?? ""}`)
    .slice(first, first + 2)
    .filter((text) => !text.startsWith("0 "))
    .join(" ");
}

export function Phase({
  phase,
  how,
}: {
  readonly phase: "open" | "closing" | "ended";
  readonly how: string | null;
}) {
  const say = useSay();
  const word =
    how === "agreed" || how === "settled" || how === "convicted"
      ? (`how_${how}` as const)
      : (`phase_${phase}` as const);
  return <span class={`badge ${how === "convicted" ? "convicted" : phase}`}>{say(word)}</span>;
}
