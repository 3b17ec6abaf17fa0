const core = ["protocol", "chain", "store", "transport", "crypto", "api"];

/** Which rooms of src/ each room may import, besides itself. */
const doors = {
  protocol: [],
  chain: ["protocol"],
  store: ["protocol"],
  transport: ["protocol"],
  crypto: ["protocol"],
  api: ["protocol"],
  host: ["protocol", "api"],
  node: core,
  tower: [...core, "host"],
  indexer: [...core, "host"],
  client: ["api"],
  browser: ["protocol", "client"],
  paywall: ["client", "node", "tower"],
  daemon: [...core, "host", "node", "indexer"],
  cli: [...core, "host", "client", "node", "daemon", "tower", "indexer"],
  sim: [...core, "node", "tower"],
};

const rooms = (names) => `^src/(${names.join("|")})/`;

const roomRules = Object.entries(doors).map(([room, open]) => ({
  name: `doors-of-${room}`,
  comment: `src/${room} may import ${open.length === 0 ? "no other room" : open.join(", ")}.`,
  severity: "error",
  from: { path: rooms([room]) },
  to: { path: "^src/", pathNot: rooms([room, ...open]) },
}));

const otherRules = [
  {
    name: "known-room",
    comment: "A new room needs its doors listed in .dependency-cruiser.js.",
    from: {},
    to: { path: "^src/", pathNot: rooms(Object.keys(doors)) },
  },
  {
    name: "known-room",
    comment: "A new room needs its doors listed in .dependency-cruiser.js.",
    from: { path: "^src/", pathNot: rooms(Object.keys(doors)) },
    to: {},
  },
  {
    name: "src-stands-alone",
    comment: "src/ imports neither tests, scripts, benchmarks nor Hardhat.",
    from: { path: "^src/" },
    to: {
      path: "^(test|scripts|bench|ignition)/|^hardhat\\.config|node_modules/(@nomicfoundation|hardhat)/",
    },
  },
  {
    name: "runs-anywhere",
    comment: "These rooms run in a browser too: nothing of Node.",
    from: { path: rooms(["protocol", "api", "client", "browser"]) },
    to: { dependencyTypes: ["core"] },
  },
  {
    name: "pure-core",
    comment: "The core uses no package but the audited pure ones.",
    from: { path: rooms(["protocol"]) },
    to: { path: "node_modules/", pathNot: "node_modules/@(noble|scure)/" },
  },
  {
    name: "typechain-door",
    comment: "The contracts' types are for src/chain and tests.",
    from: { pathNot: "^(src/chain|test|typechain-types)/" },
    to: { path: "^typechain-types/" },
  },
  {
    name: "ethers-door",
    comment: "ethers is for src/chain, scripts and tests.",
    from: { pathNot: "^(src/chain|scripts|test|typechain-types|node_modules)/" },
    to: { path: "node_modules/ethers/" },
  },
  { name: "no-cycles", from: {}, to: { circular: true } },
  { name: "resolvable", from: {}, to: { couldNotResolve: true } },
  {
    name: "declared-packages",
    comment: "What src/ needs at run time stands in dependencies.",
    from: { path: "^src/" },
    to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["type-only"] },
  },
].map((rule) => ({ severity: "error", ...rule }));

export default {
  forbidden: [...roomRules, ...otherRules],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
};
