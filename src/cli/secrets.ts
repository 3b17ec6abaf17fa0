import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { readText } from "../daemon/directory.ts";
import { usage } from "./options.ts";

const LEAST_PASSWORD = 8;

/** From the file, or typed without being shown; `isNew`: typed twice, and of some length. */
export async function passwordFrom(file: string | undefined, isNew: boolean): Promise<string> {
  const password = file === undefined ? await typed(isNew) : firstLine(file);
  if (isNew && password.length < LEAST_PASSWORD) {
    throw usage(`the password has fewer than ${LEAST_PASSWORD} characters`, "Choose a longer one.");
  }
  return password;
}

async function typed(isNew: boolean): Promise<string> {
  if (!process.stdin.isTTY) {
    throw usage(
      "there is no terminal to ask for the password at",
      "Give --password-file or HASHLANE_PASSWORD_FILE.",
    );
  }
  const password = await ask("Password of the node's key: ");
  if (isNew && (await ask("The same again: ")) !== password) {
    throw usage("the two passwords differ", "Try again.");
  }
  return password;
}

function ask(question: string): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done: () => void) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  return new Promise((resolve, reject) => {
    lines.on("SIGINT", () => lines.close());
    lines.on("close", () => reject(usage("nothing was typed", "Try again.")));
    lines.question("", (answer) => {
      resolve(answer);
      process.stderr.write("\n");
      lines.close();
    });
  });
}

/** Without the end of the line, which editors add. */
export function firstLine(file: string): string {
  const text = readText(file);
  if (text === null) throw usage(`there is no file ${file}`, "Name one that can be read.");
  return text.split(/\r?\n/, 1)[0] ?? "";
}
