import { expect } from "chai";

import { openApi } from "../../src/api/openapi.ts";
import type { Route } from "../../src/api/route.ts";
import { ROUTES } from "../../src/api/routes.ts";

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: { readonly type: string };
}
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: {
    readonly content: Readonly<
      Record<
        string,
        { readonly schema: { readonly properties: object; readonly required: readonly string[] } }
      >
    >;
  };
  readonly security?: readonly unknown[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content: object }>>;
}
interface Document {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

/** As a program reads it. */
const document = JSON.parse(JSON.stringify(openApi("1.2.3"))) as Document;

function refsIn(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === "$ref" && typeof inner === "string" ? [inner] : refsIn(inner),
  );
}

describe("the OpenAPI document", () => {
  it("is of version 3.1 and names the program's", () => {
    expect(document.openapi).to.match(/^3\.1\.\d+$/);
    expect(document.info).to.include({ title: "Hashlane node", version: "1.2.3" });
  });

  it("has one operation for each route, with every field in its place", () => {
    for (const [name, route] of Object.entries<Route>(ROUTES)) {
      const operation = document.paths[route.path]?.[route.method.toLowerCase()];
      if (operation === undefined) throw new Error(`${name} is missing`);
      expect([operation.operationId, operation.summary]).to.deep.equal([name, route.about]);
      const wanted = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, part]) => part);
      const inPath = operation.parameters.filter((one) => one.in === "path");
      expect(inPath.map((one) => one.name)).to.deep.equal(wanted);
      for (const one of inPath) expect(one.required).to.equal(true);
      const inQuery = operation.parameters.filter((one) => one.in === "query").map((one) => one.name);
      const schema = operation.requestBody?.content["application/json"]?.schema;
      const [query, body] =
        route.method === "GET" ? [Object.keys(route.fields), []] : [[], Object.keys(route.fields)];
      expect(inQuery, name).to.deep.equal(query);
      expect(Object.keys(schema?.properties ?? {}), name).to.deep.equal(body);
      const required = Object.entries(route.fields).filter(([, field]) => field.required);
      if (route.method !== "GET") expect(schema?.required).to.deep.equal(required.map(([field]) => field));
      expect(operation.security?.length ?? 1, name).to.equal(route.needs.length === 0 ? 0 : 1);
      expect(Object.keys(operation.responses)).to.deep.equal(["200", "default"]);
    }
    const operations = Object.values(document.paths).flatMap((one) => Object.keys(one));
    expect(operations).to.have.length(Object.keys(ROUTES).length);
  });

  it("refers to nothing that is not there, and names each operation once", () => {
    const refs = refsIn(document);
    expect(refs).not.to.deep.equal([]);
    for (const ref of refs) {
      const name = /^#\/components\/schemas\/(\w+)$/.exec(ref)?.[1] ?? "";
      expect(Object.hasOwn(document.components.schemas, name), ref).to.equal(true);
    }
    const ids = Object.values(document.paths).flatMap((one) =>
      Object.values(one).map((each) => each.operationId),
    );
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it("lets only a holder of everything spend without a budget or change the node", () => {
    const free = Object.entries<Route>(ROUTES).filter(([, { needs }]) => needs.length === 0);
    expect(free.map(([name]) => name)).to.deep.equal(["health"]);
    const writers = Object.entries<Route>(ROUTES).filter(([, { method }]) => method !== "GET");
    const lesser = writers.filter(([, { needs }]) => needs.some((need) => need !== "admin"));
    expect(lesser.map(([name, { needs }]) => [name, ...needs])).to.have.deep.members([
      ["quoteLiquidity", "admin", "read"],
      ["invoice", "admin", "invoice"],
      ["settleInvoice", "admin", "invoice"],
      ["cancelInvoice", "admin", "invoice"],
      ["pay", "admin", "pay"],
      ["payMany", "admin", "pay"],
      ["send", "admin", "pay"],
    ]);
  });
});
