import type { Backup } from "../api/views.ts";
import type { Parts } from "./parts.ts";

/** One that the caller may keep wherever it likes, and the file of the config. */
export async function backUp({ backups, config, node }: Parts): Promise<Backup> {
  const content = Buffer.from(backups.sealed()).toString("base64");
  const { number: block } = node.head();
  const channels = node.channels().length;
  await backups.write();
  return { file: config.backupFile, problem: backups.problem, channels, block, content };
}
