/** One figure of the report: what it may cost, and what it is compared with. All in gas. */
export interface Limit {
  /** Name of the figure in `--json`. */
  readonly key: string;
  readonly scenario: string;
  /** Above this the report fails. */
  readonly limit: number;
  /** Least that the EVM's prices allow for what the scenario does, by arithmetic. */
  readonly floor?: number;
  /** The cheapest other contract, in whatever asset it has, measured on the same chain with the same script. */
  readonly peer?: { readonly name: string; readonly gas: number };
}

const nitro = (gas: number) => ({ name: "Nitro", gas });
const raiden = (gas: number) => ({ name: "Raiden", gas });
const perun = (gas: number) => ({ name: "Perun", gas });
const vector = (gas: number) => ({ name: "Vector", gas });

/** In the order of the report. A key ending in Erc20 is the same scenario with tokens instead of ETH. */
export const LIMITS: readonly Limit[] = [
  { key: "openSingle", scenario: "open, A funds", limit: 52_000, floor: 45_350, peer: nitro(46_556) },
  { key: "openSingleErc20", scenario: "open, A funds, ERC-20", limit: 73_000, peer: nitro(65_511) },
  {
    key: "openBothEth",
    scenario: "open, then B deposits",
    limit: 81_000,
    floor: 73_600,
    peer: nitro(76_084),
  },
  {
    key: "openDual",
    scenario: "open, both fund, B from credit",
    limit: 64_000,
    floor: 55_400,
    peer: nitro(76_084),
  },
  {
    key: "openDualErc20",
    scenario: "open, both fund, ERC-20",
    limit: 90_500,
    floor: 77_500,
    peer: nitro(113_994),
  },
  { key: "reopen", scenario: "open again, A funds", limit: 35_000 },
  { key: "reopenErc20", scenario: "open again, A funds, ERC-20", limit: 56_000 },
  {
    key: "closeCoop",
    scenario: "close together, both paid",
    limit: 54_500,
    floor: 44_000,
    peer: nitro(92_476),
  },
  {
    key: "closeCoopErc20",
    scenario: "close together, ERC-20",
    limit: 63_000,
    floor: 50_900,
    peer: nitro(99_272),
  },
  { key: "unilateral", scenario: "close + settle", limit: 95_500, floor: 72_700, peer: nitro(174_672) },
  {
    key: "unilateralErc20",
    scenario: "close + settle, ERC-20",
    limit: 104_000,
    floor: 79_900,
    peer: nitro(183_265),
  },
  {
    key: "convict",
    scenario: "stale close + conviction",
    limit: 89_000,
    floor: 105_700,
    peer: nitro(271_560),
  },
  {
    key: "convictErc20",
    scenario: "stale close + conviction, ERC-20",
    limit: 98_500,
    floor: 112_900,
    peer: nitro(280_417),
  },
  { key: "answer", scenario: "a tower's answer alone", limit: 65_000 },
  {
    key: "locks1",
    scenario: "close + settle, 1 lock",
    limit: 126_500,
    floor: 73_700,
    peer: raiden(367_723),
  },
  {
    key: "locks10",
    scenario: "close + settle, 10 locks",
    limit: 142_000,
    floor: 82_700,
    peer: raiden(633_557),
  },
  {
    key: "locks100",
    scenario: "close + settle, 100 locks",
    limit: 294_000,
    floor: 233_000,
    peer: raiden(3_283_050),
  },
  {
    key: "locks100Payer",
    scenario: "the same, the payer closes",
    limit: 463_000,
    peer: raiden(3_283_050),
  },
  { key: "record1", scenario: "record a witness", limit: 45_500, floor: 44_700, peer: raiden(46_205) },
  {
    key: "record100",
    scenario: "record 100 witnesses, each",
    limit: 1_510,
    floor: 1_490,
    peer: raiden(25_397),
  },
  { key: "deposit", scenario: "deposit", limit: 29_400, floor: 28_250, peer: perun(28_701) },
  { key: "depositErc20", scenario: "deposit, ERC-20", limit: 52_500, floor: 45_600, peer: perun(47_023) },
  {
    key: "withdraw",
    scenario: "withdraw, channel stays open",
    limit: 46_000,
    floor: 39_700,
    peer: vector(81_695),
  },
  {
    key: "withdrawErc20",
    scenario: "withdraw, ERC-20",
    limit: 55_500,
    floor: 48_300,
    peer: raiden(80_590),
  },
  {
    key: "openBatch50",
    scenario: "open 50 from credit, each",
    limit: 36_000,
    floor: 31_000,
    peer: nitro(33_553),
  },
  { key: "closeBatch50", scenario: "close 50 to credit, each", limit: 20_000, floor: 15_400 },
];
