import { createHash, randomBytes } from "node:crypto";
import type { Read } from "../api/fields.ts";
import { problem } from "../api/problem.ts";
import type { Need } from "../api/route.ts";
import type { ROUTES } from "../api/routes.ts";
import type { NewToken, Page, Token } from "../api/views.ts";
import { ZERO_ADDRESS } from "../protocol/checked.ts";
import type { Address, Amount } from "../protocol/types.ts";
import type { Assets } from "./assets.ts";
import { textOf, type Journal, type Row } from "./journal.ts";
import { costOf } from "./outflow.ts";

type Request = Read<(typeof ROUTES.createToken)["fields"]>;

const TOKEN_BYTES = 32;
const SECONDS = { hour: 3600, day: 86_400, week: 604_800, ever: null } as const;
const ALLOW = ["read", "invoice", "pay", "admin"] as const satisfies readonly Need[];

/** Who calls: null for the holder of the node's own token, which may do everything. */
export type Caller = Capability | null;

/** What a token lets its holder do. */
export interface Capability {
  readonly id: string;
  readonly allow: readonly Need[];
}

/**
 * Tokens that allow less than everything. Only their hashes are kept. A budget counts in the journal, by the payments
 * that were made with the token: a restart does not refill it, and a payment is counted in the same turn in which it
 * is allowed, so that calls at the same time cannot spend it twice.
 */
export class Capabilities {
  readonly #journal: Journal;
  readonly #assets: Assets;

  constructor(journal: Journal, assets: Assets) {
    this.#journal = journal;
    this.#assets = assets;
    journal.run(
      `CREATE TABLE IF NOT EXISTS tokens (id TEXT PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL UNIQUE,
       allow TEXT NOT NULL, asset TEXT, budget TEXT, per TEXT, created TEXT NOT NULL, revoked TEXT) STRICT`,
    );
    journal.run(`CREATE TABLE IF NOT EXISTS spending (key TEXT PRIMARY KEY, token TEXT NOT NULL) STRICT`);
  }

  create({ allow: text, name = "", budget, asset, per = "day" }: Request): NewToken {
    const allow = allowIn(text);
    const isPayer = allow.includes("pay");
    if (!isPayer && (budget !== undefined || asset !== undefined))
      throw bad("a budget is for a token that may pay", "budget");
    if (isPayer && !allow.includes("admin") && budget === undefined)
      throw bad("a token that may pay needs a budget", "budget");
    if (!Object.hasOwn(SECONDS, per)) throw bad(`per is none of ${Object.keys(SECONDS).join(", ")}`, "per");
    const terms = budget === undefined ? null : this.#assets.named(asset);
    const most =
      terms === null || budget === undefined ? null : this.#assets.positive("budget", budget, terms.token);
    const token = randomBytes(TOKEN_BYTES).toString("hex");
    const id = randomBytes(6).toString("hex");
    this.#journal.run(
      "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)",
      ...[id, name, hashOf(token), allow.join(","), terms?.token ?? null, most?.toString() ?? null],
      ...[most === null ? null : per, new Date().toISOString()],
    );
    return { ...this.#view(this.#mustRow(id)), token };
  }

  list(): Page<Token> {
    const rows = this.#journal.all("SELECT * FROM tokens ORDER BY created DESC");
    return { entries: rows.map((row) => this.#view(row)), next: null };
  }

  revoke(id: string): Token {
    this.#mustRow(id);
    const sql = "UPDATE tokens SET revoked = ? WHERE id = ? AND revoked IS NULL";
    this.#journal.run(sql, new Date().toISOString(), id);
    return this.#view(this.#mustRow(id));
  }

  /** Null if there is no such token, or not any more. */
  find(token: string): Capability | null {
    const row = this.#journal.first("SELECT * FROM tokens WHERE hash = ? AND revoked IS NULL", hashOf(token));
    return row === null ? null : { id: textOf(row.id) ?? "", allow: allowOf(row) };
  }

  /** Refuses what the budget does not cover; else the payment of this key counts from now on. */
  spend({ id }: Capability, key: string, token: Address, cost: Amount): void {
    const row = this.#mustRow(id);
    if (textOf(row.budget) === null) return;
    const asset = (textOf(row.asset) ?? ZERO_ADDRESS) as Address;
    if (asset !== token) {
      const values = { token: id, asset: this.#assets.money(0n, asset).asset };
      throw problem(
        403,
        "budget_other_asset",
        "the token's budget is of another asset",
        "Use another token.",
        values,
      );
    }
    const left = this.#left(row);
    if (cost > left) {
      const show = (one: Amount): string => this.#assets.money(one, token).value;
      const next = "Pay less, allow a lower fee, wait for the budget to refill, or ask its owner for more.";
      const values = { token: id, left: show(left), cost: show(cost), per: textOf(row.per) ?? "" };
      throw problem(
        403,
        "budget_exceeded",
        "the token's budget does not cover the payment and its fee",
        next,
        values,
      );
    }
    this.#journal.run("INSERT OR REPLACE INTO spending VALUES (?, ?)", key, id);
  }

  #left(row: Row): Amount {
    const most = BigInt(textOf(row.budget) ?? "0");
    const spent = this.#spent(row);
    return spent > most ? 0n : most - spent;
  }

  #spent(row: Row): Amount {
    const seconds = SECONDS[(textOf(row.per) ?? "ever") as keyof typeof SECONDS];
    const since = seconds === null ? "" : new Date(Date.now() - seconds * 1000).toISOString();
    const sql =
      "SELECT p.amount, p.fee, p.maxFee, p.rent, p.status FROM payments p JOIN spending s ON s.key = p.key " +
      "WHERE s.token = ? AND p.created >= ?";
    return this.#journal.all(sql, textOf(row.id) ?? "", since).reduce((sum, one) => sum + costOf(one), 0n);
  }

  #view(row: Row): Token {
    const asset = textOf(row.asset) as Address | null;
    const money = (amount: Amount) => (asset === null ? null : this.#assets.money(amount, asset));
    return {
      id: textOf(row.id) ?? "",
      name: textOf(row.name) ?? "",
      allow: allowOf(row),
      budget: money(BigInt(textOf(row.budget) ?? "0")),
      left: asset === null ? null : money(this.#left(row)),
      per: textOf(row.per),
      created: textOf(row.created) ?? "",
      revoked: textOf(row.revoked),
    };
  }

  #mustRow(id: string): Row {
    const row = this.#journal.first("SELECT * FROM tokens WHERE id = ?", id);
    if (row !== null) return row;
    const next = "List the tokens and name one of them.";
    throw problem(404, "not_found", "there is no such token", next, { token: id.slice(0, 40) });
  }
}

function allowIn(text: string): readonly Need[] {
  const names = [...new Set(text.split(",").map((name) => name.trim()))];
  const known = names.filter((name): name is Need => (ALLOW as readonly string[]).includes(name));
  if (known.length === names.length) return known;
  throw bad(`allow is no list of ${ALLOW.join(", ")}`, "allow");
}

function allowOf(row: Row): readonly Need[] {
  return (textOf(row.allow) ?? "").split(",") as Need[];
}

function bad(message: string, field: string): Error {
  return problem(400, "bad_request", message, "Correct it.", { field });
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
