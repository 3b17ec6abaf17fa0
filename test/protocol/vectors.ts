import { readFile } from "node:fs/promises";
import { expect } from "chai";
import {
  AbiCoder,
  concat,
  keccak256,
  sha256,
  solidityPacked,
  toBeHex,
  TypedDataEncoder,
  verifyTypedData,
  ZeroHash,
} from "ethers";
import { goldenFiles, VECTORS } from "../../scripts/vectors.ts";

const coder = AbiCoder.defaultAbiCoder();

/** The files are our own; the tests say what they expect to find in them. */
async function read(name: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(name, VECTORS), "utf8"));
}

function domainOf({ chainId, contract }: { chainId: string; contract: string }) {
  return { name: "Hashlane", version: "1", chainId: BigInt(chainId), verifyingContract: contract };
}

function typeOf(text: string) {
  return text.split(",").map((field) => {
    const [type = "", name = ""] = field.split(" ");
    return { type, name };
  });
}

const TYPES = {
  Lane: typeOf("bytes32 channel,uint64 seq,bytes32 body"),
  Answer: typeOf("bytes32 channel,uint64 seq,bytes32 body,address tower,uint256 reward"),
  Resize: typeOf("bytes32 channel,uint256 count,int256 changeA,int256 changeB,uint256 validUntil"),
  CloseIntent: typeOf(
    "bytes32 channel,uint64 ownSeq,bytes32 ownBody,uint64 theirSeq,bytes32 theirBody,bool humble,uint256 validUntil",
  ),
  FundingConsent: typeOf(
    "bytes32 paramsId,uint256 life,uint256 amount,uint256 otherAmount,uint256 validUntil",
  ),
  CooperativeClose: typeOf("bytes32 channel,int256 transfer,uint256 validUntil"),
};

describe("golden files", () => {
  for (const [name, text] of goldenFiles()) {
    it(`${name} is what the code gives (node --import tsx scripts/vectors.ts writes it anew)`, async () => {
      expect(await readFile(new URL(name, VECTORS), "utf8")).to.equal(text);
    });
  }

  it("[ID-4] have the ids that ethers computes", async () => {
    const { domain, cases } = (await read("identity.json")) as Identities;
    for (const { params, paramsId, lives } of cases) {
      const types = ["uint256", "address", "address", "address", "address", "address", "address"];
      const { ownerA, ownerB, signerA, signerB, token, challengePeriod, recoveryPeriod, salt } = params;
      const encoded = coder.encode(
        [...types, "uint256", "uint256", "uint256"],
        [
          domain.chainId,
          domain.contract,
          ownerA,
          ownerB,
          signerA,
          signerB,
          token,
          challengePeriod,
          recoveryPeriod,
          salt,
        ],
      );
      expect(paramsId).to.equal(keccak256(encoded));
      for (const { life, channel } of lives) {
        expect(channel).to.equal(keccak256(coder.encode(["bytes32", "uint256"], [paramsId, life])));
      }
    }
  });

  it("[LOCK-1] have the lists that ethers packs, and witnesses that open their hashes", async () => {
    const { cases } = (await read("locks.json")) as LockLists;
    for (const { locks, packed, root, shown } of cases) {
      const entries = locks.map(({ amount, expiry, hash }) =>
        solidityPacked(["uint8", "uint96", "uint40", "bytes32"], [1, amount, expiry, hash]),
      );
      expect(packed).to.equal(concat(entries));
      const counted = concat([packed, solidityPacked(["uint32"], [locks.length])]);
      expect(root).to.equal(locks.length === 0 ? ZeroHash : keccak256(counted));
      locks.forEach(({ hash }, at) => {
        const entry = shown.slice(2 + at * 100, 102 + at * 100);
        const kind = at === 1 ? 0x01 : at % 3 === 0 ? 0x81 : 0x41;
        expect(Number.parseInt(entry.slice(0, 2), 16)).to.equal(kind);
        const last = `0x${entry.slice(36)}`;
        expect(at === 1 ? last : sha256(last)).to.equal(hash);
      });
    }
  });

  it("[LOCK-1] have mixed lists with chain locks of two entries, as ethers packs them", async () => {
    const { mixed } = (await read("locks.json")) as LockLists;
    const entry = (kind: number, amount: string, number: number, word: string): string =>
      solidityPacked(["uint8", "uint96", "uint40", "bytes32"], [kind, amount, number, word]);
    let chains = 0;
    for (const { locks, weight, packed, root, shown } of mixed) {
      const entries = locks.flatMap((lock) => {
        if (lock.kind === "hash") return [entry(1, lock.amount, lock.expiry, lock.hash)];
        const { amount, expiry, commitment, unit, start } = lock;
        chains += 1;
        return [entry(2, amount, expiry, commitment), entry(3, unit, start, ZeroHash)];
      });
      expect(packed).to.equal(concat(entries));
      expect(root).to.equal(keccak256(concat([packed, solidityPacked(["uint32"], [entries.length])])));
      expect(weight).to.equal(locks.reduce((sum, { kind }) => sum + (kind === "hash" ? 1 : 4), 0));
      const shownEntries = locks.flatMap((lock, at) => {
        const offset = 2 + 100 * entries.indexOf(entryOf(lock));
        const first = shown.slice(offset, offset + 100);
        if (lock.kind === "hash") {
          expect(first.slice(0, 36)).to.equal(`41${entryOf(lock).slice(4, 38)}`);
          expect(sha256(`0x${first.slice(36)}`)).to.equal(lock.hash);
          return [first];
        }
        const second = shown.slice(offset + 100, offset + 200);
        expect(`0x${first}`).to.equal(entryOf(lock));
        expect(`0x${second}`).to.equal(entry(0x43, lock.unit, lock.start, toBeHex(4096 - at, 32)));
        return [first, second];
      });
      expect(shown).to.equal(`0x${shownEntries.join("")}`);
    }
    expect(chains).to.equal(5);

    function entryOf(lock: MixedLock): string {
      if (lock.kind === "hash") return entry(1, lock.amount, lock.expiry, lock.hash);
      return entry(2, lock.amount, lock.expiry, lock.commitment);
    }
  });

  it("[I7] have the digests and the signer that ethers computes", async () => {
    const golden = (await read("messages.json")) as Messages;
    const domain = domainOf(golden.domain);
    expect(golden.separator).to.equal(TypedDataEncoder.hashDomain(domain));
    for (const { seq, sent, ack, locksRoot, body, digest, signature } of golden.lanes) {
      expect(body).to.equal(
        keccak256(coder.encode(["uint128", "uint64", "bytes32"], [sent, ack, locksRoot])),
      );
      const value = { channel: golden.channel, seq, body };
      expect(digest).to.equal(TypedDataEncoder.hash(domain, { Lane: TYPES.Lane }, value));
      expect(verifyTypedData(domain, { Lane: TYPES.Lane }, value, signature).toLowerCase()).to.equal(
        golden.signer,
      );
    }
    const digestOf = (name: keyof typeof TYPES, value: Record<string, unknown>): string =>
      TypedDataEncoder.hash(domain, { [name]: TYPES[name] }, value);
    expect(golden.answer.digest).to.equal(digestOf("Answer", golden.answer));
    expect(golden.resize.digest).to.equal(digestOf("Resize", golden.resize));
    expect(golden.fundingConsent.digest).to.equal(digestOf("FundingConsent", golden.fundingConsent));
    expect(golden.closeIntents.map(({ humble }) => humble)).to.deep.equal([false, true]);
    for (const intent of golden.closeIntents) {
      expect(intent.digest).to.equal(digestOf("CloseIntent", intent));
    }
    for (const close of golden.cooperativeCloses) {
      expect(close.digest).to.equal(digestOf("CooperativeClose", close));
    }
  });

  it("have records whose proofs lead to their keys", async () => {
    const { cases } = (await read("registry.json")) as Records;
    for (const { secrets, key, proofs } of cases) {
      for (const { index, proof } of proofs) {
        const [first = "0x", ...siblings] = proof;
        expect(BigInt(first)).to.equal(BigInt(siblings.length) | (BigInt(index) << 8n));
        const root = siblings.reduce(
          (node, sibling, level) =>
            keccak256(concat((index >> level) & 1 ? [sibling, node] : [node, sibling])),
          secrets[index] ?? "0x",
        );
        expect(keccak256(coder.encode(["bytes32", "uint256"], [root, siblings.length]))).to.equal(key);
      }
    }
  });
});

