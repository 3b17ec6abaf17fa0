import { randomBytes } from "node:crypto";
import type { Read } from "../api/fields.ts";
import { problem } from "../api/problem.ts";
import type { ROUTES } from "../api/routes.ts";
import type { Operation, Quote } from "../api/views.ts";
import { openWithConsent, readSlot, type Consent } from "../chain/funding.ts";
import { channelId, paramsId } from "../protocol/identity.ts";
import { LEAST_BOUGHT_SALT, type OpeningRefusal } from "../protocol/liquidity-terms.ts";
import type { Notice } from "../protocol/outputs.ts";
import type { Address, Amount, ChannelId, Deposits, NodeId, Params } from "../protocol/types.ts";
import { toProblem } from "./failure.ts";
import { requireThawed } from "./freeze.ts";
import { connectedPeer, requireMoney, requireNothingPending, transactionsOf } from "./funding.ts";
import { textOf, type Row } from "./journal.ts";
import { fingerprintOf, operationOf, viewOperation } from "./operations.ts";
import type { Parts } from "./parts.ts";
import { Turns } from "./turns.ts";
import { ownAmountFor } from "./sell-terms.ts";

type BuyRequest = Read<(typeof ROUTES.buyLiquidity)["fields"]>;
type QuoteRequest = Read<(typeof ROUTES.quoteLiquidity)["fields"]>;
type Quoted = Extract<Notice, { kind: "quoted" }>;

/** In which the channel must be in a block. */
const OPEN_SECONDS = 600;
const QUOTE_MS = 10_000;
/** The seller may have to bring its money into the contract first. */
const CONSENT_MS = 120_000;
const LIFE = 1;

const WHY: Readonly<Record<OpeningRefusal, string>> = {
  not_sold: "the node sells no channels of this asset",
  too_little: "the amount is below what the node sells",
  too_much: "the amount is above what the node sells now",
  fee_too_low: "the node's price has risen meanwhile",
  no_money: "the node cannot bring so much now",
  busy: "the node still waits for another channel with this one",
  bad_period: "the challenge period is longer than the node takes",
};

interface Plan {
  readonly params: Params;
  readonly channel: ChannelId;
  readonly amounts: Deposits;
  readonly fee: Amount;
  readonly validUntil: number;
}

/** Buys channels in which the other side's money stands, so that this node can receive. */
export class Buying {
  readonly #parts: Parts;
  readonly #turns = new Turns();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async quote(request: QuoteRequest): Promise<Quote> {
    const { assets } = this.#parts;
    const { token } = assets.named(request.asset);
    const amount = assets.positive("amount", request.amount, token);
    const peer = connectedPeer(this.#parts, request.peer);
    const { fee, refusal, seconds, least, most } = await this.#ask(peer, token, amount);
    const money = (one: Amount) => assets.money(one, token);
    const offered = refusal === null;
    const limits = { least: money(least), most: money(most) };
    return { peer, amount: money(amount), offered, refusal, fee: money(fee), seconds, ...limits };
  }

  /** Resolves when the channel is in a block. */
  buy(request: BuyRequest): Promise<Operation> {
    return this.#turns.take(() => this.#run(request));
  }

