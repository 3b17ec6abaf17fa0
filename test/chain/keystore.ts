import { expect } from "chai";

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
