import type { Read } from "../api/fields.ts";
import { problem } from "../api/problem.ts";
import type { ROUTES } from "../api/routes.ts";
import type { Operation } from "../api/views.ts";
import type { ChannelView } from "../node/view.ts";
import type { Amount, ChannelId } from "../protocol/types.ts";
import type { Channels } from "./channels.ts";
import { toProblem } from "./failure.ts";
import { textOf } from "./journal.ts";
import { fingerprintOf, operationOf, viewOperation } from "./operations.ts";
import type { Parts } from "./parts.ts";
import { Turns } from "./turns.ts";

type Request = Read<(typeof ROUTES.withdraw)["fields"]>;

/** Takes money out of open channels, each key once. */
export class Withdrawals {
  readonly #parts: Parts;
  readonly #channels: Channels;
  /** One after the other, or a key could be taken twice. */
  readonly #turns = new Turns();

  constructor(parts: Parts, channels: Channels) {
    this.#parts = parts;
    this.#channels = channels;
  }

  /** Resolves when the peer was asked; what follows is told by events. */
  withdraw(channel: string, request: Request): Promise<Operation> {
    return this.#turns.take(() => this.#run(channel, request));
  }

  async #run(id: string, { idempotencyKey: key, amount: text }: Request): Promise<Operation> {
    const fingerprint = fingerprintOf(["withdraw", id, text]);
    const known = operationOf(this.#parts, key, fingerprint);
    if (
      known !== null &&
      this.#isUnderWay(textOf(known.channel) as ChannelId, BigInt(textOf(known.goal) ?? "0"))
    )
      return viewOperation(this.#parts, operationOf(this.#parts, key, fingerprint) ?? known);
    if (known?.status === "done") return viewOperation(this.#parts, known);
    // What was asked for has run out of time, and nothing came of it.
    if (known !== null) this.#forget(key);
    const view = this.#channels.mustFind(id);
    const amount = this.#parts.assets.positive("amount", text, view.token);
    this.#requireNoDeposit(view.channel);
    this.#insert(key, fingerprint, view, amount);
    try {
      await this.#parts.node.withdraw({ channel: view.channel, amount });
    } catch (thrown) {
      this.#forget(key);
      const { assets } = this.#parts;
      const spendable = assets.money(view.spendable, view.token);
      const values = {
        channel: view.channel,
        amount: text,
        spendable: spendable.value,
        asset: spendable.asset,
      };
      throw toProblem(thrown, values);
    }
    return viewOperation(this.#parts, operationOf(this.#parts, key, fingerprint) ?? {});
  }

  /** A channel that has ended paid everything. */
  #isUnderWay(channel: ChannelId, resizesBefore: bigint): boolean {
    const { node, journal } = this.#parts;
    const view = node.channels().find((one) => one.channel === channel);
    if (view?.withdrawing === true && BigInt(view.resizes) === resizesBefore) return true;
    if (view !== undefined && BigInt(view.resizes) <= resizesBefore) return false;
    const sql = "UPDATE operations SET status = 'done' WHERE kind = 'withdraw' AND channel = ? AND goal = ?";
    journal.run(sql, channel, resizesBefore.toString());
    return true;
  }

  /** Whether one is done is told from the sum of the deposits. */
  #requireNoDeposit(channel: ChannelId): void {
    const sql = "SELECT key FROM operations WHERE kind = 'deposit' AND channel = ? AND status = 'started'";
    const row = this.#parts.journal.first(sql, channel);
    if (row === null) return;
    const next = "Repeat the deposit with its key until it is done, then withdraw.";
    const values = { channel, key: textOf(row.key) ?? "" };
    throw problem(
      409,
      "transaction_pending",
      "a deposit into the channel is not known to be done",
      next,
      values,
    );
  }

  #forget(key: string): void {
    this.#parts.journal.run("DELETE FROM operations WHERE key = ? AND status = 'started'", key);
  }

  #insert(key: string, fingerprint: string, view: ChannelView, amount: Amount): void {
    const { channel, token, life, resizes } = view;
    this.#parts.journal.run(
      `INSERT INTO operations (key, request, kind, channel, token, amount, params, life, goal, status)
       VALUES (?, ?, 'withdraw', ?, ?, ?, '{}', ?, ?, 'started')`,
      ...[key, fingerprint, channel, token, amount.toString(), life, resizes.toString()],
    );
  }
}
