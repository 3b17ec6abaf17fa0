import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import type { Crypto } from "../../src/protocol/crypto.ts";
import { headOf } from "../../src/protocol/locks.ts";
import { MAX_RECORDED } from "../../src/protocol/registry.ts";
import { endOfWait } from "../../src/protocol/settlement.ts";
import type { Address, LaneLock, LocksRoot, Params, Secret } from "../../src/protocol/types.ts";
import { type CallContext, EMPTY_RECORD, lastSettle, TOWER } from "./call-context.ts";
import { CallMaker } from "./call-maker.ts";
import { type ChannelCall, recordedNow, sendingOf } from "./channel-calls.ts";
import { Dice } from "./dice.ts";
import { makeHistory } from "./lane-histories.ts";
import type { LocalChain, Reverted } from "./local-chain.ts";
import { judgeCall } from "./twin.ts";
import { slotWord, termsOf, type TwinState } from "./twin-state.ts";

/** No time that a deadline cannot hold; only the last settle goes beyond. */
const LAST_TIME = 2 ** 33;

interface Step {
  /** Seconds since the chain started. */
  readonly after: number;
  readonly call: ChannelCall;
  outcome: string;
}

/** How often something happened. */
export type Tally = Map<string, number>;

/** One random channel, from its opening to its end, on the chain and in the core at once. */
export class DifferentialRun {
  readonly #steps: Step[] = [];
  readonly #chain: LocalChain;
  readonly #dice: Dice;
  readonly #tally: Tally;
  readonly #ctx: CallContext;
  readonly #maker: CallMaker;
  readonly #amounts: { readonly A: bigint; readonly B: bigint };
  #state: TwinState;
  #time: number;

