import { randomBytes } from "node:crypto";

import { accountFromKey, accountOfNode, type Account } from "../../src/chain/account.ts";
import { connectContracts, type Contracts } from "../../src/chain/contracts.ts";
import { deployContracts, USUAL_BOUNDS, type Deployment } from "../../src/chain/deploy.ts";
import { openChannel, transferEth } from "../../src/chain/funding.ts";
import { balanceOf } from "../../src/chain/token.ts";
import { loadCrypto, type CryptoSuite } from "../../src/crypto/native-crypto.ts";
import { must, parseAddress, ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import type { Signer } from "../../src/protocol/crypto.ts";
import { channelId, paramsId } from "../../src/protocol/identity.ts";
import type { Amount, ChannelId, Params } from "../../src/protocol/types.ts";
import { eth } from "./amount.ts";
import type { StoryChain } from "./chain.ts";
import { StoryFailure } from "./failure.ts";
import { within } from "./wait.ts";

const DAY = 86_400;

/** Somebody in a story, with two keys: the owner's pays and is paid on chain, the signer's signs off chain. */
export interface Person {
  readonly name: string;
  readonly keys: PersonKeys;
  readonly owner: Account;
  readonly signer: Signer;
}

export interface PersonKeys {
  /** 32 bytes. */
  readonly owner: Uint8Array;
  /** 32 bytes. */
  readonly signer: Uint8Array;
}

/** A channel of a story: the payer is side A and brings the whole deposit. */
export interface StoryChannel {
  readonly payer: Person;
  readonly payee: Person;
  readonly params: Params;
  readonly channel: ChannelId;
  readonly deposit: Amount;
}

/** A chain with our contracts on it, and what is needed to act there. */
export interface World {
  readonly chain: StoryChain;
  readonly contracts: Contracts;
  readonly suite: CryptoSuite;
  readonly bank: Account;
}

export async function deployWorld(
  chain: StoryChain,
): Promise<{ readonly world: World; readonly deployment: Deployment }> {
  const bank = await bankOf(chain);
  const deploying = deployContracts(bank, USUAL_BOUNDS);
  const deployment = await within("the deployment of the contracts", deploying);
  const world = await connectWorld(chain, {
    hashlane: deployment.hashlane.address,
    firstBlock: deployment.firstBlock,
  });
  return { world, deployment };
}

export async function connectWorld(
  chain: StoryChain,
  at: { readonly hashlane: Deployment["hashlane"]["address"]; readonly firstBlock: number },
): Promise<World> {
  const contracts = await connectContracts(chain.provider, at);
  return { chain, contracts, suite: await loadCrypto(), bank: await bankOf(chain) };
}

export function newKeys(): PersonKeys {
  return { owner: randomBytes(32), signer: randomBytes(32) };
}

export function createPerson({ contracts, suite }: World, name: string, keys = newKeys()): Person {
  return {
    name,
    keys,
    owner: accountFromKey(contracts.provider, keys.owner),
    signer: suite.createSigner(keys.signer),
  };
}

/** Gives the person ETH out of the chain's funded account. */
export async function fund(world: World, person: Person, amount: Amount): Promise<void> {
  const available = await balanceOf(world.contracts, ZERO_ADDRESS, world.bank.address);
  if (amount >= available) {
    throw new StoryFailure(
      `${person.name} needs ${eth(amount)} ETH, but the chain's funded account has only ${eth(available)} ETH. ` +
        "Use smaller amounts, or start a new chain.",
    );
  }
  const transfer = transferEth(world.bank, person.owner.address, amount);
  await within(`the transfer to ${person.name}`, transfer);
}

/** What the person holds on chain outside channels, in wei. */
export function walletOf({ contracts }: World, person: Person): Promise<Amount> {
  return balanceOf(contracts, ZERO_ADDRESS, person.owner.address);
}

/** Opens an ETH channel in which the payer deposits, and waits until a block holds it. */
export async function openBetween(
  { contracts, suite }: World,
  payer: Person,
  payee: Person,
  deposit: Amount,
  challengePeriod = DAY,
): Promise<StoryChannel> {
  const params: Params = {
    ownerA: payer.owner.address,
    ownerB: payee.owner.address,
    signerA: payer.signer.address,
    signerB: payee.signer.address,
    token: ZERO_ADDRESS,
    challengePeriod,
    recoveryPeriod: 0,
    salt: randomBytes(8).readBigUInt64BE(),
  };
  const opening = openChannel(contracts, payer.owner, { params, life: 1, amounts: { A: deposit, B: 0n } });
  await within(`the channel of ${payer.name} and ${payee.name}`, opening);
  const channel = channelId(suite.crypto, paramsId(suite.crypto, contracts.domain, params), 1);
  return { payer, payee, params, channel, deposit };
}

async function bankOf(chain: StoryChain): Promise<Account> {
  return accountOfNode(chain.provider, must(parseAddress(await chain.bank.getAddress())));
}
