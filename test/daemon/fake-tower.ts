import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { readAppointment, readWitnesses, showRecord } from "../../src/api/tower-fields.ts";
import type { TowerInfo } from "../../src/api/tower-routes.ts";
import { createPortableSigner, portableCrypto } from "../../src/protocol/portable-crypto.ts";
import {
  nameAppointment,
  receiptDigest,
  witnessesHash,
  type Appointment,
  type WitnessDue,
} from "../../src/protocol/tower.ts";
import type { Domain, Hex } from "../../src/protocol/types.ts";

export interface Said {
  readonly status: number;
  readonly body: unknown;
}

/** A tower that answers as a test has it answer, with its own key; it believes everything. */
export class FakeTower {
  readonly signer = createPortableSigner(new Uint8Array(32).fill(0x71));
  readonly brought: Appointment[] = [];
  /** By channel: what it gives back. */
  readonly records = new Map<string, Appointment>();
  readonly lists: (readonly WitnessDue[])[] = [];
  /** Of appointments; null: as a tower would. */
  say: (appointment: Appointment) => Said | null | Promise<Said | null> = () => null;
  info: Pick<TowerInfo, "rewards" | "limits"> = {
    rewards: null,
    limits: { records: 9, witnesses: 2, bytesPerSecond: 9 },
  };
  readonly #domain: Domain;
  #server: Server | null = null;
  #port = 0;

  constructor(domain: Domain) {
    this.#domain = domain;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      void this.#answer(request).then(({ status, body }) =>
        response.writeHead(status).end(JSON.stringify(body)),
      );
    });
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  async #answer(request: IncomingMessage): Promise<Said> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const fields = JSON.parse(Buffer.concat(chunks).toString() || "{}") as never;
    const { chainId, contract } = this.#domain;
    const path = new URL(request.url ?? "/", this.url).pathname;
    const record = this.records.get(path.slice("/v1/appointments/".length));
    if (record !== undefined) return { status: 200, body: showRecord(record) };
    switch (path) {
      case "/v1/info": {
        const chain = { id: chainId.toString(), contract, block: 1, time: 1 };
        return { status: 200, body: { ...this.info, version: "0", tower: this.signer.address, chain } };
      }
      case "/v1/challenges":
        return { status: 200, body: { challenge: `0x${"00".repeat(32)}` } };
      case "/v1/appointments": {
        const appointment = readAppointment(fields);
        this.brought.push(appointment);
        const { answer } = nameAppointment(portableCrypto, this.#domain, this.signer.address, appointment);
        return (await this.say(appointment)) ?? { status: 200, body: this.#receipt(answer) };
      }
      case "/v1/witnesses": {
        const list = readWitnesses((fields as { readonly witnesses: string }).witnesses);
        this.lists.push(list);
        return { status: 200, body: this.#receipt(witnessesHash(portableCrypto, list)) };
      }
      default:
        return refusal(404, "record_unknown");
    }
  }

  #receipt(taken: Hex) {
    const receipt = { taken, time: 77, block: 7 };
    const signature = this.signer.sign(receiptDigest(portableCrypto, this.#domain, receipt));
    return { ...receipt, signature };
  }
}

/** What a tower refuses with. */
export function refusal(status: number, code: string, values: Readonly<Record<string, string>> = {}): Said {
  return { status, body: { code, detail: "of the test", values, next: "" } };
}
