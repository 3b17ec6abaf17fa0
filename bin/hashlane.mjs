#!/usr/bin/env node
// Plain JavaScript: it says so where Node is too old to read the rest.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 13)) {
  console.error(
    `hashlane: Node 22.13 or newer is needed, this is ${process.version}. Use \`npx hashlane\` in the repository, which brings its own.`,
  );
  process.exit(1);
}
const { register } = await import("tsx/esm/api");
register();
const { main } = await import("../src/cli/main.ts");
await main(process.argv);
