import { network } from "hardhat";
import { BrowserProvider, type Eip1193Provider } from "ethers";
import { accountOfNode, type Account } from "../../src/chain/account.ts";
import { connectContracts, type Contracts } from "../../src/chain/contracts.ts";
import { deployContracts } from "../../src/chain/deploy.ts";
import type { ChainListener, ChainProblem, ChainReport } from "../../src/chain/port.ts";
import { must, parseAddress, ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import type { Signer } from "../../src/protocol/crypto.ts";
import { channelId, paramsId } from "../../src/protocol/identity.ts";
import { createPortableSigner, portableCrypto } from "../../src/protocol/portable-crypto.ts";
import type { Address, Amount, ChannelId, Params } from "../../src/protocol/types.ts";
import { TestToken__factory, type TestToken } from "../../typechain-types/index.ts";

export const CHALLENGE = 3600;

/** Answers of the chain that a test puts in place of the real ones. */
export type Tamper = (method: string, params: readonly unknown[]) => void;

/** Hardhat's chain in this process, with our contracts. Blocks come with each transaction unless a test says otherwise. */
export interface ChainWorld {
  readonly provider: BrowserProvider;
  readonly contracts: Contracts;
  readonly hashTimelock: Address;
  /** Funded: the bank, then the owners. */
  readonly accounts: readonly Account[];
  /** The owners of the channels that `makeChannel` makes. */
  readonly first: Account;
  readonly second: Account;
  readonly source: Eip1193Provider;
  /** Called before each request; what it throws is the answer. */
  tamper: Tamper;
  rpc(method: string, ...params: unknown[]): Promise<unknown>;
  mine(blocks?: number): Promise<void>;
  /** The next block has this time. */
  travelTo(time: number): Promise<void>;
  time(): Promise<number>;
  /** What `lose` did is undone, and what `instead` does takes its place. */
  reorganise(lose: () => Promise<unknown>, instead: () => Promise<unknown>): Promise<void>;
  account(index: number): Account;
}

export async function createChainWorld(): Promise<ChainWorld> {
  const { provider: inner } = await network.create();
  const tampering = { tamper: ((): void => undefined) as Tamper };
  const source: Eip1193Provider = {
    request: ({ method, params }) => {
      const list = (params ?? []) as unknown[];
      tampering.tamper(method, list);
      return inner.request({ method, params: list });
    },
  };
  const rpc = (method: string, ...params: unknown[]): Promise<unknown> => inner.request({ method, params });
  const provider = new BrowserProvider(source, 31337, { cacheTimeout: -1, pollingInterval: 10 });
  const names = (await rpc("eth_accounts")) as string[];
  const accounts = await Promise.all(
    names.slice(0, 4).map((name) => accountOfNode(provider, must(parseAddress(name.toLowerCase())))),
  );
  const [bank, first, second] = accounts;
  if (bank === undefined || first === undefined || second === undefined)
    throw new Error("the chain has too few accounts");
  const { hashlane, hashTimelock, firstBlock } = await deployContracts(bank, {
    leastChallenge: 60,
    mostChallenge: 10 * CHALLENGE,
  });
  const contracts = await connectContracts(source, { hashlane: hashlane.address, firstBlock });
  const world: ChainWorld = {
    provider,
    contracts,
    hashTimelock: hashTimelock.address,
    accounts,
    first,
    second,
    source,
    get tamper() {
      return tampering.tamper;
    },
    set tamper(tamper) {
      tampering.tamper = tamper;
    },
    rpc,
    mine: async (blocks = 1) => {
      for (let i = 0; i < blocks; i++) await rpc("evm_mine");
    },
    travelTo: async (time) => {
      await rpc("evm_setNextBlockTimestamp", time);
    },
    time: async () => {
      const block = (await rpc("eth_getBlockByNumber", "latest", false)) as { readonly timestamp: string };
      return Number(block.timestamp);
    },
    reorganise: async (lose, instead) => {
      const snapshot = await rpc("evm_snapshot");
      await lose();
      const lost = await world.time();
      await rpc("evm_revert", snapshot);
      // Another time makes another hash, also of a block without transactions.
      await world.travelTo(lost + 1);
      await instead();
    },
    account: (index) => {
      const account = accounts[index];
      if (account === undefined) throw new Error(`no account ${index}`);
      return account;
    },
  };
  return world;
}

export interface Channel {
  readonly params: Params;
  readonly channel: ChannelId;
  readonly signers: { readonly A: Signer; readonly B: Signer };
}

/** Of the first and the second, with the life that comes first. */
export function makeChannel(world: ChainWorld, token: Address = ZERO_ADDRESS): Channel {
  const signers = {
    A: createPortableSigner(new Uint8Array(32).fill(0xa1)),
    B: createPortableSigner(new Uint8Array(32).fill(0xb1)),
  };
  const params: Params = {
    ownerA: world.first.address,
    ownerB: world.second.address,
    signerA: signers.A.address,
    signerB: signers.B.address,
    token,
    challengePeriod: CHALLENGE,
    recoveryPeriod: 0,
    salt: 7n,
  };
  const id = paramsId(portableCrypto, world.contracts.domain, params);
  return { params, channel: channelId(portableCrypto, id, 1), signers };
}

/** A token of which this account holds so much. */
export async function mint(
  { provider }: ChainWorld,
  { address }: Account,
  amount: Amount,
): Promise<{ readonly token: TestToken; readonly tokenAddress: Address }> {
  const token = await new TestToken__factory(await provider.getSigner(address)).deploy();
  await token.waitForDeployment();
  await token.set(address, amount);
  return { token, tokenAddress: must(parseAddress((await token.getAddress()).toLowerCase())) };
}

/** Keeps what it hears. */
export class Ear implements ChainListener {
  readonly reports: ChainReport[] = [];
  readonly problems: ChainProblem[] = [];
  readonly views: (string | null)[] = [];

  onReport(report: ChainReport): void {
    this.reports.push(report);
  }

  onProblem(problem: ChainProblem): void {
    this.problems.push(problem);
  }

  onView(stale: string | null): void {
    this.views.push(stale);
  }

  /** All facts but the heads. */
  get facts() {
    return this.reports.flatMap(({ facts }) => facts).filter(({ kind }) => kind !== "head");
  }
}
