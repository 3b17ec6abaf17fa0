import { randomBytes } from "node:crypto";
import { HashlaneError } from "../protocol/error.ts";
import { readText, writePrivate } from "./directory.ts";

const TOKEN_BYTES = 32;

export function writeToken(file: string): void {
  writePrivate(file, `${randomBytes(TOKEN_BYTES).toString("hex")}\n`);
}

export function readToken(file: string): string {
  const token = readText(file)?.trim() ?? "";
  if (token !== "") return token;
  throw new HashlaneError("config_bad", {
    failed: "the file with the API's token is missing or empty",
    given: { file },
    next: "Write at least 32 random characters into it, readable by its owner alone, and start again.",
  });
}
