import type { IHashlane } from "../../typechain-types/Hashlane.ts";
import { closeMany, openMany, settleMany } from "../../src/chain/batches.ts";
import type { Account } from "../../src/chain/account.ts";
import type { Books, ChannelEntry } from "../../src/chain/books.ts";
import { readRecord, writeHead, writeSignature } from "../../src/chain/closing.ts";
import {
  addCredit,
  type Consent,
  depositInto,
  openByConsents,
  openChannel,
  openFromCredit,
  openWithConsent,
  withdrawCredit,
} from "../../src/chain/funding.ts";
import { transact } from "../../src/chain/receipt.ts";
import type { Transaction } from "../../src/protocol/chain-facts.ts";
import { HashlaneError } from "../../src/protocol/error.ts";
import { cooperativeCloseDigest, laneDigest, resizeDigest } from "../../src/protocol/eip712.ts";
import { channelId, paramsId } from "../../src/protocol/identity.ts";
import { headOf, packLocks, stateBody } from "../../src/protocol/locks.ts";
import { createPortableSigner, portableCrypto as crypto } from "../../src/protocol/portable-crypto.ts";
import { fromHex, toHex } from "../../src/protocol/bytes.ts";
import type {
  Address,
  ChannelId,
  Hex,
  LaneLock,
  LaneState,
  LocksRoot,
  Params,
  PaymentHash,
  Secret,
  Side,
  Signature,
} from "../../src/protocol/types.ts";
import type { Dice } from "../contracts/dice.ts";
import { CHALLENGE, type ChainWorld } from "./chain-world.ts";
import { consentOf } from "./consent.ts";

/** How often something was carried out or refused. */
export type BookTally = Map<string, number>;

type Settle = Extract<Transaction, { kind: "settle" }>;

const FAR_FUTURE = 2 ** 32 - 1;
const FRESH: LaneState = { seq: 0, sent: 0n, ack: 0, locks: [] };
const SIGNERS = {
  A: createPortableSigner(new Uint8Array(32).fill(0xa1)),
  B: createPortableSigner(new Uint8Array(32).fill(0xb1)),
};

/** Random acts of two owners and of strangers; what is refused is counted and changes nothing. */
export class BookHistory {
  readonly #world: ChainWorld;
  readonly #dice: Dice;
  readonly #tally: BookTally;
  readonly #params: readonly Params[];
  readonly #secrets: readonly Secret[];
  readonly #lists = new Map<LocksRoot, readonly LaneLock[]>();

