import { ApiProblem, type Problem } from "../../api/problem.ts";
import type { TowerInfo } from "../../api/tower-routes.ts";
import type { Guardable } from "../../node/guarded.ts";
import type { Crypto, Signer } from "../../protocol/crypto.ts";
import { nameAppointment, type Appointment, type WitnessDue } from "../../protocol/tower.ts";
import { ZERO_WORD } from "../../protocol/checked.ts";
import type { Address, Amount, ChannelId, Domain, Seq, Signature } from "../../protocol/types.ts";
import type { KnownTower, TowerBook } from "./tower-book.ts";
import { lookAtTower, TowerClient } from "./tower-client.ts";

export interface LinkParts {
  readonly known: KnownTower;
  readonly book: Pick<TowerBook, "receipts" | "keep" | "forget">;
  readonly signer: Signer;
  readonly crypto: Crypto;
  readonly domain: Domain;
  /** What the tower is to know by now. */
  readonly lanes: () => readonly Guardable[];
  readonly unpaid: () => readonly WitnessDue[];
  /** Calls once, later. */
  readonly after: (ms: number, then: () => void) => () => void;
  /** It refused a state because it holds a newer one: that may prove that our store is old. */
  readonly onNewer: (channel: ChannelId) => void;
  /** It answers again, or does not any more. */
  readonly onReach: (problem: Problem | null) => void;
}

/** How far a tower is behind, and why. */
export interface LinkView {
  readonly tower: Address;
  readonly url: string;
  /** Why it does not answer; null if it does, or was not asked yet. */
  readonly problem: Problem | null;
  /** Channels whose newest state it holds. */
  readonly guarded: number;
  /** That it is to take, and has not. */
  readonly behind: number;
  /** That it does not take, and why. */
  readonly refused: ReadonlyMap<ChannelId, string>;
  /** Time of the block that its newest receipt names; null if it gave none. */
  readonly lastReceipt: number | null;
  readonly info: TowerInfo | null;
}

const PACE_MS = 250;
const LEAST_WAIT_MS = 1000;
const MOST_WAIT_MS = 60_000;
/** A tower that refuses a channel is asked again after so long: its terms, or the channel, may have changed. */
const REFUSED_WAIT_MS = 60_000;
const AT_ONCE = 8;

/**
 * Keeps one tower up to date: of each channel only the newest state is brought, one at a time, so that a busy channel
 * costs the tower no more than a call each quarter of a second.
 */
