import type { ChainWorld } from "./chain-world.ts";

const ROOM = 120_000;
/** More than half of a block: besides one of these, a record or a close finds no room. */
const RIVAL_GAS = 90_000;
/** A byte of zero costs 10 gas at least (EIP-7623). */
const FILLING = `0x${"00".repeat((RIVAL_GAS - 21_000) / 10)}`;
const GWEI = 10n ** 9n;

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** From now on blocks are mined by hand and have room for little more than one transaction. */
export async function fullBlocks(world: ChainWorld): Promise<void> {
  await world.rpc("evm_setAutomine", false);
  await world.rpc("evm_setBlockGasLimit", hex(ROOM));
}

/** A block of which a stranger has taken the room, by a hair more than what is usual. */
export async function mineFull(world: ChainWorld, tip = GWEI + 1n): Promise<void> {
  const from = world.account(3).address;
  const fees = { maxFeePerGas: hex(20_000n * GWEI), maxPriorityFeePerGas: hex(tip) };
  await world.rpc("eth_sendTransaction", { from, to: from, data: FILLING, gas: hex(RIVAL_GAS), ...fees });
  await world.rpc("evm_mine");
}
