import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Only the user that runs the node may read what could sign or pay. */
export const FILE_MODE = 0o600;

/** Until the directory is synced, a crash may undo the creation or renaming of its files. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The file appears under its name complete and durable, or not at all. */
export async function writeWhole(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const draft = `${path}.tmp`;
  const handle = await open(draft, "w", FILE_MODE);
  try {
    await handle.writev(parts.map((part) => part));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, path);
  await syncDirectory(dirname(path));
}

/** The end of a segment, where records are added. */
export interface AppendFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves once all that was written is durable. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export async function openAppendFile(path: string): Promise<AppendFile> {
  const handle = await open(path, "a");
  return {
    write: async (bytes) => {
      let at = 0;
      while (at < bytes.length) at += (await handle.write(bytes, at)).bytesWritten;
    },
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
}
