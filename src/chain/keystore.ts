import { scrypt as nodeScrypt } from "node:crypto";
import {
  decryptKeystoreJson,
  encryptKeystoreJson,
  HDNodeWallet,
  Mnemonic,
  randomBytes,
  scrypt,
} from "ethers";
import { fromHex } from "../protocol/bytes.ts";
import { must, parseAddress } from "../protocol/checked.ts";
import { HashlaneError } from "../protocol/error.ts";
import type { Address, Hex } from "../protocol/types.ts";

/** Where wallets look for the first account of a phrase. */
const PATH = "m/44'/60'/0'/0/0";
const ENTROPY_BYTES = 16;
const LIGHT_COST = 4096;
const MOST_SCRYPT_MEMORY = 1 << 30;

/** A key that was found in, or is to be written to, an encrypted file. */
export interface NodeKey {
  readonly address: Address;
  /** 32 bytes. */
  readonly privateKey: Uint8Array;
}

// The native one: the portable one of ethers takes seconds for one password.
scrypt.register((password, salt, cost, blockSize, parallelization, length) => {
  const options = { N: cost, r: blockSize, p: parallelization, maxmem: MOST_SCRYPT_MEMORY };
  return new Promise<string>((resolve, reject) => {
    nodeScrypt(password, salt, length, options, (error, key) => {
      if (error === null) resolve(`0x${key.toString("hex")}`);
      else reject(error);
    });
  });
});

/** Twelve words (BIP-39) that stand for a new key. */
export function newPhrase(): string {
  return Mnemonic.entropyToPhrase(randomBytes(ENTROPY_BYTES));
}

/** Rejects with `bad_phrase`; never with the words. */
export function keyOfPhrase(phrase: string): NodeKey {
  const words = phrase.trim().split(/\s+/).join(" ");
  if (!Mnemonic.isValidMnemonic(words)) {
    throw new HashlaneError("bad_phrase", {
      failed: "these words are no BIP-39 phrase",
      given: { words: words === "" ? 0 : words.split(" ").length },
      next: "Check the spelling and the order of all 12 to 24 English words.",
    });
  }
  const { address, privateKey } = HDNodeWallet.fromPhrase(words, "", PATH);
  return { address: must(parseAddress(address)), privateKey: fromHex(privateKey as Hex) };
}

/**
 * JSON of the Web3 Secret Storage format, version 3, which other wallets read too. `isLight`: the password can be
 * tried 32 times faster, by its owner and by whoever steals the file.
 */
export function encryptKey(phrase: string, password: string, isLight = false): Promise<string> {
  const words = phrase.trim().split(/\s+/).join(" ");
  const { address, privateKey } = HDNodeWallet.fromPhrase(words, "", PATH);
  return encryptKeystoreJson({ address, privateKey }, password, isLight ? { scrypt: { N: LIGHT_COST } } : {});
}

/** Rejects with `wrong_password`, or `bad_keystore` if the text is none. */
export async function decryptKey(json: string, password: string): Promise<NodeKey> {
  try {
    const { address, privateKey } = await decryptKeystoreJson(json, password);
    return { address: must(parseAddress(address)), privateKey: fromHex(privateKey as Hex) };
  } catch (cause) {
    const isWrong = cause instanceof Error && cause.message.includes("incorrect password");
    throw isWrong
      ? new HashlaneError("wrong_password", {
          failed: "the password does not open the keystore",
          next: "Give the one that was chosen at init.",
        })
      : new HashlaneError(
          "bad_keystore",
          {
            failed: "the keystore cannot be read",
            next: "Bring the file back from a copy, or make a new directory from the words: hashlane init --from-words-file.",
          },
          { cause },
        );
  }
}
