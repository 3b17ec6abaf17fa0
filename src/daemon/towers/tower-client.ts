import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { connect } from "node:tls";
import type { IncomingMessage } from "node:http";
import { ApiProblem, problem, problemIn } from "../../api/problem.ts";
import { readRecord, showAppointment, showWitnesses } from "../../api/tower-fields.ts";
import {
  TOWER_ROUTES,
  type TowerAnswers,
  type TowerInfo,
  type TowerReceipt,
} from "../../api/tower-routes.ts";
import { must, parseAddress, parseSignature, parseWord } from "../../protocol/checked.ts";
import type { Crypto, Signer } from "../../protocol/crypto.ts";
import {
  nameAppointment,
  readDigest,
  receiptDigest,
  witnessesDigest,
  witnessesHash,
  type Appointment,
  type WitnessDue,
} from "../../protocol/tower.ts";
import type { Address, ChannelId, Domain, Hex, Side } from "../../protocol/types.ts";

export interface TowerClientOptions {
  /** Such as https://tower.example or http://127.0.0.1:9740. */
  readonly url: string;
  /** Whose receipts are good. */
  readonly tower: Address;
  /** PEM of the certificate that it showed when it was added, if nobody vouches for it; else null. */
  readonly certificate: string | null;
  readonly signer: Signer;
  readonly crypto: Crypto;
  readonly domain: Domain;
}

type Place = Pick<TowerClientOptions, "url" | "certificate">;
type Route = Exclude<keyof TowerAnswers, "health">;
type Given = Readonly<Record<string, string | number>>;

const PATIENCE_MS = 10_000;
const MOST_ANSWER_BYTES = 65_536;

/** Talks with one tower. Rejects with an {@link ApiProblem}: the tower's own, or one of the way to it. */
export class TowerClient {
  readonly #options: TowerClientOptions;

  constructor(options: TowerClientOptions) {
    this.#options = options;
  }

  /** Its receipt, which was checked. */
  async appoint(appointment: Appointment): Promise<TowerReceipt> {
    const { crypto, domain, tower } = this.#options;
    const { answer } = nameAppointment(crypto, domain, tower, appointment);
    const receipt = await call(this.#options, "appoint", { ...showAppointment(appointment) });
    return this.#checked(receipt, answer);
  }

  /** The newest state that it holds for our side; null if it holds none. Nothing of it is checked here. */
  async record(
    channel: ChannelId,
    side: Side,
  ): Promise<Pick<Appointment, "state" | "signature" | "reward" | "consent"> | null> {
    const { crypto, domain, tower, signer } = this.#options;
    const challenge = await this.#challenge();
    const signature = signer.sign(readDigest(crypto, domain, { tower, channel, challenge }));
    try {
      return readRecord(await call(this.#options, "record", { side, challenge, signature }, { channel }));
    } catch (thrown) {
      if (thrown instanceof ApiProblem && thrown.problem.code === "record_unknown") return null;
      throw thrown;
    }
  }

  /** The whole list, in place of the one before. */
  async witnesses(list: readonly WitnessDue[]): Promise<TowerReceipt> {
    const { crypto, domain, tower, signer } = this.#options;
    const challenge = await this.#challenge();
    const hash = witnessesHash(crypto, list);
    const signature = signer.sign(witnessesDigest(crypto, domain, { tower, list: hash, challenge }));
    const fields = { client: signer.address, witnesses: showWitnesses(list), challenge, signature };
    return this.#checked(await call(this.#options, "witnesses", fields), hash);
  }

  async #challenge(): Promise<Hex> {
    const { url } = this.#options;
    const { challenge } = await call(this.#options, "challenge", {});
    return inForm(url, () => must(parseWord(challenge)));
  }

  /** A receipt is what the tower answers for: one that it has not signed is none. */
  #checked(receipt: TowerReceipt, taken: Hex): TowerReceipt {
    const { crypto, domain, tower, url } = this.#options;
    const signer = inForm(url, () => {
      const digest = receiptDigest(crypto, domain, { ...receipt, taken });
      return crypto.recover(digest, must(parseSignature(receipt.signature)));
    });
    if (receipt.taken === taken && signer === tower) return receipt;
    throw badAnswer(url, `the receipt is not signed by ${tower} for what was brought`);
  }
}

/**
 * What a tower says of itself, and its certificate if only it vouches for that. `pinned`: the certificate that is
 * known; left out, whichever it shows.
 */
export async function lookAtTower(
  url: string,
  pinned?: string | null,
): Promise<{
  readonly info: TowerInfo;
  readonly tower: Address;
  readonly certificate: string | null;
}> {
  const isTls = url.startsWith("https:");
  const certificate = pinned === undefined ? (isTls ? await ownCertificate(new URL(url)) : null) : pinned;
  const info = await call({ url, certificate }, "info", {});
  const tower = inForm(url, () => must(parseAddress(info.tower)));
  return { info, tower, certificate };
}

/** Whatever a tower says is read as if anybody had said it. */
function inForm<T>(url: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    throw badAnswer(url, thrown instanceof Error ? thrown.message.slice(0, 200) : "it has another form");
  }
}

function badAnswer(url: string, why: string): ApiProblem {
  const next = "Check that the URL is that of a tower; remove the tower if it goes on.";
  return problem(502, "tower_bad_answer", "what answers is no tower, or not this one", next, { url, why });
}

/** Null if a known authority vouches for it. */
function ownCertificate({ hostname, port }: URL): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const host = hostname.replace(/^\[|\]$/g, "");
    const socket = connect({ host, port: Number(port || "443"), rejectUnauthorized: false }, () => {
      const { raw } = socket.getPeerCertificate();
      const lines = raw.toString("base64").match(/.{1,64}/g) ?? [];
      const pem = ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
      resolve(socket.authorized ? null : pem);
      socket.destroy();
    });
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error("no answer in time")));
    socket.on("error", (cause) => reject(unreachable(`https://${hostname}:${port}`, cause)));
  });
}

