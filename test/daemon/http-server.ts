import { expect } from "chai";
import { request } from "node:http";

import type { Event } from "../../src/api/views.ts";
import { ApiClient } from "../../src/client/api-client.ts";
import { Assets } from "../../src/daemon/assets.ts";
import { Capabilities } from "../../src/daemon/capabilities.ts";
import { EventLog } from "../../src/daemon/events.ts";
import type { Handlers } from "../../src/daemon/handlers.ts";
import { startApi, type Api } from "../../src/daemon/http-server.ts";
import { Journal } from "../../src/daemon/journal.ts";
import { problemOf } from "../e2e/daemon-problem.ts";
import { ETH_TERMS } from "./asset-terms.ts";

const TOKEN = "the token of this test";

interface Answer {
  readonly status: number;
  readonly body: { readonly code?: string; readonly values?: Readonly<Record<string, string>> };
}

describe("the API's server", () => {
  const logged: string[] = [];
  let api: Api;
  let journal: Journal;
  let capabilities: Capabilities;
  let events: EventLog;
  let paid: unknown[] = [];

  /** Not by fetch, which sets its own host. */
  function ask(
    path: string,
    {
      method = "GET",
      headers = { authorization: `Bearer ${TOKEN}` },
      body = "",
    }: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request(`${api.url}${path}`, { method, headers, agent: false }, (response) => {
        let text = "";
        response.on("data", (data: Buffer) => (text += data.toString()));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Answer["body"] }),
        );
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }

  beforeEach(async () => {
    paid = [];
    journal = new Journal(":memory:");
    events = new EventLog(journal);
    const fault = (): never => {
      throw new Error("a fault with a secret in it");
    };
    const handlers = {
      pay: (fields: unknown) => {
        paid.push(fields);
        return { id: "1" };
      },
      paymentOf: (_: unknown, path: unknown) => path,
      payments: (fields: unknown) => fields,
      info: fault,
      health: () => ({ status: "ok" }),
    } as unknown as Handlers;
    const logger = {
      info: () => undefined,
      warn: () => undefined,
      error: (text: string) => logged.push(text),
    };
    capabilities = new Capabilities(journal, new Assets([ETH_TERMS]));
    api = await startApi({
      port: 0,
      token: TOKEN,
      capabilities,
      handlers,
      events,
      metrics: () => "figures",
      site: [],
      logger,
    });
  });

  afterEach(async () => {
    await api.stop();
    journal.close();
  });

  it("lets nobody in without the token, but to the health of the node", async () => {
    for (const authorization of [
      "",
      "Bearer",
      `Bearer ${TOKEN}x`,
      `Bearer ${TOKEN.slice(1)}`,
      `Basic ${TOKEN}`,
    ]) {
      const { status, body } = await ask("/v1/payments", { headers: { authorization } });
      expect([status, body.code], authorization).to.deep.equal([401, "unauthorized"]);
    }
    expect((await ask("/metrics", { headers: {} })).status).to.equal(401);
    expect((await ask("/v1/events/stream", { headers: {} })).status).to.equal(401);
    expect(await ask("/healthz", { headers: {} })).to.deep.equal({ status: 200, body: { status: "ok" } });
    expect((await ask("/v1/payments")).status).to.equal(200);
  });

  it("answers under the names of this machine alone", async () => {
    const from = async (host: string): Promise<Answer> =>
      ask("/v1/payments", { headers: { host, authorization: `Bearer ${TOKEN}` } });
    for (const host of ["127.0.0.1", "localhost:9736", "[::1]:9736"]) {
      expect((await from(host)).status, host).to.equal(200);
    }
    for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80"]) {
      const { status, body } = await from(host);
      expect([status, body.code], host).to.deep.equal([403, "wrong_host"]);
    }
  });

  it("tells what went wrong as a problem of RFC 9457", async () => {
    const response = await fetch(`${api.url}/v1/payments?limit=0`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(response.headers.get("content-type")).to.equal("application/problem+json");
    expect(await response.json()).to.deep.equal({
      type: "urn:hashlane:problem:bad_request",
      title: "bad request",
      status: 400,
      detail: "limit is below 1",
      code: "bad_request",
      values: { field: "limit" },
      next: "Correct it: entries of a page, from 1 to 500; 50 if left out.",
    });
  });

  it("lets a token do what it allows, until it is revoked", async () => {
    const made = capabilities.create({ allow: "read, invoice" });
    const as = (path: string, method = "GET"): Promise<Answer> =>
      ask(path, { method, headers: { authorization: `Bearer ${made.token}` } });
    expect((await as("/v1/payments")).status).to.equal(200);
    for (const [path, method] of [
      ["/v1/payments", "POST"],
      ["/v1/tokens", "POST"],
      ["/v1/tokens", "GET"],
      ["/v1/exit", "POST"],
      ["/v1/freeze", "POST"],
    ] as const) {
      const { status, body } = await as(path, method);
      expect([status, body.code, body.values?.allows], path).to.deep.equal([
        403,
        "not_allowed",
        "read, invoice",
      ]);
    }
    capabilities.revoke(made.id);
    expect((await as("/v1/payments")).status).to.equal(401);
    expect(paid).to.deep.equal([]);
  });

  it("knows its paths and methods", async () => {
    const unknown = await ask("/v1/nothing");
    expect(unknown.status).to.equal(404);
    expect(unknown.body).to.deep.include({
      code: "unknown_path",
      values: { method: "GET", path: "/v1/nothing" },
    });
    const method = await ask("/v1/payments", { method: "PUT" });
    expect([method.status, method.body.code]).to.deep.equal([405, "wrong_method"]);
    expect((await ask("/v1/payments/7")).body).to.deep.equal({ id: "7" });
  });

  it("takes exactly the fields of a request, each of its type and within its limits", async () => {
    const good = { invoice: "hl1x", idempotencyKey: "12345678" };
    const post = (body: unknown): Promise<Answer> =>
      ask("/v1/payments", { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });
    const refused: readonly (readonly [unknown, string | undefined])[] = [
      ["{", undefined],
      ["[]", undefined],
      ["", "invoice"],
      [{ ...good, invoice: 1 }, "invoice"],
      [{ ...good, invoice: "x".repeat(4097) }, "invoice"],
      [{ ...good, idempotencyKey: "1234567" }, "idempotencyKey"],
      [{ ...good, idempotencyKey: "x".repeat(129) }, "idempotencyKey"],
      [{ ...good, maxFee: 0.1 }, "maxFee"],
      [{ ...good, more: 1 }, undefined],
    ];
    for (const [body, field] of refused) {
      const { status, body: told } = await post(body);
      expect([status, told.code, told.values?.field], JSON.stringify(body).slice(0, 80)).to.deep.equal([
        ...[400, "bad_request", field],
      ]);
    }
    expect(paid).to.deep.equal([]);
    const most = { invoice: "x".repeat(4096), idempotencyKey: "x".repeat(128) };
    expect((await post(good)).status).to.equal(200);
    expect((await post(most)).status).to.equal(200);
    expect(paid).to.deep.equal([good, most]);
  });

  it("takes a body of 64 KiB and not a byte more", async () => {
    const padded = (bytes: number): string => `{"x":1}${" ".repeat(bytes - 7)}`;
    const post = (body: string): Promise<Answer> => ask("/v1/payments", { method: "POST", body });
    expect((await post(padded(65_536))).body.code).to.equal("bad_request");
    const { status, body } = await post(padded(65_537));
    expect([status, body.code]).to.deep.equal([413, "too_large"]);
  });

  it("reads numbers of a query, within their limits", async () => {
    expect((await ask("/v1/payments?limit=500&cursor=9")).body).to.deep.equal({ limit: 500, cursor: "9" });
    for (const limit of ["0", "501", "1.5", "x", "-1"]) {
      expect((await ask(`/v1/payments?limit=${limit}`)).body.code, limit).to.equal("bad_request");
    }
  });

  it("says nothing of a fault of its own but that there was one, and logs it", async () => {
    const { status, body } = await ask("/v1/info");
    expect([status, body.code]).to.deep.equal([500, "internal"]);
    expect(JSON.stringify(body)).not.to.include("secret");
    expect(logged).to.include("a call of the API failed");
  });

  it("streams a past of several megabytes to its end", async () => {
    const text = "x".repeat(2000);
    for (let count = 1; count <= 3000; count++) events.add("counted", { count, text });
    const client = new ApiClient({ url: api.url, token: TOKEN });
    const seen: unknown[] = [];
    for await (const { data } of client.events(0)) {
      seen.push(data.count);
      if (seen.length === 3000) break;
    }
    expect(seen).to.deep.equal(Array.from({ length: 3000 }, (_, index) => index + 1));
  });

  it("streams what happened after the cursor, then what happens, each once", async () => {
    const add = (count: number): void => events.publish(events.add("counted", { count }));
    for (const count of [1, 2, 3]) add(count);
    const client = new ApiClient({ url: api.url, token: TOKEN });
    const seen: Event[] = [];
    for await (const event of client.events(1)) {
      seen.push(event);
      if (seen.length === 2) add(4);
      if (seen.length === 3) break;
    }
    expect(seen.map(({ cursor, kind, data }) => [cursor, kind, data.count])).to.deep.equal([
      [2, "counted", 2],
      [3, "counted", 3],
      [4, "counted", 4],
    ]);
  });

  it("is told apart by the client from a wrong token and from nothing", async () => {
    const wrong = new ApiClient({ url: api.url, token: "another" });
    expect(await problemOf(wrong.call("payments", {}))).to.include({ status: 401, code: "unauthorized" });
    const nobody = new ApiClient({ url: "http://127.0.0.1:1", token: TOKEN });
    expect(await problemOf(nobody.call("payments", {}))).to.include({
      status: 0,
      code: "daemon_unreachable",
    });
  });
});
