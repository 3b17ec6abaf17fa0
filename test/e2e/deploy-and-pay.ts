import { expect } from "chai";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startHardhatNode, type HardhatNode } from "../../scripts/story/hardhat-node.ts";
import { createFileStore } from "../../src/store/file-store.ts";
import { expectRefusal, figuresOf, runScript, silentUrl, STORY_TIMEOUT_MS } from "./run-story.ts";

const MILLI = 10n ** 15n;

interface Balance {
  readonly payer: string;
  readonly payee: string;
  readonly balance: readonly string[];
}

/** Thousandths of an ETH, exact: a wei more or less would show. */
function milli(figures: Readonly<Record<string, unknown>>): readonly (readonly number[])[] {
  return (figures.balances as readonly Balance[]).map(({ balance }) =>
    balance.map((wei) => {
      expect(BigInt(wei) % MILLI, wei).to.equal(0n);
      return Number(BigInt(wei) / MILLI);
    }),
  );
}

describe("npm run deploy and npm run pay, against a chain of its own", function () {
  this.timeout(4 * STORY_TIMEOUT_MS);

  let chain: HardhatNode | null = null;
  let directory: string;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "hashlane-"));
    chain = await startHardhatNode();
  });

  afterEach(async () => {
    await chain?.stop();
    chain = null;
    rmSync(directory, { recursive: true, force: true });
  });

  const options = (...more: readonly string[]): readonly string[] => [
    "--network",
    chain?.url ?? "",
    "--state",
    join(directory, "state"),
    ...more,
  ];
  const pay = (from: string, to: string, amount: string, ...more: readonly string[]) =>
    figuresOf("pay", ...options("--from", from, "--to", to, "--amount", amount, ...more));
  const refusePay = (
    message: RegExp | string,
    from: string,
    to: string,
    amount: string,
    ...more: readonly string[]
  ) => expectRefusal("pay", options("--from", from, "--to", to, "--amount", amount, ...more), message);

  it("pays over the route, forth and back, and each call goes on where the last one ended", async () => {
    const deployed = await figuresOf("deploy", ...options());
    expect(deployed.fee).to.equal("1000000000000000");
    expect(Object.keys(deployed.people as object)).to.deep.equal([
      "Wang",
      "Alice",
      "Bob",
      "Carol",
      "Xiaohong",
    ]);
    expect(statSync(join(directory, "state", "deployment.json")).mode & 0o777).to.equal(0o600);
    expect(readdirSync(join(directory, "state", "nodes"))).to.have.members([
      "wang",
      "alice",
      "bob",
      "carol",
      "xiaohong",
    ]);

    const forth = await pay("wang", "xiaohong", "0.5", "--max-fee", "0.003");
    expect(forth.route).to.deep.equal(["Wang", "Alice", "Bob", "Carol", "Xiaohong"]);
    expect(forth.locks).to.deep.equal([503, 502, 501, 500].map((amount) => String(BigInt(amount) * MILLI)));
    expect(milli(forth)).to.deep.equal([
      [1497, 503],
      [1498, 502],
      [1499, 501],
      [1500, 500],
    ]);

    const back = await pay("Xiaohong", "ALICE", "0.2");
    expect(back.route).to.deep.equal(["Xiaohong", "Carol", "Bob", "Alice"]);
    expect(back.locks).to.deep.equal([202, 201, 200].map((amount) => String(BigInt(amount) * MILLI)));
    expect(milli(back)).to.deep.equal([
      [1497, 503],
      [1698, 302],
      [1700, 300],
      [1702, 298],
    ]);

    const neighbours = await pay("bob", "carol", "1.5", "--max-fee", "0");
    expect(neighbours.locks).to.deep.equal(["1500000000000000000"]);
    expect(milli(neighbours)[2]).to.deep.equal([200, 1800]);

    // Bob keeps 0.020 in reserve: he can pass 0.180, and not a wei more.
    await refusePay(
      "The payment stopped: Wang's node cannot pay (no_capacity): 0.179000000000000001 ETH and 0.001 ETH of fees are " +
        "more than the 0.180 ETH that Bob can pay to Carol. Lower --amount.",
      "wang",
      "xiaohong",
      "0.179000000000000001",
    );
    const last = await pay("wang", "xiaohong", "0.179");
    expect(milli(last)[2]).to.deep.equal([20, 1980]);

    const text = await runScript("pay", ...options("--from", "carol", "--to", "wang", "--amount", "0.1"));
    expect(text.code, text.stderr).to.equal(0);
    expect(text.stdout).to.match(/^ {3}Carol - Bob +0\.102 +\d{4}-/m);
  });

  it("refuses names, amounts and fees that do not do, and changes nothing", async () => {
    await figuresOf("deploy", ...options("--fee", "0.01", "--deposit", "1"));
    const names = "Use one of wang, alice, bob, carol, xiaohong.";
    await refusePay(
      `The payment stopped: --from zhang is nobody of this deployment. ${names}`,
      "zhang",
      "bob",
      "1",
    );
    await refusePay(
      `The payment stopped: --to zhang is nobody of this deployment. ${names}`,
      "bob",
      "zhang",
      "1",
    );
    await refusePay(
      "The payment stopped: --from and --to are both Bob. Name two different people.",
      "bob",
      "Bob",
      "1",
    );
    await refusePay("The payment stopped: --amount is 0. Write an amount above 0.", "wang", "bob", "0");
    await refusePay(/^The payment stopped: --amount 1,5 is no amount of ETH\. /, "wang", "bob", "1,5");
    await refusePay(/^The payment stopped: --max-fee -1 is no amount/, "wang", "bob", "1", "--max-fee=-1");
    await expectRefusal(
      "pay",
      options("--from", "wang", "--to", "bob"),
      "error: required option '--amount <eth>' not specified",
    );
    await refusePay(
      "The payment stopped: Wang's node cannot pay (no_route): 5.000 ETH and 0.030 ETH of fees are more than the " +
        "0.990 ETH that Wang can pay to Alice. Lower --amount.",
      "wang",
      "xiaohong",
      "5",
    );
    await refusePay(
      "The payment stopped: Wang's node cannot pay (not_enough_balance): 0.960000000000000001 ETH and 0.030 ETH of " +
        "fees are more than the 0.990 ETH that Wang can pay to Alice. Lower --amount.",
      "wang",
      "xiaohong",
      "0.960000000000000001",
    );
    await refusePay(
      "The payment stopped: Wang's node refuses (fee_above_limit): the hops ask for 0.030 ETH together, but --max-fee " +
        "is 0.029999999999999999. Raise --max-fee.",
      "wang",
      "xiaohong",
      "0.5",
      "--max-fee",
      "0.029999999999999999",
    );
    await refusePay(
      /^The payment stopped: Xiaohong's node cannot pay \(not_enough_balance\): /,
      "xiaohong",
      "bob",
      "0.1",
    );
    const paid = await pay("wang", "xiaohong", "0.96", "--max-fee", "0.03");
    expect(milli(paid)).to.deep.equal([
      [10, 990],
      [20, 980],
      [30, 970],
      [40, 960],
    ]);
  });

  it("says what is missing: the chain, the deployment, or the chain that it was made on", async () => {
    const state = join(directory, "state");
    const away = await silentUrl();
    for (const [program, title, ...more] of [
      ["deploy", "The deployment"],
      ["pay", "The payment", "--from", "wang", "--to", "bob", "--amount", "1"],
    ] as const) {
      await expectRefusal(
        program,
        ["--state", state, "--network", "in-process", ...more],
        program === "pay"
          ? `The payment stopped: there is no deployment in ${state}. Deploy first with ` +
              `\`npm run deploy -- --network in-process --state ${state}\`.`
          : `${title} stopped: --network in-process does not do here. Use localhost, or the URL of a development ` +
              "chain that runs by itself.",
      );
    }
    await expectRefusal(
      "deploy",
      ["--state", state, "--network", away],
      /^The deployment stopped: no chain answers at http:\S+ \(.*ECONNREFUSED.*\)\. Start one in another terminal with `npx hardhat node --hostname 127\.0\.0\.1`\.$/,
    );
    await figuresOf("deploy", ...options());
    await expectRefusal(
      "deploy",
      options(),
      `The deployment stopped: there is a deployment in ${state} already. Pay with \`npm run pay\`, or give it up and ` +
        "deploy again with --fresh.",
    );
    await expectRefusal(
      "pay",
      ["--state", state, "--network", away, "--from", "wang", "--to", "bob", "--amount", "1"],
      /^The payment stopped: no chain answers at http:\S+ \(.*ECONNREFUSED.*\)\. Start one /,
    );

    const url = chain?.url ?? "";
    await chain?.stop();
    chain = await startHardhatNode(Number(new URL(url).port));
    const again = `Deploy again with \`npm run deploy -- --network ${url} --state ${state} --fresh\`.`;
    const gone = (block: string): RegExp =>
      new RegExp(
        `^The payment stopped: the contracts of this deployment are not on the chain ${url}: its block ${block} is ` +
          `not that of the deployment\\. It was restarted, or is another one\\. ${again.replaceAll(".", "\\.")}$`,
      );
    await refusePay(gone("12"), "wang", "bob", "1");
    // The same account has made the same number of blocks, and the contracts have the same addresses.
    await figuresOf("deploy", "--network", url, "--state", join(directory, "other"));
    await refusePay(gone("12"), "wang", "bob", "1");
    await figuresOf("deploy", ...options("--fresh"));
    const paid = await pay("wang", "bob", "1");
    expect(milli(paid).slice(0, 2)).to.deep.equal([
      [999, 1001],
      [1000, 1000],
    ]);
  });

  it("takes no chain for its own whose id is another", async () => {
    const [state, url] = [join(directory, "state"), chain?.url ?? ""];
    const path = join(state, "deployment.json");
    await figuresOf("deploy", ...options());
    const saved = readFileSync(path, "utf8");
    // All else agrees, so that the id alone can tell.
    writeFileSync(path, saved.replace('"chainId": "31337"', '"chainId": "31338"'));
    await refusePay(
      `The payment stopped: the contracts of this deployment are not on the chain ${url}: its id is 31337, not 31338. ` +
        `It was restarted, or is another one. Deploy again with \`npm run deploy -- --network ${url} --state ${state} ` +
        "--fresh`.",
      "wang",
      "alice",
      "1",
    );
    writeFileSync(path, saved);
    const paid = await pay("wang", "alice", "1");
    expect(milli(paid)[0]).to.deep.equal([1000, 1000]);
  });

  it("pays only once at a time", async () => {
    await figuresOf("deploy", ...options());
    const bob = join(directory, "state", "nodes", "bob");
    const name = readFileSync(join(bob, "segment-0000000000000000"), "latin1");
    const owner = /node 0x[0-9a-f]{40} of contract 0x[0-9a-f]{40} on chain 31337/.exec(name)?.[0] ?? "";
    const { log } = await createFileStore({ directory: bob }).open(owner);
    await refusePay(
      "The payment stopped: this store is open already, and two writers would sign different states with one number " +
        `(store: ${bob}, holder: process ${process.pid}). Stop that process, or use another directory.`,
      "wang",
      "alice",
      "1",
    );
    await log.close();
    const paid = await pay("wang", "alice", "1");
    expect(milli(paid)[0]).to.deep.equal([1000, 1000]);
  });

  it("takes nothing for a deployment that is none, and deletes nothing of it", async () => {
    const state = join(directory, "state");
    const path = join(state, "deployment.json");
    await figuresOf("deploy", ...options());
    writeFileSync(path, "{");
    await refusePay(
      `The payment stopped: ${path} is no deployment of this version. Deploy again with --fresh.`,
      "wang",
      "bob",
      "1",
    );
    rmSync(path);
    writeFileSync(join(state, "letters.txt"), "mine");
    for (const more of [[], ["--fresh"]]) {
      await expectRefusal(
        "deploy",
        options(...more),
        `The deployment stopped: ${state} holds files, but no deployment. Empty it, or choose another directory with ` +
          "--state.",
      );
    }
    expect(readdirSync(state)).to.have.members(["letters.txt", "nodes"]);
  });
});
