import type { Fields } from "./fields.ts";

/** What a token can allow; `admin` allows everything. */
export type Need = "read" | "invoice" | "pay" | "admin";

/** One call of the API: what server, client and docs/api.md have in common. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT";
  /** `{name}` stands for one part of the path. */
  readonly path: string;
  readonly about: string;
  /** In the body of POST and PUT, in the query of GET. */
  readonly fields: Fields;
  /** A token that allows one of these may make the call; none: no token is needed. */
  readonly needs: readonly Need[];
  /** Longest body; 64 KiB if left out. */
  readonly mostBytes?: number;
  /** Type of the answer, in src/api/views.ts. */
  readonly answer: string;
}

export const KEY = {
  type: "text",
  required: true,
  least: 8,
  most: 128,
  about:
    "chosen by the caller: the same key is the same payment, however often and after whatever crash it is sent",
} as const;

export const ASSET = {
  type: "text",
  required: false,
  most: 16,
  about: "symbol of an asset of the config, ETH if left out",
} as const;

export const PEER = { type: "text", required: true, most: 42, about: "id of the node" } as const;

export const INVOICE_TEXT = {
  type: "text",
  required: true,
  most: 4096,
  about: "its text, beginning with hl1",
} as const;

export const MAX_FEE = {
  type: "text",
  required: false,
  most: 64,
  about: "for all hops and parts together; the config's if left out",
} as const;

export const PAGE = {
  cursor: {
    type: "text",
    required: false,
    most: 32,
    about: "`next` of the page before; the first page if left out",
  },
  limit: {
    type: "number",
    required: false,
    least: 1,
    most: 500,
    about: "entries of a page, from 1 to 500; 50 if left out",
  },
} as const;

export const LABEL = {
  type: "text",
  required: false,
  least: 1,
  most: 64,
  about: "for the owner of this node alone; lists can be cut down to one",
} as const;

export const ONE_LABEL = {
  type: "text",
  required: false,
  most: 64,
  about: "only entries with this label",
} as const;

export const AFTER = {
  type: "number",
  required: false,
  about: "only events with a higher `cursor`; all that are kept if left out",
} as const;

export const ALONE = {
  type: "boolean",
  required: false,
  about: "without the peer: takes the challenge period; false if left out",
} as const;

export const ADMIN = ["admin"] as const;
export const READ = ["admin", "read"] as const;
export const INVOICE = ["admin", "invoice"] as const;
export const INVOICE_READ = ["admin", "read", "invoice"] as const;
export const PAY = ["admin", "pay"] as const;
export const PAY_READ = ["admin", "read", "pay"] as const;
/** Whoever pays or asks for payments follows what becomes of them. */
export const ANY = ["admin", "read", "invoice", "pay"] as const;
export const NONE = [] as const;
export const HUMBLE = {
  type: "boolean",
  required: false,
  about: "after data loss, when the peer is gone for good: takes the recovery period; false if left out",
} as const;

/** Values of the named parts of a path; null if it is another path. */
export function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | null {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  if (wanted.length !== given.length) return null;
  const values: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const found = given[index] ?? "";
    if (part.startsWith("{")) values[part.slice(1, -1)] = found;
    else if (part !== found) return null;
  }
  return values;
}

/** Fields of a query, where numbers are texts. */
export function queryFields({ fields }: Route, query: Iterable<readonly [string, string]>): unknown {
  return Object.fromEntries(
    [...query].map(([name, text]) => {
      const isNumber = fields[name]?.type === "number" && /^\d{1,15}$/.test(text);
      return [name, isNumber ? Number(text) : text];
    }),
  );
}
