import { expect } from "chai";
import { closeMany, openMany, settleMany } from "../../src/chain/batches.ts";
import { createFactReader } from "../../src/chain/fact-reader.ts";
import { addCredit, creditOf, openChannel } from "../../src/chain/funding.ts";
import { transact } from "../../src/chain/receipt.ts";
import { callsOf } from "../../src/chain/transactions.ts";
import { fromHex, toHex } from "../../src/protocol/bytes.ts";
import type { ChainFact, Transaction } from "../../src/protocol/chain-facts.ts";
import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import { cooperativeCloseDigest } from "../../src/protocol/eip712.ts";
import { channelId, paramsId } from "../../src/protocol/identity.ts";
import { headOf, packLocks } from "../../src/protocol/locks.ts";
import { createPortableSigner, portableCrypto as crypto } from "../../src/protocol/portable-crypto.ts";
import type { ChannelId, LaneState, Params, PaymentHash, Secret } from "../../src/protocol/types.ts";
import { CHALLENGE, type ChainWorld, createChainWorld, makeChannel } from "./chain-world.ts";

const FRESH: LaneState = { seq: 0, sent: 0n, ack: 0, locks: [] };
const FAR_FUTURE = 2 ** 32 - 1;

type Settle = Extract<Transaction, { kind: "settle" }>;

