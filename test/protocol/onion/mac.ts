import { expect } from "chai";
import fc from "fast-check";
import { createHmac } from "node:crypto";
import { toHex } from "../../../src/protocol/bytes.ts";
import { hmac, isEqual, mask } from "../../../src/protocol/onion/mac.ts";
import { portableCrypto } from "../../../src/protocol/portable-crypto.ts";

describe("onion: message authentication", () => {
  it("is HMAC-SHA256 as OpenSSL computes it, over parts as over their whole", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 64 }),
        fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 }),
        (key, parts) => {
          const expected = createHmac("sha256", key).update(Buffer.concat(parts)).digest();
          expect(toHex(hmac(portableCrypto, key, ...parts))).to.equal(toHex(expected));
        },
      ),
    );
    expect(() => hmac(portableCrypto, new Uint8Array(65))).to.throw(RangeError, "at most 64 bytes, not 65");
  });

  it("compares all bytes and the length", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (bytes, at, flip) => {
          const place = at % bytes.length;
          expect(isEqual(bytes, bytes.slice())).to.equal(true);
          expect(isEqual(bytes, bytes.with(place, (bytes[place] ?? 0) ^ flip))).to.equal(false);
          expect(isEqual(bytes, bytes.subarray(1))).to.equal(false);
          expect(isEqual(bytes.subarray(1), bytes)).to.equal(false);
        },
      ),
    );
    expect(isEqual(new Uint8Array(1), new Uint8Array(2))).to.equal(false);
  });

  it("hides and shows again", () => {
    const [bytes, stream] = [Uint8Array.of(1, 2, 3), Uint8Array.of(255, 0, 1, 9)];
    mask(bytes, stream);
    expect([...bytes]).to.deep.equal([254, 2, 2]);
    mask(bytes, stream);
    expect([...bytes]).to.deep.equal([1, 2, 3]);
  });
});
