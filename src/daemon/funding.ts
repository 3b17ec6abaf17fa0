import { createHash, randomBytes } from "node:crypto";
import type { Read } from "../api/fields.ts";
import { problem } from "../api/problem.ts";
import type { ROUTES } from "../api/routes.ts";
import type { Operation } from "../api/views.ts";
import { depositInto, openChannel, readSlot } from "../chain/funding.ts";
import { balanceOf } from "../chain/token.ts";
import { parseAddress, ZERO_ADDRESS } from "../protocol/checked.ts";
import { channelId, paramsId } from "../protocol/identity.ts";
import type { Address, Amount, ChannelId, Params } from "../protocol/types.ts";
import type { Channels } from "./channels.ts";
import { requireThawed } from "./freeze.ts";
import { textOf, type Row } from "./journal.ts";
import type { Parts } from "./parts.ts";

type OpenRequest = Read<(typeof ROUTES.open)["fields"]>;
type DepositRequest = Read<(typeof ROUTES.deposit)["fields"]>;

interface Plan {
  readonly key: string;
  readonly kind: Operation["kind"];
  readonly channel: ChannelId;
  readonly params: Params;
  readonly life: number;
  readonly amount: Amount;
  /** Our deposit once it is done, for a deposit. */
  readonly goal: Amount;
}

