import { expect } from "chai";
import { AbiCoder, keccak256, TypedDataEncoder, type TypedDataField } from "ethers";
import fc from "fast-check";
import {
  answerDigest,
  closeIntentDigest,
  cooperativeCloseDigest,
  resizeDigest,
  domainSeparator,
  fundingConsentDigest,
  laneDigest,
} from "../../src/protocol/eip712.ts";
import {
  channelId,
  checkParams,
  otherSide,
  paramsId,
  sideOf,
  signerOf,
} from "../../src/protocol/identity.ts";
import { policyDigest } from "../../src/protocol/policy.ts";
import { portableCrypto as crypto } from "../../src/protocol/portable-crypto.ts";
import type { Address, Body, ChannelId, Domain, Params, ParamsId } from "../../src/protocol/types.ts";
import * as arbitrary from "./arbitraries.ts";

const domain: fc.Arbitrary<Domain> = fc.record({
  chainId: fc.bigInt({ min: 1n, max: (1n << 64n) - 1n }),
  contract: arbitrary.hexOf<Address>(20),
});
const channel = arbitrary.hexOf<ChannelId>(32);
const body = arbitrary.hexOf<Body>(32);
const seq = arbitrary.safeUint;

function ethersDomain({ chainId, contract }: Domain) {
  return { name: "Hashlane", version: "1", chainId, verifyingContract: contract };
}

function fields(text: string): TypedDataField[] {
  return text.split(",").map((field) => {
    const [type = "", name = ""] = field.split(" ");
    return { type, name };
  });
}

function ethersDigest(where: Domain, type: string, text: string, value: Record<string, unknown>): string {
  return TypedDataEncoder.hash(ethersDomain(where), { [type]: fields(text) }, value);
}

describe("typed messages (section 2.3)", () => {
  it("[I7] separates domains as EIP-712 says", () => {
    fc.assert(
      fc.property(domain, (where) => {
        const separator = Buffer.from(domainSeparator(crypto, where)).toString("hex");
        expect(`0x${separator}`).to.equal(TypedDataEncoder.hashDomain(ethersDomain(where)));
      }),
    );
  });

  it("hashes a Lane as ethers does", () => {
    fc.assert(
      fc.property(domain, channel, seq, body, (where, id, number, hash) => {
        const value = { channel: id, seq: number, body: hash };
        const digest = ethersDigest(where, "Lane", "bytes32 channel,uint64 seq,bytes32 body", value);
        expect(laneDigest(crypto, where, id, number, hash)).to.equal(digest);
      }),
    );
  });

  it("hashes an Answer as ethers does", () => {
    const tower = arbitrary.hexOf<Address>(20);
    const answer = fc.record({ channel, seq, body, tower, reward: arbitrary.uint128 });
    const text = "bytes32 channel,uint64 seq,bytes32 body,address tower,uint256 reward";
    fc.assert(
      fc.property(domain, answer, (where, value) => {
        expect(answerDigest(crypto, where, value)).to.equal(ethersDigest(where, "Answer", text, value));
      }),
    );
  });

  it("hashes a CooperativeClose as ethers does, negative transfers included", () => {
    const close = fc.record({ channel, transfer: arbitrary.int256, validUntil: arbitrary.uint40 });
    const text = "bytes32 channel,int256 transfer,uint256 validUntil";
    fc.assert(
      fc.property(domain, close, (where, value) => {
        const digest = ethersDigest(where, "CooperativeClose", text, value);
        expect(cooperativeCloseDigest(crypto, where, value)).to.equal(digest);
      }),
    );
  });

  it("hashes a Resize as ethers does, withdrawals included", () => {
    const resize = fc.record({
      channel,
      count: arbitrary.uint40,
      changeA: arbitrary.int256,
      changeB: arbitrary.int256,
      validUntil: arbitrary.uint40,
    });
    const text = "bytes32 channel,uint256 count,int256 changeA,int256 changeB,uint256 validUntil";
    fc.assert(
      fc.property(domain, resize, (where, value) => {
        expect(resizeDigest(crypto, where, value)).to.equal(ethersDigest(where, "Resize", text, value));
      }),
    );
  });

  it("hashes a CloseIntent as ethers does", () => {
    const intent = fc.record({
      channel,
      ownSeq: seq,
      ownBody: body,
      theirSeq: seq,
      theirBody: body,
      humble: fc.boolean(),
      validUntil: arbitrary.uint40,
    });
    const text =
      "bytes32 channel,uint64 ownSeq,bytes32 ownBody,uint64 theirSeq,bytes32 theirBody,bool humble,uint256 validUntil";
    fc.assert(
      fc.property(domain, intent, (where, value) => {
        const digest = ethersDigest(where, "CloseIntent", text, value);
        expect(closeIntentDigest(crypto, where, value)).to.equal(digest);
      }),
    );
  });

  it("hashes a FundingConsent as ethers does", () => {
    const consent = fc.record({
      paramsId: arbitrary.hexOf<ParamsId>(32),
      life: fc.nat(),
      amount: arbitrary.uint128,
      otherAmount: arbitrary.uint128,
      validUntil: arbitrary.uint40,
    });
    const text = "bytes32 paramsId,uint256 life,uint256 amount,uint256 otherAmount,uint256 validUntil";
    fc.assert(
      fc.property(domain, consent, (where, value) => {
        const digest = ethersDigest(where, "FundingConsent", text, value);
        expect(fundingConsentDigest(crypto, where, value)).to.equal(digest);
      }),
    );
  });

  it("hashes a Policy as ethers does", () => {
    const text =
      "bytes32 channel,address node,uint64 seq,uint128 feeBase,uint32 feePpm,uint32 claimTime,uint128 minAmount,uint128 maxAmount,bool enabled";
    fc.assert(
      fc.property(domain, arbitrary.policy, (where, value) => {
        const { rent, ...terms } = value;
        const digest =
          rent === undefined
            ? ethersDigest(where, "Policy", text, terms)
            : ethersDigest(where, "Policy", `${text},uint128 slotFee,uint32 rentPpm`, { ...terms, ...rent });
        expect(policyDigest(crypto, where, value)).to.equal(digest);
      }),
    );
  });
});

