import { readFileSync } from "node:fs";
import type { JsonRpcApiProvider } from "ethers";

import { accountFromKey, accountOfNode, type Account } from "../../src/chain/account.ts";
import { fromHex } from "../../src/protocol/bytes.ts";
import { must, parseAddress } from "../../src/protocol/checked.ts";
import { StoryFailure } from "../story/failure.ts";

/** Who pays for a deployment: the key in the file, or the first account that the chain's node signs for. */
export async function payerOf(provider: JsonRpcApiProvider, keyFile: string | undefined): Promise<Account> {
  if (keyFile !== undefined) return accountOfFile(provider, keyFile);
  const [first] = (await provider.send("eth_accounts", [])) as string[];
  if (first !== undefined) return accountOfNode(provider, must(parseAddress(first)));
  throw new StoryFailure("the chain's node signs for no account. Give the key that pays with --key-file.");
}

/** No message repeats what the file holds. */
function accountOfFile(provider: JsonRpcApiProvider, path: string): Account {
  const text = readText(path).trim();
  const digits = text.startsWith("0x") ? text.slice(2) : text;
  if (/^[0-9a-f]{64}$/i.test(digits)) {
    try {
      return accountFromKey(provider, fromHex(`0x${digits.toLowerCase()}`));
    } catch {
      // Zero, or not below the order of the curve.
    }
  }
  throw new StoryFailure(`${path} holds no private key. Write one as 64 hex digits, and nothing else.`);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (thrown) {
    const { code = "unreadable" } = thrown as { readonly code?: string };
    throw new StoryFailure(`--key-file ${path} cannot be read (${code}). Check its path and permissions.`);
  }
}
