import { expect } from "chai";
import fc from "fast-check";
import type { CryptoSuite } from "../../../src/crypto/native-crypto.ts";
import { concatBytes, toHex } from "../../../src/protocol/bytes.ts";
import {
  FAILURE_BYTES,
  type FailCode,
  type FailureRead,
  makeFailure,
  readFailure,
  relayFailure,
} from "../../../src/protocol/onion/failure.ts";
import { MAX_HOPS } from "../../../src/protocol/onion/format.ts";
import { hmac, mask } from "../../../src/protocol/onion/mac.ts";
import { asciiBytes } from "../../../src/protocol/bytes.ts";
import { loadOnce, Row } from "./route.ts";

const CODES: readonly FailCode[] = [
  "unknown_payment",
  "wrong_amount",
  "expiry_too_soon",
  "fee_too_low",
  "no_capacity",
  "peer_offline",
  "unknown_channel",
  "bad_packet",
  "policy",
  "too_many_locks",
  "replayed",
  "next_unreadable",
  "parts_missing",
  "no_spontaneous",
  "cancelled",
  "stale_view",
  "share_full",
];
const PLACES = Array.from({ length: MAX_HOPS }, (_, at) => at);

describe("onion: failures", () => {
  let suite: CryptoSuite;
  let keys: readonly Uint8Array[];
  before(async () => {
    suite = await loadOnce();
    keys = new Row(suite, MAX_HOPS).make().keys;
  });

  const keyAt = (at: number): Uint8Array => keys[at] ?? new Uint8Array(32);

  /** As the node at this place passes it on; `change` is what it does to what it received, and to what it sends. */
  function back(
    origin: number,
    code: FailCode,
    change: { at: number; received?: (f: Uint8Array) => Uint8Array; sent?: (f: Uint8Array) => Uint8Array } = {
      at: -1,
    },
  ): Uint8Array {
    let failure = makeFailure(suite.crypto, keyAt(origin), code);
    for (let at = origin - 1; at >= 0; at--) {
      if (at === change.at && change.received !== undefined) failure = change.received(failure);
      failure = relayFailure(suite.crypto, keyAt(at), failure);
      if (at === change.at && change.sent !== undefined) failure = change.sent(failure);
    }
    return failure;
  }

  const flip = (at: number) => (failure: Uint8Array) => failure.with(at, (failure[at] ?? 0) ^ 0x10);

  it("tells the payer the node and the reason, for every place on every route, always in one size", () => {
    for (const count of [1, 2, 5, MAX_HOPS]) {
      for (const hop of PLACES.slice(0, count)) {
        const code = CODES[hop % CODES.length] ?? "policy";
        const failure = back(hop, code);
        expect(failure).to.have.lengthOf(FAILURE_BYTES);
        expect(readFailure(suite.crypto, keys.slice(0, count), failure)).to.deep.equal({
          kind: "failed",
          hop,
          code,
        });
      }
    }
    expect(FAILURE_BYTES).to.equal(904);
  });

  it("carries every code", () => {
    for (const code of CODES) {
      expect(readFailure(suite.crypto, keys, back(2, code))).to.deep.equal({ kind: "failed", hop: 2, code });
    }
  });

  it("[FEE-2] tells with the greatest and the least figures what a node asks that was paid too little rent", () => {
    for (const asked of [
      { slotFee: (1n << 128n) - 1n, rentPpm: 0 },
      { slotFee: 0n, rentPpm: 0xffffffff },
    ]) {
      const made = makeFailure(suite.crypto, keyAt(1), "rent_too_low", asked);
      const read = readFailure(suite.crypto, keys, relayFailure(suite.crypto, keyAt(0), made));
      expect(read).to.deep.equal({ kind: "failed", hop: 1, code: "rent_too_low", asked });
    }
  });

  it("says nothing to the nodes on the way: no two layers have 16 bytes in common, and no bytes are blank", () => {
    let failure = makeFailure(suite.crypto, keyAt(4), "policy");
    const seen = new Set<string>();
    for (let at = 3; at >= 0; at--) {
      for (let from = 0; from + 16 <= FAILURE_BYTES; from += 8)
        seen.add(toHex(failure.subarray(from, from + 16)));
      failure = relayFailure(suite.crypto, keyAt(at), failure);
    }
    expect(seen.size).to.equal(4 * 112);
    expect(seen).to.not.include(toHex(new Uint8Array(16)));
  });

  it("names one who spoils it and its neighbour, whatever it changes, and no honest pair", () => {
    const changes = fc.record({
      origin: fc.integer({ min: 1, max: MAX_HOPS - 1 }),
      byte: fc.nat(FAILURE_BYTES - 1),
      place: fc.nat(MAX_HOPS - 1),
      when: fc.constantFrom("received" as const, "sent" as const),
    });
    let garbled = 0;
    fc.assert(
      fc.property(changes, ({ origin, byte, place, when }) => {
        const at = place % origin;
        const read = readFailure(suite.crypto, keys, back(origin, "policy", { at, [when]: flip(byte) }));
        if (read.kind === "garbled") {
          garbled++;
          expect(read.hop - at, "the spoiler or the one after it shows it").to.be.oneOf([0, 1]);
        } else {
          // It changed what is lost on the way anyway.
          expect(read).to.deep.equal({ kind: "failed", hop: origin, code: "policy" });
          expect(byte).to.be.at.least(64);
        }
      }),
      { numRuns: 150 },
    );
    expect(garbled).to.be.greaterThan(40);
  });

  it("names the neighbours of a change of the reason itself, at every place", () => {
    for (const origin of [1, 2, 5, MAX_HOPS - 1]) {
      for (const at of PLACES.slice(0, origin)) {
        const sent = readFailure(suite.crypto, keys, back(origin, "policy", { at, sent: flip(20) }));
        expect(sent).to.deep.equal({ kind: "garbled", hop: at });
        const received = readFailure(suite.crypto, keys, back(origin, "policy", { at, received: flip(20) }));
        expect(received).to.deep.equal({ kind: "garbled", hop: at + 1 });
      }
    }
  });

  it("takes no node for another: a made-up failure in the name of a later node is garbled where it was made", () => {
    const madeUp = makeFailure(suite.crypto, suite.crypto.sha256(Uint8Array.of(1)), "policy");
    for (const at of [0, 1, 5]) {
      const read = readFailure(suite.crypto, keys, back(8, "policy", { at, received: () => madeUp }));
      expect(read).to.deep.equal({ kind: "garbled", hop: at + 1 });
    }
  });

  it("blames the last node for passing on what nobody can have sent to it", () => {
    const count = 3;
    const all = readFailure(suite.crypto, keys.slice(0, count), back(count, "policy"));
    expect(all).to.deep.equal({ kind: "garbled", hop: count - 1 });
  });

  it("keeps a reason that it does not know apart from a garbled one", () => {
    const content = new Uint8Array(48).fill(0);
    content[0] = 99;
    const originKey = hmac(suite.crypto, keyAt(0), asciiBytes("Hashlane failure 1 origin"));
    const body = concatBytes(hmac(suite.crypto, originKey, content).subarray(0, 16), content);
    const failure = relayFailure(
      suite.crypto,
      keyAt(0),
      concatBytes(body, new Uint8Array(FAILURE_BYTES - 64)),
    );
    expect(readFailure(suite.crypto, keys, failure)).to.deep.equal({
      kind: "unknown_reason",
      hop: 0,
      number: 99,
    });
  });

  it("is good for one packet: under the keys of another it is garbled", () => {
    const other = new Row(suite, MAX_HOPS).make(1).keys;
    expect(readFailure(suite.crypto, other, back(3, "policy"))).to.deep.equal({ kind: "garbled", hop: 0 });
  });

  it("never throws at bytes from peers, and passes on only what has the size", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2000, size: "max" }),
      fc.uint8Array({ minLength: FAILURE_BYTES, maxLength: FAILURE_BYTES, size: "max" }),
    );
    const garbled: FailureRead = { kind: "garbled", hop: 0 };
    fc.assert(
      fc.property(bytes, (raw) => {
        expect(readFailure(suite.crypto, keys, raw)).to.deep.equal(garbled);
        const isWhole = raw.length === FAILURE_BYTES;
        if (isWhole) mask(raw, relayFailure(suite.crypto, keyAt(0), raw));
        else
          expect(() => relayFailure(suite.crypto, keyAt(0), raw)).to.throw(RangeError, `not ${raw.length}`);
      }),
      { numRuns: 50 },
    );
  });
});
