import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

import { callsOf, expectRefusal, figuresOf, ROOT, silentUrl, STORY_TIMEOUT_MS } from "./run-story.ts";

const HARDHAT = fileURLToPath(new URL("../../node_modules/hardhat/dist/src/cli.js", import.meta.url));

/** A chain in a process of its own, as `npx hardhat node` gives one. */
async function startChain(url: string): Promise<ChildProcess> {
  const { hostname, port } = new URL(url);
  const child = spawn(process.execPath, [HARDHAT, "node", "--hostname", hostname, "--port", port], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "ignore"],
  });
  let told = "";
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (data: Buffer) => {
      told += data.toString();
      if (told.includes("Started HTTP")) resolve();
    });
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`hardhat node ended with ${code}: ${told}`)));
  });
  return child;
}

/** Passes requests on until so many blocks were asked for by hand, then breaks every connection. */
async function breakAfter(blocks: number, to: string): Promise<Server> {
  let mined = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts);
      if (body.includes("evm_mine")) mined += 1;
      if (mined > blocks) {
        response.destroy();
        return;
      }
      void fetch(to, { method: "POST", headers: { "content-type": "application/json" }, body })
        .then((answer) => answer.text())
        .then((text) => response.writeHead(200, { "content-type": "application/json" }).end(text));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

describe("stories on a chain in another process", function () {
  this.timeout(STORY_TIMEOUT_MS);
  let url: string;
  let chain: ChildProcess;
  before(async () => {
    url = await silentUrl();
    chain = await startChain(url);
  });
  after(async () => {
    chain.kill();
    await once(chain, "exit");
  });

  it("go well one after the other, whatever the clock was moved by", async function () {
    this.timeout(5 * STORY_TIMEOUT_MS);
    const on = ["--network", url];
    expect(callsOf(await figuresOf("punish-cheater", "--asleep", ...on))).to.deep.equal([
      "open",
      "close",
      "settle",
    ]);
    const cheater = await figuresOf("punish-cheater", ...on);
    expect(cheater.changes).to.deep.equal({ Alice: "-1000000000000000000", "1024": "1000000000000000000" });
    const video = await figuresOf("stream-video", ...on);
    expect(video.changes).to.deep.equal({ Alice: "-30000000000000000", "1024": "30000000000000000" });
    const timelock = await figuresOf("hash-timelock", ...on);
    expect(timelock.changes).to.deep.equal({ Alice: "-500000000000000000", Bob: "500000000000000000" });
    const route = await figuresOf("pay-multihop", ...on);
    expect(route.changes).to.include({ Wang: "-1003000000000000000", Xiaohong: "1000000000000000000" });
  });

  it("end with one message when the chain is gone", async () => {
    const server = await breakAfter(3, url);
    const { port } = server.address() as AddressInfo;
    try {
      await expectRefusal(
        "stream-video",
        ["--network", `http://127.0.0.1:${port}`],
        /^The story stopped: .*(socket hang up|ECONNRESET)/,
      );
    } finally {
      server.close();
      await once(server, "close");
    }
  });
});