  async #run(request: BuyRequest): Promise<Operation> {
    const { journal } = this.#parts;
    const { idempotencyKey: key, ...what } = request;
    const fingerprint = fingerprintOf(["buy", what]);
    const known = operationOf(this.#parts, key, fingerprint);
    if (known?.status === "done") return viewOperation(this.#parts, known);
    if (known === null || !(await this.#isDone(known))) {
      if (known !== null) {
        await requireNothingPending(this.#parts, textOf(known.channel) as ChannelId);
        journal.run("DELETE FROM operations WHERE key = ?", key);
      }
      const plan = await this.#plan(request);
      this.#insert(key, fingerprint, plan);
      await this.#open(key, plan);
    }
    journal.run("UPDATE operations SET status = 'done' WHERE key = ?", key);
    return viewOperation(this.#parts, operationOf(this.#parts, key, fingerprint) ?? {});
  }

  async #isDone(row: Row): Promise<boolean> {
    const { contracts, crypto } = this.#parts;
    const stored = JSON.parse(textOf(row.params) ?? "{}") as Omit<Params, "salt"> & { salt: string };
    const params = { ...stored, salt: BigInt(stored.salt) };
    const slot = await readSlot(contracts, paramsId(crypto, contracts.domain, params));
    return slot.life >= LIFE;
  }

  async #plan(request: BuyRequest): Promise<Plan> {
    const { assets, node, config, contracts, crypto } = this.#parts;
    requireThawed(this.#parts);
    const terms = assets.named(request.asset);
    const { token } = terms;
    const amount = assets.positive("amount", request.amount, token);
    const besides = request.own === undefined ? 0n : assets.amount("own", request.own, token);
    const most = request.maxFee === undefined ? terms.maxFee : assets.amount("maxFee", request.maxFee, token);
    const peer = connectedPeer(this.#parts, request.peer);
    const { fee, refusal } = await this.#ask(peer, token, amount);
    if (refusal !== null) throw refused(refusal, peer);
    if (fee > most) {
      const [asked, allowed] = [assets.money(fee, token), assets.money(most, token)];
      const values = { fee: asked.value, maxFee: allowed.value, asset: asked.asset };
      const next = "Allow a higher fee, buy less, or ask another node.";
      throw problem(409, "fee_above_limit", "the node asks for more than is allowed", next, values);
    }
    const own = ownAmountFor(fee, amount, besides);
    await requireMoney(this.#parts, token, own);
    const params: Params = {
      ...{ ownerA: config.owner, ownerB: peer, signerA: node.id, signerB: peer, token },
      ...{
        challengePeriod: config.challengeSeconds,
        recoveryPeriod: 0,
        salt: LEAST_BOUGHT_SALT + randomBytes(8).readBigUInt64BE(),
      },
    };
    const channel = channelId(crypto, paramsId(crypto, contracts.domain, params), LIFE);
    return {
      params,
      channel,
      amounts: { A: own, B: amount },
      fee,
      validUntil: node.head().time + OPEN_SECONDS,
    };
  }

  /** The fee is signed over before the consent comes: it counts only in the channel that the consent opens. */
  async #open(key: string, plan: Plan): Promise<void> {
    const { node, contracts, account, journal } = this.#parts;
    const { params, channel, amounts, validUntil } = plan;
    const before = await transactionsOf(this.#parts, "pending");
    try {
      const answer = this.#next(
        (notice) =>
          (notice.kind === "openingAgreed" || notice.kind === "openingDeclined") &&
          notice.channel === channel,
        CONSENT_MS,
      );
      await node.proposeOpening({ params, life: LIFE, amounts, fee: plan.fee, validUntil });
      const told = await answer;
      if (told?.kind === "openingDeclined") throw refused(told.refusal, params.signerB);
      if (told?.kind !== "openingAgreed") throw silent(params.signerB);
      const consent: Consent = { otherAmount: amounts.A, validUntil, signature: told.signature };
      await openWithConsent(contracts, account, { params, life: LIFE, amounts }, { of: "B", consent });
    } catch (thrown) {
      const after = await transactionsOf(this.#parts, "pending").catch(() => null);
      if (after === before) journal.run("DELETE FROM operations WHERE key = ? AND status = 'started'", key);
      throw toProblem(thrown, { channel });
    }
  }

  async #ask(peer: NodeId, token: Address, amount: Amount): Promise<Quoted> {
    const answer = this.#next(
      (notice) =>
        notice.kind === "quoted" &&
        notice.from === peer &&
        notice.token === token &&
        notice.amount === amount,
      QUOTE_MS,
    );
    await this.#parts.node.say(peer, { kind: "quoteAsk", token, amount });
    const told = await answer;
    if (told?.kind === "quoted") return told;
    throw silent(peer);
  }

  /** Null if it does not come in time. */
  #next(is: (notice: Notice) => boolean, milliseconds: number): Promise<Notice | null> {
    return new Promise((resolve) => {
      const end = (notice: Notice | null): void => {
        clearTimeout(timer);
        stop();
        resolve(notice);
      };
      const stop = this.#parts.node.on((notice) => {
        if (is(notice)) end(notice);
      });
      const timer = setTimeout(() => end(null), milliseconds);
    });
  }

  #insert(key: string, fingerprint: string, { params, channel, amounts }: Plan): void {
    const stored = JSON.stringify({ ...params, salt: params.salt.toString() });
    this.#parts.journal.run(
      `INSERT INTO operations (key, request, kind, channel, token, amount, params, life, goal, status)
       VALUES (?, ?, 'buy', ?, ?, ?, ?, ?, ?, 'started')`,
      ...[key, fingerprint, channel, params.token, amounts.B.toString(), stored, LIFE, amounts.A.toString()],
    );
  }
}

function refused(refusal: OpeningRefusal, peer: NodeId): Error {
  const next = "Ask for a quote: it says the limits. Or ask another node.";
  return problem(409, "liquidity_refused", WHY[refusal], next, { peer, refusal });
}

function silent(peer: NodeId): Error {
  const next = "Try again; if it stays silent, ask another node. Nothing was paid.";
  return problem(409, "peer_silent", "the node did not answer in time", next, { peer });
}
