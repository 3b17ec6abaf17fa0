import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openChannel } from "../../src/chain/funding.ts";
import { callsOf } from "../../src/chain/transactions.ts";
import { transact, type Receipt } from "../../src/chain/receipt.ts";
import type { Account } from "../../src/chain/account.ts";
import { ApiProblem } from "../../src/api/problem.ts";
import { TowerClient } from "../../src/daemon/towers/tower-client.ts";
import { ZERO_WORD } from "../../src/protocol/checked.ts";
import type { Signer } from "../../src/protocol/crypto.ts";
import { answerDigest, laneDigest } from "../../src/protocol/eip712.ts";
import { channelId, otherSide, paramsId } from "../../src/protocol/identity.ts";
import { bodyOf } from "../../src/protocol/locks.ts";
import { createPortableSigner, portableCrypto } from "../../src/protocol/portable-crypto.ts";
import type { Appointment } from "../../src/protocol/tower.ts";
import type {
  Address,
  Amount,
  LaneHead,
  LocksRoot,
  Params,
  Side,
  Signature,
} from "../../src/protocol/types.ts";
import { readTowerConfig, TOWER_DEFAULTS, type TowerConfig } from "../../src/tower/config.ts";
import { startTower, type Tower } from "../../src/tower/tower.ts";
import { createChainWorld, makeChannel, type Channel, type ChainWorld } from "../chain/chain-world.ts";

const NEVER_MS = 600_000;
const MOST_LOOKS = 40;
const TOWER_KEY = new Uint8Array(32).fill(0x70);
export const TOWER = createPortableSigner(TOWER_KEY).address;
export const DEPOSITS = { A: 1000n, B: 1000n } as const;

export function headAt(seq: number, sent: Amount, ack = 0, locksRoot = ZERO_WORD): LaneHead {
  return { seq, sent, ack, locksRoot: locksRoot as LocksRoot };
}

export interface Grant {
  readonly side?: Side;
  readonly reward?: Amount;
  readonly tower?: Address;
}

/** A chain, channels of its first two accounts, and towers that look when they are poked. */
export class TowerWorld {
  readonly chain: ChainWorld;
  readonly directory = mkdtempSync(join(tmpdir(), "hashlane-tower-"));
  readonly towers: Tower[] = [];
  readonly log: string[] = [];
  /** Milliseconds of every tower's clock. */
  clock = 1_000_000;

  private constructor(chain: ChainWorld) {
    this.chain = chain;
  }

  static async create(): Promise<TowerWorld> {
    return new TowerWorld(await createChainWorld());
  }

  config(over: Readonly<Record<string, unknown>> = {}): TowerConfig {
    const { domain, firstBlock } = this.chain.contracts;
    const file = {
      ...{ rpc: "http://127.0.0.1:1", chainId: domain.chainId.toString(), hashlane: domain.contract },
      ...{ firstBlock, confirmations: 0, pollMs: NEVER_MS },
      ...{ ...TOWER_DEFAULTS, listen: "127.0.0.1:0", log: "json" },
      ...over,
    };
    return readTowerConfig("tower.json", JSON.stringify(file));
  }

  /** The third account pays its gas; `name`: of its store. */
  async start(
    over: Readonly<Record<string, unknown>> = {},
    name = "tower",
    tls: { certificate: string; privateKey: string } | null = null,
  ): Promise<Tower> {
    const say = (text: string): void => void this.log.push(text);
    const tower = await startTower({
      config: this.config(over),
      version: "0",
      key: { address: TOWER, privateKey: TOWER_KEY },
      file: join(this.directory, `${name}.sqlite`),
      tls,
      logger: { info: say, warn: say, error: say },
      contracts: this.chain.contracts,
      account: this.chain.account(3),
      now: () => this.clock,
    });
    this.towers.push(tower);
    await tower.poke();
    return tower;
  }

  async end(tower: Tower): Promise<void> {
    this.towers.splice(this.towers.indexOf(tower), 1);
    await tower.stop();
  }

  async open(
    channel: Channel = makeChannel(this.chain),
    amounts: { A: bigint; B: bigint } = DEPOSITS,
  ): Promise<Channel> {
    await openChannel(this.chain.contracts, this.chain.first, { params: channel.params, life: 1, amounts });
    return channel;
  }

