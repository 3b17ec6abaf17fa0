import { problem } from "../api/problem.ts";
import { addCredit, creditOf } from "../chain/funding.ts";
import { balanceOf } from "../chain/token.ts";
import { ZERO_ADDRESS } from "../protocol/checked.ts";
import type { OpeningRefusal } from "../protocol/liquidity-terms.ts";
import type { Notice } from "../protocol/outputs.ts";
import type { Address, Amount, ChannelId } from "../protocol/types.ts";
import { isFrozen } from "./freeze.ts";
import { isoOf } from "./invoices.ts";
import { textOf, type Row } from "./journal.ts";
import type { Parts } from "./parts.ts";
import { Turns } from "./turns.ts";
import { offerOf, type Offer } from "./sell-terms.ts";

type Told<K extends Notice["kind"]> = Extract<Notice, { kind: K }>;

const DAY_SECONDS = 86_400;
/** Wei that stay in the account, for closings. */
const GAS_MONEY = 10n ** 16n;

/**
 * Brings the node's money into channels that others ask for, at the prices and within the limits of the config. The
 * money of one that is agreed on lies as credit in the contract, where the consent finds it.
 */
export class Selling {
  readonly #parts: Parts;
  /** One after the other, or two could be sold the same money. */
  readonly #turns = new Turns();

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.journal.run(
      `CREATE TABLE IF NOT EXISTS sold (channel TEXT PRIMARY KEY, buyer TEXT NOT NULL, token TEXT NOT NULL,
       amount TEXT NOT NULL, fee TEXT NOT NULL, validUntil INTEGER NOT NULL, keepUntil INTEGER NOT NULL) STRICT`,
    );
    parts.node.on((notice) => {
      if (notice.kind === "quoteAsked") void this.#take(() => this.#quote(notice));
      // Its consent is used up.
      if (notice.kind === "channelEnded")
        parts.journal.run("DELETE FROM sold WHERE channel = ?", notice.channel);
      if (notice.kind === "openingAsked") void this.#take(() => this.#answer(notice));
    });
  }

  /** A word that is broken by mistake is broken. */
  requireFree(channel: ChannelId): void {
    const { journal, node } = this.#parts;
    const row = journal.first("SELECT keepUntil FROM sold WHERE channel = ?", channel);
    if (row === null || Number(row.keepUntil) <= node.head().time) return;
    throw problem(
      409,
      "channel_sold",
      "the channel was sold, and its buyer paid for a time that is not over",
      "Wait for its end, or repeat with force if it must be.",
      { channel, until: isoOf(Number(row.keepUntil)) },
    );
  }

  #take(work: () => Promise<void>): Promise<void> {
    return this.#turns.take(work).catch((thrown: unknown) => {
      this.#parts.logger.warn("a request for a channel was not answered", { reason: String(thrown) });
    });
  }

  #offer(token: Address, amount: Amount): Offer {
    const terms = isFrozen(this.#parts) ? null : (this.#parts.assets.termsOf(token)?.sell ?? null);
    return offerOf(terms, amount, this.#bound(token));
  }

  async #quote({ from, token, amount }: Told<"quoteAsked">): Promise<void> {
    const { refusal, fee } = this.#offer(token, amount);
    const sell = this.#parts.assets.termsOf(token)?.sell ?? null;
    const { min: least = 0n, max: most = 0n, days = 0 } = sell ?? {};
    const message = {
      kind: "quote",
      token,
      amount,
      refusal,
      fee,
      seconds: days * DAY_SECONDS,
      least,
      most,
    } as const;
    await this.#parts.node.say(from, message);
  }

  async #answer(asked: Told<"openingAsked">): Promise<void> {
    const { node, journal, logger } = this.#parts;
    const { channel, from, side, params, amounts, fee, validUntil } = asked;
    const amount = amounts[side];
    const refusal = this.#refusal(asked) ?? (await this.#provide(amount));
    if (refusal === null) {
      const days = this.#parts.assets.termsOf(params.token)?.sell?.days ?? 0;
      const keepUntil = node.head().time + days * DAY_SECONDS;
      journal.run(
        "INSERT OR REPLACE INTO sold VALUES (?, ?, ?, ?, ?, ?, ?)",
        ...[channel, from, params.token, amount.toString(), fee.toString(), validUntil, keepUntil],
      );
      const values = { channel, buyer: from, amount: this.#parts.assets.money(amount, params.token).value };
      logger.info("a channel was sold", values);
    }
    await node.answerOpening(channel, refusal);
  }

  #refusal({ params, amounts, side, fee }: Told<"openingAsked">): OpeningRefusal | null {
    const { config } = this.#parts;
    const offer = this.#offer(params.token, amounts[side]);
    if (offer.refusal !== null) return offer.refusal;
    // A longer one would bind the money for longer, if the buyer is gone.
    if (params.challengePeriod > config.challengeSeconds) return "bad_period";
    return fee < offer.fee ? "fee_too_low" : null;
  }

  /** Sees to it that the credit reaches for what is agreed on and for this. Only ETH is sold. */
  async #provide(amount: Amount): Promise<OpeningRefusal | null> {
    const { contracts, account, config, logger } = this.#parts;
    const waiting = this.#rows(ZERO_ADDRESS)
      .filter((row) => !this.#isOpen(row))
      .reduce((sum, row) => sum + amountOf(row), 0n);
    const missing = waiting + amount - (await creditOf(contracts, ZERO_ADDRESS, config.owner));
    if (missing <= 0n) return null;
    if ((await balanceOf(contracts, ZERO_ADDRESS, config.owner)) < missing + GAS_MONEY) return "no_money";
    try {
      await addCredit(contracts, account, { token: ZERO_ADDRESS, owner: config.owner, amount: missing });
      return null;
    } catch (thrown) {
      logger.warn("the money for a channel that is to be sold cannot be brought", { reason: String(thrown) });
      return "no_money";
    }
  }

  /** In channels that were sold and stand, or may still be opened. */
  #bound(token: Address): Amount {
    return this.#rows(token).reduce((sum, row) => sum + amountOf(row), 0n);
  }

  #rows(token: Address): readonly Row[] {
    const { time } = this.#parts.node.head();
    return this.#parts.journal
      .all("SELECT * FROM sold WHERE token = ?", token)
      .filter((row) => this.#isOpen(row) || Number(row.validUntil) >= time);
  }

  #isOpen(row: Row): boolean {
    return this.#parts.node.channels().some(({ channel }) => channel === textOf(row.channel));
  }
}

function amountOf(row: Row): Amount {
  return BigInt(textOf(row.amount) ?? "0");
}
