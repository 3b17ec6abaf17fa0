import { expect } from "chai";
import { X509Certificate } from "node:crypto";
import fc from "fast-check";
import { createCertificate } from "../../src/transport/certificate.ts";
import {
  decodeFeatures,
  encodeFeatures,
  MAX_FEATURE_BYTES,
  notUnderstood,
} from "../../src/transport/features.ts";
import { Gate, type Entry } from "../../src/transport/gate.ts";
import {
  decodeRefusal,
  encodeRefusal,
  REFUSALS,
  type HandshakeRefusal,
} from "../../src/transport/refusal.ts";

const MOST_BIT = 8 * MAX_FEATURE_BYTES - 1;

describe("features", () => {
  it("come back as they went in, in the fewest bytes", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(MOST_BIT)), (bits) => {
        const bytes = encodeFeatures(new Set(bits));
        expect([...decodeFeatures(bytes)].sort()).to.deep.equal([...bits].sort());
        expect(bytes.length).to.equal(bits.length === 0 ? 0 : Math.floor(Math.max(...bits) / 8) + 1);
      }),
    );
  });

  it("stand from the lowest bit of the last byte upwards, 512 at most", () => {
    expect(encodeFeatures(new Set([0]))).to.deep.equal(Uint8Array.of(1));
    expect(encodeFeatures(new Set([1, 8, 15]))).to.deep.equal(Uint8Array.of(0x81, 2));
    expect(encodeFeatures(new Set([MOST_BIT]))).to.have.length(MAX_FEATURE_BYTES);
    expect(() => encodeFeatures(new Set([MOST_BIT + 1]))).to.throw(RangeError, "at most 511; given: 512");
  });

  it("are not understood if they are even and nobody knows either bit of the pair", () => {
    expect(notUnderstood(new Set([2, 5]), new Set([0, 1, 2, 3, 4, 6, 7]))).to.deep.equal([0, 6]);
    expect(notUnderstood(new Set(), new Set([1, 3, 511]))).to.deep.equal([]);
  });
});

describe("refusals", () => {
  it("come back as they went in, with at most 16 numbers", () => {
    for (const code of Object.keys(REFUSALS) as HandshakeRefusal[]) {
      for (const numbers of [[], [0], [511, 65_535]]) {
        expect(decodeRefusal(encodeRefusal({ code, numbers }))).to.deep.equal({ code, numbers });
      }
    }
    const many = Array.from({ length: 17 }, (_, at) => at);
    const frame = encodeRefusal({ code: "unknown_feature", numbers: many });
    expect(decodeRefusal(frame)?.numbers).to.deep.equal(many.slice(0, 16));
    expect(decodeRefusal(Uint8Array.of(...frame, 0, 1))).to.equal(null);
  });
});

describe("the gate", () => {
  const enter = (gate: Gate, address: string): Entry & { ok: true } => {
    const entry = gate.enter(address);
    if (!entry.ok) throw new Error(entry.problem);
    return entry;
  };

  it("counts by address, an IPv4 one in whatever form, and an IPv6 one by its first half", () => {
    const same = [
      ["192.0.2.1", "::ffff:192.0.2.1"],
      ["2001:db8::1", "2001:db8:0:0:ffff::9"],
      ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"],
      ["fe80::1%eth0", "fe80::2%eth0"],
      ["::1", "::2"],
    ] as const;
    for (const [one, other] of same) {
      const gate = new Gate({ most: 9, mostUnproven: 1, mostOfOne: 9 });
      enter(gate, one);
      expect(gate.enter(other), other).to.include({ ok: false });
    }
    const others = [
      ["192.0.2.1", "192.0.2.2"],
      ["2001:db8::1", "2001:db8:0:1::1"],
      ["2001:db8:1:2::", "2001:db8:1:3::"],
    ] as const;
    for (const [one, other] of others) {
      const gate = new Gate({ most: 9, mostUnproven: 1, mostOfOne: 9 });
      enter(gate, one);
      enter(gate, other);
    }
  });

  it("lets in again for each that left or was proven, once", () => {
    const gate = new Gate({ most: 3, mostUnproven: 1, mostOfOne: 9 });
    const { visit } = enter(gate, "a");
    expect(gate.enter("a").ok).to.equal(false);
    visit.proven();
    visit.proven();
    const second = enter(gate, "a");
    expect(gate.enter("a").ok).to.equal(false);
    second.visit.left();
    second.visit.left();
    enter(gate, "a");
    enter(gate, "b");
    expect(gate.enter("c")).to.deep.equal({
      ok: false,
      problem: "a connection was turned away: 3 are open, which is the most allowed",
      isFirst: true,
    });
    visit.left();
    enter(gate, "c");
  });

  it("lets so many of one address say who they are, and one that is connected take its own place", () => {
    const gate = new Gate({ most: 9, mostUnproven: 9, mostOfOne: 2 });
    const [one, two, three] = [enter(gate, "a").visit, enter(gate, "a").visit, enter(gate, "a").visit];
    expect([one.introduced(false), one.introduced(false), two.introduced(false)]).to.deep.equal([
      true,
      true,
      true,
    ]);
    expect(three.introduced(false)).to.equal(false);
    expect(enter(gate, "b").visit.introduced(false)).to.equal(true);
    expect(three.introduced(true), "in the place of another").to.equal(true);
    one.left();
    expect(one.introduced(true)).to.equal(false);
    expect(enter(gate, "a").visit.introduced(false), "it counts").to.equal(false);
    two.left();
    expect(enter(gate, "a").visit.introduced(false)).to.equal(true);
    expect(gate.turnedAway).to.deep.equal({ full: 0, unproven: 0, tooManyHere: 2 });
  });

  it("tells of a flood once, and of the next one again", () => {
    const gate = new Gate({ most: 1, mostUnproven: 9, mostOfOne: 9 });
    const { visit } = enter(gate, "a");
    const told = (): unknown => {
      const entry = gate.enter("b");
      return entry.ok ? "let in" : entry.isFirst;
    };
    expect([told(), told(), told()]).to.deep.equal([true, false, false]);
    visit.left();
    enter(gate, "a");
    expect([told(), told()]).to.deep.equal([true, false]);
  });
});

describe("a certificate", () => {
  it("is on P-256, signed by itself, names nobody, and lasts", async () => {
    const { certificate, privateKey } = await createCertificate();
    const read = new X509Certificate(certificate);
    expect(read.publicKey.asymmetricKeyDetails?.namedCurve).to.equal("prime256v1");
    expect(read.verify(read.publicKey)).to.equal(true);
    expect([read.subject, read.issuer]).to.deep.equal(["CN=Hashlane node", "CN=Hashlane node"]);
    expect(read.ca).to.equal(false);
    const years = new Date(read.validTo).getUTCFullYear() - new Date(read.validFrom).getUTCFullYear();
    expect(years).to.equal(100);
    expect(privateKey).to.match(/^-----BEGIN PRIVATE KEY-----/);
    expect((await createCertificate()).privateKey).not.to.equal(privateKey);
  });
});
