import type { Contracts } from "../chain/contracts.ts";
import { reasonOf } from "../chain/failure.ts";
import { readSlot, type Slot } from "../chain/slot.ts";
import type { Read } from "../api/fields.ts";
import { problem, type ApiProblem } from "../api/problem.ts";
import {
  readAddress,
  readAppointment,
  readSide,
  readSignature,
  readWitnesses,
  readWord,
  showRecord,
} from "../api/tower-fields.ts";
import type { TOWER_ROUTES, TowerChallenge, TowerReceipt, TowerRecord } from "../api/tower-routes.ts";
import type { Crypto, Signer } from "../protocol/crypto.ts";
import { paramsId, signerOf } from "../protocol/identity.ts";
import { bodyOf } from "../protocol/locks.ts";
import {
  checkAppointment,
  nameAppointment,
  readDigest,
  receiptDigest,
  witnessesDigest,
  witnessesHash,
  type Appointment,
  type Named,
} from "../protocol/tower.ts";
import type { Address, Amount, ChannelId, Digest, Hex, Signature } from "../protocol/types.ts";
import { Buckets } from "./buckets.ts";
import { Challenges } from "./challenges.ts";
import type { TowerConfig } from "./config.ts";
import type { Entry, PutResult, TowerStore } from "./store.ts";

export interface DeskParts {
  readonly store: TowerStore;
  readonly config: TowerConfig;
  readonly contracts: Contracts;
  readonly crypto: Crypto;
  /** The tower's key. */
  readonly signer: Signer;
  /** Milliseconds that never go back. */
  readonly now: () => number;
}

type Fields<N extends "appoint" | "record" | "witnesses"> = Read<(typeof TOWER_ROUTES)[N]["fields"]>;

interface Waiting {
  readonly entry: Entry;
  readonly resolve: (result: PutResult) => void;
  readonly reject: (thrown: unknown) => void;
}

/** A client may bring so much at once. */
const BURST_SECONDS = 5;
const REWARD_DIVISOR = 100n;