describe("many channels in one transaction", () => {
  let world: ChainWorld;
  const signers = {
    A: createPortableSigner(new Uint8Array(32).fill(1)),
    B: createPortableSigner(new Uint8Array(32).fill(2)),
  };

  beforeEach(async () => {
    world = await createChainWorld();
  });

  function paramsWith(salt: bigint): Params {
    const { params } = makeChannel(world);
    return { ...params, signerA: signers.A.address, signerB: signers.B.address, salt };
  }

  function channelOf(params: Params): ChannelId {
    return channelId(crypto, paramsId(crypto, world.contracts.domain, params), 1);
  }

  function endOf(params: Params, transfer: bigint) {
    const message = { channel: channelOf(params), transfer, validUntil: FAR_FUTURE };
    const digest = cooperativeCloseDigest(crypto, world.contracts.domain, message);
    return { params, life: 1, transfer, validUntil: FAR_FUTURE, signature: signers.B.sign(digest) };
  }

  async function facts(): Promise<readonly ChainFact[]> {
    const reader = createFactReader(world.contracts, crypto, 100);
    return reader.read(world.contracts.firstBlock, await world.provider.getBlockNumber());
  }

  async function open(...salts: readonly bigint[]): Promise<readonly Params[]> {
    const { contracts, first } = world;
    const all = salts.map(paramsWith);
    for (const params of all) {
      await openChannel(contracts, first, { params, life: 1, amounts: { A: 70n, B: 50n } });
    }
    return all;
  }

  it("opens from credit, skips what fails and says why", async () => {
    const { contracts, first } = world;
    await addCredit(contracts, first, { token: ZERO_ADDRESS, owner: first.address, amount: 25n });
    const amounts = { A: 10n, B: 0n };
    const fundings = [1n, 2n, 3n].map((salt) => ({ params: paramsWith(salt), life: 1, amounts }));
    const wrong = { params: paramsWith(4n), life: 2, amounts };
    const { skipped } = await openMany(contracts, first, [wrong, ...fundings]);
    expect(skipped).to.deep.equal([
      { index: 0, error: "WrongLife", message: "the contract refuses: WrongLife(expected: 1, given: 2)" },
      {
        index: 3,
        error: "NotEnoughCredit",
        message: "the contract refuses: NotEnoughCredit(available: 5, needed: 10)",
      },
    ]);
    expect(await creditOf(contracts, ZERO_ADDRESS, first.address)).to.equal(5n);
    const opened = (await facts()).map((fact) => (fact.kind === "opened" ? fact.params.salt : fact.kind));
    expect(opened).to.deep.equal([1n, 2n]);
  });

  it("ends channels by agreement to credit, and tells them as cooperative ends", async () => {
    const { contracts, first } = world;
    const [one, two, three] = await open(1n, 2n, 3n);
    if (one === undefined || two === undefined || three === undefined) throw new Error("three are open");
    const { skipped } = await closeMany(contracts, first, [
      endOf(one, 20n),
      endOf(three, 71n),
      endOf(two, -5n),
    ]);
    expect(skipped.map(({ index, error }) => [index, error])).to.deep.equal([[1, "BadTransfer"]]);
    expect(await creditOf(contracts, ZERO_ADDRESS, first.address)).to.equal(50n + 75n);
    expect((await facts()).filter(({ kind }) => kind === "ended")).to.deep.equal([
      { kind: "ended", channel: channelOf(one), paid: { A: 50n, B: 70n }, how: "cooperative" },
      { kind: "ended", channel: channelOf(two), paid: { A: 75n, B: 45n }, how: "cooperative" },
    ]);
  });

  async function close(params: Params, own: LaneState) {
    const { contracts, first } = world;
    const theirs = headOf(crypto, FRESH);
    const wish = { kind: "close", key: "close", params, life: 1, own, theirs, theirSignature: null } as const;
    for (const call of callsOf(contracts, crypto, wish)) await transact(first, "the close", call);
    const fact = (await facts()).findLast(({ kind }) => kind === "closing");
    if (fact?.kind !== "closing") throw new Error("nothing is closing");
    return fact;
  }

  function settleOf(params: Params, record: Settle["record"], own: Settle["own"] = null): Settle {
    const none = { theirs: null, answered: null, records: [] };
    return { kind: "settle", key: "settle", params, life: 1, record, own, ...none };
  }

  it("settles channels, and tells an end and what remains of each list that was shown", async () => {
    const { contracts, second, provider } = world;
    const [one, two, three] = await open(1n, 2n, 3n);
    if (one === undefined || two === undefined || three === undefined) throw new Error("three are open");
    const secret = `0x${"a1".repeat(32)}` as Secret;
    const hash = toHex<PaymentHash>(crypto.sha256(fromHex(secret)), 32);
    const other = toHex<PaymentHash>(new Uint8Array(32).fill(7), 32);
    const paid = { id: 1, lock: { kind: "hash" as const, amount: 4n, hash, expiry: FAR_FUTURE } };
    const left = { id: 2, lock: { kind: "hash" as const, amount: 6n, hash: other, expiry: FAR_FUTURE } };
    const own: LaneState = { seq: 1, sent: 15n, ack: 0, locks: [paid, left] };
    const first = await close(one, own);
    const plain = await close(two, { ...own, locks: [] });
    const stale = await close(three, { ...own, locks: [] });
    await provider.send("evm_setNextBlockTimestamp", [stale.deadline + CHALLENGE / 2]);
    const checkpoints = new Map<number, number>();
    const shown = {
      state: own,
      witnesses: new Map([[1, secret]]),
      checkpoints,
      conceded: new Set<number>(),
    };
    const { skipped } = await settleMany(contracts, crypto, second, [
      settleOf(three, { ...stale.record, paid: { A: 1n, B: 0n } }),
      settleOf(one, first.record, shown),
      settleOf(two, plain.record),
    ]);
    expect(skipped.map(({ index, error }) => [index, error])).to.deep.equal([[0, "StaleRecord"]]);
    const ends = (await facts()).slice(-3);
    expect(ends.map(({ kind }) => kind)).to.deep.equal(["recorded", "settled", "ended"]);
    expect(ends[1]).to.deep.include({
      channel: channelOf(one),
      remaining: { own: packLocks([left]), theirs: null, answered: null },
    });
    const paidOut = { A: 55n, B: 65n };
    expect(ends[2]).to.deep.equal({ kind: "ended", channel: channelOf(two), paid: paidOut, how: "settled" });
  });
});
