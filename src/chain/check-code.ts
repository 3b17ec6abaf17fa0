import { getBytes } from "ethers";
import { Hashlane__factory } from "../../typechain-types/index.ts";
import type { Contracts } from "./contracts.ts";

/** What this build's own code would look like at two other addresses: where they differ, code names its address. */
const DEPLOYERS = [`0x${"11".repeat(20)}`, `0x${"22".repeat(20)}`, `0x${"33".repeat(20)}`] as const;
/** Bytes of an address or a hash that happen to be equal in all of them. */
const MOST_EQUAL_BETWEEN = 4;

/**
 * Whether the contract is what this build compiles to, with its own registry and bounds: the chain runs our
 * constructor, without a transaction, and the results are compared but for what follows from the address.
 */
export async function isCodeOurs({
  provider,
  hashlane,
  registryAddress,
  domain,
}: Contracts): Promise<boolean> {
  const { least, most } = await hashlane.challengePeriodBounds();
  const values = Hashlane__factory.createInterface().encodeDeploy([registryAddress, least, most]);
  const data = `${Hashlane__factory.bytecode}${values.slice(2)}`;
  const ours = await Promise.all(
    DEPLOYERS.map(async (from) => getBytes(await provider.call({ from, data }))),
  );
  return isSameButAddress(getBytes(await provider.getCode(domain.contract)), ours);
}

/** Whether `code` is equal to all others wherever these are equal to each other. */
export function isSameButAddress(code: Uint8Array, others: readonly Uint8Array[]): boolean {
  const [first] = others;
  if (first?.length !== code.length || others.some(({ length }) => length !== code.length)) return false;
  const varies = [...first].map((byte, at) => others.some((other) => other[at] !== byte));
  return [...code].every((byte, at) => byte === first[at] || isInVariable(varies, at));
}

function isInVariable(varies: readonly boolean[], at: number): boolean {
  if (varies[at] === true) return true;
  const before = varies.slice(Math.max(0, at - MOST_EQUAL_BETWEEN), at);
  const after = varies.slice(at + 1, at + 1 + MOST_EQUAL_BETWEEN);
  return before.includes(true) && after.includes(true);
}
