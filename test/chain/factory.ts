import { expect } from "chai";
import { BrowserProvider, getCreateAddress, Transaction } from "ethers";
import { network } from "hardhat";
import { accountOfNode, type Account } from "../../src/chain/account.ts";
import { deployContracts, initCodes, USUAL_BOUNDS } from "../../src/chain/deploy.ts";
import {
  addressOfCode,
  FACTORY,
  FACTORY_CODE,
  place,
  PLACEMENT,
  PLACER,
  requireFactory,
} from "../../src/chain/factory.ts";
import { HashlaneError } from "../../src/protocol/error.ts";
import { must, parseAddress } from "../../src/protocol/checked.ts";
import { Hashlane__factory } from "../../typechain-types/index.ts";

type Tamper = (method: string, params: readonly unknown[]) => unknown;

/** A new chain; what `tamper` answers other than undefined takes the place of the chain's answer. */
async function newChain(tamper: Tamper = () => undefined, hardfork?: "shanghai"): Promise<Account> {
  const connection = await network.create(
    hardfork === undefined ? undefined : { network: "default", override: { hardfork } },
  );
  const source = {
    request: async ({ method, params }: { method: string; params?: unknown[] | Record<string, unknown> }) => {
      const list = (params ?? []) as unknown[];
      const answer: unknown = await tamper(method, list);
      return answer ?? connection.provider.request({ method, params: list });
    },
  };
  const provider = new BrowserProvider(source, "any", { cacheTimeout: -1, pollingInterval: 20 });
  const [first = ""] = (await provider.send("eth_accounts", [])) as string[];
  return accountOfNode(provider, must(parseAddress(first)));
}

/** A chain that is no Hardhat and has no way to write code. */
const foreign: Tamper = (method) => {
  if (method === "web3_clientVersion") return "Other/v1";
  if (method === "hardhat_setCode") throw new Error("the method hardhat_setCode is unknown");
  return undefined;
};

async function failure(work: Promise<unknown>): Promise<HashlaneError> {
  const thrown: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (thrown instanceof HashlaneError) return thrown;
  throw new Error(`no HashlaneError: ${String(thrown)}`);
}

