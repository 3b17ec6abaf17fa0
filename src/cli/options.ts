import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { problem, type ApiProblem } from "../api/problem.ts";
import { ApiClient } from "../client/api-client.ts";
import { requireDirectory, readText } from "../daemon/directory.ts";

export interface CommonOptions {
  readonly dir: string;
  readonly json: boolean;
}

interface ClientOptions extends CommonOptions {
  readonly api?: string;
  readonly tokenFile?: string;
}

/** Of every command. */
export function withCommon(command: Command): Command {
  return command
    .addOption(
      new Option("--dir <directory>", "directory of the node")
        .env("HASHLANE_DIR")
        .default(join(homedir(), ".hashlane"), "~/.hashlane")
        .argParser((text: string) => resolve(text)),
    )
    .option("--json", "print JSON on one line, for programs", false);
}

/** Of the commands that talk with a running node. */
export function withClient(command: Command): Command {
  return withCommon(command)
    .addOption(
      new Option("--api <url>", "where the node's API answers; read from --dir if left out").env(
        "HASHLANE_API",
      ),
    )
    .addOption(
      new Option("--token-file <file>", "its token; read from --dir if left out").env("HASHLANE_TOKEN_FILE"),
    );
}

/** The client of the node that the options name. */
export function clientOf({ dir, api, tokenFile }: ClientOptions): ApiClient {
  if (api !== undefined && tokenFile !== undefined)
    return new ApiClient({ url: api, token: tokenIn(tokenFile) });
  const places = requireDirectory(dir);
  const url = api ?? readText(places.apiUrl)?.trim();
  if (url === undefined) {
    throw problem(
      0,
      "daemon_unreachable",
      "the node of this directory is not running",
      "Start it with hashlane start.",
      {
        directory: dir,
      },
    );
  }
  return new ApiClient({ url, token: tokenIn(tokenFile ?? tokenFileOf(places.config, dir)) });
}

function tokenFileOf(config: string, dir: string): string {
  const read = JSON.parse(readText(config) ?? "{}") as { readonly tokenFile?: unknown };
  return resolve(dir, typeof read.tokenFile === "string" ? read.tokenFile : "api-token");
}

function tokenIn(file: string): string {
  const token = readText(file)?.trim() ?? "";
  if (token !== "") return token;
  throw usage(`the token file ${file} is missing or empty`, "Name the right one with --token-file or --dir.");
}

export function usage(message: string, next: string): ApiProblem {
  return problem(0, "bad_usage", message, next);
}

/** A whole number from an option or a variable. */
export function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw usage(`${text.slice(0, 40)} is no whole number`, "Give one such as 3600.");
}