interface Identities {
  readonly domain: { readonly chainId: string; readonly contract: string };
  readonly cases: readonly {
    readonly params: Readonly<Record<string, string | number>>;
    readonly paramsId: string;
    readonly lives: readonly { readonly life: number; readonly channel: string }[];
  }[];
}

type MixedLock =
  | { readonly kind: "hash"; readonly amount: string; readonly expiry: number; readonly hash: string }
  | {
      readonly kind: "chain";
      readonly amount: string;
      readonly expiry: number;
      readonly commitment: string;
      readonly unit: string;
      readonly start: number;
    };

interface LockLists {
  readonly mixed: readonly {
    readonly locks: readonly MixedLock[];
    readonly weight: number;
    readonly packed: string;
    readonly root: string;
    readonly shown: string;
  }[];
  readonly cases: readonly {
    readonly locks: readonly { readonly amount: string; readonly expiry: number; readonly hash: string }[];
    readonly packed: string;
    readonly root: string;
    readonly shown: string;
  }[];
}

interface Messages {
  readonly domain: Identities["domain"];
  readonly separator: string;
  readonly channel: string;
  readonly signer: string;
  readonly lanes: readonly {
    readonly seq: number;
    readonly sent: string;
    readonly ack: number;
    readonly locksRoot: string;
    readonly body: string;
    readonly digest: string;
    readonly signature: string;
  }[];
  readonly answer: Readonly<Record<string, unknown>> & { readonly digest: string };
  readonly fundingConsent: Readonly<Record<string, unknown>> & { readonly digest: string };
  readonly closeIntents: readonly (Readonly<Record<string, unknown>> & { readonly digest: string })[];
  readonly resize: Readonly<Record<string, unknown>> & { readonly digest: string };
  readonly cooperativeCloses: readonly (Readonly<Record<string, unknown>> & { readonly digest: string })[];
}

interface Records {
  readonly cases: readonly {
    readonly secrets: readonly string[];
    readonly key: string;
    readonly proofs: readonly { readonly index: number; readonly proof: readonly string[] }[];
  }[];
}
