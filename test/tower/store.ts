import { expect } from "chai";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Buckets, householdOf } from "../../src/tower/buckets.ts";
import { readTowerConfig, TOWER_DEFAULTS } from "../../src/tower/config.ts";
import { packAppointment, RECORD_BYTES, unpackAppointment } from "../../src/tower/packing.ts";
import { TowerStore } from "../../src/tower/store.ts";
import { WITNESS_WINDOW_SECONDS } from "../../src/tower/witness-table.ts";
import { ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import { HashlaneError } from "../../src/protocol/error.ts";
import { bodyOf } from "../../src/protocol/locks.ts";
import { portableCrypto } from "../../src/protocol/portable-crypto.ts";
import type { Appointment } from "../../src/protocol/tower.ts";
import type { Address, ChannelId, LocksRoot, Secret, Signature } from "../../src/protocol/types.ts";

const word = (byte: string): string => `0x${byte.repeat(32)}`;
const address = (byte: string): Address => `0x${byte.repeat(20)}` as Address;
const signature = (byte: string): Signature => `0x${byte.repeat(64)}` as Signature;
const body = ({ state }: Appointment) => bodyOf(portableCrypto, state);

const LARGEST: Appointment = {
  params: {
    ...{ ownerA: address("a1"), ownerB: address("a2"), signerA: address("a3"), signerB: address("a4") },
    ...{ token: address("a5"), challengePeriod: 2 ** 40 - 1, recoveryPeriod: 2 ** 40 - 1 },
    salt: (1n << 144n) - 1n,
  },
  ...{ life: 2 ** 20 - 1, side: "B" },
  state: {
    ...{ seq: Number.MAX_SAFE_INTEGER, ack: Number.MAX_SAFE_INTEGER, sent: (1n << 128n) - 1n },
    locksRoot: word("a6") as LocksRoot,
  },
  ...{ signature: signature("a7"), reward: (1n << 128n) - 1n, consent: signature("a8") },
};
const SMALLEST: Appointment = {
  ...LARGEST,
  params: { ...LARGEST.params, token: ZERO_ADDRESS, challengePeriod: 0, recoveryPeriod: 0, salt: 0n },
  ...{ life: 1, side: "A", reward: 0n },
  state: { seq: 1, ack: 0, sent: 0n, locksRoot: word("00") as LocksRoot },
};

describe("the store of a tower", () => {
  let directory: string;
  let file: string;
  let store: TowerStore;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "hashlane-tower-store-"));
    file = join(directory, "tower.sqlite");
    store = new TowerStore(file);
  });
  afterEach(() => {
    store.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const reopen = (): void => {
    store.close();
    store = new TowerStore(file);
  };
  const at = (seq: number, sent = 0n): Appointment => ({
    ...SMALLEST,
    state: { ...SMALLEST.state, seq, sent },
  });
  const entry = (appointment: Appointment, channel = "c1") => ({
    channel: word(channel) as ChannelId,
    client: appointment.params.signerA,
    body: body(appointment),
    appointment,
  });
  const put = (...appointments: Appointment[]) =>
    store
      .put(
        appointments.map((one) => entry(one)),
        body,
      )
      .map(({ kind }) => kind);
  const held = () => store.find(word("c1") as ChannelId, "A")?.state.seq ?? null;
  const errorOf = (act: () => unknown): HashlaneError => {
    try {
      act();
    } catch (thrown) {
      if (thrown instanceof HashlaneError) return thrown;
      throw thrown;
    }
    throw new Error("it was not refused");
  };

  it("packs every record into the same number of bytes, and unpacks what it packed", () => {
    for (const appointment of [SMALLEST, LARGEST]) {
      const packed = packAppointment(appointment);
      expect(packed).to.have.lengthOf(RECORD_BYTES);
      expect(unpackAppointment(packed)).to.deep.equal(appointment);
    }
    expect(RECORD_BYTES).to.equal(340);
    expect(() => unpackAppointment(new Uint8Array(RECORD_BYTES - 1))).to.throw(
      RangeError,
      `not ${RECORD_BYTES - 1}`,
    );
  });

  it("keeps the newest of many that come together, over a restart", () => {
    expect(put(at(1), at(3), at(2), at(3), at(3, 1n))).to.deep.equal([
      "kept",
      "kept",
      "older",
      "kept",
      "taken",
    ]);
    reopen();
    expect([held(), store.records, store.recordsOf(SMALLEST.params.signerA)]).to.deep.equal([3, 1, 1]);
  });

  it("does not grow with the number of states", () => {
    const size = (): number => {
      reopen();
      return statSync(file).size;
    };
    put(at(1));
    const before = size();
    for (let some = 0; some < 20; some++)
      put(...Array.from({ length: 100 }, (_, index) => at(2 + 100 * some + index, BigInt(some))));
    expect([size(), held()]).to.deep.equal([before, 2001]);
  });

  it("brings facts and how far they go to disk together, and forgets a chain that is void", () => {
    put(at(5));
    const ended = {
      kind: "ended",
      channel: word("c1") as ChannelId,
      paid: { A: 0n, B: 0n },
      how: "settled",
    } as const;
    const cursor = { number: 9, hash: word("9a") } as never;
    store.report([ended, { kind: "head", number: 9, time: 77 }], cursor);
    reopen();
    expect([held(), store.cursor, store.head]).to.deep.equal([null, cursor, { number: 9, time: 77 }]);
    expect(put(at(6))).to.deep.equal(["ended"]);
    store.forgetChain();
    reopen();
    expect([held(), store.cursor, store.head]).to.deep.equal([5, null, { number: 0, time: 0 }]);
  });

  it("is refused to a second process, and says so of a file that is none or of later", () => {
    expect(errorOf(() => new TowerStore(file))).to.include({ code: "store_locked" });
    store.close();
    const other = join(directory, "other.sqlite");
    writeFileSync(other, "this is no database, whatever its name says; it is long enough to be read as one");
    expect(errorOf(() => new TowerStore(other))).to.include({ code: "store_damaged" });
    store = new TowerStore(file);
  });

  describe("its witnesses", () => {
    const DAY = WITNESS_WINDOW_SECONDS;
    const [wang, alice] = [address("b1"), address("b2")];
    const witness = (byte: string, before: number) => ({ secret: word(byte) as Secret, before });
    const due = (now: number, seconds = 100) =>
      store.witnesses.due(now, seconds).map(({ secret }) => secret.slice(2, 4));
    const tell = (now: number, ...bytes: string[]) => {
      const facts = bytes.map(
        (byte) => ({ kind: "recorded", secrets: [word(byte) as Secret], time: now }) as const,
      );
      store.report([...facts, { kind: "head", number: now, time: now }], {
        number: now,
        hash: word("00"),
      } as never);
    };

    it("are due so many seconds before their time, and not at it, over a restart", () => {
      store.witnesses.set(wang, [witness("01", 1000), witness("02", 2000)], 5, 2);
      reopen();
      expect([due(899), due(900), due(999), due(1000)]).to.deep.equal([[], ["01"], ["01"], []]);
      expect(due(1900)).to.deep.equal(["02"]);
    });

    it("are not due once anybody has recorded them, nor when the client wants them no more", () => {
      store.witnesses.set(wang, [witness("01", 1000), witness("02", 1000), witness("03", 1000)], 5, 3);
      tell(10, "01");
      expect(due(950)).to.deep.equal(["02", "03"]);
      store.witnesses.set(wang, [witness("01", 1000), witness("03", 1000)], 20, 3);
      expect(due(950)).to.deep.equal(["03"]);
      expect(store.witnesses.waiting).to.equal(1);
    });

    it("count against their client for a day if they were paid for, and keep none above the limit", () => {
      const set = (now: number, ...bytes: string[]) =>
        store.witnesses.set(
          wang,
          bytes.map((byte) => witness(byte, 3 * DAY)),
          now,
          2,
        );
      expect(set(10, "01", "02")).to.equal(2);
      store.witnesses.onSent([word("01") as Secret], 20);
      expect(set(30, "02"), "and the one that was paid for").to.equal(2);
      expect(set(30, "02", "03")).to.equal(3);
      expect(store.witnesses.waiting, "as before").to.equal(1);
      expect(store.witnesses.set(alice, [witness("04", 99), witness("05", 99)], 30, 2)).to.equal(2);
      expect(set(20 + DAY - 1, "02", "03")).to.equal(3);
      expect(set(20 + DAY, "02", "03")).to.equal(2);
    });
  });
});

