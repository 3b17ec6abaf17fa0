import { expect } from "chai";
import fc from "fast-check";
import { isSignedPolicy, signPolicy } from "../../src/protocol/policy.ts";
import { createPortableSigner, portableCrypto as crypto } from "../../src/protocol/portable-crypto.ts";
import type { Policy } from "../../src/protocol/types.ts";
import { addressOf, DOMAIN } from "./lane-pair.ts";
import * as arbitrary from "./arbitraries.ts";

const SIGNER = createPortableSigner(new Uint8Array(32).fill(7));

describe("policies (section 3.5)", () => {
  it("are signed by the node that they name, in every field, for one domain", () => {
    const otherwise: { readonly [K in keyof Policy]-?: (policy: Policy) => Policy[K] } = {
      channel: () => `0x${"c2".repeat(32)}` as Policy["channel"],
      node: () => addressOf(9),
      seq: ({ seq }) => (seq === 0 ? 1 : seq - 1),
      feeBase: ({ feeBase }) => feeBase + 1n,
      feePpm: ({ feePpm }) => feePpm + 1,
      claimTime: ({ claimTime }) => claimTime + 1,
      minAmount: ({ minAmount }) => minAmount + 1n,
      maxAmount: ({ maxAmount }) => maxAmount + 1n,
      enabled: ({ enabled }) => !enabled,
      rent: ({ rent }) => ({ slotFee: rent?.slotFee ?? 0n, rentPpm: (rent?.rentPpm ?? 0) + 1 }),
    };
    fc.assert(
      fc.property(arbitrary.policy, (given) => {
        const { policy, signature } = signPolicy(crypto, SIGNER, DOMAIN, given);
        expect(policy).to.deep.equal({ ...given, node: SIGNER.address });
        expect(isSignedPolicy(crypto, DOMAIN, { policy, signature })).to.equal(true);
        const elsewhere = { ...DOMAIN, chainId: DOMAIN.chainId + 1n };
        expect(isSignedPolicy(crypto, elsewhere, { policy, signature }), "another chain").to.equal(false);
        for (const field of Object.keys(otherwise) as (keyof Policy)[]) {
          const changed = { ...policy, [field]: otherwise[field](policy) };
          expect(isSignedPolicy(crypto, DOMAIN, { policy: changed, signature }), field).to.equal(false);
        }
      }),
      { numRuns: 10 },
    );
  });
});
