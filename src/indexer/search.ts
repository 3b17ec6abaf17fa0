import type { Found } from "../api/explorer-views.ts";
import type { Explorer } from "./explorer.ts";

const MOST = 20;
/** Fewer digits would name too much. */
const LEAST_DIGITS = 3;

/** What the text names: by id or its beginning, or by part of a name. */
export function searchIn(explorer: Explorer, text: string): readonly Found[] {
  const wanted = text.trim().toLowerCase();
  const hex = /^(?:0x)?([0-9a-f]+)$/.exec(wanted)?.[1] ?? "";
  const byId = hex.length >= LEAST_DIGITS ? byPrefix(explorer, `0x${hex}`) : [];
  return [...byAlias(explorer, wanted), ...byId].slice(0, MOST);
}

function byAlias({ options, network }: Explorer, wanted: string): readonly Found[] {
  return [...(options.gossip?.aliases ?? [])]
    .filter(([node, alias]) => alias.toLowerCase().includes(wanted) && network.node(node) !== null)
    .map(([node, alias]) => ({ kind: "node", id: node, text: alias }));
}

/** An index is used for each: a prefix is a range of texts. */
function byPrefix({ store }: Explorer, prefix: string): readonly Found[] {
  const range = (table: string, column: string, columns: string): readonly Record<string, unknown>[] =>
    store.all(
      `SELECT ${columns} FROM ${table} WHERE ${column} >= ? AND ${column} < ? GROUP BY ${column} LIMIT ${MOST}`,
      prefix,
      `${prefix}g`,
    );
  const found = (kind: Found["kind"], column: string, rows: readonly Record<string, unknown>[], id: string) =>
    rows.map((row): Found => ({ kind, id: String(row[id]), text: String(row[column]) }));
  const ends = (side: "A" | "B"): readonly Found[] => [
    ...found("node", `signer${side}`, range("channels", `signer${side}`, `signer${side}`), `signer${side}`),
    ...found(
      "owner",
      `owner${side}`,
      range("channels", `owner${side}`, `owner${side}, signer${side}`),
      `signer${side}`,
    ),
  ];
  const people = [...ends("A"), ...ends("B")];
  return [
    ...new Map(people.map((one) => [`${one.kind} ${one.text}`, one])).values(),
    ...found("channel", "channel", range("channels", "channel", "channel"), "channel"),
    ...found("transaction", "tx", range("events", "tx", "tx, channel"), "channel"),
  ].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

const ORDER: readonly Found["kind"][] = ["node", "channel", "transaction", "owner"];