  constructor(world: ChainWorld, tokens: readonly Address[], dice: Dice, tally: BookTally) {
    this.#world = world;
    this.#dice = dice;
    this.#tally = tally;
    this.#secrets = [dice.word<Secret>(), dice.word<Secret>()];
    this.#params = tokens.flatMap((token) =>
      [1n, 2n, 3n].map((salt) => ({
        ownerA: world.account(1).address,
        ownerB: world.account(2).address,
        signerA: SIGNERS.A.address,
        signerB: SIGNERS.B.address,
        token,
        challengePeriod: CHALLENGE,
        recoveryPeriod: salt === 1n ? 2 * CHALLENGE : 0,
        salt,
      })),
    );
  }

  /** `kept`: the books up to now, which are all that the next act knows of the chain. */
  async step(kept: Books): Promise<void> {
    const dice = this.#dice;
    const params = dice.pick(this.#params);
    const id = paramsId(crypto, this.#world.contracts.domain, params);
    const entry = kept.channels.get(id);
    const phase = entry === undefined ? 0 : Number(entry.slot >> 254n);
    const acts = [
      this.#openActs(params, Number(entry?.life ?? 0n) + 1),
      this.#openedActs(entry),
      this.#closingActs(entry),
    ];
    const usual = acts[phase] ?? {};
    const act = dice.chance(85)
      ? usual
      : { ...this.#creditActs(params.token), ...(acts[dice.below(3)] ?? {}) };
    const [name, work] = dice.pick(Object.entries(act));
    try {
      await work();
      this.#count(name);
    } catch (thrown) {
      if (!(thrown instanceof HashlaneError)) throw thrown;
      this.#count(`${name} refused`);
    }
  }

  #count(name: string): void {
    this.#tally.set(name, (this.#tally.get(name) ?? 0) + 1);
  }

  #owner(side: Side): Account {
    return this.#world.account(side === "A" ? 1 : 2);
  }

  #amount(): bigint {
    return BigInt(1 + this.#dice.below(1000));
  }

  #creditActs(token: Address): Acts {
    const { contracts } = this.#world;
    const by = this.#dice.pick(this.#world.accounts);
    const amount = 10n * this.#amount();
    return {
      "credit added": () => addCredit(contracts, by, { token, owner: by.address, amount }),
      "credit withdrawn": () =>
        withdrawCredit(contracts, by, { token, amount: this.#amount(), to: by.address }),
    };
  }

  #openActs(params: Params, life: number): Acts {
    const { contracts } = this.#world;
    const by = this.#dice.pick(this.#world.accounts);
    const amounts = { A: this.#amount(), B: this.#dice.chance(50) ? 0n : this.#amount() };
    const funding = { params, life, amounts };
    const others = this.#params.map((other) => ({ params: other, life: 1 + this.#dice.below(2), amounts }));
    return {
      ...this.#creditActs(params.token),
      opened: () => openChannel(contracts, by, funding),
      "opened from credit": () => openFromCredit(contracts, by, funding),
      "opened many": () => openMany(contracts, by, [funding, ...others]),
      "opened with consent": async () => {
        const of = this.#dice.pick(["A", "B"] as const);
        const consent = await this.#consent(params, life, of, amounts[of]);
        await openWithConsent(contracts, by, funding, { of, consent });
      },
      "opened by consents": async () => {
        const A = await this.#consent(params, life, "A", amounts.A);
        const B = amounts.B === 0n ? null : await this.#consent(params, life, "B", amounts.B);
        await openByConsents(contracts, by, funding, { A, B });
      },
    };
  }

  #consent(params: Params, life: number, side: Side, amount: bigint): Promise<Consent> {
    const { provider, domain } = this.#world.contracts;
    const asked = { paramsId: paramsId(crypto, domain, params), life, amount };
    return consentOf(provider, domain, this.#owner(side).address, {
      ...asked,
      otherAmount: 0n,
      validUntil: FAR_FUTURE,
    });
  }

  #openedActs(entry: ChannelEntry | undefined): Acts {
    if (entry === undefined) return {};
    const { contracts } = this.#world;
    const { params } = entry;
    const life = Number(entry.life);
    const channel = channelId(crypto, entry.paramsId, life);
    const side = this.#dice.pick(["A", "B"] as const);
    const end = this.#end(entry, channel, side);
    return {
      ...this.#openActs(params, life),
      deposited: () =>
        depositInto(contracts, this.#owner(side), { params, life, side, amount: this.#amount() }),
      resized: () => this.#resize(entry, channel, side),
      closed: () => this.#close(entry, side, "ordinary"),
      "closed again": () => this.#close(entry, side, "ordinary"),
      "closed humbly": () => this.#close(entry, side, "humble"),
      "closed many": () => closeMany(contracts, this.#owner(side), [end, { ...end, life: life + 1 }]),
    };
  }

  #end({ params, paramsId: id }: ChannelEntry, channel: ChannelId, side: Side) {
    const message = { channel, transfer: BigInt(this.#dice.below(5)), validUntil: FAR_FUTURE };
    const digest = cooperativeCloseDigest(crypto, this.#world.contracts.domain, message);
    const life = [1, 2, 3, 4, 5, 6, 7, 8, 9].find((number) => channelId(crypto, id, number) === channel) ?? 1;
    return { ...message, params, life, signature: SIGNERS[side === "A" ? "B" : "A"].sign(digest) };
  }

  async #resize({ params, life, slot }: ChannelEntry, channel: ChannelId, side: Side): Promise<void> {
    const { domain } = this.#world.contracts;
    const change = -BigInt(this.#dice.below(300));
    const [changeA, changeB] = this.#dice.chance(50) ? [change, -change / 2n] : [0n, change];
    const count = Number((slot >> 192n) & 0xffffffffn);
    const message = { channel, count, changeA, changeB, validUntil: FAR_FUTURE };
    const other = SIGNERS[side === "A" ? "B" : "A"];
    const signature = writeSignature(other.sign(resizeDigest(crypto, domain, message)));
    const { interface: abi } = this.#world.contracts.hashlane;
    const values = [params, life, changeA, changeB, FAR_FUTURE, signature] as const;
    await this.#call(side, abi.encodeFunctionData("resize", [...values]));
  }

  async #call(side: Side, data: string): Promise<void> {
    const to = this.#world.contracts.domain.contract;
    await transact(this.#owner(side), "the call", { to, data: data as Hex, value: 0n, pushes: true });
  }

  /** States of A and of B; the newer has locks that the older leaves out. */
  #state(seq: number): LaneState {
    const locks = this.#secrets.map((secret, index): LaneLock => {
      const hash = toHex<PaymentHash>(crypto.sha256(fromHex(secret)), 32);
      return { id: index + 1, lock: { kind: "hash", amount: BigInt(index + 2), expiry: FAR_FUTURE, hash } };
    });
    const state = { seq, sent: 3n, ack: 0, locks: seq === 2 ? [] : locks };
    for (const left of [state.locks, locks.slice(1), locks.slice(0, 1)]) {
      this.#lists.set(headOf(crypto, { ...state, locks: left }).locksRoot, left);
    }
    return state;
  }

  async #close(entry: ChannelEntry, side: Side, how: "ordinary" | "humble"): Promise<void> {
    const { params, life, record } = entry;
    const { interface: abi } = this.#world.contracts.hashlane;
    const own = this.#state(this.#dice.pick([1, 1, 2]));
    const [head, theirs] = [writeHead(headOf(crypto, own)), writeHead(headOf(crypto, FRESH))];
    const none = writeSignature(toHex<Signature>(new Uint8Array(64), 64));
    const posted = packLocks(own.locks);
    if (how === "ordinary" && record === null) {
      await this.#call(side, abi.encodeFunctionData("close", [params, life, head, theirs, none, posted]));
      return;
    }
    const intent = { humble: how === "humble", validUntil: 0, signature: none };
    const replaced = record ?? EMPTY_RECORD;
    const values = [params, life, replaced, head, theirs, none, posted, intent] as const;
    await this.#call(side, abi.encodeFunctionData("closeFor", [...values]));
  }

  #closingActs(entry: ChannelEntry | undefined): Acts {
    if (entry === undefined || entry.record === null) return {};
    const { record } = entry;
    const read = readRecord(record as IHashlane.ClosingStructOutput);
    const other: Side = read.closer === "A" ? "B" : "A";
    const settle = (): Settle => this.#settle(entry, read.own.locksRoot);
    const later = async (): Promise<void> => {
      const deadline = Number((entry.slot >> 200n) & ((1n << 34n) - 1n));
      const wait = this.#dice.chance(60) ? 1 : CHALLENGE + 1;
      await this.#world.travelTo(Math.max((await this.#world.time()) + 1, deadline + wait));
    };
    const replace = (): Promise<void> => this.#close(entry, other, "ordinary");
    if (read.humble && this.#dice.chance(40)) return { replaced: replace };
    return {
      answered: () => this.#answer(entry, other, read.closer),
      "answered again": () => this.#answer(entry, other, read.closer),
      replaced: replace,
      settled: async () => {
        await later();
        await settleMany(this.#world.contracts, crypto, this.#owner(other), [settle()]);
      },
      "settled twice": async () => {
        await later();
        await settleMany(this.#world.contracts, crypto, this.#owner(read.closer), [settle(), settle()]);
      },
    };
  }

  async #answer(entry: ChannelEntry, side: Side, closer: Side): Promise<void> {
    const { params, life, record, paramsId: id } = entry;
    const { hashlane, domain } = this.#world.contracts;
    const state = this.#state(this.#dice.pick([1, 1, 2]));
    const channel = channelId(crypto, id, Number(life));
    const digest = laneDigest(crypto, domain, channel, state.seq, stateBody(crypto, state));
    const signature = writeSignature(SIGNERS[closer].sign(digest));
    const head = writeHead(headOf(crypto, state));
    const values = [params, life, record ?? EMPTY_RECORD, head, signature] as const;
    await this.#call(side, hashlane.interface.encodeFunctionData("answer", [...values]));
  }

  #settle({ params, life, record }: ChannelEntry, root: LocksRoot): Settle {
    const locks = this.#lists.get(root) ?? [];
    const witnesses = new Map<number, Secret>();
    for (const { id } of locks) {
      const secret = this.#secrets[id - 1];
      if (secret !== undefined && this.#dice.chance(50)) witnesses.set(id, secret);
    }
    const shown = {
      state: { ...FRESH, locks },
      witnesses,
      checkpoints: new Map<number, number>(),
      conceded: new Set<number>(),
    };
    return {
      kind: "settle",
      key: "settle",
      params,
      life: Number(life),
      record: readRecord((record ?? EMPTY_RECORD) as IHashlane.ClosingStructOutput),
      own: locks.length === 0 ? null : shown,
      theirs: null,
      answered: null,
      records: [],
    };
  }
}

type Acts = Readonly<Record<string, () => Promise<unknown>>>;

const ZERO_WORD = `0x${"00".repeat(32)}`;
const EMPTY_RECORD: IHashlane.ClosingStruct = {
  terms: 0n,
  paid: 0n,
  own: 0n,
  ownLocks: ZERO_WORD,
  theirs: 0n,
  theirLocks: ZERO_WORD,
  answered: 0n,
  answeredLocks: ZERO_WORD,
};