  /** As {@link makeChannel}, told apart by the salt. */
  channel(salt: bigint, over: Partial<Params> = {}): Channel {
    const made = makeChannel(this.chain);
    const params = { ...made.params, salt, ...over };
    const id = paramsId(portableCrypto, this.chain.contracts.domain, params);
    return { ...made, params, channel: channelId(portableCrypto, id, 1) };
  }

  sign({ channel, signers }: Channel, by: Side, state: LaneHead): Signature {
    const { domain } = this.chain.contracts;
    return signers[by].sign(
      laneDigest(portableCrypto, domain, channel, state.seq, bodyOf(portableCrypto, state)),
    );
  }

  /** For side `side`, of a state of the other one's lane. */
  appointment(
    channel: Channel,
    state: LaneHead,
    { side = "A", reward = 0n, tower = TOWER }: Grant = {},
  ): Appointment {
    const { domain } = this.chain.contracts;
    const body = bodyOf(portableCrypto, state);
    const answer = { channel: channel.channel, seq: state.seq, body, tower, reward };
    const consent = channel.signers[side].sign(answerDigest(portableCrypto, domain, answer));
    const signature = this.sign(channel, otherSide(side), state);
    return { params: channel.params, life: 1, side, state, signature, reward, consent };
  }

  client(tower: Tower, signer: Signer, named: Address = TOWER): TowerClient {
    const { domain } = this.chain.contracts;
    return new TowerClient({
      url: tower.url,
      tower: named,
      certificate: null,
      signer,
      crypto: portableCrypto,
      domain,
    });
  }

  /** By its owner, as its newest states. */
  async close(channel: Channel, by: Side, own: LaneHead, theirs: LaneHead = headAt(0, 0n)): Promise<Receipt> {
    const { contracts, first, second } = this.chain;
    const theirSignature = theirs.seq === 0 ? null : this.sign(channel, otherSide(by), theirs);
    const { seq, sent, ack } = own;
    const [call] = callsOf(contracts, portableCrypto, {
      ...{ kind: "close", key: "", params: channel.params, life: 1, theirs, theirSignature },
      own: { seq, sent, ack, locks: [] },
    });
    if (call === undefined) throw new Error("a close is one call");
    return transact(by === "A" ? first : second, "closing", call);
  }

  async convictions(): Promise<
    readonly { readonly tower: string; readonly reward: bigint; readonly spoils: bigint }[]
  > {
    const { hashlane } = this.chain.contracts;
    const found = await hashlane.queryFilter(hashlane.filters.Convicted());
    return found.map(({ args }) => ({
      tower: args.tower.toLowerCase(),
      reward: args.reward,
      spoils: args.spoils,
    }));
  }

  /** Looks until it is so; each look asks the chain, so that what was submitted goes on meanwhile. */
  async lookUntil(tower: Tower, what: string, isSo: () => Promise<boolean>): Promise<void> {
    for (let looks = 0; !(await isSo()); looks++) {
      if (looks > MOST_LOOKS) throw new Error(`looked in vain for ${what}`);
      await tower.poke();
    }
  }

  /** Looks often enough for whatever would be sent to be sent. */
  async lookOften(tower: Tower): Promise<void> {
    for (let looks = 0; looks < MOST_LOOKS; looks++) await tower.poke();
  }

  async lookUntilConvicted(tower: Tower): Promise<void> {
    await this.lookUntil(tower, "a conviction", async () => (await this.convictions()).length > 0);
    await tower.poke();
  }

  /** Transactions that the towers' account has sent. */
  sent(account: Account = this.chain.account(3)): Promise<number> {
    return this.chain.provider.getTransactionCount(account.address);
  }

  async stop(): Promise<void> {
    for (const tower of [...this.towers]) await this.end(tower);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export async function refusalOf(answer: Promise<unknown>): Promise<Readonly<Record<string, unknown>>> {
  try {
    await answer;
  } catch (thrown) {
    if (!(thrown instanceof ApiProblem)) throw thrown;
    const { code, values } = thrown.problem;
    return { status: thrown.status, code, values };
  }
  throw new Error("it was not refused");
}