/** Takes what clients bring, if it is what it says, and gives it back to them [TOWER-1..4]. */
export class Desk {
  readonly #parts: DeskParts;
  readonly #challenges: Challenges;
  readonly #bytes: Buckets;
  #waiting: Waiting[] = [];

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.#challenges = new Challenges(parts.now);
    const perSecond = parts.config.limits.clientBytesPerSecond;
    this.#bytes = new Buckets({ most: BURST_SECONDS * perSecond, perSecond }, parts.now);
  }

  challenge(): TowerChallenge {
    return { challenge: this.#challenges.create() };
  }

  /** Resolves once it is on disk. `bytes`: of the request. */
  async appoint(fields: Fields<"appoint">, bytes: number): Promise<TowerReceipt> {
    const { crypto, contracts, signer, store } = this.#parts;
    const appointment = readAppointment(fields);
    const named = nameAppointment(crypto, contracts.domain, signer.address, appointment);
    this.#requireReward(appointment);
    this.#requireNewer(named, appointment);
    this.#requireSigned(named, appointment);
    this.#takeBytes(named.client, bytes);
    if (store.find(named.channel, appointment.side) === null) {
      this.#requireRoom(named.client);
      await this.#requireChannel(named.channel, appointment);
      this.#requireRoom(named.client);
    }
    const { channel, client, body } = named;
    const result = await this.#put({ channel, client, body, appointment });
    if (result.kind !== "kept") throw refusalOf(result, appointment);
    return this.#receipt(named.answer);
  }

  record(fields: Fields<"record">, path: Readonly<Record<string, string>>): TowerRecord {
    const { crypto, contracts, signer, store } = this.#parts;
    const channel = readWord("channel", path.channel ?? "") as ChannelId;
    const side = readSide(fields.side);
    const challenge = readWord("challenge", fields.challenge);
    const found = store.find(channel, side);
    if (found === null) {
      const next = "Ask another tower, or bring a record first.";
      throw problem(404, "record_unknown", "this tower holds no record of this side", next, {
        channel,
        side,
      });
    }
    const digest = readDigest(crypto, contracts.domain, { tower: signer.address, channel, challenge });
    this.#requireClient(signerOf(found.params, side), challenge, digest, fields.signature);
    return showRecord(found);
  }

  witnesses(fields: Fields<"witnesses">, bytes: number): TowerReceipt {
    const { crypto, contracts, signer, store, config } = this.#parts;
    const client = readAddress("client", fields.client);
    const list = readWitnesses(fields.witnesses);
    const challenge = readWord("challenge", fields.challenge);
    if (store.recordsOf(client) === 0) {
      const next = "Bring the state of a channel first.";
      throw problem(403, "not_a_client", "this tower guards no channel of this signer", next, { client });
    }
    const hash = witnessesHash(crypto, list);
    const digest = witnessesDigest(crypto, contracts.domain, {
      tower: signer.address,
      list: hash,
      challenge,
    });
    this.#requireClient(client, challenge, digest, fields.signature);
    this.#takeBytes(client, bytes);
    const most = config.limits.witnessesOfClient;
    const count = store.witnesses.set(client, list, store.head.time, most);
    if (count > most) {
      const next = "Hand over fewer: first those that would be lost next.";
      const values = { client, count: String(count), most: String(most) };
      throw problem(429, "too_many_witnesses", "a client has fewer in a day", next, values);
    }
    return this.#receipt(hash);
  }

  #requireReward({ params: { token }, reward }: Appointment): void {
    const { rewards } = this.#parts.config;
    if (rewards === null) return;
    const least = rewards.get(token);
    const values = { token, reward: reward.toString() };
    if (least === undefined) {
      const next = "Its info names the tokens that it guards.";
      throw problem(403, "token_not_guarded", "this tower guards no channels of this token", next, values);
    }
    if (reward < least) throw tooSmall("the reward is too small", least, values);
  }

  /** Before anything that costs: whoever repeats old states is told so at once. */
  #requireNewer({ channel }: Named, appointment: Appointment): void {
    const held = this.#parts.store.find(channel, appointment.side)?.state;
    if (held !== undefined && appointment.state.seq < held.seq)
      throw refusalOf({ kind: "older", held: held.seq }, appointment);
  }

  #requireSigned(named: Named, appointment: Appointment): void {
    const { crypto, contracts } = this.#parts;
    const refusal = checkAppointment(crypto, contracts.domain, named, appointment);
    if (refusal === null) return;
    const next = "Sign exactly what is brought, for this tower, this contract and this chain.";
    if (refusal.code === "nothing_signed") {
      throw problem(400, "nothing_signed", "state 0 is signed by nobody", "Bring a later one.");
    }
    const { code, signer, expected } = refusal;
    const what =
      code === "wrong_payer"
        ? "the other side has not signed this state"
        : "the client has not signed its Answer";
    throw problem(403, code, what, next, { signer: signer ?? "none", expected });
  }

  #takeBytes(client: Address, bytes: number): void {
    const seconds = this.#bytes.take(client, bytes);
    if (seconds === 0) return;
    const next = `Bring only the newest states, and go on in ${seconds} s.`;
    throw problem(429, "too_fast", "this client brings too much", next, { client, seconds: String(seconds) });
  }

  #requireRoom(client: Address): void {
    const { store, config } = this.#parts;
    const { records, recordsOfClient } = config.limits;
    if (store.records >= records) {
      const next = "Use another tower.";
      throw problem(503, "tower_full", "this tower holds all that it can", next, { most: String(records) });
    }
    const held = store.recordsOf(client);
    if (held < recordsOfClient) return;
    const next = "Use another tower for further channels; those that it guards stay guarded.";
    const values = { client, held: String(held), most: String(recordsOfClient) };
    throw problem(429, "too_many_channels", "this tower guards no more channels of one client", next, values);
  }

  /** Anybody can make up Params; what is on chain has cost its owners something [TOWER-2]. */
  async #requireChannel(channel: ChannelId, { params, life, reward }: Appointment): Promise<void> {
    const { store, contracts, crypto, config } = this.#parts;
    const slot = await this.#slot(paramsId(crypto, contracts.domain, params));
    if (slot.life !== life || slot.phase === "ended" || store.hasEnded(channel)) {
      const next = "Bring it when it is on chain, or never again if it has ended.";
      const values = { channel, life: String(life), phase: slot.phase, newest_life: String(slot.life) };
      throw problem(404, "channel_unknown", "there is no such channel on chain now", next, values);
    }
    if (slot.deposits === null) return;
    const least = config.rewards?.get(params.token) ?? 0n;
    const payable = (slot.deposits.A + slot.deposits.B) / REWARD_DIVISOR;
    if (payable >= least) return;
    const values = { token: params.token, reward: reward.toString(), payable: payable.toString() };
    throw tooSmall("a hundredth of the channel is less than this tower asks for", least, values);
  }

  async #slot(id: ReturnType<typeof paramsId>): Promise<Slot> {
    try {
      return await readSlot(this.#parts.contracts, id);
    } catch (thrown) {
      const next = "Try again; the tower cannot see now whether the channel exists.";
      throw problem(503, "chain_failed", "the chain cannot be read", next, { reason: reasonOf(thrown) });
    }
  }

  #requireClient(client: Address, challenge: Hex, digest: Digest, signature: string): void {
    if (!this.#challenges.isGood(challenge)) {
      const next = "Ask for another one, and use it once, within a minute.";
      throw problem(403, "challenge_wrong", "the challenge is none of this tower, or was used", next, {
        challenge,
      });
    }
    const given: Signature = readSignature("signature", signature);
    const signer = this.#parts.crypto.recover(digest, given);
    if (signer !== client) {
      const next = "Sign with the key of the guarded side, for this tower and this challenge.";
      const values = { signer: signer ?? "none", expected: client };
      throw problem(403, "wrong_client", "the client has not signed this call", next, values);
    }
    this.#challenges.use(challenge);
  }

  /** What arrives in one turn shares one write to the disk. */
  #put(entry: Entry): Promise<PutResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const { store, crypto } = this.#parts;
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      const entries = waiting.map(({ entry }) => entry);
      const results = store.put(entries, ({ state }) => bodyOf(crypto, state));
      waiting.forEach(({ resolve }, index) => resolve(results[index] ?? { kind: "taken" }));
    } catch (thrown) {
      for (const { reject } of waiting) reject(thrown);
    }
  }

  #receipt(taken: Hex): TowerReceipt {
    const { store, crypto, contracts, signer } = this.#parts;
    const { number: block, time } = store.head;
    const signature = signer.sign(receiptDigest(crypto, contracts.domain, { taken, time, block }));
    return { taken, time, block, signature };
  }
}

