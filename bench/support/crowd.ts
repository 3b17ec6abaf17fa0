/** A local chain with many channels on it, for benchmarks. */
import type { World } from "../../scripts/story/world.ts";
import { openMany } from "../../src/chain/batches.ts";
import { addCredit } from "../../src/chain/funding.ts";
import { must, parseAddress, ZERO_ADDRESS } from "../../src/protocol/checked.ts";
import type { Address, Params } from "../../src/protocol/types.ts";

const BATCH = 100;
const NODES = 2000;

const nodeAt = (index: number): Address =>
  must(parseAddress(`0x${(0x1000 + index).toString(16).padStart(40, "0")}`));

function paramsOf(index: number): Params {
  const [a, b] = [index % NODES, (index * 7 + 1 + Math.floor(index / NODES)) % NODES];
  const [signerA, signerB] = [nodeAt(a), nodeAt(a === b ? (b + 1) % NODES : b)];
  const rest = { token: ZERO_ADDRESS, challengePeriod: 86_400, recoveryPeriod: 0, salt: BigInt(index) };
  return { ownerA: signerA, ownerB: signerB, signerA, signerB, ...rest };
}

/** Opens many channels in a block, then adds to the first ones, a deposit a block. */
export async function fill(
  { contracts, bank, chain }: World,
  channels: number,
  deposits: number,
): Promise<void> {
  await addCredit(contracts, bank, {
    token: ZERO_ADDRESS,
    owner: bank.address,
    amount: BigInt(channels) * 1000n,
  });
  for (let at = 0; at < channels; at += BATCH) {
    const count = Math.min(BATCH, channels - at);
    const fundings = Array.from({ length: count }, (_, i) => ({
      params: paramsOf(at + i),
      life: 1,
      amounts: { A: 1000n, B: 0n },
    }));
    await openMany(contracts, bank, fundings);
  }
  const { interface: abi } = contracts.hashlane;
  for (let i = 0; i < deposits; i++) {
    const id = await contracts.hashlane.paramsIdOf(paramsOf(i % channels));
    const data = abi.encodeFunctionData("deposit", [id, 1, false]);
    await chain.provider.send("eth_sendTransaction", [
      { from: bank.address, to: contracts.domain.contract, data, value: "0x1" },
    ]);
  }
}
