import { randomBytes } from "node:crypto";
import type { Read } from "../api/fields.ts";
import { problem } from "../api/problem.ts";
import type { ROUTES } from "../api/routes.ts";
import type { Operation } from "../api/views.ts";
import { bringIn, readSlot, type FundingWay } from "../chain/funding.ts";
import { balanceOf } from "../chain/token.ts";
import { parseAddress, ZERO_ADDRESS } from "../protocol/checked.ts";
import { channelId, paramsId } from "../protocol/identity.ts";
import { leastChallengePeriod } from "../protocol/node/terms.ts";
import type { Address, Amount, ChannelId, NodeId, Params } from "../protocol/types.ts";
import type { Channels } from "./channels.ts";
import { requireThawed } from "./freeze.ts";
import { textOf, type Row } from "./journal.ts";
import { ownerOfPeer } from "./network.ts";
import { fingerprintOf, operationOf, viewOperation } from "./operations.ts";
import type { Parts } from "./parts.ts";
import { Turns } from "./turns.ts";

type OpenRequest = Read<(typeof ROUTES.open)["fields"]>;
type DepositRequest = Read<(typeof ROUTES.deposit)["fields"]>;

interface Plan {
  readonly key: string;
  readonly kind: "open" | "deposit";
  readonly channel: ChannelId;
  readonly params: Params;
  readonly life: number;
  readonly amount: Amount;
  /** Our deposit once it is done, for a deposit. */
  readonly goal: Amount;
  /** Null: as the token lets us. */
  readonly way: FundingWay | null;
}

/** Brings money into channels, each key once: what is to be sent is on disk before the chain hears of it. */
export class Funding {
  readonly #parts: Parts;
  readonly #channels: Channels;
  /** One after the other, or two deposits would have the same goal. */
  readonly #turns = new Turns();

  constructor(parts: Parts, channels: Channels) {
    this.#parts = parts;
    this.#channels = channels;
  }

  open(request: OpenRequest): Promise<Operation> {
    const { idempotencyKey, ...what } = request;
    return this.#once(idempotencyKey, ["open", what], () => this.#planOpen(request));
  }

  deposit(channel: string, request: DepositRequest): Promise<Operation> {
    const { idempotencyKey, amount, funding } = request;
    const what = ["deposit", channel, amount, ...(funding === undefined ? [] : [funding])];
    return this.#once(idempotencyKey, what, () => this.#planDeposit(channel, request));
  }

