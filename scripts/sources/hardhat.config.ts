/** The configuration of this repository with other sources in place of some, in a folder of their own. */
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

import { defineConfig } from "hardhat/config";
import type { HardhatPlugin } from "hardhat/types/plugins";

import usual from "../../hardhat.config.ts";

/** Has the other sources under `sources/`, at their paths. */
const folder = process.env.HASHLANE_REWRITTEN;
if (folder === undefined) throw new Error("HASHLANE_REWRITTEN names no folder.");

const rewritten: HardhatPlugin = {
  id: "rewritten-sources",
  hookHandlers: {
    solidity: () =>
      Promise.resolve({
        default: () =>
          Promise.resolve({
            preprocessProjectFileBeforeBuilding: async (context, name, path, text, version, next) => {
              const other = join(folder, "sources", relative(context.config.paths.root, path));
              const own = existsSync(other) ? readFileSync(other, "utf8") : text;
              return next(context, name, path, own, version);
            },
            // Of the largest contract its own code alone: that of all that it is made of takes three times as long.
            preprocessSolcInputBeforeBuilding: async (context, input, next) => {
              const path = "project/contracts/Hashlane.sol";
              const selection = input.settings.outputSelection;
              const all = selection["*"]?.["*"];
              if (path in input.sources && all !== undefined) {
                const known = ["abi", "evm.methodIdentifiers"];
                input.settings.outputSelection = { "*": { "": ["ast"], "*": known }, [path]: { "*": all } };
              }
              return next(context, input);
            },
            // What the compiler would only warn of says nothing here.
            getCompilationJobErrors: async (context, job, output, next) => {
              const errors = await next(context, job, output);
              return errors.filter(({ severity }) => severity === "error");
            },
          }),
      }),
  },
};

export default defineConfig({
  ...usual,
  plugins: [rewritten, ...(usual.plugins ?? [])],
  paths: { artifacts: join(folder, "artifacts"), cache: join(folder, "cache") },
  typechain: { ...usual.typechain, outDir: join(folder, "types") },
  // The points of coverage are in the rewritten sources: Hardhat is to add none of its own.
  coverage: { skipFiles: ["**/*"] },
  test: {
    solidity: {
      ...usual.test?.solidity,
      fuzz: { runs: Number(process.env.HASHLANE_FUZZ_RUNS ?? 256) },
    },
  },
});
