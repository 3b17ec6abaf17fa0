import { expect } from "chai";

import { DEFAULT_ASSETS, readConfig } from "../../src/daemon/config.ts";
import { rentOfDollar, rentOfEth, settingsOf } from "../../src/daemon/profile.ts";
import { HashlaneError } from "../../src/protocol/error.ts";

const GOOD = {
  alias: "alice",
  owner: `0x${"aa".repeat(20)}`,
  rpc: "http://127.0.0.1:8545",
  chainId: "31337",
  hashlane: `0x${"bb".repeat(20)}`,
  firstBlock: 0,
  confirmations: 12,
  pollMs: 3000,
  staleSeconds: 180,
  listen: "127.0.0.1:9735",
  announce: null,
  claimSeconds: 3600,
  challengeSeconds: 86_400,
  maxConnections: 1000,
  apiPort: 9736,
  tokenFile: "api-token",
  log: "pretty",
  assets: DEFAULT_ASSETS,
};
const PATH = "/home/alice/node/config.json";

function read(changes: Readonly<Record<string, unknown>>, over = {}): ReturnType<typeof readConfig> {
  return readConfig(PATH, JSON.stringify({ ...GOOD, ...changes }), over);
}

/** What is said about the change that must be refused. */
function refusalOf(changes: Readonly<Record<string, unknown>>): string {
  try {
    read(changes);
  } catch (thrown) {
    if (!(thrown instanceof HashlaneError)) throw thrown;
    expect(thrown.code).to.equal("config_bad");
    expect(thrown.parts?.given).to.deep.equal({ file: PATH });
    return thrown.parts?.failed ?? "";
  }
  throw new Error(`${JSON.stringify(changes)} was taken`);
}

