import { FetchRequest, JsonRpcProvider, type JsonRpcPayload, type JsonRpcResult, Network } from "ethers";
import { reasonOf } from "./failure.ts";

const ANSWER_TIMEOUT_MS = 10_000;
/** Answers must not come from a cache: a test or a story mines and reads in one breath. */
export const FRESH = { cacheTimeout: -1 } as const;

/** Requests of this method go to every endpoint: one that keeps a transaction to itself holds it up alone. */
const BROADCAST = "eth_sendRawTransaction";

type Answers = (JsonRpcResult | { readonly id: number; readonly error: unknown })[];

/** URLs of JSON-RPC nodes of one chain, separated by commas. */
export function urlsIn(source: string): readonly string[] {
  return source
    .split(",")
    .map((url) => url.trim())
    .filter((url) => url !== "");
}

/**
 * One chain over several nodes: what one does not answer fails, and what is asked next goes to the next one. So
 * whoever asks again goes on, and no two answers of one reading come from two nodes unless {@link switches} says so: a
 * node that lags would leave out events that the other has.
 */
export class EndpointsProvider extends JsonRpcProvider {
  readonly #urls: readonly string[];
  readonly #chainId: bigint;
  /** Endpoints that were asked which chain they are of, and are of this one. */
  readonly #known = new Set<number>();
  #at = 0;
  #switches = 0;

  constructor(urls: readonly string[], chainId: bigint) {
    super(urls[0], chainId, { ...FRESH, staticNetwork: Network.from(chainId) });
    this.#urls = urls;
    this.#chainId = chainId;
  }

  /** How often another endpoint was turned to. */
  get switches(): number {
    return this.#switches;
  }

  /** The origin of the one that is asked now: never with a path or query, where access keys stand. */
  get endpoint(): string {
    return originOf(this.#urls[this.#at] ?? "");
  }

  /** Turns to the next one, for a reason that answers do not show, such as its lagging behind. */
  leave(): void {
    this.#leave(this.#at);
  }

  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
    const isBroadcast = [payload].flat().some(({ method }) => method === BROADCAST);
    if (isBroadcast) return (await this.#broadcast(payload)) as JsonRpcResult[];
    const at = this.#at;
    try {
      await this.#requireChain(at);
      return (await ask(this.#urls[at] ?? "", payload)) as JsonRpcResult[];
    } catch (thrown) {
      this.#leave(at);
      throw thrown;
    }
  }

  #leave(at: number): void {
    if (at !== this.#at || this.#urls.length === 1) return;
    this.#at = (at + 1) % this.#urls.length;
    this.#switches++;
  }

  async #requireChain(at: number): Promise<void> {
    if (this.#known.has(at)) return;
    const url = this.#urls[at] ?? "";
    const actual = await chainIdOf(url);
    if (actual !== this.#chainId) {
      throw new Error(`${originOf(url)} is of chain ${actual}, not of chain ${this.#chainId}`);
    }
    this.#known.add(at);
  }

  /** The first that takes it answers; a refusal counts only if nobody takes it. */
  async #broadcast(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<Answers> {
    const all = this.#urls.map(async (url, at) => {
      await this.#requireChain(at);
      return ask(url, payload);
    });
    const settled = await Promise.allSettled(all);
    const answers = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const best = answers.find((answer) => answer.every((one) => !("error" in one))) ?? answers[0];
    if (best !== undefined) return best;
    const [first] = settled;
    throw new Error(first?.status === "rejected" ? reasonOf(first.reason) : "no endpoint answers");
  }
}

export function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : "no URL";
}

/** Rejects if it does not answer, or with something else than a chain id. */
export async function chainIdOf(url: string): Promise<bigint> {
  const [answer] = await ask(url, { jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
  const result: unknown = answer !== undefined && "result" in answer ? answer.result : undefined;
  if (typeof result !== "string") throw new Error("the answer to eth_chainId holds no result");
  return BigInt(result);
}

/** Not through ethers' own connection, which tries for minutes to reach a node that does not answer. */
async function ask(url: string, payload: JsonRpcPayload | JsonRpcPayload[]): Promise<Answers> {
  const request = new FetchRequest(url);
  request.timeout = ANSWER_TIMEOUT_MS;
  request.setThrottleParams({ maxAttempts: 1 });
  request.body = JSON.stringify(payload);
  request.setHeader("content-type", "application/json");
  const response = await request.send();
  response.assertOk();
  // Not `bodyJson`, which decodes UTF-8 letter by letter in JavaScript.
  const body = JSON.parse(new TextDecoder().decode(response.body ?? new Uint8Array())) as unknown;
  return [body as Answers | Answers[number]].flat();
}
