import { connectContracts } from "../chain/contracts.ts";
import { encryptKey, keyOfPhrase } from "../chain/keystore.ts";
import { loadCrypto } from "../crypto/native-crypto.ts";
import { plantMark } from "../node/plant-mark.ts";
import type { SavedNode } from "../node/record.ts";
import type { Address } from "../protocol/types.ts";
import { createFileStore } from "../store/file-store.ts";
import { readBackup } from "./backups.ts";
import { readConfig, type Config, type ConfigFile } from "./config.ts";
import { makeDirectory, placesIn, writePrivate } from "./directory.ts";
import { Journal } from "./journal.ts";
import { writeToken } from "./token.ts";

export interface RestoreOptions {
  /** Of the node to be; must not be there, or be empty. */
  readonly directory: string;
  readonly phrase: string;
  readonly password: string;
  /** See `encryptKey`. */
  readonly isLight: boolean;
  readonly backup: string;
  /** Wins over the config in the backup. */
  readonly settings: ConfigFile;
}

export interface RestoredNode {
  readonly node: Address;
  readonly directory: string;
  readonly saved: SavedNode;
  readonly config: Config;
}

const RESTORED = "this node was restored from a backup";

/** Makes a node in a new directory that goes on from a backup, as far as one that lost data may [REC-1]. */
export async function restoreNode(options: RestoreOptions): Promise<RestoredNode> {
  const { directory, phrase, password, isLight, settings } = options;
  const key = keyOfPhrase(phrase);
  const saved = await readBackup(options.backup, key);
  const places = placesIn(directory);
  const text = configTextOf(saved, settings);
  const config = readConfig(places.config, text);
  const { provider, domain } = await connectContracts(config.rpc, config);
  const upTo = await provider.getBlockNumber();
  makeDirectory(directory);
  const suite = await loadCrypto();
  const { crypto } = suite;
  const signer = suite.createSigner(key.privateKey);
  const { claimSeconds: claimTime, owner } = config;
  await plantMark(
    {
      ...{ store: createFileStore({ directory: places.store }), signer, crypto, domain },
      config: { self: signer.address, claimTime, owner },
    },
    { why: RESTORED, upTo, backup: saved.node },
  );
  const journal = new Journal(places.journal);
  for (const { id, address } of saved.peers)
    journal.run("INSERT INTO peers (node, address) VALUES (?, ?)", id, address);
  journal.close();
  writePrivate(places.keystore, `${await encryptKey(phrase, password, isLight)}\n`);
  writeToken(config.tokenFile);
  // Last: a directory with a config is a node.
  writePrivate(places.config, text);
  return { node: signer.address, directory, saved, config };
}

/** Files beside the old config stand beside the new one. */
export function configTextOf({ config }: SavedNode, settings: ConfigFile): string {
  return `${JSON.stringify({ ...(JSON.parse(config) as ConfigFile), ...settings }, null, 2)}\n`;
}