describe("the config of a node", () => {
  it("is read with every field, files beside it", () => {
    const { assets, ...config } = read({});
    expect({ ...config, assets: GOOD.assets }).to.deep.equal({
      ...GOOD,
      node: GOOD.owner,
      chainId: 31_337n,
      listen: { host: "127.0.0.1", port: 9735 },
      tokenFile: "/home/alice/node/api-token",
      backupFile: null,
      backupSeconds: 60,
      maxPerAddress: 64,
      recoverySeconds: 0,
      spontaneous: false,
      lockEvents: true,
      shares: false,
      towers: [],
      fees: { sharePercent: 50, least: 5n * 10n ** 16n, worth: new Map() },
      explorer: false,
    });
    expect(read({ spontaneous: true }).spontaneous).to.equal(true);
    expect(refusalOf({ spontaneous: "yes" })).to.equal("spontaneous must be true or false");
    expect(read({ lockEvents: false }).lockEvents).to.equal(false);
    expect(read({ node: `0x${"cc".repeat(20)}` })).to.include({
      ...{ node: `0x${"cc".repeat(20)}` },
      owner: GOOD.owner,
    });
    expect(assets).to.deep.equal([
      {
        symbol: "ETH",
        token: `0x${"00".repeat(20)}`,
        decimals: 18,
        feeBase: 10n ** 12n,
        feePpm: 100,
        slotFee: 0n,
        rentPpm: 0,
        minForward: 10n ** 12n,
        maxForward: 10n ** 19n,
        maxPayment: 10n ** 19n,
        maxFee: 10n ** 16n,
        sell: null,
        outflow: { perHour: null, perHourToOne: null },
      },
    ]);
  });

  it("[FEE-2] [FEE-3] names a rent, up to all of the amount for a day, and shares; none of them if left out", () => {
    const priced = (terms: Readonly<Record<string, unknown>>) => ({
      assets: { ETH: { ...DEFAULT_ASSETS.ETH, ...terms } },
    });
    const [asset] = read(priced({ slotFee: "0.0000001", rentPpm: 1_000_000 })).assets;
    expect(asset).to.include({ slotFee: 10n ** 11n, rentPpm: 1_000_000 });
    expect(refusalOf(priced({ rentPpm: 1_000_001 }))).to.equal(
      "assets.ETH.rentPpm must be a whole number from 0 to 1000000",
    );
    expect(refusalOf(priced({ slotFee: 1 }))).to.equal("assets.ETH.slotFee must be a text");
    expect(read({ shares: true }).shares).to.equal(true);
    expect(refusalOf({ shares: "on" })).to.equal("shares must be true or false");
  });

  it("[FEE-2] [FEE-3] asks for rent and keeps shares in the public profile alone", () => {
    expect([settingsOf("local"), rentOfEth("local"), rentOfDollar("local", 6)]).to.deep.equal([{}, {}, {}]);
    const { shares, assets } = read({
      ...settingsOf("public"),
      assets: { ETH: { ...DEFAULT_ASSETS.ETH, ...rentOfEth("public") } },
    });
    expect([shares, assets[0]?.slotFee, assets[0]?.rentPpm]).to.deep.equal([true, 10n ** 11n, 137]);
    expect(assets[0]?.slotFee, "a tenth of the base fee").to.equal((assets[0]?.feeBase ?? 0n) / 10n);
    expect(rentOfDollar("public", 4)).to.deep.equal({ slotFee: "0.0003", rentPpm: 137 });
    expect(rentOfDollar("public", 3)).to.deep.equal({ slotFee: "0", rentPpm: 137 });
  });

  it("names a backup file, beside it or elsewhere, and how often it is written", () => {
    expect(read({ backupFile: "b.sealed" }).backupFile).to.equal("/home/alice/node/b.sealed");
    expect(read({ backupFile: "/mnt/b.sealed" }).backupFile).to.equal("/mnt/b.sealed");
    expect(read({ backupFile: null }).backupFile).to.equal(null);
    expect(refusalOf({ backupFile: "" })).to.equal("backupFile must be a text that is not empty");
    for (const [name, least, most] of [
      ["maxPerAddress", 1, 65_535],
      ["backupSeconds", 1, 86_400],
      ["recoverySeconds", 0, 100_000_000],
    ] as const) {
      expect(read({ [name]: least })).to.include({ [name]: least });
      expect(read({ [name]: most })).to.include({ [name]: most });
      for (const wrong of [least - 1, most + 1])
        expect(refusalOf({ [name]: wrong })).to.equal(
          `${name} must be a whole number from ${least} to ${most}`,
        );
    }
  });

  it("says what transactions may cost, and what tokens are worth for that", () => {
    const token = `0x${"70".repeat(20)}`;
    const assets = { ...DEFAULT_ASSETS, USDX: { ...DEFAULT_ASSETS.ETH, token, decimals: 6, feeBase: "0" } };
    const small = { ...assets.USDX, minForward: "0", maxForward: "1", maxPayment: "1", maxFee: "1" };
    const fees = { sharePercent: 1, budget: "0.2", worth: { USDX: "0.0004" } };
    const terms = read({ fees, assets: { ...assets, USDX: small } }).fees;
    const worth = new Map([[token, { wei: 4n * 10n ** 14n, per: 10n ** 6n }]]);
    expect(terms).to.deep.equal({ sharePercent: 1, least: 2n * 10n ** 17n, worth });
    expect(read({ fees: { sharePercent: 100 } }).fees.sharePercent).to.equal(100);
    for (const sharePercent of [0, 101])
      expect(refusalOf({ fees: { sharePercent } })).to.equal(
        "fees.sharePercent must be a whole number from 1 to 100",
      );
    for (const symbol of ["ETH", "NONE"])
      expect(refusalOf({ fees: { worth: { [symbol]: "1" } } })).to.equal(
        `fees.worth.${symbol} names no token among the assets`,
      );
    expect(refusalOf({ fees: { budget: "much" } })).to.match(/^fees\.budget does not do/);
    expect(refusalOf({ fees: { most: "1" } })).to.match(/^most is not known here/);
  });

  it("gives way to what the command line says", () => {
    expect(read({}, { apiPort: 1, listen: null })).to.deep.include({ apiPort: 1, listen: null });
  });

  for (const name of Object.keys(GOOD)) {
    it(`is refused without ${name}`, () => {
      expect(refusalOf({ [name]: undefined })).to.match(new RegExp(`^${name} (must|does not do)`));
    });
  }

  it("is refused with a field that is not known", () => {
    expect(refusalOf({ apiport: 1 })).to.match(/^apiport is not known here; known are alias, owner, /);
    expect(refusalOf({ assets: { ETH: { ...DEFAULT_ASSETS.ETH, fee: "1" } } })).to.match(
      /^fee is not known here/,
    );
  });

  it("takes the bounds of each number and refuses what is beyond", () => {
    const bounds = {
      confirmations: [0, 1000],
      pollMs: [10, 600_000],
      staleSeconds: [1, 86_400],
      maxConnections: [1, 100_000],
      apiPort: [0, 65_535],
    } as const;
    const pair = { claimSeconds: 10_000_000, challengeSeconds: 100_000_000 };
    expect(read(pair)).to.include(pair);
    expect(refusalOf({ claimSeconds: 0 })).to.match(
      /^claimSeconds must be a whole number from 1 to 10000000/,
    );
    expect(refusalOf({ ...pair, claimSeconds: 10_000_001 })).to.match(/^claimSeconds must be /);
    expect(refusalOf({ challengeSeconds: 100_000_001 })).to.match(
      /^challengeSeconds must be .* 1 to 100000000/,
    );
    for (const [name, [least, most]] of Object.entries(bounds)) {
      expect(read({ [name]: least })).to.include({ [name]: least });
      expect(read({ [name]: most })).to.include({ [name]: most });
      for (const wrong of [least - 1, most + 1, least + 0.5, String(least)])
        expect(refusalOf({ [name]: wrong })).to.equal(
          `${name} must be a whole number from ${least} to ${most}`,
        );
    }
    expect(read({ staleSeconds: null }), "never").to.include({ staleSeconds: null });
  });

  it("is refused if its channels would leave it no time to answer a close", () => {
    expect(refusalOf({ challengeSeconds: 7199 })).to.equal(
      "challengeSeconds is below 7200, twice claimSeconds: no close could be answered",
    );
    expect(read({ challengeSeconds: 7200 }).challengeSeconds).to.equal(7200);
    expect(refusalOf({ claimSeconds: 43_201 })).to.match(/^challengeSeconds is below 86402, /);
    expect(read({ claimSeconds: 43_200 }).claimSeconds).to.equal(43_200);
  });

  it("is refused with what is no address, chain, endpoint, format or amount", () => {
    expect(refusalOf({ owner: "0x12" })).to.match(/^owner does not do: an address must have 40 hex digits/);
    expect(refusalOf({ chainId: "0" })).to.equal('chainId must be a decimal text such as "1"');
    expect(refusalOf({ chainId: 1 })).to.equal('chainId must be a decimal text such as "1"');
    expect(refusalOf({ listen: "9735" })).to.match(/^listen does not do: "9735" is no HOST:PORT/);
    expect(refusalOf({ listen: "localhost:65536" })).to.match(/^listen does not do/);
    expect(read({ listen: "[::1]:65535" }).listen).to.deep.equal({ host: "::1", port: 65_535 });
    expect(refusalOf({ log: "loud" })).to.equal('log must be "pretty" or "json"');
    const eth = (terms: object): object => ({ assets: { ETH: { ...DEFAULT_ASSETS.ETH, ...terms } } });
    expect(refusalOf(eth({ maxFee: 1 }) as Record<string, unknown>)).to.equal(
      "assets.ETH.maxFee must be a text",
    );
    expect(refusalOf(eth({ maxFee: "1,5" }) as Record<string, unknown>)).to.match(
      /^assets.ETH.maxFee does not do/,
    );
    expect(refusalOf(eth({ minForward: "11" }) as Record<string, unknown>)).to.equal(
      "assets.ETH.minForward is above maxForward",
    );
  });

  it("names limits of what leaves the node, or none", () => {
    const outflow = (terms: object): Record<string, unknown> => ({
      assets: { ETH: { ...DEFAULT_ASSETS.ETH, outflow: terms } },
    });
    expect(read(outflow({ perHour: "1" })).assets[0]?.outflow).to.deep.equal({
      perHour: 10n ** 18n,
      perHourToOne: null,
    });
    expect(read(outflow({ perHourToOne: "0" })).assets[0]?.outflow.perHourToOne).to.equal(0n);
    expect(refusalOf(outflow({ perDay: "1" }))).to.match(
      /^perDay is not known here; known are perHour, perHourToOne/,
    );
    expect(refusalOf(outflow({ perHour: 1 }))).to.equal("assets.ETH.outflow.perHour must be a text");
  });

  it("names prices of channels for ETH alone, with limits in order", () => {
    const terms = { feeBase: "0.001", feePpm: 5000, min: "0.1", max: "2", total: "5", days: 30 };
    const sell = (changes: object): Record<string, unknown> => ({
      assets: { ETH: { ...DEFAULT_ASSETS.ETH, sell: { ...terms, ...changes } } },
    });
    expect(read(sell({})).assets[0]?.sell).to.deep.equal({
      feeBase: 10n ** 15n,
      feePpm: 5000,
      min: 10n ** 17n,
      max: 2n * 10n ** 18n,
      total: 5n * 10n ** 18n,
      days: 30,
    });
    expect(refusalOf(sell({ min: "2.1" }))).to.equal("assets.ETH.sell.min is above max");
    expect(refusalOf(sell({ max: "5.1" }))).to.equal("assets.ETH.sell.max is above total");
    expect(refusalOf(sell({ days: 0 }))).to.match(
      /^assets.ETH.sell.days must be a whole number from 1 to 3650/,
    );
    expect(refusalOf(sell({ feePpm: 1_000_001 }))).to.match(/^assets.ETH.sell.feePpm must be /);
    expect(refusalOf(sell({ price: 1 }))).to.match(/^price is not known here/);
    expect(refusalOf({ ...sell({}), node: `0x${"dd".repeat(20)}` })).to.match(
      /^assets.ETH.sell needs the node's own account as the owner/,
    );
    const token = { ...DEFAULT_ASSETS.ETH, token: `0x${"cc".repeat(20)}`, sell: terms };
    expect(refusalOf({ assets: { USDT: token } })).to.equal("assets.USDT.sell is for ETH alone");
  });

  it("names towers, at most 20, or none", () => {
    expect(read({}).towers).to.deep.equal([]);
    const urls = Array.from({ length: 20 }, (_, index) => `https://tower-${index}.example`);
    expect(read({ towers: urls }).towers).to.deep.equal(urls);
    expect(refusalOf({ towers: [...urls, "one more"] })).to.include("towers has more than 20 entries");
    expect(refusalOf({ towers: "https://tower.example" })).to.include("towers must be a list of texts");
    expect(refusalOf({ towers: [""] })).to.include("towers[0] must be a text that is not empty");
    expect(refusalOf({ towers: ["x".repeat(301)] })).to.include("towers[0] has more than 300 characters");
  });

  it("is refused without assets, and with one token under two names", () => {
    expect(refusalOf({ assets: {} })).to.equal("assets names none");
    expect(refusalOf({ assets: { ETH: DEFAULT_ASSETS.ETH, WEI: DEFAULT_ASSETS.ETH } })).to.equal(
      "assets names a token twice",
    );
  });

  it("is refused where it is no JSON object", () => {
    for (const text of ["", "{", "[]", "1"]) expect(() => readConfig(PATH, text)).to.throw(HashlaneError);
  });
});
