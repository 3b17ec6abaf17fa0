import { expect } from "chai";
import type { IHashlane } from "../../typechain-types/Hashlane.ts";
import { addCredit, depositInto, openChannel } from "../../src/chain/funding.ts";
import { writeHead, writeRecord, writeSignature } from "../../src/chain/closing.ts";
import { createFactReader } from "../../src/chain/fact-reader.ts";
import { transact } from "../../src/chain/receipt.ts";
import { callsOf } from "../../src/chain/transactions.ts";
import type { Account } from "../../src/chain/account.ts";
import { loadCrypto, type CryptoSuite } from "../../src/crypto/native-crypto.ts";
import { fromHex, toHex } from "../../src/protocol/bytes.ts";
import { ZERO_ADDRESS, ZERO_WORD } from "../../src/protocol/checked.ts";
import type { ChainFact, ClosingRecord, Transaction } from "../../src/protocol/chain-facts.ts";
import { cooperativeCloseDigest, laneDigest, resizeDigest } from "../../src/protocol/eip712.ts";
import { headOf, packLocks, stateBody } from "../../src/protocol/locks.ts";
import type {
  ChainCommitment,
  ChannelId,
  Hex,
  LaneState,
  LocksRoot,
  Params,
  ParamsId,
  PaymentHash,
  Secret,
  Signature,
} from "../../src/protocol/types.ts";
import { CHALLENGE, createChainWorld, makeChannel, type ChainWorld, type Channel } from "./chain-world.ts";

const FRESH: LaneState = { seq: 0, sent: 0n, ack: 0, locks: [] };
const FAR_FUTURE = 2 ** 32 - 1;

