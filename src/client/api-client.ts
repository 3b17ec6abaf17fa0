import type { Read } from "../api/fields.ts";
import { ROUTES, type RouteName } from "../api/routes.ts";
import type { Answers, Event } from "../api/views.ts";
import { ask, dataOf, fillPath, queryOf, type Given } from "./ask.ts";

export interface ClientOptions {
  /** Such as http://127.0.0.1:9736; empty for the origin of the page. */
  readonly url: string;
  readonly token: string;
}

/** Calls the API of a running node. Rejects with an `ApiProblem`. */
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
    const given = fields as Given;
    const isGet = method === "GET";
    const response = await this.#ask(`${fillPath(pattern, path)}${isGet ? queryOf(given) : ""}`, {
      method,
      ...(isGet ? {} : { body: JSON.stringify(given), headers: { "content-type": "application/json" } }),
    });
    return (await response.json()) as Answers[N];
  }

  /** Events after the cursor, then whatever happens, until the signal or the loop's end. */
  async *events(after: number, signal?: AbortSignal): AsyncGenerator<Event> {
    const path = `${ROUTES.stream.path}?after=${after}`;
    const init = { method: "GET", ...(signal === undefined ? {} : { signal }) };
    yield* dataOf<Event>(await this.#ask(path, init));
  }

  #ask(path: string, request: RequestInit): Promise<Response> {
    return ask(this.#options.url, path, request, this.#options.token);
  }
}