  constructor(chain: LocalChain, crypto: Crypto, accounts: Accounts, seed: number, tally: Tally) {
    this.#chain = chain;
    this.#tally = tally;
    const dice = new Dice(seed);
    this.#dice = dice;
    this.#time = chain.start + 1;
    const most = dice.pick([3n, 1000n, 10n ** 18n, 1n << 94n]);
    this.#amounts = { A: dice.amount(most) + 1n, B: dice.chance(25) ? 0n : dice.amount(most) };
    const challengePeriod = dice.pick([1, 10, 60, 100, 100, 3600]);
    const params: Params = {
      ...accounts.owners,
      signerA: accounts.signers.A.address,
      signerB: accounts.signers.B.address,
      token: dice.chance(50) ? ZERO_ADDRESS : chain.token,
      challengePeriod,
      recoveryPeriod: dice.chance(35) ? 0 : dice.pick([1, 10, 100, 3600]),
      salt: BigInt(seed),
    };
    const history = makeHistory(dice, crypto, {
      deposits: this.#amounts,
      start: chain.start,
      challengePeriod,
    });
    const lists = new Map<LocksRoot, readonly LaneLock[]>();
    for (const state of [...history.signed.A, ...history.signed.B]) {
      lists.set(headOf(crypto, state).locksRoot, state.locks);
    }
    const terms = termsOf(crypto, chain.domain, params, ({ locksRoot }) => lists.get(locksRoot) ?? []);
    this.#ctx = {
      terms,
      signers: accounts.signers,
      history,
      lists,
      recorded: [] as Secret[][],
      oldRecords: [],
    };
    this.#maker = new CallMaker(dice, this.#ctx);
    const balances = { A: 0n, B: 0n, tower: 0n, held: 0n };
    this.#state = { life: 0, phase: { kind: "ended" }, times: new Map(), chains: new Map(), balances };
    this.#count(history.honest ? "honest lanes" : "hostile lanes");
  }

  /** Returns how many calls were made; rejects with what differed. */
  async run(): Promise<number> {
    await this.#do({ kind: "open", by: "stranger", life: 1, amounts: this.#amounts });
    for (let left = 10 + this.#dice.below(14); left > 0; left--) {
      this.#time = this.#nextTime();
      await this.#do(this.#choose());
    }
    await this.#finish();
    return this.#steps.length;
  }

  /** When the last wait is over one settle ends everything, whatever was signed [I5]. */
  async #finish(): Promise<void> {
    const { phase } = this.#state;
    if (phase.kind === "closing") {
      const { challengePeriod } = this.#ctx.terms.params;
      const ends = allLocks(phase.remaining).map(({ lock }) =>
        endOfWait(lock, phase.deadline, challengePeriod),
      );
      this.#time = Math.max(this.#time + 1, phase.deadline + challengePeriod, ...ends);
      await this.#do(lastSettle(this.#state, phase.record));
      if (this.#state.phase.kind !== "ended") throw new Error("the last settle did not end the channel");
    }
    for (const [key, time] of this.#state.times) {
      const found = await this.#chain.recordTime(key);
      if (found !== time) throw new Error(`the registry has ${found} for ${key}, the core ${time}`);
    }
    for (const [commitment, checkpoints] of this.#state.chains) {
      for (const checkpoint of [...checkpoints, { number: checkpoints.length + 1, index: 0, time: 0 }]) {
        const found = await this.#chain.checkpointOf(commitment, checkpoint.number);
        const wanted = `${checkpoint.time} ${checkpoint.index}`;
        if (found !== wanted)
          throw new Error(`the registry has ${found} of ${commitment}, the core ${wanted}`);
      }
    }
  }

  #choose(): ChannelCall {
    const { phase } = this.#state;
    const dice = this.#dice;
    const roll = dice.below(100);
    const record = phase.kind === "closing" ? phase.record : (this.#ctx.oldRecords.at(-1) ?? EMPTY_RECORD);
    const some = (
      close: number,
      answer: number,
      settle: number,
      note: number,
      together: number,
    ): ChannelCall => {
      if (roll < close) return this.#maker.close(this.#state, this.#time);
      if (roll < close + answer) return this.#maker.answer(this.#state, record);
      if (roll < close + answer + settle) return this.#maker.settle(this.#state, record);
      if (roll < close + answer + settle + note) return this.#recording();
      if (roll < close + answer + settle + note + together) {
        return dice.chance(phase.kind === "open" ? 65 : 20)
          ? this.#maker.resize(this.#state, this.#time)
          : this.#maker.cooperate(this.#state, record, this.#time);
      }
      return this.#maker.open(this.#state, this.#amounts);
    };
    if (phase.kind === "ended") return some(5, 5, 5, 5, 5);
    if (phase.kind === "open") return some(58, 3, 3, 20, 12);
    if (this.#time < phase.deadline)
      return phase.record.humble ? some(20, 38, 6, 30, 4) : some(3, 48, 6, 38, 3);
    const hasPaid = phase.record.paid.A + phase.record.paid.B > 0n;
    return some(2, 6, 65, 18, hasPaid ? 8 : 2);
  }

  #recording(): ChannelCall {
    const chain = this.#dice.chance(60) ? this.#maker.recordChain(this.#state) : null;
    return chain ?? this.#maker.record();
  }

  /** A little later, or close to a time at which something changes. */
  #nextTime(): number {
    const { phase } = this.#state;
    const dice = this.#dice;
    const { challengePeriod } = this.#ctx.terms.params;
    const soon = this.#time + 1 + (dice.chance(70) ? 0 : dice.below(Math.ceil(challengePeriod / 3)));
    const isEarly = phase.kind === "closing" && this.#time < phase.deadline;
    if (!dice.chance(isEarly ? 20 : 50) || phase.kind === "ended") return soon;
    const locks = phase.kind === "closing" ? allLocks(phase.remaining) : [];
    const deadline = phase.kind === "closing" ? phase.deadline : this.#time;
    const edges = [
      deadline,
      deadline + challengePeriod,
      ...locks.flatMap(({ lock }) => [lock.expiry, endOfWait(lock, deadline, challengePeriod)]),
    ];
    const times = edges
      .flatMap((edge) => [edge - 1, edge, edge + 1])
      .filter((time) => time > this.#time && time < LAST_TIME)
      .toSorted((a, b) => a - b);
    return times.length === 0 ? soon : dice.pick(times.slice(0, 5));
  }

  async #do(call: ChannelCall): Promise<void> {
    const { terms, oldRecords } = this.#ctx;
    const step: Step = { after: this.#time - this.#chain.start, call, outcome: "differs" };
    this.#steps.push(step);
    const before = this.#state;
    const expected = judgeCall(terms, before, call, this.#time);
    const sending = sendingOf(this.#chain, terms.crypto, terms.params, call);
    const actual = await this.#chain.send({ ...sending, time: this.#time });
    const wanted = expected.kind === "refused" ? expected.error : null;
    if (describeRevert(actual) !== describeRevert(wanted)) {
      throw new Error(`the contract: ${describeRevert(actual)}; the core: ${describeRevert(wanted)}`);
    }
    if (expected.kind === "done") {
      this.#state = expected.state;
      if (before.phase.kind === "closing") oldRecords.push(before.phase.record);
      if (call.kind === "settle") this.#keepLists(call);
    }
    step.outcome = expected.kind === "done" ? expected.what.join(", ") : describeRevert(wanted);
    const what = expected.kind === "done" ? expected.what : [`refused: ${expected.error.name}`];
    for (const one of what) this.#count(one);
    this.#count("calls");
    await this.#compare();
  }

  /** What a settle recorded can be proven from then on. */
  #keepLists({ lists }: Extract<ChannelCall, { kind: "settle" }>): void {
    const secrets = recordedNow(lists);
    for (let from = 0; from < secrets.length; from += MAX_RECORDED) {
      this.#ctx.recorded.push(secrets.slice(from, from + MAX_RECORDED));
    }
  }

  /** The slot and everybody's money. */
  async #compare(): Promise<void> {
    const { terms } = this.#ctx;
    const { params } = terms;
    const { A, B, tower, held } = this.#state.balances;
    const balanceOf = (account: Address): Promise<bigint> => this.#chain.balanceOf(params.token, account);
    const [slot, ...amounts] = await Promise.all([
      this.#chain.slotOf(terms.id),
      balanceOf(params.ownerA),
      balanceOf(params.ownerB),
      balanceOf(TOWER),
      balanceOf(terms.domain.contract),
    ]);
    const found = amounts.join(" ");
    const wanted = [A, B, tower, held].join(" ");
    if (found !== wanted) throw new Error(`A, B, tower, contract have ${found}, by the core ${wanted}`);
    const word = slotWord(terms, this.#state);
    if (slot !== word) {
      throw new Error(
        `the slot is ${slot.toString(16)}, by the core ${word.toString(16)} of ${asText(this.#state.phase)}`,
      );
    }
  }

  /** What was done so far, for whoever reads of a failure. */
  describe(): string {
    const { params } = this.#ctx.terms;
    const steps = this.#steps.map(({ after, call, outcome }) => `  +${after} ${asText(call)} -> ${outcome}`);
    return [`  ${asText({ ...params, amounts: this.#amounts })}`, ...steps].join("\n");
  }

  #count(what: string): void {
    this.#tally.set(what, (this.#tally.get(what) ?? 0) + 1);
  }
}

export interface Accounts {
  readonly owners: { readonly ownerA: Address; readonly ownerB: Address };
  readonly signers: CallContext["signers"];
}

function allLocks(remaining: Readonly<Record<string, readonly LaneLock[]>>): readonly LaneLock[] {
  return Object.values(remaining).flat();
}

function describeRevert(error: Reverted | null): string {
  return error === null ? "done" : `${error.name}(${error.values.join(", ")})`;
}

/** Hex is cut short: a seed gives the rest. */
function asText(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === "bigint") return part.toString();
    if (typeof part === "string") return part.length > 12 ? part.slice(0, 10) : part;
    if (part instanceof Map) return [...(part as Map<unknown, unknown>)];
    return part instanceof Uint8Array ? `${part.length} bytes` : part;
  }).replaceAll('"', "");
}
