import { ApiProblem, problem, problemIn } from "../api/problem.ts";
import type { Read } from "../api/fields.ts";
import { ROUTES, type RouteName } from "../api/routes.ts";
import type { Answers, Event } from "../api/views.ts";

export interface ClientOptions {
  /** Such as http://127.0.0.1:9736. */
  readonly url: string;
  readonly token: string;
}

type Given = Readonly<Record<string, string | number | boolean | undefined>>;

/** Calls the API of a running node. Rejects with an {@link ApiProblem}. */
export class ApiClient {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  async call<N extends RouteName & keyof Answers>(
    name: N,
    fields: Read<(typeof ROUTES)[N]["fields"]>,
    path: Readonly<Record<string, string>> = {},
  ): Promise<Answers[N]> {
    const { method, path: pattern } = ROUTES[name];
    const filled = pattern.replace(/\{(\w+)\}/g, (_, part: string) => encodeURIComponent(path[part] ?? ""));
    const given = fields as Given;
    const isGet = method === "GET";
    const response = await this.#ask(`${filled}${isGet ? queryOf(given) : ""}`, {
      method,
      ...(isGet ? {} : { body: JSON.stringify(given), headers: { "content-type": "application/json" } }),
    });
    return (await response.json()) as Answers[N];
  }

  /** Events after the cursor, then whatever happens, until the signal or the loop's end. */
  async *events(after: number, signal?: AbortSignal): AsyncGenerator<Event> {
    const path = `${ROUTES.stream.path}?after=${after}`;
    const response = await this.#ask(path, { method: "GET", ...(signal === undefined ? {} : { signal }) });
    if (response.body === null) return;
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of response.body) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      const parts = text.split("\n\n");
      text = parts.pop() ?? "";
      for (const part of parts) {
        const data = /^data: (.*)$/m.exec(part)?.[1];
        if (data !== undefined) yield JSON.parse(data) as Event;
      }
    }
  }

  async #ask(path: string, request: RequestInit): Promise<Response> {
    const { url, token } = this.#options;
    const headers = {
      ...(request.headers as Record<string, string> | undefined),
      authorization: `Bearer ${token}`,
    };
    let response: Response;
    try {
      response = await fetch(`${url}${path}`, { ...request, headers });
    } catch (cause) {
      if (request.signal?.aborted === true) throw cause;
      throw unreachable(url, cause);
    }
    if (response.ok) return response;
    throw await problemOf(response, url);
  }
}

function queryOf(given: Given): string {
  const pairs = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

function unreachable(url: string, cause: unknown): ApiProblem {
  const text = problem(0, "daemon_unreachable", "no node answers", "Start it with hashlane start.", {
    url,
  }).problem;
  return new ApiProblem(0, text, { cause });
}

async function problemOf(response: Response, url: string): Promise<ApiProblem> {
  try {
    const told = problemIn(await response.json());
    if (told !== null) return new ApiProblem(response.status, told);
  } catch {
    // No JSON: not ours either.
  }
  const next = "Check that the URL is that of a node's API.";
  return problem(response.status, "bad_answer", "what answers is no API of a node", next, { url });
}
