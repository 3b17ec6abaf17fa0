import type { Checked } from "../protocol/checked.ts";

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Reads HOST:PORT, with an IPv6 host in brackets. */
export function parseEndpoint(text: string): Checked<Endpoint> {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) {
    return { ok: false, problem: `"${text.slice(0, 80)}" is no HOST:PORT such as 127.0.0.1:9735` };
  }
  return { ok: true, value: { host, port } };
}

export function showEndpoint({ host, port }: Endpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