/** Brings money into channels, each key once: what is to be sent is on disk before the chain hears of it. */
export class Funding {
  readonly #parts: Parts;
  readonly #channels: Channels;
  /** One after the other, or two deposits would have the same goal. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: Parts, channels: Channels) {
    this.#parts = parts;
    this.#channels = channels;
  }

  open(request: OpenRequest): Promise<Operation> {
    const { idempotencyKey, ...what } = request;
    return this.#once(idempotencyKey, ["open", what], () => this.#planOpen(request));
  }

  deposit(channel: string, request: DepositRequest): Promise<Operation> {
    const { idempotencyKey, amount } = request;
    return this.#once(idempotencyKey, ["deposit", channel, amount], () =>
      this.#planDeposit(channel, request),
    );
  }

  #once(key: string, request: unknown, plan: () => Plan): Promise<Operation> {
    const fingerprint = createHash("sha256").update(JSON.stringify(request)).digest("hex");
    const turn = this.#last.then(() => this.#run(key, fingerprint, plan));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #run(key: string, fingerprint: string, makePlan: () => Plan): Promise<Operation> {
    const { journal } = this.#parts;
    const known = this.#row(key);
    if (known !== null && known.request !== fingerprint) {
      throw problem(
        409,
        "idempotency_conflict",
        "this key stands for another request",
        "Use a new key for a new request, or repeat the first one exactly.",
        { key, channel: textOf(known.channel) ?? "" },
      );
    }
    if (known?.status === "done") return this.#view(known);
    const plan = known === null ? makePlan() : planOf(known);
    if (known === null) {
      await this.#requireMoney(plan);
      this.#insert(plan, fingerprint);
    }
    if (known === null || !(await this.#isDone(plan))) await this.#send(plan, known !== null);
    journal.run("UPDATE operations SET status = 'done' WHERE key = ?", key);
    return this.#view(this.#row(key) ?? {});
  }

  #planOpen(request: OpenRequest): Plan {
    const { node, config, contracts, crypto, assets } = this.#parts;
    requireThawed(this.#parts);
    const { token } = assets.named(request.asset);
    const amount = assets.positive("amount", request.amount, token);
    const peer = addressIn("peer", request.peer);
    if (peer === node.id) {
      throw problem(400, "own_node", "a node has no channel with itself", "Name another node.", { peer });
    }
    if (!node.peers().includes(peer)) {
      const next =
        "Connect with it first: hashlane connect NODE@HOST:PORT. Money with a node out of reach is stuck.";
      throw problem(409, "peer_not_connected", "the node is not connected", next, { peer });
    }
    const params: Params = {
      ownerA: config.owner,
      ownerB: request.peerOwner === undefined ? peer : addressIn("peerOwner", request.peerOwner),
      signerA: node.id,
      signerB: peer,
      token,
      challengePeriod: request.challengeSeconds ?? config.challengeSeconds,
      recoveryPeriod: config.recoverySeconds,
      salt: randomBytes(8).readBigUInt64BE(),
    };
    const channel = channelId(crypto, paramsId(crypto, contracts.domain, params), 1);
    return { key: request.idempotencyKey, kind: "open", channel, params, life: 1, amount, goal: amount };
  }

  #planDeposit(id: string, request: DepositRequest): Plan {
    requireThawed(this.#parts);
    const { channel, params, life, deposits, status } = this.#channels.mustFind(id);
    if (status !== "usable" && status !== "opening") {
      const next = "Deposit into a channel that is open.";
      throw problem(409, "channel_not_open", "the channel is closing", next, { channel, status });
    }
    const amount = this.#parts.assets.positive("amount", request.amount, params.token);
    const key = request.idempotencyKey;
    return { key, kind: "deposit", channel, params, life, amount, goal: deposits.ours + amount };
  }

  async #requireMoney({ params: { token }, amount }: Plan): Promise<void> {
    const { contracts, config, assets } = this.#parts;
    const has = await balanceOf(contracts, token, config.owner);
    const isShort = token === ZERO_ADDRESS ? has <= amount : has < amount;
    if (!isShort) return;
    const [wanted, held] = [assets.money(amount, token), assets.money(has, token)];
    throw problem(
      409,
      "not_enough_funds",
      "the owner's account holds too little, gas included",
      "Send money to the account, or bring less.",
      { account: config.owner, wanted: wanted.value, held: held.value, asset: wanted.asset },
    );
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
  async #send({ kind, params, life, amount, channel, key }: Plan, isAgain: boolean): Promise<void> {
    const { contracts, account, node, journal } = this.#parts;
    if (isAgain) await this.#requireNothingPending(channel);
    const before = await this.#count("pending");
    const side = node.id === params.signerA ? "A" : "B";
    try {
      if (kind === "open")
        await openChannel(contracts, account, { params, life, amounts: { A: amount, B: 0n } });
      else await depositInto(contracts, account, { params, life, side, amount });
    } catch (thrown) {
      // If nothing left the account the key is free; else the same request finds out what came of it.
      const after = await this.#count("pending").catch(() => null);
      if (after === before) journal.run("DELETE FROM operations WHERE key = ? AND status = 'started'", key);
      throw thrown;
    }
  }

  /** Of the account's transactions. */
  #count(block: "pending" | "latest"): Promise<number> {
    const { account, config } = this.#parts;
    return account.provider.getTransactionCount(config.owner, block);
  }

  async #requireNothingPending(channel: ChannelId): Promise<void> {
    const [pending, mined] = await Promise.all([this.#count("pending"), this.#count("latest")]);
    if (pending === mined) return;
    throw problem(
      409,
      "transaction_pending",
      "a transaction of the account still waits for a block, and may be this one",
      "Send the same request with the same key again when it has its block.",
      { account: this.#parts.config.owner, channel, waiting: String(pending - mined) },
    );
  }

  #insert({ key, kind, channel, params, life, amount, goal }: Plan, fingerprint: string): void {
    const stored = JSON.stringify({ ...params, salt: params.salt.toString() });
    this.#parts.journal.run(
      `INSERT INTO operations (key, request, kind, channel, token, amount, params, life, goal, status)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'started')`,
      ...[key, fingerprint, kind, channel, params.token, amount.toString(), stored, life, goal.toString()],
    );
  }

  #row(key: string): Row | null {
    return this.#parts.journal.first("SELECT * FROM operations WHERE key = ?", key);
  }

  #view(row: Row): Operation {
    return {
      key: textOf(row.key) ?? "",
      kind: textOf(row.kind) as Operation["kind"],
      channel: textOf(row.channel) ?? "",
      amount: this.#parts.assets.money(BigInt(textOf(row.amount) ?? "0"), textOf(row.token) as Address),
      status: textOf(row.status) as Operation["status"],
    };
  }
}

function planOf(row: Row): Plan {
  const { salt, ...params } = JSON.parse(textOf(row.params) ?? "{}") as Omit<Params, "salt"> & {
    salt: string;
  };
  return {
    key: textOf(row.key) ?? "",
    kind: textOf(row.kind) as Plan["kind"],
    channel: textOf(row.channel) as ChannelId,
    params: { ...params, salt: BigInt(salt) },
    life: Number(row.life),
    amount: BigInt(textOf(row.amount) ?? "0"),
    goal: BigInt(textOf(row.goal) ?? "0"),
  };
}

function addressIn(field: string, text: string): Address {
  const parsed = parseAddress(text);
  if (parsed.ok) return parsed.value;
  throw problem(400, "bad_address", `${field} is no address: ${parsed.problem}`, "Correct it.", { field });
}
