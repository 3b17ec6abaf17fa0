import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { JsonRpcApiProvider } from "ethers";

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: unknown[];
}

/** A JSON-RPC node over HTTP that passes on what the chain of a test answers, unless its test has it answer else. */
export interface RpcServer {
  readonly url: string;
  /** Methods that were asked for, in order. */
  readonly asked: string[];
  /** What it answers instead; undefined: what the chain does. Throwing makes it an HTTP error. */
  answer: (method: string, params: readonly unknown[]) => unknown;
  stop(): Promise<void>;
}

export async function serveRpc(chain: JsonRpcApiProvider): Promise<RpcServer> {
  const asked: string[] = [];
  const one = async ({ id, method, params }: Request): Promise<unknown> => {
    asked.push(method);
    const own = served.answer(method, params);
    if (own !== undefined) return { jsonrpc: "2.0", id, result: own };
    try {
      return { jsonrpc: "2.0", id, result: (await chain.send(method, params)) as unknown };
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      return { jsonrpc: "2.0", id, error: { code: -32000, message } };
    }
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Request | Request[];
      const answers = Array.isArray(body) ? Promise.all(body.map(one)) : one(body);
      answers.then(
        (result) => response.end(JSON.stringify(result)),
        () => response.writeHead(503).end(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const served: RpcServer = {
    url: `http://127.0.0.1:${port}`,
    asked,
    answer: () => undefined,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return served;
}
