import { expect } from "chai";
import { BrowserProvider } from "ethers";
import { network } from "hardhat";

import { blockOfCreation } from "../../scripts/deploy/record.ts";
import { StoryFailure } from "../../scripts/story/failure.ts";
import { accountOfNode } from "../../src/chain/account.ts";
import { deployContracts, USUAL_BOUNDS } from "../../src/chain/deploy.ts";
import { must, parseAddress } from "../../src/protocol/checked.ts";

describe("the block in which a contract was made", () => {
  for (const [before, after] of [
    [0, 0],
    [1, 0],
    [5, 9],
    [16, 3],
  ] as const) {
    it(`is found with ${before} blocks before and ${after} after the deployment`, async () => {
      const { provider: source } = await network.create();
      const provider = new BrowserProvider(source, "any", { cacheTimeout: -1, pollingInterval: 20 });
      const [first = ""] = (await provider.send("eth_accounts", [])) as string[];
      const mine = (blocks: number): Promise<unknown> =>
        provider.send("hardhat_mine", [`0x${blocks.toString(16)}`]);
      if (before > 0) await mine(before);
      const account = await accountOfNode(provider, must(parseAddress(first)));
      const { registry, hashTimelock, firstBlock } = await deployContracts(account, USUAL_BOUNDS);
      if (after > 0) await mine(after);
      expect(firstBlock).to.equal(before + 1);
      expect(await blockOfCreation(provider, registry.address)).to.equal(before + 1);
      expect(await blockOfCreation(provider, hashTimelock.address)).to.equal(before + 3);
    });
  }

  it("is not told by a node that forgot old states", async () => {
    const { provider: source } = await network.create();
    const forgetful = {
      request: ({ method, params }: { method: string; params?: unknown[] | Record<string, unknown> }) => {
        const list = (params ?? []) as unknown[];
        if (method === "eth_getCode" && list[1] !== "latest") throw new Error("missing trie node");
        return source.request({ method, params: list });
      },
    };
    const provider = new BrowserProvider(forgetful, "any", { cacheTimeout: -1, pollingInterval: 20 });
    const [first = ""] = (await provider.send("eth_accounts", [])) as string[];
    const { registry } = await deployContracts(
      await accountOfNode(provider, must(parseAddress(first))),
      USUAL_BOUNDS,
    );
    const thrown: unknown = await blockOfCreation(provider, registry.address).catch(
      (reason: unknown) => reason,
    );
    expect(thrown).to.be.instanceOf(StoryFailure);
    expect((thrown as StoryFailure).message).to.match(
      /^the chain's node does not tell the code of 0x[0-9a-f]{40} at block 1 \(.*missing trie node.*\)\. Ask one that keeps old states \(an archive node\)\.$/,
    );
  });
});
