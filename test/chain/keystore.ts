import { expect } from "chai";

import { isSameButAddress } from "../../src/chain/check-code.ts";
import { decryptKey, encryptKey, keyOfPhrase, newPhrase } from "../../src/chain/keystore.ts";
import { HashlaneError } from "../../src/protocol/error.ts";

/** BIP-39's own test phrase, whose first Ethereum account every wallet shows. */
const PHRASE = "test test test test test test test test test test test junk";
const ACCOUNT = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";

async function codeOf(work: Promise<unknown>): Promise<string> {
  const outcome: unknown = await work.catch((thrown: unknown) => thrown);
  if (!(outcome instanceof HashlaneError)) throw new Error("it went well");
  return outcome.code;
}

describe("keystore", () => {
  it("holds the account that wallets show for the words, however they are spaced", async () => {
    expect(keyOfPhrase(`  ${PHRASE.replaceAll(" ", "\n ")}\n`).address).to.equal(ACCOUNT);
    const json = await encryptKey(PHRASE, "password", true);
    expect(json).not.to.include("test");
    expect((JSON.parse(json) as { version: number }).version).to.equal(3);
    expect(await decryptKey(json, "password")).to.deep.equal(keyOfPhrase(PHRASE));
  });

  it("takes one password, and no other text for itself", async () => {
    const json = await encryptKey(PHRASE, "password", true);
    expect(await codeOf(decryptKey(json, "passwore"))).to.equal("wrong_password");
    expect(await codeOf(decryptKey("{}", "password"))).to.equal("bad_keystore");
    expect(await codeOf(decryptKey("", "password"))).to.equal("bad_keystore");
  });

  it("makes twelve new words each time, and refuses words that are no phrase", () => {
    const [one, other] = [newPhrase(), newPhrase()];
    expect(one.split(" ")).to.have.length(12);
    expect(one).not.to.equal(other);
    expect(keyOfPhrase(one).address).not.to.equal(keyOfPhrase(other).address);
    for (const words of ["", "test", PHRASE.replace("junk", "test"), PHRASE.replace("junk", "")]) {
      expect(() => keyOfPhrase(words), words).to.throw(HashlaneError, /these words are no BIP-39 phrase/);
    }
  });
});

describe("code that differs by its own address alone", () => {
  const at = (address: number, last = 9): Uint8Array =>
    Uint8Array.of(1, 2, 3, address, 7, address + 1, 4, 5, 6, 8, last);
  const ours = [at(20), at(30), at(40)];

  it("is ours", () => {
    expect(isSameButAddress(at(99), ours)).to.equal(true);
    // A byte of the address that all of ours happen to share.
    const shared = at(99);
    shared[4] = 77;
    expect(isSameButAddress(shared, ours)).to.equal(true);
  });

  it("is not ours with another byte, or one more or less", () => {
    expect(isSameButAddress(at(99, 10), ours)).to.equal(false);
    const changed = at(99);
    changed[0] = 77;
    expect(isSameButAddress(changed, ours)).to.equal(false);
    expect(isSameButAddress(at(99).slice(0, -1), ours)).to.equal(false);
    expect(isSameButAddress(Uint8Array.of(...at(99), 0), ours)).to.equal(false);
    expect(isSameButAddress(at(99), [])).to.equal(false);
  });
});
