import { expect } from "chai";
import { createEthereumChain, type EthereumChain } from "../../src/chain/ethereum-chain.ts";
import { openChannel } from "../../src/chain/funding.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import type { Transaction } from "../../src/protocol/chain-facts.ts";
import type { LocksRoot, Secret } from "../../src/protocol/types.ts";
import { createChainWorld, Ear, makeChannel, type ChainWorld } from "./chain-world.ts";

const secretOf = (byte: number): Secret => toHex<Secret>(new Uint8Array(32).fill(byte), 32);
const EMPTY = { seq: 0, sent: 0n, ack: 0, locks: [] } as const;

describe("sending transactions", () => {
  let world: ChainWorld;
  let chain: EthereumChain;
  let ear: Ear;
  let sent: number;

  beforeEach(async () => {
    world = await createChainWorld();
    ear = new Ear();
    sent = 0;
    world.tamper = (method) => {
      if (method === "eth_sendTransaction") sent++;
    };
    chain = createEthereumChain({
      contracts: world.contracts,
      account: world.account(1),
      confirmations: 0,
      pollMs: 1_000_000,
    });
    await chain.start(null, ear);
    await chain.poke();
  });
  afterEach(() => chain.stop());

  const record = (key: string, ...secrets: readonly Secret[]): Transaction => ({
    kind: "record",
    key,
    secrets,
  });
  const recorded = () =>
    ear.facts.flatMap((fact) => (fact.kind === "recorded" ? [fact.secrets.map((s) => s.slice(2, 4))] : []));

  /** Until the chain's node has taken all that was submitted. */
  async function taken(count: number): Promise<void> {
    const end = performance.now() + 10_000;
    while ((await waiting()).length + sentAndMined() < count) {
      if (performance.now() > end) throw new Error(`only ${sent} of ${count} were sent`);
      await chain.poke();
    }
    await chain.poke();
  }
  const sentAndMined = (): number => recorded().length;

  async function waiting(): Promise<readonly unknown[]> {
    const block = await world.rpc("eth_getBlockByNumber", "pending", true);
    return (block as { readonly transactions: readonly unknown[] }).transactions;
  }

  it("sends a wish once per key while it is under way, and again when it is done", async () => {
    await world.rpc("evm_setAutomine", false);
    for (let i = 0; i < 3; i++) chain.submit(record("a", secretOf(1)));
    chain.submit(record("b", secretOf(2)));
    await taken(2);
    expect(sent).to.equal(2);
    await world.mine();
    await chain.poke();
    expect(recorded()).to.deep.equal([["01"], ["02"]]);
    await world.rpc("evm_setAutomine", true);
    chain.submit(record("a", secretOf(3)));
    await taken(3);
    expect(sent).to.equal(3);
    expect(recorded()).to.deep.equal([["01"], ["02"], ["03"]]);
    expect(ear.problems).to.deep.equal([]);
  });

  it("records more witnesses than one list holds in several calls", async () => {
    const secrets = Array.from({ length: 257 }, (_, i) => {
      const bytes = new Uint8Array(32);
      bytes.set([1 + (i >> 8), i & 0xff], 0);
      return toHex<Secret>(bytes, 32);
    });
    chain.submit(record("a", ...secrets));
    await taken(2);
    const lists = ear.facts.flatMap((fact) => (fact.kind === "recorded" ? [fact.secrets] : []));
    expect(lists.map(({ length }) => length)).to.deep.equal([256, 1]);
    expect(lists.flat()).to.deep.equal(secrets);
  });

  async function close(key: string): Promise<Transaction> {
    const { params } = makeChannel(world);
    await Promise.resolve();
    return { kind: "close", key, params, life: 1, own: EMPTY, theirs, theirSignature: null };
  }
  const theirs = {
    seq: 0,
    sent: 0n,
    ack: 0,
    locksRoot: toHex<LocksRoot>(new Uint8Array(32), 32),
  };

  it("tells which wish was refused, and why, and takes it again afterwards", async () => {
    chain.submit(await close("close:1"));
    await problems(1);
    expect(ear.problems[0]).to.deep.include({ kind: "transactionOvertaken", key: "close:1" });
    expect(ear.problems[0]?.message).to.match(/^the contract refuses: Wrong(Life|Phase)\(/);
    expect(sent).to.equal(0);
    const { params } = makeChannel(world);
    await openChannel(world.contracts, world.account(0), { params, life: 1, amounts: { A: 9n, B: 1n } });
    chain.submit(await close("close:1"));
    const end = performance.now() + 10_000;
    while (!ear.facts.some(({ kind }) => kind === "closing")) {
      if (performance.now() > end) throw new Error("no close came");
      await chain.poke();
    }
    expect(ear.problems).to.have.length(1);
  });

  it("calls a transaction failed whose account does not take part in the channel", async () => {
    const { params } = makeChannel(world);
    await openChannel(world.contracts, world.account(0), { params, life: 1, amounts: { A: 9n, B: 1n } });
    const other = createEthereumChain({
      contracts: world.contracts,
      account: world.account(3),
      confirmations: 0,
      pollMs: 1_000_000,
    });
    const heard = new Ear();
    await other.start(null, heard);
    other.submit(await close("close:1"));
    const end = performance.now() + 10_000;
    while (heard.problems.length === 0) {
      if (performance.now() > end) throw new Error("no problem came");
      await other.poke();
    }
    await other.stop();
    expect(heard.problems[0]).to.deep.include({ kind: "transactionFailed", key: "close:1" });
    expect(heard.problems[0]?.message).to.include("NotParticipant(caller: ");
  });

  async function problems(count: number): Promise<void> {
    const end = performance.now() + 10_000;
    while (ear.problems.length < count) {
      if (performance.now() > end) throw new Error(`only ${ear.problems.length} problems came`);
      await chain.poke();
    }
  }
});