  #once(key: string, request: unknown, plan: () => Plan): Promise<Operation> {
    const fingerprint = fingerprintOf(request);
    return this.#turns.take(() => this.#run(key, fingerprint, plan));
  }

  async #run(key: string, fingerprint: string, makePlan: () => Plan): Promise<Operation> {
    const { journal } = this.#parts;
    const known = operationOf(this.#parts, key, fingerprint);
    if (known?.status === "done") return viewOperation(this.#parts, known);
    const plan = known === null ? makePlan() : planOf(known);
    if (known === null) {
      await requireMoney(this.#parts, plan.params.token, plan.amount);
      this.#insert(plan, fingerprint);
    }
    if (known === null || !(await this.#isDone(plan))) await this.#send(plan, known !== null);
    journal.run("UPDATE operations SET status = 'done' WHERE key = ?", key);
    return viewOperation(this.#parts, operationOf(this.#parts, key, fingerprint) ?? {});
  }

  #planOpen(request: OpenRequest): Plan {
    const { node, config, contracts, crypto, assets } = this.#parts;
    requireThawed(this.#parts);
    const { token } = assets.named(request.asset);
    const amount = assets.positive("amount", request.amount, token);
    const peer = connectedPeer(this.#parts, request.peer);
    const challengePeriod = request.challengeSeconds ?? config.challengeSeconds;
    requireTimeToAnswer(challengePeriod, config.claimSeconds);
    const params: Params = {
      ownerA: config.owner,
      ownerB:
        request.peerOwner === undefined
          ? ownerOfPeer(this.#parts, peer)
          : addressIn("peerOwner", request.peerOwner),
      signerA: node.id,
      signerB: peer,
      token,
      challengePeriod,
      recoveryPeriod: config.recoverySeconds,
      salt: randomBytes(8).readBigUInt64BE(),
    };
    const channel = channelId(crypto, paramsId(crypto, contracts.domain, params), 1);
    const way = wayIn(request.funding, token);
    return { key: request.idempotencyKey, kind: "open", channel, params, life: 1, amount, goal: amount, way };
  }

  #planDeposit(id: string, request: DepositRequest): Plan {
    requireThawed(this.#parts);
    const { channel, params, life, deposits, status, withdrawing } = this.#channels.mustFind(id);
    if (status !== "usable" && status !== "opening") {
      const next = "Deposit into a channel that is open.";
      throw problem(409, "channel_not_open", "the channel is closing", next, { channel, status });
    }
    if (withdrawing) {
      const next = "Wait for its end among the events, then deposit.";
      throw problem(409, "withdrawal_under_way", "a withdrawal from the channel is under way", next, {
        channel,
      });
    }
    const amount = this.#parts.assets.positive("amount", request.amount, params.token);
    const key = request.idempotencyKey;
    const way = wayIn(request.funding, params.token);
    return { key, kind: "deposit", channel, params, life, amount, goal: deposits.ours + amount, way };
  }

  /** What a transaction of before a crash came to. */
  async #isDone({ kind, params, life, channel, goal }: Plan): Promise<boolean> {
    const { contracts, crypto, node } = this.#parts;
    if (kind === "open") {
      const slot = await readSlot(contracts, paramsId(crypto, contracts.domain, params));
      return slot.life >= life;
    }
    const view = node.channels().find((one) => one.channel === channel);
    return view === undefined || view.deposits.ours >= goal;
  }

  /** One that may wait in the chain's node since before a crash must not be sent twice. */
  async #send(plan: Plan, isAgain: boolean): Promise<void> {
    const { kind, params, life, amount, channel, key, way } = plan;
    const { contracts, account, node, journal } = this.#parts;
    if (isAgain) await requireNothingPending(this.#parts, channel);
    const before = await transactionsOf(this.#parts, "pending");
    const side = node.id === params.signerA ? "A" : "B";
    try {
      await bringIn(contracts, account, { params, life, side, amount, isOpening: kind === "open" }, way);
    } catch (thrown) {
      // If nothing left the account the key is free; else the same request finds out what came of it.
      const after = await transactionsOf(this.#parts, "pending").catch(() => null);
      if (after === before) journal.run("DELETE FROM operations WHERE key = ? AND status = 'started'", key);
      throw thrown;
    }
  }

  #insert({ key, kind, channel, params, life, amount, goal, way }: Plan, fingerprint: string): void {
    const stored = JSON.stringify({ ...params, salt: params.salt.toString(), way });
    this.#parts.journal.run(
      `INSERT INTO operations (key, request, kind, channel, token, amount, params, life, goal, status)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'started')`,
      ...[key, fingerprint, kind, channel, params.token, amount.toString(), stored, life, goal.toString()],
    );
  }
}

/** A node that money can be brought into a channel with. */
export function connectedPeer({ node }: Parts, text: string): NodeId {
  const peer = addressIn("peer", text);
  if (peer === node.id) {
    throw problem(400, "own_node", "a node has no channel with itself", "Name another node.", { peer });
  }
  if (node.peers().includes(peer)) return peer;
  const next =
    "Connect with it first: hashlane connect NODE@HOST:PORT. Money with a node out of reach is stuck.";
  throw problem(409, "peer_not_connected", "the node is not connected", next, { peer });
}

export async function requireMoney(
  { contracts, account, assets }: Parts,
  token: Address,
  amount: Amount,
): Promise<void> {
  const has = await balanceOf(contracts, token, account.address);
  const isShort = token === ZERO_ADDRESS ? has <= amount : has < amount;
  if (!isShort) return;
  const [wanted, held] = [assets.money(amount, token), assets.money(has, token)];
  throw problem(
    409,
    "not_enough_funds",
    "the node's account holds too little, gas included",
    "Send money to the account, or bring less.",
    { account: account.address, wanted: wanted.value, held: held.value, asset: wanted.asset },
  );
}

/** How many the account has sent. */
export function transactionsOf({ account }: Parts, block: "pending" | "latest"): Promise<number> {
  return account.provider.getTransactionCount(account.address, block);
}

export async function requireNothingPending(parts: Parts, channel: ChannelId): Promise<void> {
  const [pending, mined] = await Promise.all([
    transactionsOf(parts, "pending"),
    transactionsOf(parts, "latest"),
  ]);
  // What the chain's node has dropped is sent again: it waits too.
  const kept = parts.account.posted().filter(({ nonce }) => nonce >= mined).length;
  const waiting = Math.max(pending - mined, kept);
  if (waiting === 0) return;
  throw problem(
    409,
    "transaction_pending",
    "a transaction of the account still waits for a block, and may be this one",
    "Send the same request with the same key again when it has its block.",
    { account: parts.account.address, channel, waiting: String(waiting) },
  );
}

function planOf(row: Row): Plan {
  const { salt, way, ...params } = JSON.parse(textOf(row.params) ?? "{}") as Omit<Params, "salt"> & {
    salt: string;
    way?: FundingWay | null;
  };
  return {
    key: textOf(row.key) ?? "",
    kind: textOf(row.kind) as Plan["kind"],
    channel: textOf(row.channel) as ChannelId,
    params: { ...params, salt: BigInt(salt) },
    life: Number(row.life),
    amount: BigInt(textOf(row.amount) ?? "0"),
    goal: BigInt(textOf(row.goal) ?? "0"),
    way: way ?? null,
  };
}

const WAYS: readonly FundingWay[] = ["approve", "permit", "authorization", "permit2"];

/** Only tokens have permits. */
function wayIn(text: string | undefined, token: Address): FundingWay | null {
  if (text === undefined) return null;
  const way = WAYS.find((one) => one === text);
  if (way === undefined) {
    const next = `Name one of ${WAYS.join(", ")}, or none.`;
    throw problem(400, "bad_funding", "this is no way to fund a channel", next, { funding: text });
  }
  if (token !== ZERO_ADDRESS) return way;
  const next = "Leave it out: ETH comes with the transaction.";
  throw problem(400, "bad_funding", "a channel of ETH is not funded by permits", next, { funding: text });
}

/** This node would not use a channel in which it could not answer a close. */
function requireTimeToAnswer(challengePeriod: number, claimSeconds: number): void {
  const least = leastChallengePeriod(claimSeconds);
  if (challengePeriod >= least) return;
  throw problem(
    400,
    "challenge_too_short",
    "no close could be answered in so short a challenge period",
    `Allow at least ${least} s: twice the config's claimSeconds.`,
    { challengeSeconds: String(challengePeriod), least: String(least) },
  );
}

function addressIn(field: string, text: string): Address {
  const parsed = parseAddress(text);
  if (parsed.ok) return parsed.value;
  throw problem(400, "bad_address", `${field} is no address: ${parsed.problem}`, "Correct it.", { field });
}
