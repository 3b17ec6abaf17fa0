import { getCreateAddress } from "ethers";
import type { Signer } from "../../../src/protocol/crypto.ts";
import type { Digest, Hex } from "../../../src/protocol/types.ts";
import type { Dice } from "../../contracts/dice.ts";
import { walletSignature } from "../funding.ts";
import type { AccountKind, Setting } from "../world.ts";
import { hexOfNumber, signerOfKey } from "../words.ts";

/** Who takes part in a history. */

/** One side of channels. */
export interface Party {
  readonly owner: Hex;
  /** By the owner's key, or as its wallet accepts. */
  readonly signAsOwner: (digest: Hex) => Hex;
  readonly signer: Signer;
}

export interface Cast {
  readonly setting: Setting;
  readonly parties: readonly Party[];
  /** Brings money for others; has much of all. */
  readonly funder: Hex;
  readonly tower: Hex;
  readonly stranger: Hex;
}

/** The Solidity test deploys from here, in this order. */
const DEPLOYER: Hex = hexOfNumber(0xd0n, 20);
const [REGISTRY, NOTARY, TOKEN, FEE_TOKEN] = [0, 1, 2, 3].map(
  (nonce) => getCreateAddress({ from: DEPLOYER, nonce }).toLowerCase() as Hex,
) as [Hex, Hex, Hex, Hex];

/** As the Solidity test deploys it. */
export const LEAST_PERIOD = 100n;
export const MOST_PERIOD = 10_000n;

export const FUNDER: Hex = hexOfNumber(0xf1n, 20);
const STRANGER: Hex = hexOfNumber(0x57n, 20);

/** Histories do not see each other, so they can share keys. */
const KEYS: readonly Signer[] = Array.from({ length: 16 }, (_, index) =>
  signerOfKey(new Uint8Array(32).fill(index + 1)),
);

const PARTIES = 3;

export function castOf(dice: Dice): Cast {
  const kinds = new Map<Hex, AccountKind>();
  const blocked = new Set<Hex>();
  const keys = shuffled(dice, KEYS);
  const parties = Array.from({ length: PARTIES }, (_, index) => partyOf(dice, keys, index, kinds));
  const tower: Hex = hexOfNumber(0x70n, 20);
  if (dice.chance(20)) kinds.set(tower, "refuser");
  for (const account of [tower, ...parties.map(({ owner }) => owner)]) {
    if (dice.chance(15)) blocked.add(account);
  }
  const setting: Setting = {
    chainId: 31337n,
    notary: NOTARY,
    registry: REGISTRY,
    leastPeriod: LEAST_PERIOD,
    mostPeriod: MOST_PERIOD,
    token: TOKEN,
    feeToken: FEE_TOKEN,
    kinds,
    blocked,
  };
  return { setting, parties, funder: FUNDER, tower, stranger: STRANGER };
}

function partyOf(dice: Dice, keys: readonly Signer[], index: number, kinds: Map<Hex, AccountKind>): Party {
  const signer = keyAt(keys, index);
  const ownerKey = dice.chance(10) ? signer : keyAt(keys, PARTIES + index);
  const sign = (digest: Hex): Hex => ownerKey.sign(digest as Digest);
  if (dice.chance(20)) {
    const owner = hexOfNumber(0xa000n + BigInt(index), 20);
    kinds.set(owner, "wallet");
    return { owner, signer, signAsOwner: walletSignature };
  }
  // An account with a key keeps it if it gains code.
  if (dice.chance(15)) kinds.set(ownerKey.address, dice.chance(50) ? "wallet" : "refuser");
  const asWallet = kinds.get(ownerKey.address) === "wallet" && dice.chance(50);
  return { owner: ownerKey.address, signer, signAsOwner: asWallet ? walletSignature : sign };
}

function keyAt(keys: readonly Signer[], index: number): Signer {
  const key = keys[index];
  if (key === undefined) throw new RangeError("too few keys");
  return key;
}

function shuffled<T>(dice: Dice, items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, place: dice.below(1 << 30) }))
    .toSorted((left, right) => left.place - right.place)
    .map(({ item }) => item);
}