export class TowerLink {
  readonly #parts: LinkParts;
  readonly client: TowerClient;
  /** Newest states that it has receipts for. */
  readonly #held = new Map<ChannelId, Seq>();
  readonly #inFlight = new Set<ChannelId>();
  readonly #refused = new Map<ChannelId, string>();
  readonly #timers = new Set<() => void>();
  #info: TowerInfo | null = null;
  #problem: Problem | null = null;
  #wait = 0;
  #lastWait = 0;
  #isScheduled = false;
  #lastReceipt: number | null = null;
  #handed = "";
  #isHanding = false;
  #isStopped = false;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    const { known, signer, crypto, domain, book } = parts;
    this.client = new TowerClient({ ...known, signer, crypto, domain });
    for (const { channel, seq, time } of book.receipts(known.tower)) {
      this.#held.set(channel, seq);
      this.#lastReceipt = Math.max(this.#lastReceipt ?? 0, time);
    }
  }

  get view(): LinkView {
    const { known, lanes } = this.#parts;
    const wanted = lanes().filter(({ channel }) => !this.#refused.has(channel));
    const behind = wanted.filter(({ channel, seq }) => (this.#held.get(channel) ?? 0) < seq).length;
    return {
      ...{ tower: known.tower, url: known.url, problem: this.#problem, info: this.#info },
      ...{ guarded: wanted.length - behind, behind },
      refused: new Map(this.#refused),
      lastReceipt: this.#lastReceipt,
    };
  }

  /** Something may have changed. Whoever says so often is heard once in a while. */
  wake(): void {
    if (this.#isScheduled || this.#wait > 0) return;
    this.#isScheduled = true;
    this.#after(PACE_MS, () => {
      this.#isScheduled = false;
      void this.#bring();
    });
  }

  stop(): void {
    this.#isStopped = true;
    for (const cancel of this.#timers) cancel();
  }

  #after(ms: number, then: () => void): void {
    if (this.#isStopped) return;
    const cancel = this.#parts.after(ms, () => {
      this.#timers.delete(cancel);
      if (!this.#isStopped) then();
    });
    this.#timers.add(cancel);
  }

  /** Never rejects. */
  async #bring(): Promise<void> {
    if (this.#info === null && !(await this.#look())) return;
    const lanes = this.#parts.lanes();
    this.#forgetEnded(lanes);
    const due = lanes.filter(
      ({ channel, seq }) =>
        (this.#held.get(channel) ?? 0) < seq && !this.#inFlight.has(channel) && !this.#refused.has(channel),
    );
    const room = AT_ONCE - this.#inFlight.size;
    const some = due.slice(0, room);
    await Promise.all([...some.map((lane) => this.#bringOne(lane)), this.#handWitnesses()]);
    if (due.length > some.length) this.wake();
  }

  async #look(): Promise<boolean> {
    const { known, domain } = this.#parts;
    try {
      const { info, tower } = await lookAtTower(known.url, known.certificate);
      const { id, contract } = info.chain;
      if (tower !== known.tower || id !== domain.chainId.toString() || contract !== domain.contract)
        throw wrongTower(known, tower, `${contract} on chain ${id}`);
      this.#info = info;
      this.#reach(null);
      return true;
    } catch (thrown) {
      this.#backOff(thrown);
      return false;
    }
  }

  async #bringOne(lane: Guardable): Promise<void> {
    const { channel, seq } = lane;
    const reward = rewardFor(lane, this.#info);
    if (typeof reward === "string") {
      this.#refuse(channel, reward);
      return;
    }
    this.#inFlight.add(channel);
    try {
      const receipt = await this.client.appoint(this.#appointment(lane, reward));
      this.#held.set(channel, seq);
      this.#lastReceipt = Math.max(this.#lastReceipt ?? 0, receipt.time);
      this.#parts.book.keep(this.#parts.known.tower, channel, seq, receipt);
      this.#reach(null);
      this.wake();
    } catch (thrown) {
      this.#onRefusal(channel, thrown);
    } finally {
      this.#inFlight.delete(channel);
    }
  }

  #appointment(lane: Guardable, reward: Amount): Appointment {
    const { crypto, domain, known, signer } = this.#parts;
    const { params, life, side, signature } = lane;
    const unsigned = { params, life, side, state: lane.head(), signature, reward, consent: NO_SIGNATURE };
    const { answer } = nameAppointment(crypto, domain, known.tower, unsigned);
    return { ...unsigned, consent: signer.sign(answer) };
  }

  #onRefusal(channel: ChannelId, thrown: unknown): void {
    if (!(thrown instanceof ApiProblem) || isOfTheWay(thrown)) return this.#backOff(thrown);
    const { code } = thrown.problem;
    if (code === "not_newer" || code === "state_taken") this.#parts.onNewer(channel);
    // Its terms may have changed: they are read again before the next state.
    this.#info = null;
    this.#refuse(channel, code);
  }

  #refuse(channel: ChannelId, why: string): void {
    this.#refused.set(channel, why);
    this.#after(REFUSED_WAIT_MS, () => {
      this.#refused.delete(channel);
      this.#info = null;
      this.wake();
    });
  }

  #backOff(thrown: unknown): void {
    this.#reach(problemOf(thrown));
    if (this.#wait > 0) return;
    const seconds = Number(this.#problem?.values.seconds ?? 0);
    this.#wait = Math.min(MOST_WAIT_MS, Math.max(LEAST_WAIT_MS, this.#lastWait * 2, seconds * 1000));
    this.#lastWait = this.#wait;
    this.#after(this.#wait, () => {
      this.#wait = 0;
      this.wake();
    });
  }

  #reach(problem: Problem | null): void {
    const before = this.#problem;
    this.#problem = problem;
    if (problem === null) this.#lastWait = 0;
    if ((before === null) !== (problem === null)) this.#parts.onReach(problem);
  }

  /** The whole list each time: what was paid meanwhile is taken back by it. */
  async #handWitnesses(): Promise<void> {
    const most = this.#info?.limits.witnesses ?? 0;
    if (this.#isHanding || most === 0 || this.#held.size === 0) return;
    const list = this.#parts.unpaid().slice(0, most);
    const text = JSON.stringify(list);
    if (text === this.#handed || (list.length === 0 && this.#handed === "")) return;
    this.#isHanding = true;
    try {
      await this.client.witnesses(list);
      this.#handed = text;
      this.wake();
    } catch (thrown) {
      this.#backOff(thrown);
    } finally {
      this.#isHanding = false;
    }
  }

  #forgetEnded(lanes: readonly Guardable[]): void {
    const left = new Set(lanes.map(({ channel }) => channel));
    for (const channel of this.#held.keys()) {
      if (left.has(channel)) continue;
      this.#held.delete(channel);
      this.#parts.book.forget(this.#parts.known.tower, channel);
    }
  }
}

/** Before it is signed. */
const NO_SIGNATURE = `${ZERO_WORD}${ZERO_WORD.slice(2)}` as Signature;

/** Nobody may profit from being convicted: a tower is promised no more than what a cheater loses in any case [CL-6]. */
function rewardFor({ params, reserve }: Guardable, info: TowerInfo | null): Amount | string {
  if (info === null) return "tower_unknown";
  if (info.rewards === null) return 0n;
  const least = info.rewards[params.token];
  if (least === undefined) return "token_not_guarded";
  return BigInt(least) > reserve ? "reward_above_reserve" : BigInt(least);
}

/** What says nothing of the state that was brought. */
function isOfTheWay({ status, problem: { code } }: ApiProblem): boolean {
  return status >= 500 || code === "too_fast" || code === "not_a_client";
}

function problemOf(thrown: unknown): Problem {
  if (thrown instanceof ApiProblem) return thrown.problem;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: "tower_failed", message, values: {}, next: "Report it with the daemon's log." };
}

function wrongTower({ tower, url }: KnownTower, found: Address, network: string): ApiProblem {
  return new ApiProblem(409, {
    code: "tower_changed",
    message: "another tower answers at this URL, or one of another network",
    values: { url, expected: tower, found, network },
    next: "Ask its operator, or remove it and add it again.",
  });
}
