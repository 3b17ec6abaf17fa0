import type { ChainListener, ChainReport } from "../chain/port.ts";
import type { Consent } from "../chain/tower-account.ts";
import type { Transaction } from "../protocol/chain-facts.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { judgeAnswer } from "../protocol/judgement.ts";
import { MAX_RECORDED, registryKey } from "../protocol/registry.ts";
import type { Address, Signature } from "../protocol/types.ts";
import type { Case, TowerStore } from "./store.ts";

export interface GuardParts {
  readonly store: TowerStore;
  readonly crypto: Crypto;
  readonly tower: Address;
  readonly recordSeconds: number;
  readonly submit: (transaction: Transaction) => void;
  /** What an operator should know, in one sentence. */
  readonly tell: (text: string, values: Readonly<Record<string, string | number>>) => void;
}

/**
 * Looks at every final block for what its clients would do if they were awake [TOWER-5] [TOWER-6]. It keeps nothing of
 * its own: what is due follows from the store, and what was sent and is not final is asked for again.
 */
export class Guard implements Pick<ChainListener, "onReport"> {
  readonly #parts: GuardParts;
  readonly #consents = new Map<Signature, Consent>();
  /** Keys of answers that were told. */
  readonly #told = new Set<string>();

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  consentFor(signature: Signature): Consent | null {
    return this.#consents.get(signature) ?? null;
  }

  onReport({ facts, cursor }: ChainReport): void {
    this.#parts.store.report(facts, cursor);
    this.act();
  }

  /** Asks for everything that is due by the newest block that was read. */
  act(): void {
    const { store, recordSeconds } = this.#parts;
    const { time } = store.head;
    this.#consents.clear();
    for (const one of store.cases(time)) this.#answer(one);
    const due = store.witnesses.due(time, recordSeconds);
    for (let from = 0; from < due.length; from += MAX_RECORDED)
      this.#record(due.slice(from, from + MAX_RECORDED));
  }

  /**
   * A state that convicts, or, of a humble close, one that is newer than what was declared. What is older than the
   * declared state is worth no more than it, and is not sent.
   */
  #answer({ channel, appointment, closing }: Case): void {
    const { crypto, tower, submit, tell } = this.#parts;
    const { params, life, state, signature, reward, consent } = appointment;
    const { record, deadline } = closing;
    const { kind } = judgeAnswer(crypto, record, state);
    if (kind === "refused" || (kind === "counts" && state.seq <= record.own.seq)) return;
    const key = `answer:${channel}:${state.seq}`;
    this.#consents.set(signature, { tower, reward, signature: consent });
    const due = { by: deadline, stakes: [{ token: params.token, amount: reward }] };
    submit({ kind: "answer", key, due, params, life, record, state, signature });
    if (this.#told.has(key)) return;
    this.#told.add(key);
    const values = { channel, declared: record.own.seq, held: state.seq, deadline };
    tell(kind === "convicted" ? "answers a close that hid a state" : "answers a humble close", values);
  }

  #record(due: ReturnType<TowerStore["witnesses"]["due"]>): void {
    const { store, crypto, submit, tell } = this.#parts;
    const secrets = due.map(({ secret }) => secret);
    const key = `record:${registryKey(crypto, secrets)}`;
    store.witnesses.onSent(secrets, store.head.time);
    submit({ kind: "record", key, due: { by: due[0]?.before ?? 0, stakes: [] }, secrets });
    if (this.#told.has(key)) return;
    this.#told.add(key);
    tell("records witnesses", { count: secrets.length, before: due[0]?.before ?? 0 });
  }
}
