import { EXPLORER_ROUTES, type ExplorerRouteName } from "../api/explorer-routes.ts";
import type { ExplorerAnswers, ExplorerEvent } from "../api/explorer-views.ts";
import type { Read } from "../api/fields.ts";
import { ask, dataOf, fillPath, queryOf } from "./ask.ts";

/** Calls the explorer of a node or one that stands alone. Rejects with an `ApiProblem`. */
export class ExplorerClient {
  readonly #url: string;

  /** Empty: the origin of the page. */
  constructor(url: string) {
    this.#url = url;
  }

  async call<N extends ExplorerRouteName & keyof ExplorerAnswers>(
    name: N,
    fields: Read<(typeof EXPLORER_ROUTES)[N]["fields"]>,
    path: Readonly<Record<string, string>> = {},
  ): Promise<ExplorerAnswers[N]> {
    const filled = `${fillPath(EXPLORER_ROUTES[name].path, path)}${queryOf(fields)}`;
    const response = await ask(this.#url, filled, { method: "GET" }, null);
    return (await response.json()) as ExplorerAnswers[N];
  }

  /** Events after the cursor, then whatever happens, until the signal or the loop's end. */
  async *events(after: number, signal?: AbortSignal): AsyncGenerator<ExplorerEvent> {
    const path = `${EXPLORER_ROUTES.stream.path}?after=${after}`;
    const init = { method: "GET", ...(signal === undefined ? {} : { signal }) };
    yield* dataOf<ExplorerEvent>(await ask(this.#url, path, init, null));
  }
}
