import type { Field, Fields } from "./fields.ts";
import type { Route } from "./route.ts";
import { ROUTES } from "./routes.ts";

type Json = Readonly<Record<string, unknown>>;

const PROBLEM: Json = {
  description: "What went wrong (RFC 9457), with a code for programs and what to do next.",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

/** The API as an OpenAPI 3.1 document, written from the table that the server answers by. */
export function openApi(version: string): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries<Route>(ROUTES))
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(name, route);
  const answers = new Set(Object.values<Route>(ROUTES).map(({ answer }) => answer));
  return {
    openapi: "3.1.0",
    info: {
      title: "Hashlane node",
      version,
      description: "For programs of the node's machine. Amounts are decimal texts, exact to the last digit.",
    },
    servers: [{ url: "http://127.0.0.1:9736" }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: { ...Object.fromEntries([...answers].map(answerSchema)), Problem: problemSchema() },
    },
  };
}

function operation(name: string, route: Route): Json {
  const { path, method, about, fields, answer, needs } = route;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, part = ""]) => ({
    ...{ name: part, in: "path", required: true, schema: { type: "string" } },
  }));
  const inQuery = method === "GET" ? Object.entries(fields).map(queryParameter) : [];
  const isRaw = answer === "text" || name === "stream";
  const media =
    name === "stream" ? "text/event-stream" : answer === "text" ? "text/plain" : "application/json";
  const schema = isRaw ? { type: "string" } : { $ref: `#/components/schemas/${answer}` };
  return {
    operationId: name,
    summary: about,
    description:
      needs.length === 0 ? "Needs no token." : `Needs a token that allows one of: ${needs.join(", ")}.`,
    ...(needs.length === 0 ? { security: [] } : {}),
    parameters: [...inPath, ...inQuery],
    ...(method === "GET" ? {} : { requestBody: body(fields) }),
    responses: {
      200: { description: `\`${answer}\` of docs/api.md.`, content: { [media]: { schema } } },
      default: PROBLEM,
    },
  };
}

function queryParameter([name, field]: readonly [string, Field]): Json {
  return { name, in: "query", required: field.required, description: field.about, schema: schemaOf(field) };
}

function body(fields: Fields): Json {
  const required = Object.values(fields).some((field) => field.required);
  return { required, content: { "application/json": { schema: objectSchema(fields) } } };
}

function objectSchema(fields: Fields): Json {
  const required = Object.keys(fields).filter((name) => fields[name]?.required === true);
  const properties = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, { ...schemaOf(field), description: field.about }]),
  );
  return { type: "object", additionalProperties: false, properties, required };
}

function schemaOf({ type, least, most, entries = [] }: Field): Json {
  if (type === "boolean") return { type: "boolean" };
  if (type === "list") {
    const limits = { minItems: least ?? 0, ...(most === undefined ? {} : { maxItems: most }) };
    return { type: "array", ...limits, items: { anyOf: entries.map(objectSchema) } };
  }
  const [low, high] = type === "text" ? ["minLength", "maxLength"] : ["minimum", "maximum"];
  return {
    type: type === "text" ? "string" : "integer",
    ...(least === undefined ? {} : { [low]: least }),
    ...(most === undefined ? {} : { [high]: most }),
  };
}

/** Their fields stand in docs/api.md as types; here only that they are objects. */
function answerSchema(answer: string): readonly [string, Json] {
  return [answer, { type: "object", description: `See \`${answer}\` in docs/api.md.` }];
}

function problemSchema(): Json {
  const text = { type: "string" };
  return {
    type: "object",
    required: ["type", "title", "status", "detail", "code", "values", "next"],
    properties: {
      ...{
        type: { ...text, format: "uri" },
        title: text,
        status: { type: "integer" },
        detail: text,
        code: text,
      },
      ...{ values: { type: "object", additionalProperties: text }, next: text },
    },
  };
}
