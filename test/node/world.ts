import { loadCrypto, type CryptoSuite } from "../../src/crypto/native-crypto.ts";
import type { HashlaneNode } from "../../src/node/hashlane-node.ts";
import { startNode, type NodeOptions } from "../../src/node/start-node.ts";
import type { PaymentReceipt } from "../../src/node/pending.ts";
import { HashlaneError } from "../../src/protocol/error.ts";
import { must, parseAddress, ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import type { Signer } from "../../src/protocol/crypto.ts";
import type { Notice } from "../../src/protocol/outputs.ts";
import type { Amount, ChannelId, Domain, NodeId, Params } from "../../src/protocol/types.ts";
import { createMemoryStore } from "../../src/store/memory-store.ts";
import type { Store } from "../../src/store/port.ts";
import { createMemoryNetwork } from "../../src/transport/memory-network.ts";
import type { Transport } from "../../src/transport/port.ts";
import { Ledger } from "./ledger.ts";

export const ETH = 10n ** 18n;
export const CLAIM_TIME = 600;
export const DOMAIN: Domain = { chainId: 31337n, contract: must(parseAddress(`0x${"cc".repeat(20)}`)) };

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Only ends what would hang: far more than any wait takes, on a busy machine with a slow disk too. */
const PATIENCE_MS = 15_000;

/** Fails with what was waited for if it never comes; `eachTurn` is called before each turn of the event loop. */
export async function waitFor(
  what: string,
  isSo: () => boolean,
  eachTurn: (turns: number) => void = () => undefined,
): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (let turns = 0; !isSo(); turns++) {
    if (performance.now() > end) throw new Error(`waited ${turns} turns in vain for ${what}`);
    eachTurn(turns);
    await turn();
  }
}

/** What comes of the work; fails as {@link waitFor} does if nothing does. */
export async function outcomeOf<T>(
  what: string,
  work: Promise<T>,
  eachTurn?: (turns: number) => void,
): Promise<T> {
  let isDone = false;
  const done = (): void => void (isDone = true);
  void work.then(done, done);
  await waitFor(what, () => isDone, eachTurn);
  return work;
}

let suite: CryptoSuite | null = null;

export async function loadOnce(): Promise<CryptoSuite> {
  suite ??= await loadCrypto({ allowPortable: true });
  return suite;
}

/** Where a node of the world gets its parts from; each can be replaced by a test. */
export interface Parts {
  store(name: string): Store;
  transport(signer: Signer): Transport;
}

export function memoryParts(): Parts {
  const network = createMemoryNetwork();
  return { store: () => createMemoryStore(), transport: ({ address }) => network.createTransport(address) };
}

export interface Member {
  readonly name: string;
  readonly signer: Signer;
  readonly store: Store;
  readonly notices: Notice[];
  readonly problems: string[];
  node: HashlaneNode;
}

/** Nodes with names on one chain, in this process. */
export class World {
  readonly ledger: Ledger;
  readonly members = new Map<string, Member>();
  readonly #suite: CryptoSuite;
  readonly #parts: Parts;

  private constructor(suite: CryptoSuite, parts: Parts) {
    this.#suite = suite;
    this.#parts = parts;
    this.ledger = new Ledger(suite.crypto, DOMAIN);
  }

  static async create(parts: Parts = memoryParts()): Promise<World> {
    return new World(await loadOnce(), parts);
  }

  async add(name: string, options: Partial<NodeOptions> = {}): Promise<Member> {
    const signer = this.#suite.createSigner(new Uint8Array(32).fill(this.members.size + 1));
    const store = options.store ?? this.#parts.store(name);
    const notices: Notice[] = [];
    const problems: string[] = [];
    const node = await startNode(this.optionsOf({ signer, store, notices, problems }, options));
    const member: Member = { name, signer, store, notices, problems, node };
    this.members.set(name, member);
    return member;
  }

  optionsOf(member: Omit<Member, "name" | "node">, options: Partial<NodeOptions> = {}): NodeOptions {
    const { signer, store, notices, problems } = member;
    return {
      signer,
      crypto: this.#suite.crypto,
      domain: DOMAIN,
      store,
      transport: this.#parts.transport(signer),
      chain: this.ledger.portOf(signer.address),
      claimTime: CLAIM_TIME,
      onNotice: (notice) => notices.push(notice),
      onProblem: (problem) => problems.push(problem),
      ...options,
    };
  }

  async restart(member: Member, options: Partial<NodeOptions> = {}): Promise<void> {
    member.node = await startNode(this.optionsOf(member, options));
  }

  open(a: Pick<Member, "signer">, b: Pick<Member, "signer">, depositA: Amount, depositB: Amount): ChannelId {
    const owner = (id: NodeId) => must(parseAddress(`0xee${id.slice(4)}`));
    const params: Params = {
      ownerA: owner(a.signer.address),
      ownerB: owner(b.signer.address),
      signerA: a.signer.address,
      signerB: b.signer.address,
      token: ZERO_ADDRESS,
      challengePeriod: 3600,
      recoveryPeriod: 0,
      salt: 0n,
    };
    return this.ledger.chain.open(params, { A: depositA, B: depositB });
  }

  dial(from: Member, to: Member): void {
    from.node.connect(to.node.id, to.node.address ?? "");
  }

  /** Waits for a notice, also one that came before. */
  async notice(member: Member, kind: Notice["kind"], count = 1): Promise<void> {
    const enough = (): boolean => member.notices.filter((notice) => notice.kind === kind).length >= count;
    await waitFor(`${count} of ${kind} at ${member.name}`, enough);
  }

  /** Pays as soon as the policies of the route have come round. */
  async pay(payer: Member, invoice: string, maxFee = ETH): Promise<PaymentReceipt> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const paying = payer.node.pay({ invoice, maxFee });
      const outcome: unknown = await outcomeOf(`a payment of ${payer.name}`, paying).catch(
        (error: unknown) => error,
      );
      if (!(outcome instanceof Error)) return outcome as PaymentReceipt;
      const isEarly = outcome instanceof HashlaneError && outcome.code === "no_route";
      if (!isEarly || performance.now() > end) throw outcome;
      await turn();
    }
  }

  /** Waits until no payment is under way in any channel of the member. */
  async settled({ name, node }: Member): Promise<void> {
    await waitFor(`the locks of ${name} to go`, () =>
      node.channels().every(({ locked }) => locked.ours + locked.theirs === 0n),
    );
  }

  async stop(): Promise<void> {
    for (const { node } of this.members.values()) await node.stop();
  }
}

export const POLICY = {
  feeBase: 10n ** 15n,
  feePpm: 0,
  claimTime: CLAIM_TIME,
  minAmount: 1n,
  maxAmount: 1n << 90n,
  enabled: true,
};
