import { expect } from "chai";
import { network } from "hardhat";
import hashlaneModule from "../../ignition/modules/hashlane.ts";
import { codeHashOf } from "../../src/chain/code.ts";
import type { Hex } from "../../src/protocol/types.ts";
import addresses from "../../deployments/addresses.json" with { type: "json" };

const NAMES = ["registry", "hashlane", "hashTimelock"] as const;

interface Ignited {
  readonly target: unknown;
  getFunction(name: string): { staticCall(): Promise<unknown> };
}

async function boundsOf(hashlane: Ignited): Promise<readonly unknown[]> {
  return [...((await hashlane.getFunction("challengePeriodBounds").staticCall()) as Iterable<unknown>)];
}

async function addressesOf(contracts: Readonly<Record<string, Ignited>>): Promise<readonly string[]> {
  const { hashlane } = contracts;
  if (hashlane === undefined) throw new Error("the module gives no hashlane");
  const registry = (await hashlane.getFunction("registry").staticCall()) as string;
  expect(registry).to.equal(contracts.registry?.target);
  return NAMES.map((name) => contracts[name]?.target as string);
}

describe("the Ignition module", () => {
  it("deploys this build, with the usual challenge periods or others", async () => {
    const { ignition, provider } = await network.create();
    const contracts = await ignition.deploy(hashlaneModule);
    const at = await addressesOf(contracts);
    for (const [index, name] of NAMES.entries()) {
      const code = (await provider.request({
        method: "eth_getCode",
        params: [at[index] ?? "", "latest"],
      })) as Hex;
      const { codeHash, immutables } = addresses.contracts[name];
      expect(codeHashOf(code, immutables), name).to.equal(codeHash);
    }
    const { leastChallenge, mostChallenge } = addresses.challengePeriods;
    expect(await boundsOf(contracts.hashlane)).to.deep.equal([BigInt(leastChallenge), BigInt(mostChallenge)]);

    const fresh = await network.create();
    const parameters = { Hashlane: { leastChallenge: 3600, mostChallenge: 7200 } };
    const { hashlane } = await fresh.ignition.deploy(hashlaneModule, { parameters });
    expect(await boundsOf(hashlane)).to.deep.equal([3600n, 7200n]);
  });

  it("has the same addresses on every chain with the create2 strategy, but not the usual ones", async () => {
    // Without CREATE2 another nonce gives other addresses.
    const ignite = async (nonce: number): Promise<readonly string[]> => {
      const { ignition, networkHelpers } = await network.create();
      await networkHelpers.setNonce("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266", nonce);
      return addressesOf(await ignition.deploy(hashlaneModule, { strategy: "create2" }));
    };
    const first = await ignite(1);
    expect(await ignite(77)).to.deep.equal(first);
    for (const name of NAMES) expect(first).not.to.include(addresses.contracts[name].address);
  });
});
