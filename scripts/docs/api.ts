import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { Field } from "../../src/api/fields.ts";
import type { Route } from "../../src/api/route.ts";
import { EXPLORER_ROUTES } from "../../src/api/explorer-routes.ts";
import { ROUTES } from "../../src/api/routes.ts";
import { NEXT, statusOf } from "../../src/daemon/failure.ts";
import type { ErrorCode } from "../../src/protocol/error.ts";

const fileOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const textOf = (path: string): string => readFileSync(fileOf(path), "utf8");

/** Where the documentation stands. */
export const API_DOCS = fileOf("docs/api.md");

const INTRODUCTION = `# The API of a node

Written by \`npm run docs:api\` from the table that the server answers by (\`src/api/routes.ts\`); do not edit.

\`hashlane start\` offers it at \`http://127.0.0.1:9736\` (\`apiPort\` of the config), for programs of the same machine. Every call but \`/healthz\` needs the header \`Authorization: Bearer TOKEN\` with what the file \`api-token\` of the node's directory holds; calls under another host name are refused, so that no page in a browser gets in by a name of its own.

\`\`\`
curl -H "Authorization: Bearer $(cat ~/.hashlane/api-token)" http://127.0.0.1:9736/v1/info
\`\`\`

- Requests and answers are JSON. A field that is not known is refused, not ignored.
- Amounts are decimal texts with their asset, \`{ "value": "0.5", "asset": "ETH" }\`, exact to the last digit.
- What spends money takes an \`idempotencyKey\`: the same key and request is the same payment, however often it is sent and whatever crashed meanwhile; the same key with another request is refused. A request that was refused before anything left the node frees its key.
- Lists are \`{ "entries": [...], "next": "..." }\`; \`next\` is the \`cursor\` of the next page, null on the last.
- Whatever goes wrong is \`{ "code", "message", "values", "next" }\`: the code for programs, the message for people, the values that it speaks of, and what to do next.
`;

const EXPLORER = `## Calls of the explorer

Public data of the chain, so that no token is needed. A node answers them if its config says \`"explorer": true\`; \`hashlane explorer\` does without a node. Each figure is defined in \`src/api/figures.ts\`.
`;

function fieldRow([name, { type, required, about }]: readonly [string, Field]): string {
  return `| \`${name}\` | ${type === "list" ? "list of objects" : type} | ${required ? "yes" : "no"} | ${about} |`;
}

function routeText({ method, path, about, fields, answer }: Route): string {
  const rows = Object.entries(fields).map(fieldRow);
  const table =
    rows.length === 0 ? [] : ["", "| field | type | needed | |", "| --- | --- | --- | --- |", ...rows];
  return [`### ${method} ${path}`, "", `${about} Answers \`${answer}\`.`, ...table, ""].join("\n");
}

/** Of the daemon's own refusals, as they stand in its code, and of what the core refuses. */
function codes(): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const files = ["src/daemon", "src/daemon/towers", "src/host", "src/indexer"].flatMap((room) =>
    readdirSync(fileOf(room))
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `${room}/${name}`),
  );
  for (const file of files) {
    for (const [, status, code] of textOf(file).matchAll(/problem\(\s*(\d+),\s*"([a-z_]+)"/g)) {
      found.set(code ?? "", Number(status));
    }
  }
  for (const [, status, code] of textOf("src/api/fields.ts").matchAll(/problem\(\s*(\d+),\s*"([a-z_]+)"/g)) {
    found.set(code ?? "", Number(status));
  }
  for (const code of Object.keys(NEXT)) found.set(code, statusOf(code as ErrorCode));
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function codesText(): string {
  const rows = [...codes()].map(([code, status]) => `| \`${code}\` | ${status} |`);
  const more =
    "Payments that fail on the way keep the reason that the hop gave under `problem`; failures of the chain or the " +
    "disk come with the codes of `src/protocol/error.ts`.";
  return ["## Codes", "", "| code | status |", "| --- | --- |", ...rows, "", more, ""].join("\n");
}

function viewsText(title: string, file: string): string {
  return [title, "", "```ts", textOf(file).trimEnd(), "```", ""].join("\n");
}

export function apiDocs(): string {
  const routes = Object.values(ROUTES).map(routeText).join("\n");
  const explorer = Object.values(EXPLORER_ROUTES).map(routeText).join("\n");
  const views = viewsText("## Answers", "src/api/views.ts");
  const explorerViews = viewsText("## Answers of the explorer", "src/api/explorer-views.ts");
  const calls = ["## Calls\n", routes, EXPLORER, explorer, codesText(), views, explorerViews];
  return [INTRODUCTION, ...calls].join("\n");
}