function tooSmall(what: string, least: Amount, values: Readonly<Record<string, string>>): ApiProblem {
  const next = "Grant more, if the reserve of the other side covers it, or use another tower.";
  return problem(409, "reward_too_small", what, next, { ...values, least: least.toString() });
}

function refusalOf(result: Exclude<PutResult, { kind: "kept" }>, { state }: Appointment): ApiProblem {
  const seq = String(state.seq);
  switch (result.kind) {
    case "older": {
      const values = { seq, held: String(result.held) };
      const next = "Keep what is newest; if it is unknown to you, you lost data.";
      return problem(409, "not_newer", "this tower holds a newer state", next, values);
    }
    case "taken": {
      const next = "The first one stays: show both to people, for the payer signed two states of one number.";
      return problem(409, "state_taken", "this tower holds another state of this number", next, { seq });
    }
    case "falls": {
      const { held } = result;
      const values = {
        sent: String(state.sent),
        held_sent: String(held.sent),
        ack: String(state.ack),
        held_ack: String(held.ack),
      };
      const next = "Do not accept such a state [LANE-1]: the one before is worth more.";
      return problem(409, "state_falls", "what was sent or acknowledged cannot fall", next, values);
    }
    case "ended":
      return problem(404, "channel_unknown", "the channel has ended", "Nothing is left to guard.", { seq });
  }
}