describe("the deployment factory", () => {
  it("has the address, the sender and the code that its signed transaction gives it", () => {
    const placement = Transaction.from(PLACEMENT);
    expect(placement.from?.toLowerCase()).to.equal(PLACER);
    expect(placement.to).to.equal(null);
    expect(placement.chainId).to.equal(0n);
    expect(getCreateAddress({ from: PLACER, nonce: placement.nonce }).toLowerCase()).to.equal(FACTORY);
    expect(placement.data.endsWith(FACTORY_CODE.slice(2))).to.equal(true);
    expect(placement.gasLimit * (placement.gasPrice ?? 0n)).to.equal(10n ** 16n);
  });

  it("is written into a Hardhat chain without a block", async () => {
    const account = await newChain();
    await requireFactory(account);
    expect(await account.provider.getCode(FACTORY)).to.equal(FACTORY_CODE);
    expect(await account.provider.getBlockNumber()).to.equal(0);
  });

  it("is placed by its signed transaction elsewhere, once, and gives the same addresses", async () => {
    const account = await newChain(foreign);
    const { provider } = account;
    const first = await deployContracts(account, USUAL_BOUNDS);
    expect(await provider.getCode(FACTORY)).to.equal(FACTORY_CODE);
    expect(await provider.getTransactionCount(PLACER)).to.equal(1);
    expect(await provider.getBlockNumber(), "payment, placement, three contracts").to.equal(5);
    expect(first.firstBlock).to.equal(3);

    const other = await deployContracts(await newChain(), USUAL_BOUNDS);
    expect(other.firstBlock).to.equal(1);
    for (const name of ["registry", "hashlane", "hashTimelock"] as const) {
      expect(first[name].address).to.equal(addressOfCode(initCodes(USUAL_BOUNDS)[name]));
      expect(other[name].address).to.equal(first[name].address);
    }
  });

  it("pays its sender only what is missing", async () => {
    const account = await newChain(foreign);
    await account.send({ to: PLACER, data: "0x", value: 10n ** 16n, pushes: false });
    await requireFactory(account);
    expect(await account.provider.getBlockNumber(), "payment of the test, placement").to.equal(2);
  });

  it("is missed with the reason of a node that refuses its transaction", async () => {
    const account = await newChain((method, params) => {
      if (method !== "eth_sendRawTransaction") return foreign(method, params);
      throw new Error("only replay-protected (EIP-155) transactions allowed over RPC");
    });
    const { code, message } = await failure(deployContracts(account, USUAL_BOUNDS));
    expect(code).to.equal("transaction_failed");
    expect(message).to.match(
      /^the usual deployment factory is not on this chain and cannot be placed there /,
    );
    expect(message).to.contain(
      `(factory: ${FACTORY}, account: ${account.address}, reason: legacy pre-eip-155 transactions not supported)`,
    );
  });

  it("is not taken for another contract at its address", async () => {
    const account = await newChain();
    await account.provider.send("hardhat_setCode", [FACTORY, "0x00"]);
    const { code, message } = await failure(deployContracts(account, USUAL_BOUNDS));
    expect(code).to.equal("contract_missing");
    expect(message).to.match(/^another contract stands at the address of the deployment factory \(address: /);
  });

  it("is of no use on a chain without the instructions of Cancun", async () => {
    const account = await newChain(undefined, "shanghai");
    const { code, message } = await failure(deployContracts(account, USUAL_BOUNDS));
    expect(code).to.equal("chain_wrong");
    expect(message).to.contain("it does not know the instructions MCOPY and TSTORE (Cancun)");
    expect(await account.provider.getCode(FACTORY)).to.equal("0x");
  });
});

describe("deploying the contracts", () => {
  it("finds what stands, and sends nothing", async () => {
    const account = await newChain();
    const first = await deployContracts(account, USUAL_BOUNDS);
    const block = await account.provider.getBlockNumber();
    const second = await deployContracts(account, USUAL_BOUNDS);
    expect(await account.provider.getBlockNumber()).to.equal(block);
    for (const name of ["registry", "hashlane", "hashTimelock"] as const) {
      expect(first[name].gasUsed > 0n, name).to.equal(true);
      expect(second[name]).to.deep.equal({ address: first[name].address, gasUsed: 0n, block: 0 });
    }
    expect(second.firstBlock).to.equal(0);
  });

  it("finds what somebody else deployed after it looked", async () => {
    const codes = initCodes(USUAL_BOUNDS);
    let asked = 0;
    const account = await newChain(async (method, params) => {
      if (method !== "eth_getCode" || params[0] !== addressOfCode(codes.registry)) return undefined;
      asked += 1;
      if (asked > 1) return undefined;
      await place(account, "the registry of somebody else", codes.registry);
      return "0x";
    });
    await requireFactory(account);
    const { gasUsed, address } = await place(account, "the SecretRegistry", codes.registry);
    expect(gasUsed).to.equal(0n);
    expect(address).to.equal(addressOfCode(codes.registry));
    expect(await account.provider.getBlockNumber()).to.equal(1);
  });

  it("says why a contract was not made", async () => {
    const account = await newChain();
    await requireFactory(account);
    // Code that reverts.
    const { code, message } = await failure(place(account, "nothing", "0x5f5ffd"));
    expect(code).to.equal("transaction_failed");
    expect(message).to.match(/^the deployment of nothing failed \(account: /);
  });

  it("gives other bounds and another registry other addresses, and the contract says them", async () => {
    const account = await newChain();
    const bounds = { leastChallenge: 3600, mostChallenge: 7200 };
    const usual = await deployContracts(account, USUAL_BOUNDS);
    const { hashlane, registry } = await deployContracts(account, bounds);
    expect(registry).to.deep.equal({ address: usual.registry.address, gasUsed: 0n, block: 0 });
    expect(hashlane.address).not.to.equal(usual.hashlane.address);
    const contract = Hashlane__factory.connect(hashlane.address, account.provider);
    expect([...(await contract.challengePeriodBounds())]).to.deep.equal([3600n, 7200n]);
    expect((await contract.registry()).toLowerCase()).to.equal(registry.address);
  });
});
