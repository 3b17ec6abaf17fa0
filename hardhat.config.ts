import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import toolbox from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { defineConfig } from "hardhat/config";
import type { HardhatPlugin } from "hardhat/types/plugins";

/** `runs`: how often each instruction is expected to run; the higher, the longer the code. */
const compilerFor = (runs: number, viaIR = true) => ({
  version: "0.8.37",
  // From npm, so that a build needs no download; must be the version above.
  path: fileURLToPath(import.meta.resolve("solc/soljson.js")),
  settings: {
    evmVersion: "osaka",
    viaIR,
    optimizer: { enabled: true, runs },
    metadata: { bytecodeHash: "none" },
  },
});

/** Rooms of tests that compile without the intermediate language. */
const PLAIN_TESTS = [
  "hashlane",
  "libraries",
  "owners",
  "reference",
  "registry",
  "support",
  "timelock",
  "zoo",
];
const plainTests = PLAIN_TESTS.flatMap((room) =>
  readdirSync(new URL(`contracts/test/${room}`, import.meta.url))
    .filter((name) => name.endsWith(".t.sol"))
    .map((name) => `contracts/test/${room}/${name}`),
);

const solidity = {
  compilers: [compilerFor(1_000_000)],
  overrides: {
    // As high as the 24,576 bytes that a contract may have allow.
    "contracts/Hashlane.sol": compilerFor(1000),
    // Tests deploy the contracts as they are built above; of themselves only the time to compile matters, which is a
    // third without the intermediate language. Some need it: they have more variables than the stack has room for.
    ...Object.fromEntries(plainTests.map((path) => [path, compilerFor(200, false)])),
  },
};

/** Only in the guard of OpenZeppelin against reentrancy, which clears what it stores. */
const TRANSIENT_STORAGE_WARNING = "2394";

const steadyBuild: HardhatPlugin = {
  id: "steady-build",
  hookHandlers: {
    solidity: () =>
      Promise.resolve({
        default: () =>
          Promise.resolve({
            processArtifactsAfterSuccessfulBuild: (_context, artifactPaths) => {
              // Their order depends on the cache, and the generated types, which are committed, follow it. Hardhat
              // hands the same array to the next plugin and offers no other way to put it in order.
              (artifactPaths as string[]).sort();
              return Promise.resolve();
            },
            getCompilationJobErrors: async (context, job, output, next) => {
              const errors = await next(context, job, output);
              return errors.filter(
                ({ errorCode, formattedMessage }) =>
                  errorCode !== TRANSIENT_STORAGE_WARNING ||
                  formattedMessage?.includes("@openzeppelin/contracts/") !== true,
              );
            },
          }),
      }),
  },
};

/** `npm run test:deep`: 2,000,000 calls under the invariants. */
const isDeep = process.env.TEST_DEEP === "1";
/** Of 500 calls each; `npm run test:invariants` has 500, which takes a minute and a half. */
const invariantRuns = isDeep ? 4000 : Number(process.env.TEST_INVARIANT_RUNS ?? 80);
/** 32 bytes in hex, of all fuzzing in Solidity; without it, always the same. */
const seed = process.env.TEST_SEED;

export default defineConfig({
  // Before the toolbox, so that it runs before the types are generated.
  plugins: [steadyBuild, toolbox],
  // Both profiles are the same, so that tests and stories run on the bytecode that is deployed.
  // Each contract from its own compilation, with its own settings, in tests too.
  solidity: { profiles: { default: solidity, production: solidity }, splitTestsCompilation: true },
  typechain: { outDir: "typechain-types", tsNocheck: true },
  test: {
    solidity: {
      // `npm run histories` writes into the second one.
      fsPermissions: { readDirectory: ["./vectors", "./cache/histories"] },
      fuzz: { runs: isDeep ? 10_000 : 256, ...(seed === undefined ? {} : { seed }) },
      invariant: { runs: invariantRuns, depth: 500, failOnRevert: true },
    },
  },
  // "hashlane" in ASCII; for `hardhat ignition deploy --strategy create2`.
  ignition: { strategyConfig: { create2: { salt: `0x686173686c616e65${"00".repeat(24)}` } } },
  networks: {
    default: { type: "edr-simulated", chainType: "l1", chainId: 31337, hardfork: "osaka" },
    localhost: { type: "http", chainType: "l1", url: "http://127.0.0.1:8545" },
  },
});