describe("identity of channels [ID-4]", () => {
  const TUPLE = "tuple(address,address,address,address,address,uint256,uint256,uint256)";

  it("[ID-4] derives both ids as the contract's abi.encode does", () => {
    const coder = AbiCoder.defaultAbiCoder();
    fc.assert(
      fc.property(domain, arbitrary.params, fc.nat(0xffffffff), (where, params, life) => {
        const values = [
          params.ownerA,
          params.ownerB,
          params.signerA,
          params.signerB,
          params.token,
          params.challengePeriod,
          params.recoveryPeriod,
          params.salt,
        ];
        const encoded = coder.encode(["uint256", "address", TUPLE], [where.chainId, where.contract, values]);
        const id = paramsId(crypto, where, params);
        expect(id).to.equal(keccak256(encoded));
        const channelEncoded = coder.encode(["bytes32", "uint256"], [id, life]);
        expect(channelId(crypto, id, life)).to.equal(keccak256(channelEncoded));
      }),
    );
  });

  it("[ID-4] gives each life an id of its own", () => {
    const id = `0x${"12".repeat(32)}` as ParamsId;
    expect(channelId(crypto, id, 1)).not.to.equal(channelId(crypto, id, 2));
  });

  it("tells sides and signers", () => {
    fc.assert(
      fc.property(arbitrary.params, arbitrary.hexOf<Address>(20), (params, stranger) => {
        fc.pre(
          params.signerA !== params.signerB && stranger !== params.signerA && stranger !== params.signerB,
        );
        expect(sideOf(params, params.signerA)).to.equal("A");
        expect(sideOf(params, params.signerB)).to.equal("B");
        expect(sideOf(params, stranger)).to.equal(null);
        expect([signerOf(params, "A"), signerOf(params, "B")]).to.deep.equal([
          params.signerA,
          params.signerB,
        ]);
      }),
    );
    expect([otherSide("A"), otherSide("B")]).to.deep.equal(["B", "A"]);
  });

  it("[ID-3] takes Params with four parties and periods within the bounds of the deployment", () => {
    const at = (byte: string): Address => `0x${byte.repeat(20)}` as Address;
    const good: Params = {
      ownerA: at("a0"),
      ownerB: at("b0"),
      signerA: at("a1"),
      signerB: at("b1"),
      token: at("00"),
      challengePeriod: 60,
      recoveryPeriod: 0,
      salt: (1n << 144n) - 1n,
    };
    const problemOf = (change: Partial<Params>): string => {
      const checked = checkParams({ ...good, ...change }, { least: 60, most: 3600 });
      return checked.ok ? "none" : checked.problem;
    };
    expect(checkParams(good, { least: 60, most: 3600 })).to.deep.equal({ ok: true, value: good });
    for (const one of ["ownerA", "ownerB", "signerA", "signerB"] as const) {
      expect(problemOf({ [one]: at("00") })).to.equal(`${one} must not be the zero address`);
    }
    for (const one of ["ownerA", "signerA"] as const) {
      for (const other of ["ownerB", "signerB"] as const) {
        expect(problemOf({ [one]: good[other] })).to.equal(
          `${one} and ${other} must differ; both are ${good[other]}`,
        );
      }
    }
    expect(problemOf({ signerA: good.ownerA, signerB: good.ownerB }), "the owners' own keys").to.equal(
      "none",
    );
    for (const period of [60, 3600]) {
      expect(problemOf({ challengePeriod: period, recoveryPeriod: period })).to.equal("none");
    }
    for (const period of [0, 59, 3601, 60.5]) {
      expect(problemOf({ challengePeriod: period })).to.equal(
        `challengePeriod must be from 60 to 3600 seconds; given: ${period}`,
      );
      expect(problemOf({ recoveryPeriod: period })).to.equal(
        period === 0 ? "none" : `recoveryPeriod must be 0 or from 60 to 3600 seconds; given: ${period}`,
      );
    }
    for (const salt of [-1n, 1n << 144n]) {
      expect(problemOf({ salt })).to.equal(`salt must be from 0 to ${(1n << 144n) - 1n}; given: ${salt}`);
    }
  });
});
