/** Writes docs/api.md from the routes. */
import { writeFileSync } from "node:fs";

import { format, resolveConfig } from "prettier";

import { API_DOCS, apiDocs } from "./docs/api.ts";

const options = (await resolveConfig(API_DOCS)) ?? {};
writeFileSync(API_DOCS, await format(apiDocs(), { ...options, filepath: API_DOCS }));
process.stdout.write(`${API_DOCS} was written.\n`);
