import { expect } from "chai";
import { BrowserProvider } from "ethers";
import { network } from "hardhat";
import { addressesText, readBook } from "../../scripts/addresses.ts";
import { accountOfNode, type Account } from "../../src/chain/account.ts";
import { findContracts, type AddressBook } from "../../src/chain/addresses.ts";
import { codeHashOf } from "../../src/chain/code.ts";
import { connectContracts } from "../../src/chain/contracts.ts";
import { deployContracts, USUAL_BOUNDS } from "../../src/chain/deploy.ts";
import { HashlaneError } from "../../src/protocol/error.ts";
import { must, parseAddress } from "../../src/protocol/checked.ts";
import type { Hex } from "../../src/protocol/types.ts";
import addresses from "../../deployments/addresses.json" with { type: "json" };

const NAMES = ["registry", "hashlane", "hashTimelock"] as const;

async function newChain(): Promise<Account> {
  const connection = await network.create();
  const provider = new BrowserProvider(connection.provider, "any", { cacheTimeout: -1, pollingInterval: 20 });
  const [first = ""] = (await provider.send("eth_accounts", [])) as string[];
  return accountOfNode(provider, must(parseAddress(first)));
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const thrown: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (thrown instanceof HashlaneError) return `${thrown.code}: ${thrown.message}`;
  throw new Error(`no HashlaneError: ${String(thrown)}`);
}

describe("deployments/addresses.json", () => {
  it("is of this build (`npm run addresses` writes it anew)", async () => {
    const text = await addressesText(await readBook());
    expect(JSON.parse(text), "run `npm run addresses` and commit what it writes").to.deep.equal(addresses);
  });

  it("forgets what it knows of chains as soon as a contract is another", async () => {
    const old = JSON.parse(JSON.stringify(addresses)) as typeof addresses & AddressBook;
    const chains = { 10: { firstBlock: 7 } };
    const kept = JSON.parse(await addressesText({ ...old, chains })) as AddressBook;
    expect(kept.chains).to.deep.equal({ 10: { firstBlock: 7 }, 31337: { firstBlock: 0 } });
    old.contracts.hashTimelock.initCodeHash = `0x${"00".repeat(32)}`;
    const forgotten = JSON.parse(await addressesText({ ...old, chains })) as AddressBook;
    expect(forgotten.chains).to.deep.equal({ 31337: { firstBlock: 0 } });
    expect((JSON.parse(await addressesText(null)) as AddressBook).chains).to.deep.equal(forgotten.chains);
  });

  it("leads a node to the contracts of a chain for which nobody gave addresses", async () => {
    const account = await newChain();
    const deployed = await deployContracts(account, USUAL_BOUNDS);
    const found = await findContracts(account.provider);
    expect(found).to.deep.equal({
      hashlane: deployed.hashlane.address,
      registry: deployed.registry.address,
      hashTimelock: deployed.hashTimelock.address,
      chainId: 31337n,
      firstBlock: 0,
    });
    const contracts = await connectContracts(account.provider, found);
    expect(contracts.registryAddress).to.equal(found.registry);
  });

  it("takes what it knows of a chain before what is usual", async () => {
    const account = await newChain();
    const other = await deployContracts(account, { leastChallenge: 1, mostChallenge: 2 });
    const own = {
      registry: other.registry.address,
      hashlane: other.hashlane.address,
      hashTimelock: other.hashTimelock.address,
    };
    const book = { ...addresses, chains: { 31337: { firstBlock: 9, contracts: own } } };
    expect(await findContracts(account.provider, book)).to.deep.equal({
      ...own,
      chainId: 31337n,
      firstBlock: 9,
    });
    const elsewhere = { ...addresses, chains: { 31338: { firstBlock: 9, contracts: own } } };
    expect(await refusal(findContracts(account.provider, elsewhere))).to.contain("contract: hashlane");
  });

  for (const name of NAMES) {
    const { address, codeHash, immutables } = addresses.contracts[name];

    it(`refuses a chain without the ${name}`, async () => {
      const account = await newChain();
      await deployContracts(account, USUAL_BOUNDS);
      await account.provider.send("hardhat_setCode", [address, "0x"]);
      expect(await refusal(findContracts(account.provider))).to.equal(
        "contract_missing: the contracts of this version are not on this chain (chain: in-process provider, " +
          `chain_id: 31337, contract: ${name}, address: ${address.toLowerCase()}). Deploy them with ` +
          "`npm run deploy -- --contracts-only`, or give the addresses of others.",
      );
    });

    it(`refuses a ${name} of which one byte is another, and none but those that its constructor wrote`, async () => {
      const account = await newChain();
      await deployContracts(account, USUAL_BOUNDS);
      const code = (await account.provider.getCode(address)) as Hex;
      const flip = async (at: number): Promise<Hex> => {
        const byte = (Number.parseInt(code.slice(2 + 2 * at, 4 + 2 * at), 16) ^ 1)
          .toString(16)
          .padStart(2, "0");
        const changed: Hex = `0x${code.slice(2, 2 + 2 * at)}${byte}${code.slice(4 + 2 * at)}`;
        await account.provider.send("hardhat_setCode", [address, changed]);
        return changed;
      };
      const starts: readonly number[] = immutables;
      const outside = starts.flatMap((start) => [start - 1, start + 32]).filter((at) => !starts.includes(at));
      for (const at of [0, code.length / 2 - 2, ...outside]) {
        const changed = await flip(at);
        expect(await refusal(findContracts(account.provider)), `byte ${at}`).to.equal(
          "contract_missing: the contract at this address is not of this version: its code is another (chain: " +
            `in-process provider, chain_id: 31337, contract: ${name}, address: ${address.toLowerCase()}, ` +
            `expected_code: ${codeHash}, actual_code: ${codeHashOf(changed, immutables)}). Check that the chain's ` +
            "node tells the truth, or give the addresses of others.",
        );
      }
      for (const at of starts.flatMap((start) => [start, start + 31])) {
        await flip(at);
        expect((await findContracts(account.provider))[name], `byte ${at}`).to.equal(address.toLowerCase());
      }
    });
  }
});
