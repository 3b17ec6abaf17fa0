import { expect } from "chai";
import { readFileSync } from "node:fs";

import { format, resolveConfig } from "prettier";
import { API_DOCS, apiDocs } from "../../scripts/docs/api.ts";
import { ROUTES } from "../../src/api/routes.ts";

describe("docs/api.md", () => {
  it("is what npm run docs:api writes from the routes", async () => {
    const options = (await resolveConfig(API_DOCS)) ?? {};
    const written = await format(apiDocs(), { ...options, filepath: API_DOCS });
    expect(readFileSync(API_DOCS, "utf8")).to.equal(written);
  });

  it("names every call", () => {
    const text = readFileSync(API_DOCS, "utf8");
    for (const { method, path } of Object.values(ROUTES)) expect(text).to.include(`### ${method} ${path}\n`);
  });
});