describe("allowances of a tower's callers", () => {
  it("give what is there, and say when there is enough again", () => {
    let now = 0;
    const buckets = new Buckets({ most: 10, perSecond: 2 }, () => now);
    expect([buckets.take("a", 10), buckets.take("a", 1), buckets.take("b", 11)]).to.deep.equal([0, 1, 1]);
    now = 4999;
    expect(buckets.take("a", 10)).to.equal(1);
    now = 5000;
    expect([buckets.take("a", 10), buckets.take("a", 4), buckets.take("b", 10)]).to.deep.equal([0, 2, 0]);
  });

  it("remember only those who lack something", () => {
    let now = 0;
    const buckets = new Buckets({ most: 10, perSecond: 2 }, () => now);
    for (let caller = 0; caller < 10_000; caller++) buckets.take(String(caller), 1);
    now = 500;
    buckets.take("late", 1);
    expect(buckets.size).to.equal(1);
  });

  it("are of a household: an address, or a 64th of those that IPv6 has too many of", () => {
    expect([householdOf("10.1.2.3"), householdOf("::ffff:10.1.2.3")]).to.deep.equal(["10.1.2.3", "10.1.2.3"]);
    expect(householdOf("2001:db8:1:2:3:4:5:6")).to.equal("2001:db8:1:2");
    expect(householdOf("2001:db8:1:2::9")).to.equal("2001:db8:1:2");
    expect([householdOf("2001:db8::9"), householdOf("::1")]).to.deep.equal(["2001:db8:0:0", "0:0:0:0"]);
  });
});

