import { ApiProblem, problem, problemIn } from "../api/problem.ts";

export type Given = Readonly<Record<string, string | number | boolean | undefined>>;

/** `url`: such as http://127.0.0.1:9736, empty for the origin of the page. Rejects with an {@link ApiProblem}. */
export async function ask(
  url: string,
  path: string,
  request: RequestInit,
  token: string | null,
): Promise<Response> {
  const headers = {
    ...(request.headers as Record<string, string> | undefined),
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
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

/** A path with its named parts filled in. */
export function fillPath(pattern: string, path: Readonly<Record<string, string>>): string {
  return pattern.replace(/\{(\w+)\}/g, (_, part: string) => encodeURIComponent(path[part] ?? ""));
}

export function queryOf(given: Given): string {
  const pairs = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

/** Named by no library that Node and browsers share. */
type Chunk = { readonly done: true } | { readonly done: false; readonly value: Uint8Array };

/** The `data` of each server-sent event, until the stream ends. */
export async function* dataOf<T>(response: Response): AsyncGenerator<T> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const chunk = (await reader.read()) as Chunk;
      if (chunk.done) return;
      text += decoder.decode(chunk.value, { stream: true });
      const parts = text.split("\n\n");
      text = parts.pop() ?? "";
      for (const part of parts) {
        const data = /^data: (.*)$/m.exec(part)?.[1];
        if (data !== undefined) yield JSON.parse(data) as T;
      }
    }
  } finally {
    await reader.cancel();
  }
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