function unreachable(url: string, cause: unknown): ApiProblem {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const next = "Check its URL and that it runs; the node goes on trying.";
  const told = problem(503, "tower_unreachable", "the tower does not answer", next, { url, reason });
  return new ApiProblem(503, told.problem, { cause });
}

async function call<N extends Route>(
  place: Place,
  name: N,
  fields: Given,
  path: Readonly<Record<string, string>> = {},
): Promise<TowerAnswers[N]> {
  const { method, path: pattern } = TOWER_ROUTES[name];
  const filled = pattern.replace(/\{(\w+)\}/g, (_, part: string) => encodeURIComponent(path[part] ?? ""));
  const query = new URLSearchParams(
    Object.entries(fields).map(([key, value]): [string, string] => [key, String(value)]),
  );
  const isGet = method === "GET";
  const target = new URL(`${filled}${isGet && query.size > 0 ? `?${query.toString()}` : ""}`, place.url);
  const { status, text } = await ask(place, target, method, isGet ? null : JSON.stringify(fields));
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw badAnswer(place.url, "the answer is no JSON");
  }
  if (status === 200) return read as TowerAnswers[N];
  const told = problemIn(read);
  if (told === null) throw badAnswer(place.url, `status ${status}`);
  throw new ApiProblem(status, told);
}

interface Answered {
  readonly status: number;
  readonly text: string;
}

function ask(
  { url, certificate }: Place,
  target: URL,
  method: string,
  body: string | null,
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => reject(unreachable(url, cause));
    const headers =
      body === null ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    // Pinned: whoever holds the key of that certificate is the tower, under whatever name.
    const pin = certificate === null ? {} : { ca: certificate, checkServerIdentity: () => undefined };
    const make = target.protocol === "https:" ? tlsRequest : plainRequest;
    const request = make(target, { method, headers, ...pin }, (response) => {
      readAll(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), fail);
    });
    request.setTimeout(PATIENCE_MS, () => request.destroy(new Error("no answer in time")));
    request.on("error", fail);
    request.end(body ?? undefined);
  });
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST_ANSWER_BYTES) throw new Error("the answer is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
