import { Interface } from "ethers";
import {
  Hashlane__factory,
  SecretRegistry__factory,
  TestToken__factory,
} from "../../typechain-types/index.ts";

/** What the contracts are called with and answer. */
export const INTERFACES: readonly Interface[] = [
  new Interface(Hashlane__factory.abi),
  new Interface(SecretRegistry__factory.abi),
  new Interface(TestToken__factory.abi),
];
