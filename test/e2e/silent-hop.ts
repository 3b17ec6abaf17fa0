import { expect } from "chai";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startHardhatNode, type HardhatNode } from "../../scripts/story/hardhat-node.ts";
import { waitUntil } from "../../scripts/story/wait.ts";
import { callsOf, expectRefusal, figuresOf, ROOT, STORY_TIMEOUT_MS } from "./run-story.ts";

const NOTHING = { Wang: "0", Alice: "0", Bob: "0", Carol: "0", Xiaohong: "0" };
const OPENS = Array<string>(4).fill("open");

describe("story: Bob is killed in the middle of a payment", function () {
  this.timeout(2 * STORY_TIMEOUT_MS);

  let chain: HardhatNode | null = null;

  afterEach(async () => {
    await chain?.stop();
    chain = null;
  });

  it("after Carol paid: her record decides every lock, and each has what an honest Bob would have left", async () => {
    const figures = await figuresOf("silent-hop");
    expect(figures.when).to.equal("after-carol-paid");
    expect(figures.payment).to.equal("paid");
    expect(figures.changes).to.deep.equal({
      Wang: "-1003000000000000000",
      Alice: "1000000000000000",
      Bob: "1000000000000000",
      Carol: "1000000000000000",
      Xiaohong: "1000000000000000000",
    });
    const calls = callsOf(figures);
    expect(calls.slice(0, 5)).to.deep.equal([...OPENS, "record"]);
    expect(calls.slice(5)).to.have.members([
      ...Array<string>(2).fill("close"),
      ...Array<string>(2).fill("settle"),
      ...Array<string>(2).fill("closeCooperatively"),
    ]);
  });

  it("before he pays on: every lock is refunded, on a chain that runs by itself", async () => {
    chain = await startHardhatNode();
    const figures = await figuresOf("silent-hop", "--when", "before-paying-on", "--network", chain.url);
    expect(figures.when).to.equal("before-paying-on");
    expect(figures.payment).to.match(/^the payment of 1000000000000000000 failed \(expired\): /);
    expect(figures.changes).to.deep.equal(NOTHING);
    const calls = callsOf(figures);
    expect(calls.slice(0, 4)).to.deep.equal(OPENS);
    expect(calls.slice(4)).to.have.members([
      ...Array<string>(2).fill("close"),
      ...Array<string>(2).fill("settle"),
      ...Array<string>(2).fill("closeCooperatively"),
    ]);
  });

  it("pays and refunds the last wei that Wang can spend, and refuses one more", async () => {
    const most = ["--fee", "0.1", "--amount", "1.68"];
    const paid = await figuresOf("silent-hop", ...most);
    expect(paid.changes).to.deep.equal({
      Wang: "-1980000000000000000",
      Alice: "100000000000000000",
      Bob: "100000000000000000",
      Carol: "100000000000000000",
      Xiaohong: "1680000000000000000",
    });
    const refunded = await figuresOf("silent-hop", "--when", "before-paying-on", ...most);
    expect(refunded.changes).to.deep.equal(NOTHING);
    await expectRefusal(
      "silent-hop",
      ["--fee", "0.1", "--amount", "1.680000000000000001"],
      "The story stopped: 1.680000000000000001 ETH and 0.300 ETH for the hops are more than the 1.980 ETH that Wang " +
        "can spend: his deposit of 2.000 ETH less a reserve of 1 %. Lower --amount or raise --deposit.",
    );
  });

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const) {
    // Nobody who is killed by SIGKILL can remove anything.
    const keeps = signal === "SIGKILL" ? 1 : 0;
    it(`takes its chain${keeps === 0 ? " and Bob's directory" : ""} along when ${signal} ends it`, async () => {
      const directory = mkdtempSync(join(tmpdir(), "hashlane-"));
      const child = spawn(process.execPath, ["--import", "tsx", "scripts/silent-hop.ts"], {
        cwd: ROOT,
        env: { ...process.env, TMPDIR: directory },
        timeout: STORY_TIMEOUT_MS,
        stdio: ["ignore", "pipe", "ignore"],
      });
      let told = "";
      child.stdout.on("data", (data: Buffer) => {
        told += data.toString();
        if (told.includes("they talk over sockets")) child.kill(signal);
      });
      await new Promise((resolve) => child.once("close", resolve));
      const url = /\((http:\S+)\)/.exec(told)?.[1] ?? "";
      expect(url, told).to.match(/^http:/);
      const isGone = (): Promise<boolean> =>
        fetch(url).then(
          () => false,
          () => true,
        );
      await waitUntil("the chain to be gone", isGone);
      expect(readdirSync(directory).filter((name) => name.startsWith("hashlane-bob-"))).to.have.length(keeps);
      rmSync(directory, { recursive: true, force: true });
    });
  }

  it("refuses a moment that is none", () =>
    expectRefusal(
      "silent-hop",
      ["--when", "never"],
      "The story stopped: --when never is no moment of this story. Use after-carol-paid or before-paying-on.",
    ));
});
