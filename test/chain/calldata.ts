import { expect } from "chai";
import { findCalls } from "../../src/chain/calldata.ts";
import { writeSignature } from "../../src/chain/closing.ts";
import { concatBytes, fromHex, toHex } from "../../src/protocol/bytes.ts";
import { ZERO_ADDRESS, ZERO_WORD } from "../../src/protocol/checked.ts";
import { channelId, paramsId } from "../../src/protocol/identity.ts";
import { portableCrypto as crypto } from "../../src/protocol/portable-crypto.ts";
import type { Address, Hex, Params, Signature } from "../../src/protocol/types.ts";
import { Hashlane__factory } from "../../typechain-types/index.ts";

const abi = Hashlane__factory.createInterface();
const at = (byte: string): Address => `0x${byte.repeat(20)}` as Address;
const domain = { chainId: 1n, contract: at("cc") };
const signature = writeSignature(`0x${"11".repeat(64)}` as Signature);

const RECORD = {
  terms: 0n,
  paid: 0n,
  own: 0n,
  ownLocks: ZERO_WORD,
  theirs: 0n,
  theirLocks: ZERO_WORD,
  answered: 0n,
  answeredLocks: ZERO_WORD,
};
const NOTHING = { own: "0x", theirs: "0x", answered: "0x", proofs: [] };

function paramsWith(salt: bigint): Params {
  const parties = { ownerA: at("a0"), ownerB: at("b0"), signerA: at("a1"), signerB: at("b1") };
  return { ...parties, token: ZERO_ADDRESS, challengePeriod: 60, recoveryPeriod: 0, salt };
}

function settle(salt: bigint): Hex {
  return abi.encodeFunctionData("settle", [paramsWith(salt), 1, RECORD, NOTHING]) as Hex;
}

function closeBatch(...salts: readonly bigint[]): Hex {
  const items = salts.map((salt) => ({
    params: paramsWith(salt),
    life: 1,
    transfer: 0,
    validUntil: 9,
    signature,
  }));
  return abi.encodeFunctionData("closeBatch", [items]) as Hex;
}

/** Names of the calls for the channel with salt 1 in its first life. */
function found(input: string): readonly string[] {
  const channel = channelId(crypto, paramsId(crypto, domain, paramsWith(1n)), 1);
  return findCalls(abi, crypto, domain, channel, input).map(({ name }) => name);
}

/** As a wallet contract wraps it: not at a multiple of 32 bytes, with more after it. */
function wrapped(...calls: readonly Hex[]): Hex {
  return toHex(concatBytes(new Uint8Array(7).fill(0xee), ...calls.map(fromHex), new Uint8Array(40)));
}

describe("calls for a channel in the input of a transaction", () => {
  it("are found by selector, Params and life, wherever they stand", () => {
    expect(found(settle(1n))).to.deep.equal(["settle"]);
    expect(found(wrapped(settle(1n)))).to.deep.equal(["settle"]);
    expect(found(settle(2n))).to.deep.equal([]);
    const end = [paramsWith(1n), 1, 0, 9, signature] as const;
    const credit = abi.encodeFunctionData("closeCooperativelyToCredit", [...end]) as Hex;
    expect(found(wrapped(credit, settle(1n)))).to.deep.equal(["closeCooperativelyToCredit", "settle"]);
    const next = abi.encodeFunctionData("settle", [paramsWith(1n), 2, RECORD, NOTHING]);
    expect(found(next)).to.deep.equal([]);
  });

  it("are found in a settleBatch, which holds whole calls", () => {
    const batch = (...items: readonly Hex[]): string => abi.encodeFunctionData("settleBatch", [[...items]]);
    expect(found(batch(settle(2n), settle(1n), settle(3n), settle(1n)))).to.deep.equal(["settle", "settle"]);
    expect(found(batch(settle(2n)))).to.deep.equal([]);
  });

  it("are found in a closeBatch, whose items have no selectors", () => {
    expect(found(closeBatch(1n))).to.deep.equal(["closeBatch"]);
    expect(found(wrapped(closeBatch(3n, 2n, 1n)))).to.deep.equal(["closeBatch"]);
    expect(found(closeBatch(2n, 3n))).to.deep.equal([]);
    expect(found(closeBatch())).to.deep.equal([]);
  });

  it("are not found in a closeBatch that ends too early, or whose values do not fit", () => {
    const whole = closeBatch(1n, 2n);
    expect(found(whole.slice(0, -64))).to.deep.equal([]);
    const dirty = whole.replace(/0{24}(a0){20}/, `1${"0".repeat(23)}${"a0".repeat(20)}`);
    expect(dirty).to.not.equal(whole);
    expect(found(dirty)).to.deep.equal([]);
  });
});
