import type { Finding } from "../api/views.ts";
import type { Backups } from "./backups.ts";
import type { Config } from "./config.ts";
import { finding } from "./finding.ts";

/** Written so many times as seldom as the config says, a backup counts as old. */
const LATE = 3;

/** A backup that is not written or old restores channels that are not the newest, or none. */
export function backupFinding(
  { problem, writtenAt }: Pick<Backups, "problem" | "writtenAt">,
  { backupFile, backupSeconds }: Pick<Config, "backupFile" | "backupSeconds">,
  now: number,
): Finding {
  if (backupFile === null) {
    const next = 'Set "backupFile" in the config, best on another disk.';
    return finding("backup", "warning", "no backup is kept", next);
  }
  if (problem !== null) {
    const next = "Make room, correct the permissions, or name another file in the config.";
    return finding("backup", "failure", `${backupFile} could not be written: ${problem}`, next);
  }
  if (writtenAt === null) return finding("backup", "ok", `${backupFile} is being written`);
  const age = Math.round((now - writtenAt) / 1000);
  const found = `${backupFile} was written ${Math.max(age, 0)} s ago`;
  if (age <= LATE * backupSeconds) return finding("backup", "ok", found);
  return finding("backup", "failure", `${found}, and is due every ${backupSeconds} s`, "Restart the node.");
}