describe("facts of the chain", () => {
  let world: ChainWorld;
  let suite: CryptoSuite;
  let signers: Channel["signers"];
  let params: Params;
  let channel: ChannelId;
  let opened: ChainFact;

  before(async () => {
    suite = await loadCrypto({ allowPortable: true });
  });

  beforeEach(async () => {
    world = await createChainWorld();
    const { contracts, first } = world;
    ({ params, channel, signers } = makeChannel(world));
    await openChannel(contracts, first, { params, life: 1, amounts: { A: 70n, B: 50n } });
    const paramsId = (await contracts.hashlane.paramsIdOf(params)) as ParamsId;
    opened = { kind: "opened", params, paramsId, channel, life: 1, deposits: { A: 70n, B: 50n } };
    expect(await facts()).to.deep.equal([opened]);
  });

  async function facts(): Promise<readonly ChainFact[]> {
    const reader = createFactReader(world.contracts, suite.crypto, 2);
    return reader.read(world.contracts.firstBlock, await world.provider.getBlockNumber());
  }

  async function does(account: Account, transaction: Transaction): Promise<void> {
    for (const call of callsOf(world.contracts, suite.crypto, transaction)) {
      await transact(account, transaction.kind, call);
    }
  }

  function closing(own: LaneState): Transaction {
    const theirs = headOf(suite.crypto, FRESH);
    return { kind: "close", key: "close", params, life: 1, own, theirs, theirSignature: null };
  }

  async function newestClosing(): Promise<Extract<ChainFact, { kind: "closing" }>> {
    const fact = (await facts()).findLast(({ kind }) => kind === "closing");
    if (fact?.kind !== "closing") throw new Error("nothing is closing");
    return fact;
  }

  it("tells deposits of either side as new totals, and credit not at all", async () => {
    const { contracts, first } = world;
    await depositInto(contracts, first, { params, life: 1, side: "B", amount: 5n });
    await addCredit(contracts, first, { token: ZERO_ADDRESS, owner: first.address, amount: 5n });
    expect(await facts()).to.deep.equal([
      opened,
      { kind: "deposited", channel, deposits: { A: 70n, B: 55n } },
    ]);
  });

  it("tells a resize as new totals", async () => {
    const { contracts, first } = world;
    const { crypto } = suite;
    const resize = { channel, count: 0, changeA: -30n, changeB: 10n, validUntil: FAR_FUTURE };
    const signature = writeSignature(signers.B.sign(resizeDigest(crypto, contracts.domain, resize)));
    const values = [params, 1, -30n, 10n, FAR_FUTURE, signature] as const;
    const data = contracts.hashlane.interface.encodeFunctionData("resize", [...values]) as Hex;
    await transact(first, "the resize", { to: contracts.domain.contract, data, value: 0n, pushes: true });
    const fact = { kind: "resized", channel, count: 1, deposits: { A: 40n, B: 60n } };
    expect(await facts()).to.deep.equal([opened, fact]);
  });

  it("sends a resize with the other side's signature, and tells it", async () => {
    const { contracts, first } = world;
    const resize = { channel, count: 0, changeA: -30n, changeB: 0n, validUntil: FAR_FUTURE };
    const signature = signers.B.sign(resizeDigest(suite.crypto, contracts.domain, resize));
    const changes = { A: -30n, B: 0n };
    const wish = { params, life: 1, changes, validUntil: FAR_FUTURE, signature };
    await does(first, { kind: "resize", key: "withdrawal", ...wish });
    expect(await facts()).to.deep.equal([
      opened,
      { kind: "resized", channel, count: 1, deposits: { A: 40n, B: 50n } },
    ]);
  });

  it("tells a cooperative end with what each owner was paid", async () => {
    const { contracts, first } = world;
    const close = { channel, transfer: 20n, validUntil: FAR_FUTURE };
    const signature = signers.B.sign(cooperativeCloseDigest(suite.crypto, contracts.domain, close));
    const { transfer, validUntil } = close;
    const life = { params, life: 1 };
    await does(first, { kind: "closeCooperatively", key: "end", ...life, transfer, validUntil, signature });
    const end = { kind: "ended", channel, paid: { A: 50n, B: 70n }, how: "cooperative" };
    expect(await facts()).to.deep.equal([opened, end]);
  });

  it("tells a close with its lists, and an end by settling", async () => {
    const { first, second, provider } = world;
    await does(first, closing({ seq: 1, sent: 15n, ack: 0, locks: [] }));
    const start = await newestClosing();
    const block = await provider.getBlock("latest");
    expect(start.deadline).to.equal((block?.timestamp ?? 0) + CHALLENGE);
    expect(start).to.deep.include({ kind: "closing", channel, ownLocks: packLocks([]) });
    expect(start.record).to.deep.include({ closer: "A", deposits: { A: 70n, B: 50n } });
    expect(start.record.own).to.deep.include({ seq: 1, sent: 15n, ack: 0 });
    await provider.send("evm_setNextBlockTimestamp", [start.deadline + 1]);
    const shown = { own: null, theirs: null, answered: null, records: [] };
    const { record } = start;
    await does(second, { kind: "settle", key: "settle", params, life: 1, record, ...shown });
    const end = { kind: "ended", channel, paid: { A: 55n, B: 65n }, how: "settled" };
    expect((await facts()).at(-1)).to.deep.equal(end);
  });

  it("[I5] tells the end of a channel that was closed when all had been withdrawn", async () => {
    const { contracts, first, second, provider } = world;
    const resize = { channel, count: 0, changeA: -70n, changeB: -50n, validUntil: FAR_FUTURE };
    const signed = signers.B.sign(resizeDigest(suite.crypto, contracts.domain, resize));
    const values = [params, 1, -70n, -50n, FAR_FUTURE, writeSignature(signed)] as const;
    const data = contracts.hashlane.interface.encodeFunctionData("resize", [...values]) as Hex;
    await transact(first, "the resize", { to: contracts.domain.contract, data, value: 0n, pushes: true });
    await does(first, closing(FRESH));
    const { record, deadline } = await newestClosing();
    await provider.send("evm_setNextBlockTimestamp", [deadline]);
    const shown = { own: null, theirs: null, answered: null, records: [] };
    await does(second, { kind: "settle", key: "settle", params, life: 1, record, ...shown });
    const end = { kind: "ended", channel, paid: { A: 0n, B: 0n }, how: "settled" };
    expect((await facts()).at(-1)).to.deep.equal(end);
  });

  it("tells a settle with what remains of the list that it showed, and the record to go on from", async () => {
    const { first, second, provider } = world;
    const { crypto } = suite;
    const secret = `0x${"a1".repeat(32)}` as Secret;
    const block = await provider.getBlock("latest");
    const expiry = (block?.timestamp ?? 0) + 2 * CHALLENGE;
    const hash = toHex<PaymentHash>(crypto.sha256(fromHex(secret)), 32);
    const other = toHex<PaymentHash>(new Uint8Array(32).fill(7), 32);
    const paid = { id: 1, lock: { kind: "hash" as const, amount: 4n, hash, expiry } };
    const open = { id: 2, lock: { kind: "hash" as const, amount: 6n, hash: other, expiry } };
    const own: LaneState = { seq: 1, sent: 15n, ack: 0, locks: [paid, open] };
    await does(first, closing(own));
    const { record, deadline, ownLocks } = await newestClosing();
    expect(ownLocks).to.deep.equal(packLocks(own.locks));
    await provider.send("evm_setNextBlockTimestamp", [deadline + 1]);
    const shown = {
      state: own,
      witnesses: new Map([[1, secret]]),
      checkpoints: new Map<number, number>(),
      conceded: new Set<number>(),
    };
    const settle = { kind: "settle", key: "settle", params, life: 1 } as const;
    const none = { theirs: null, answered: null, records: [] };
    await does(second, { ...settle, record, own: shown, ...none });
    const fact = (await facts()).findLast(({ kind }) => kind === "settled");
    if (fact?.kind !== "settled") throw new Error("nothing was settled");
    expect(fact.remaining).to.deep.equal({ own: packLocks([open]), theirs: null, answered: null });
    expect(fact.record.own).to.deep.include({ sent: 19n });
    await provider.send("evm_setNextBlockTimestamp", [expiry + CHALLENGE]);
    const rest = {
      state: { ...own, sent: 19n, locks: [open] },
      witnesses: new Map<number, Secret>(),
      checkpoints: new Map<number, number>(),
      conceded: new Set<number>(),
    };
    await does(second, { ...settle, record: fact.record, own: rest, ...none });
    const end = { kind: "ended", channel, paid: { A: 51n, B: 69n }, how: "settled" };
    expect((await facts()).at(-1)).to.deep.equal(end);
  });

  it("tells an answer that counts beside what the closer declared", async () => {
    const { contracts, first, second } = world;
    const { crypto } = suite;
    await does(first, closing({ seq: 3, sent: 0n, ack: 0, locks: [] }));
    const { record } = await newestClosing();
    const hash = toHex<PaymentHash>(new Uint8Array(32).fill(7), 32);
    const lock = { kind: "hash" as const, amount: 6n, hash, expiry: FAR_FUTURE };
    const left: LaneState = { seq: 2, sent: 0n, ack: 0, locks: [{ id: 1, lock }] };
    const digest = laneDigest(crypto, contracts.domain, channel, left.seq, stateBody(crypto, left));
    const [state, signature] = [headOf(crypto, left), signers.A.sign(digest)];
    await does(second, { kind: "answer", key: "answer", params, life: 1, record, state, signature });
    const answered = { ...state, shown: false };
    const fact = { kind: "answered", channel, record: { ...record, answered } };
    expect((await facts()).at(-1)).to.deep.equal(fact);
  });

  it("tells the conviction of a closer that declared an old state", async () => {
    const { contracts, first, second } = world;
    await does(first, closing({ seq: 1, sent: 0n, ack: 0, locks: [] }));
    const { record } = await newestClosing();
    const newer: LaneState = { seq: 2, sent: 9n, ack: 0, locks: [] };
    const body = stateBody(suite.crypto, newer);
    const signature = signers.A.sign(laneDigest(suite.crypto, contracts.domain, channel, newer.seq, body));
    const state = headOf(suite.crypto, newer);
    await does(second, { kind: "answer", key: "answer", params, life: 1, record, state, signature });
    const end = { kind: "ended", channel, paid: { A: 0n, B: 120n }, how: "convicted" };
    expect((await facts()).at(-1)).to.deep.equal(end);
  });

  it("tells witnesses, one or a list in its order, with the time of their block", async () => {
    const { first, provider } = world;
    const secrets = ["a1", "a2", "a3"].map((byte) => `0x${byte.repeat(32)}` as Secret);
    const time = async (): Promise<number> => (await provider.getBlock("latest"))?.timestamp ?? 0;
    await does(first, { kind: "record", key: "one", secrets: secrets.slice(0, 1) });
    const one = { kind: "recorded", secrets: secrets.slice(0, 1), time: await time() };
    await does(first, { kind: "record", key: "list", secrets: secrets.slice(1) });
    const list = { kind: "recorded", secrets: secrets.slice(1), time: await time() };
    expect(await facts()).to.deep.equal([opened, one, list]);
  });

  /** The links of a hash chain, the commitment first. */
  function chainOf(length: number): readonly Hex[] {
    const links: Hex[] = [`0x${"c4".repeat(32)}`];
    while (links.length <= length)
      links.unshift(toHex(suite.crypto.keccak256(fromHex(links[0] ?? "0x")), 32));
    return links;
  }

  async function recordChain(links: readonly Hex[], index: number): Promise<number> {
    const { contracts, first, provider } = world;
    const { interface: abi } = contracts.registry;
    const values = [links[0] ?? "0x", index, links[index] ?? "0x", 0] as const;
    const data = abi.encodeFunctionData("recordChain", [...values]) as Hex;
    await transact(first, "the record", { to: contracts.registryAddress, data, value: 0n, pushes: false });
    return (await provider.getBlock("latest"))?.timestamp ?? 0;
  }

  it("tells how far a hash chain was opened, not what goes no further", async () => {
    const links = chainOf(9);
    const commitment = links[0];
    const two = await recordChain(links, 2);
    await recordChain(links, 1);
    const nine = await recordChain(links, 9);
    expect(await facts()).to.deep.equal([
      opened,
      { kind: "chainRecorded", commitment, number: 1, index: 2, time: two },
      { kind: "chainRecorded", commitment, number: 2, index: 9, time: nine },
    ]);
  });

  it("tells what remains of a chain lock after each settle, until its last checkpoint in time decides it", async () => {
    const { first, second, provider } = world;
    const links = chainOf(9);
    const expiry = ((await provider.getBlock("latest"))?.timestamp ?? 0) + 3 * CHALLENGE;
    const terms = { expiry, commitment: links[0] as ChainCommitment, unit: 2n } as const;
    const lock = (amount: bigint, start: number) => [
      { id: 1, lock: { kind: "chain" as const, amount, start, ...terms } },
    ];
    const own: LaneState = { seq: 1, sent: 15n, ack: 0, locks: lock(20n, 1) };
    await does(first, closing(own));
    const { record, deadline, ownLocks } = await newestClosing();
    expect(ownLocks).to.deep.equal(packLocks(own.locks));
    await recordChain(links, 4);
    await provider.send("evm_setNextBlockTimestamp", [deadline + 1]);
    const none = { theirs: null, answered: null, records: [] };
    const settle = async (
      of: typeof record,
      locks: LaneState["locks"],
      number: number,
    ): Promise<ChainFact> => {
      const checkpoints = new Map([[1, number]]);
      const shown = {
        state: { ...own, locks },
        witnesses: new Map<number, Secret>(),
        checkpoints,
        conceded: new Set<number>(),
      };
      const wish = {
        kind: "settle",
        key: "settle",
        params,
        life: 1,
        record: of,
        own: shown,
        ...none,
      } as const;
      await does(second, wish);
      const fact = (await facts()).at(-1);
      if (fact === undefined) throw new Error("nothing came of it");
      return fact;
    };
    const one = await settle(record, own.locks, 1);
    if (one.kind !== "settled") throw new Error(`it is ${one.kind}`);
    expect(one.record.own.sent).to.equal(21n);
    expect(one.remaining).to.deep.equal({ own: packLocks(lock(14n, 4)), theirs: null, answered: null });
    await recordChain(links, 9);
    await provider.send("evm_setNextBlockTimestamp", [expiry]);
    const refused = await settle(one.record, lock(14n, 4), 1).catch((error: unknown) => String(error));
    expect(refused, "the second checkpoint is in time and was not named").to.include("NothingToSettle");
    await provider.send("evm_setNextBlockTimestamp", [expiry + 1]);
    const paid = { A: 70n - 31n, B: 50n + 31n };
    const end = { kind: "ended", channel, paid, how: "settled" };
    expect(await settle(one.record, lock(14n, 4), 2)).to.deep.equal(end);
  });

  it("[CL-7] tells a humble close, and the ordinary one that replaces it, with their own deadlines", async () => {
    const { contracts, first, second, provider } = world;
    const humbly = { ...params, recoveryPeriod: 3 * CHALLENGE, salt: 99n };
    await openChannel(contracts, first, { params: humbly, life: 1, amounts: { A: 70n, B: 50n } });
    const { interface: abi } = contracts.hashlane;
    const none = writeSignature(toHex<Signature>(new Uint8Array(64), 64));
    const [own, fresh] = [headOf(suite.crypto, { ...FRESH, seq: 4, sent: 9n }), headOf(suite.crypto, FRESH)];
    const send = async (by: Account, humble: boolean, record: IHashlane.ClosingStruct): Promise<number> => {
      const intent = { humble, validUntil: 0, signature: none };
      const values = [humbly, 1, record, writeHead(own), writeHead(fresh), none, "0x", intent] as const;
      const data = abi.encodeFunctionData("closeFor", [...values]) as Hex;
      await transact(by, "the close", { to: contracts.domain.contract, data, value: 0n, pushes: false });
      return (await provider.getBlock("latest"))?.timestamp ?? 0;
    };
    const empty = writeRecord(NO_RECORD);
    const humbleTime = await send(first, true, empty);
    const humble = await newestClosing();
    expect(humble.record).to.deep.include({ closer: "A", humble: true, deposits: { A: 70n, B: 50n } });
    expect(humble.deadline).to.equal(humbleTime + 3 * CHALLENGE);
    const time = await send(second, false, writeRecord(humble.record));
    const ordinary = await newestClosing();
    expect(ordinary.channel).to.equal(humble.channel);
    expect(ordinary.record).to.deep.include({ closer: "B", humble: false, deposits: { A: 70n, B: 50n } });
    expect(ordinary.deadline).to.equal(time + CHALLENGE);
  });
});

const NO_LANE = { seq: 0, sent: 0n, ack: 0, locksRoot: ZERO_WORD as LocksRoot, shown: false };

const NO_RECORD: ClosingRecord = {
  closer: "A",
  humble: false,
  deposits: { A: 0n, B: 0n },
  paid: { A: 0n, B: 0n },
  own: NO_LANE,
  theirs: NO_LANE,
  answered: NO_LANE,
};
