import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { AbiCoder, getCreate2Address, JsonRpcProvider, keccak256, Wallet } from "ethers";

import addresses from "../../deployments/addresses.json" with { type: "json" };
import { startHardhatNode, type HardhatNode } from "../../scripts/story/hardhat-node.ts";
import { expectRefusal, figuresOf, ROOT, runScript, STORY_TIMEOUT_MS } from "./run-story.ts";

const USUAL = Object.fromEntries(
  Object.entries(addresses.contracts).map(([name, { address }]) => [name, address.toLowerCase()]),
);
const ALL = ["registry", "hashlane", "hashTimelock"];

describe("npm run deploy, the contracts alone", function () {
  this.timeout(4 * STORY_TIMEOUT_MS);

  let chain: HardhatNode;
  let provider: JsonRpcProvider;
  let directory: string;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "hashlane-"));
    chain = await startHardhatNode();
    provider = new JsonRpcProvider(chain.url, 31337, { staticNetwork: true, cacheTimeout: -1 });
  });

  afterEach(async () => {
    provider.destroy();
    await chain.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const deploy = (...more: readonly string[]) => figuresOf("deploy", "--network", chain.url, ...more);
  const refuse = (message: RegExp | string, ...more: readonly string[]) =>
    expectRefusal("deploy", ["--network", chain.url, ...more], message);

  it("deploys once, finds what stands, and verifies it", async () => {
    const nothing = ALL.map((name) => `${name} at ${USUAL[name] ?? ""}: nothing`).join("; ");
    await refuse(
      `The deployment stopped: the contracts of this build do not stand on ${chain.url} (${nothing}). Deploy them ` +
        "with `npm run deploy -- --contracts-only`.",
      "--verify-only",
    );
    const first = await deploy("--contracts-only");
    expect(first).to.deep.equal({
      chainId: "31337",
      contracts: USUAL,
      stoodAlready: [],
      firstBlock: 1,
      verified: true,
    });
    expect(await provider.getBlockNumber()).to.equal(3);
    expect(await deploy("--contracts-only")).to.deep.equal({ ...first, stoodAlready: ALL });
    expect(await deploy("--verify-only")).to.deep.equal({
      chainId: "31337",
      contracts: USUAL,
      verified: true,
    });
    expect(await provider.getBlockNumber(), "nothing was sent").to.equal(3);

    const told = await runScript("deploy", "--network", chain.url, "--contracts-only");
    expect(told.stdout).to.match(/^ {3}Hashlane +0x[0-9a-f]{40} +stands already$/m);
    expect(told.stdout).to.contain("The code on chain is that of this build.");

    const people = await deploy("--state", join(directory, "state"));
    expect(people.contracts).to.deep.equal(USUAL);
    expect(people.stoodAlready).to.deep.equal(ALL);
  });

  it("refuses what stands there with another code, and with other values", async () => {
    await deploy("--contracts-only");
    const { hashlane = "" } = USUAL;
    const code = await provider.getCode(hashlane);
    const wrong = (state: string): string =>
      `The deployment stopped: the contracts of this build do not stand on ${chain.url} (hashlane at ${hashlane}: ` +
      `${state}). Do not use them: the chain's node does not tell the truth, or its chain was tampered with.`;

    await provider.send("hardhat_setCode", [hashlane, `${code.slice(0, -2)}00`]);
    await refuse(wrong("another code"), "--verify-only");
    await refuse(wrong("another code"), "--contracts-only");
    await refuse(wrong("another code"), "--state", join(directory, "state"));

    // The usual registry stands in the code as a value; so do the bounds.
    const [registry = "", most] = [USUAL.registry?.slice(2), (31_536_000).toString(16).padStart(64, "0")];
    for (const [value, other] of [
      [registry, "11".repeat(20)],
      [most, "22".repeat(32)],
      ["000000000000000000000000000000000000000000000000000000000000003c", "33".repeat(32)],
    ] as const) {
      expect(code).to.contain(value);
      await provider.send("hardhat_setCode", [hashlane, code.replaceAll(value, other)]);
      await refuse(wrong("other values"), "--verify-only");
    }
    await provider.send("hardhat_setCode", [hashlane, code]);
    expect((await deploy("--verify-only")).verified).to.equal(true);
  });

  it("lets the key in a file pay, on bounds of one's own", async () => {
    const key = Wallet.createRandom();
    const file = join(directory, "key");
    const options = ["--contracts-only", "--least-challenge", "86400", "--most-challenge", "604800"];
    writeFileSync(file, `${key.privateKey}\n`);
    await refuse(
      /^The deployment stopped: the deployment of the SecretRegistry failed \(account: 0x[0-9a-f]{40}, reason: .*funds/,
      ...options,
      ...["--key-file", file],
    );
    await provider.send("hardhat_setBalance", [key.address, `0x${(10n ** 18n).toString(16)}`]);
    const { contracts } = (await deploy(...options, "--key-file", file)) as unknown as {
      readonly contracts: Readonly<Record<string, string>>;
    };
    expect(contracts.registry).to.equal(USUAL.registry);
    expect(contracts.hashlane).not.to.equal(USUAL.hashlane);
    expect(await provider.getTransactionCount(key.address)).to.equal(3);
    const [, ...bounds] = options;
    expect((await deploy("--verify-only", ...bounds)).contracts).to.deep.equal(contracts);
    await refuse(/\(hashlane at 0x[0-9a-f]{40}: nothing\)/, "--verify-only");
  });

  it("says which option does not do", async () => {
    const file = join(directory, "key");
    const none = `The deployment stopped: ${file} holds no private key. Write one as 64 hex digits, and nothing else.`;
    for (const text of ["", "0x12", "g".repeat(64), "0".repeat(64), "f".repeat(64), `${"1".repeat(64)} 2`]) {
      writeFileSync(file, text);
      await refuse(none, "--contracts-only", "--key-file", file);
    }
    await refuse(
      `The deployment stopped: --key-file ${file}s cannot be read (ENOENT). Check its path and permissions.`,
      "--contracts-only",
      "--key-file",
      `${file}s`,
    );
    const alone = "is for the contracts alone. Add --contracts-only, or leave it out.";
    for (const option of ["--key-file", "--least-challenge", "--most-challenge"]) {
      await refuse(`The deployment stopped: ${option} ${alone}`, option, "1");
    }
    await refuse(`The deployment stopped: --record ${alone}`, "--record");
    for (const seconds of ["0", "1.5", "4294967296", "x"]) {
      await refuse(
        `The deployment stopped: --most-challenge ${seconds} is no number of seconds. Write a whole one from 1 to ` +
          "4294967295.",
        "--contracts-only",
        "--most-challenge",
        seconds,
      );
    }
    await refuse(
      "The deployment stopped: the least challenge period, 9 s, is above the most, 8 s. No channel could be opened.",
      "--contracts-only",
      ...["--least-challenge", "9", "--most-challenge", "8"],
    );
    await refuse(
      "The deployment stopped: --record is for the contracts with the usual challenge periods. Leave out " +
        "--least-challenge and --most-challenge.",
      "--contracts-only",
      ...["--record", "--most-challenge", "4294967295"],
    );
    expect(await provider.getBlockNumber()).to.equal(0);
  });

  it("writes inputs for explorers that a compiler turns into the code on chain", async function () {
    // It compiles all contracts.
    this.timeout(10 * STORY_TIMEOUT_MS);
    const out = join(directory, "verification");
    // Away from the chain: nothing is asked.
    const options = ["--json", "--network", "http://127.0.0.1:1", "--verification", out];
    const program = ["--import", "tsx", "scripts/deploy.ts", ...options];
    const { status, stdout, stderr } = spawnSync(process.execPath, program, { cwd: ROOT, encoding: "utf8" });
    expect(status, stderr).to.equal(0);
    expect(stdout.trimEnd().split("\n"), "one line").to.have.length(1);
    const names = ["SecretRegistry", "Hashlane", "HashTimelock"];
    const files = names.flatMap((name) =>
      [".input.json", ".arguments.txt", ".facts.json"].map((end) => name + end),
    );
    expect(readdirSync(out)).to.have.members(files);
    await deploy("--contracts-only");
    for (const [at, name] of names.entries()) {
      const read = (end: string): string => readFileSync(join(out, `${name}.${end}`), "utf8");
      const facts = JSON.parse(read("facts.json")) as Readonly<Record<string, string>>;
      const input = JSON.parse(read("input.json")) as {
        readonly sources: object;
        readonly settings: Readonly<Record<string, unknown>>;
      };
      expect(facts.compiler).to.equal("v0.8.37+commit.f401782d");
      expect(facts.address?.toLowerCase()).to.equal(USUAL[ALL[at] ?? ""]);
      expect(input.settings.metadata).to.deep.equal({ bytecodeHash: "none" });
      expect(Object.keys(input.sources).filter((source) => source.includes(".t.sol"))).to.deep.equal([]);
      const values = read("arguments.txt").trim();
      if (name === "Hashlane") {
        const decoded = AbiCoder.defaultAbiCoder().decode(["address", "uint256", "uint256"], `0x${values}`);
        expect(decoded.map(String)).to.deep.equal([addresses.contracts.registry.address, "60", "31536000"]);
      } else expect(values).to.equal("");
      // Hashlane's takes long, and the program has compiled it.
      if (name === "Hashlane") continue;
      const code = `0x${compile(join(out, `${name}.input.json`), name)}${values}`;
      const address = getCreate2Address(facts.factory ?? "", facts.salt ?? "", keccak256(code));
      expect(address).to.equal(facts.address);
      expect(await provider.getCode(address)).not.to.equal("0x");
    }
  });
});

/** As anybody can: with the compiler's own program. It tells more than the output, and all of it only to a file. */
function compile(path: string, name: string): string {
  const program = createRequire(import.meta.url).resolve("solc/solc.js");
  const [input, output] = [openSync(path, "r"), openSync(`${path}.out`, "w")];
  const { status, stderr } = spawnSync(process.execPath, [program, "--standard-json"], {
    stdio: [input, output, "pipe"],
    encoding: "utf8",
  });
  for (const file of [input, output]) closeSync(file);
  expect(status, stderr).to.equal(0);
  const told = readFileSync(`${path}.out`, "utf8");
  const { contracts } = JSON.parse(told.slice(told.indexOf("{"))) as {
    readonly contracts: Readonly<Record<string, Record<string, { evm: { bytecode: { object: string } } }>>>;
  };
  const found = Object.values(contracts).find((source) => name in source)?.[name];
  return found?.evm.bytecode.object ?? "";
}
