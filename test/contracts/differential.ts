import { expect } from "chai";
import { loadCrypto, type CryptoSuite } from "../../src/crypto/native-crypto.ts";
import type { Address } from "../../src/protocol/types.ts";
import { STRANGER } from "./channel-calls.ts";
import { type Accounts, DifferentialRun, type Tally } from "./differential-run.ts";
import { type LocalChain, startLocalChain } from "./local-chain.ts";

const HISTORIES = Number(process.env.HASHLANE_HISTORIES ?? 200);
const SEED = Number(process.env.HASHLANE_SEED ?? 1);

/** Random histories reach all of these only if there are enough of them. */
const ENOUGH = 200;

/** What must have happened at least once, lest the comparison says nothing about it. */
const CLASSES = [
  "honest lanes",
  "hostile lanes",
  "opened",
  "deposited",
  "closed",
  "closed together",
  "closed together while closing",
  "closed together while closing, by anybody",
  "answered",
  "better answer",
  "list never shown",
  "locks won",
  "locks lost",
  "answered again",
  "closed humbly",
  "humble close replaced",
  "resized",
  "chain recorded",
  "chain recorded no further",
  "chain lock won in part",
  "chain lock decided",
  "convicted",
  "convicted with a reward",
  "recorded",
  "recorded again",
  "recorded though out of date",
  "more witnesses than one record holds",
  "paths to older records",
  "settled in part",
  "settled without pay",
  "settled to the end",
  ...[
    "AlreadyPaying",
    "BadAmount",
    "BadChainIndex",
    "BadHint",
    "BadInitialState",
    "BadProofs",
    "BadResize",
    "BadTransfer",
    "DeadlineNotReached",
    "DeadlinePassed",
    "NoRecoveryPeriod",
    "NotParticipant",
    "NotReplaceable",
    "NothingToSettle",
    "SignatureExpired",
    "StaleOwn",
    "StaleRecord",
    "StaleTheirs",
    "TooManyLocks",
    "UselessAnswer",
    "WrongChainWitness",
    "WrongLife",
    "WrongLocks",
    "WrongPhase",
    "WrongSigner",
  ].map((name) => `refused: ${name}`),
];

describe("the core and the contracts", function () {
  // Hundreds of histories: how long they take depends on the machine and is no finding.
  this.timeout(0);

  let suite: CryptoSuite;
  let chain: LocalChain;
  let accounts: Accounts;

  before(async () => {
    suite = await loadCrypto({ allowPortable: false });
    chain = await startLocalChain(accountOf(0x11));
    accounts = {
      owners: { ownerA: accountOf(0xa0), ownerB: accountOf(0xb0) },
      signers: { A: suite.createSigner(keyOf(0xa1)), B: suite.createSigner(keyOf(0xb1)) },
    };
    const { owners, signers } = accounts;
    const senders = [owners.ownerA, owners.ownerB, signers.A.address, signers.B.address, STRANGER];
    for (const sender of senders) await chain.adopt(sender);
  });

  it("[CL-2] [CL-5] [CL-6] [LOCK-1] [PAY-1] agree on every call of random histories, to the wei", async () => {
    const tally: Tally = new Map();
    const lengths: number[] = [];
    for (let seed = SEED; seed < SEED + HISTORIES; seed++) {
      await chain.restart();
      const run = new DifferentialRun(chain, suite.crypto, accounts, seed, tally);
      try {
        lengths.push(await run.run());
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        const replay = `HASHLANE_SEED=${seed} HASHLANE_HISTORIES=1`;
        throw new Error(`history ${seed} differs (replay: ${replay}): ${reason}\n${run.describe()}`, {
          cause,
        });
      }
    }
    const median = lengths.toSorted((a, b) => a - b)[lengths.length >> 1] ?? 0;
    print(tally, median);
    expect(median).to.be.at.least(10);
    if (HISTORIES < ENOUGH) return;
    expect(CLASSES.filter((name) => !tally.has(name))).to.deep.equal([]);
  });
});

function print(tally: Tally, median: number): void {
  const counts = [...tally]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`);
  console.log(
    `      HASHLANE_SEED=${SEED} HASHLANE_HISTORIES=${HISTORIES}: ${median} calls in the median history`,
  );
  console.log(`      ${counts.join(", ")}`);
}

function accountOf(byte: number): Address {
  return `0x${byte.toString(16).repeat(20)}` as Address;
}

function keyOf(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte);
}