describe("a tower's config", () => {
  const file = {
    ...{
      rpc: "http://127.0.0.1:8545",
      chainId: "1",
      hashlane: address("a9"),
      firstBlock: 1,
      confirmations: 12,
    },
    ...{ pollMs: 3000, ...TOWER_DEFAULTS },
  };
  const read = (over: object) => readTowerConfig("tower.json", JSON.stringify({ ...file, ...over }));

  it("takes the bounds of each number and refuses what is beyond", () => {
    const bounds: Readonly<Record<string, readonly [number, number]>> = {
      mostRecords: [1, 1e9],
      recordsOfClient: [1, 1e9],
      witnessesOfClient: [0, 100],
      clientBytesPerSecond: [100, Number.MAX_SAFE_INTEGER],
      addressBytesPerSecond: [100, Number.MAX_SAFE_INTEGER],
      addressCallsPerSecond: [1, Number.MAX_SAFE_INTEGER],
      maxGasGwei: [1, 1_000_000],
      recordSeconds: [1, 10_000_000],
      confirmations: [0, 1000],
      pollMs: [10, 600_000],
    };
    for (const [name, [least, most]] of Object.entries(bounds)) {
      for (const value of [least, most]) read({ [name]: value });
      for (const value of [least - 1, most + 1]) {
        expect(() => read({ [name]: value }), name).to.throw(
          HashlaneError,
          `${name} must be a whole number from ${least} to ${most}`,
        );
      }
    }
  });

  it("names a least reward for tokens, or none at all", () => {
    expect(read({}).rewards).to.equal(null);
    expect([...(read({ rewards: { [ZERO_ADDRESS]: "7" } }).rewards ?? [])]).to.deep.equal([
      [ZERO_ADDRESS, 7n],
    ]);
    expect(() => read({ rewards: { ETH: "7" } })).to.throw(
      HashlaneError,
      "the name of rewards.ETH does not do",
    );
    expect(() => read({ rewards: { [ZERO_ADDRESS]: 7 } })).to.throw(
      HashlaneError,
      "must be base units as a decimal text",
    );
    expect(() => read({ reward: null })).to.throw(HashlaneError, "reward is not known here");
  });
});
