import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

const DAY = 86_400;

/**
 * The contracts for those who deploy with Hardhat Ignition. The addresses are Ignition's: of its account and nonce, or
 * with `--strategy create2` of the CreateX factory. Those of `deployments/addresses.json` come from `npm run deploy`.
 */
export default buildModule("Hashlane", (m) => {
  const registry = m.contract("SecretRegistry");
  const leastChallenge = m.getParameter("leastChallenge", 60);
  const mostChallenge = m.getParameter("mostChallenge", 365 * DAY);
  const hashlane = m.contract("Hashlane", [registry, leastChallenge, mostChallenge]);
  const hashTimelock = m.contract("HashTimelock");
  return { registry, hashlane, hashTimelock };
});
