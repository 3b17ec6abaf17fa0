import type { Limit } from "./limits.ts";

/** What a run of all scenarios gave. */
export interface Report {
  readonly limits: readonly Limit[];
  /** By key. */
  readonly figures: ReadonlyMap<string, number>;
  /** Bytes of deployed code by contract. */
  readonly sizes: Readonly<Record<string, number>>;
}

/** EIP-170. */
const MAX_CODE_BYTES = 24_576;
const HEAD = ["scenario", "key", "ours", "limit", "floor", "best peer"] as const;
const NUMBERS_FROM = 2;

/** In words, what is above its limit; empty if all is well. */
export function complaintsOf({ limits, figures, sizes }: Report): readonly string[] {
  const dear = limits.flatMap(({ key, limit }) => {
    const figure = figures.get(key);
    if (figure === undefined) return [`${key} was not measured.`];
    return figure > limit
      ? [`${key} takes ${count(figure)} gas, ${count(figure - limit)} above its limit.`]
      : [];
  });
  const heavy = Object.entries(sizes)
    .filter(([, size]) => size > MAX_CODE_BYTES)
    .map(([name, size]) => `${name} has ${count(size)} bytes of code, above ${count(MAX_CODE_BYTES)}.`);
  return [...dear, ...heavy];
}

/** For a terminal. */
export function asText(report: Report): string {
  const rows = rowsOf(report);
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const lines = [HEAD, ...rows].map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column < NUMBERS_FROM ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("   ")
      .trimEnd(),
  );
  return [...lines, "", ...sizeLines(report)].join("\n");
}

/** For docs/gas.md, in the form that the formatter gives it. */
export function asMarkdown(report: Report): string {
  const rows = rowsOf(report).map((row) => row.map((cell, column) => (column === 1 ? `\`${cell}\`` : cell)));
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => pad(cell, column, widths[column] ?? 0)).join(" | ")} |`;
  const rule = widths.map((width, column) =>
    column < NUMBERS_FROM ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  const table = [line(HEAD), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
  return `${PREFACE}\n${table}\n\n${sizeLines(report).join("\n")}\n${NOTES}`;
}

function pad(cell: string, column: number, width: number): string {
  return column < NUMBERS_FROM ? cell.padEnd(width) : cell.padStart(width);
}

function rowsOf({ limits, figures }: Report): readonly (readonly string[])[] {
  return limits.map(({ key, scenario, limit, floor, peer }) => {
    const figure = figures.get(key);
    return [
      scenario,
      key,
      figure === undefined ? "" : count(figure),
      count(limit),
      floor === undefined ? "" : count(floor),
      peer === undefined ? "" : `${peer.name} ${count(peer.gas)}`,
    ];
  });
}

function sizeLines({ sizes }: Report): readonly string[] {
  const sized = Object.entries(sizes).map(([name, size]) => `${name} ${count(size)} bytes`);
  return [`Deployed code: ${sized.join(", ")}; the chain allows ${count(MAX_CODE_BYTES)}.`];
}

function count(figure: number): string {
  return figure.toLocaleString("en-US");
}

const PREFACE = `# Gas

Printed and written by \`npm run gas\`; do not edit. \`npm run gas -- --check\` fails if this file is out of date or a figure above its limit (\`scripts/gas/limits.ts\`).

\`gasUsed\` of receipts on Hardhat's chain in this process, hardfork osaka: the calldata floor of EIP-7623, the refund cap of EIP-3529 and the transaction cap of EIP-7825 are in force. A and B fund 1.0 each unless said, exist, hold ETH and tokens, and have approved the contract without limit; the contract holds money of another channel. Channels end with 0.7 and 1.3; a scenario that takes several transactions is their sum, set-up left out. Witnesses are recorded in the settlement, and the payee of the locks closes unless said.
`;

const NOTES = `
- **Floor**: the EVM's prices added up for what the scenario cannot do without, with one storage slot a channel, one signature and one event a call. It is no promise of a contract; ours does more, such as keeping the life of an ended channel (4,800 gas at a close, 17,100 back at the next opening) and putting all Params into the opening's event (about 1,200). The floor of a conviction is that of three transactions in which the newer state wins; ours needs two.
- **Best peer**: the cheapest other contract, unmodified, built with its own project's compiler settings and run by the same kind of script on the same kind of chain, for the same change of balances. With locks it is the cheapest in any asset. Nitro: statechannels/go-nitro 64c4ee9a; Raiden: raiden-network/raiden-contracts ce3d253c; Perun: hyperledger-labs/perun-eth-contracts 88b3ce25 with the optimizer on; Vector: connext/vector 6c0e900c.
- **openDual**: A sends and brings its 1.0; that of B comes by its \`FundingConsent\`, from its credit or by its allowance. **openBatch50**, **closeBatch50**: the hub A opens with 1.0 of its credit each, and gets all of each channel back as credit; one transaction, divided by 50.
- The contract is compiled for 1,000 runs, all others for 1,000,000: more made no figure lower and the code longer than the chain allows.
`;
