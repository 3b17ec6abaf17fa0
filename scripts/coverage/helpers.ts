/** Hardhat reports what is sent to this address if it is started with `--coverage`. */
const ADDRESS = "0xc0bEc0BEc0BeC0bEC0beC0bEC0bEC0beC0beC0BE";

/**
 * Sends the number of a point, and leaves all as it was: the two words of scratch space, and what the last call
 * returned, which is made anew by a call of the contract that returns what it is given (4). Two words of it are kept on
 * the stack, more in memory that nothing uses.
 */
const SEND = `
  let covFirst := mload(0x00)
  let covSecond := mload(0x20)
  let covSize := returndatasize()
  let covPlace := 0x00
  if gt(covSize, 0x40) { covPlace := add(mload(0x40), 0x10000) }
  returndatacopy(covPlace, 0, covSize)
  let covKeptFirst := mload(covPlace)
  let covKeptSecond := mload(add(covPlace, 0x20))
  mstore(0x00, covId)
  pop(staticcall(gas(), ${ADDRESS}, 0x00, 0x20, 0, 0))
  mstore(covPlace, covKeptFirst)
  mstore(add(covPlace, 0x20), covKeptSecond)
  pop(staticcall(gas(), 4, covPlace, covSize, 0, 0))
  mstore(0x00, covFirst)
  mstore(0x20, covSecond)
`.replace(/\s+/g, " ");

/** On one line, as all that is written into a source, so that its lines keep their numbers. */
export const ASSEMBLY_HELPERS =
  ` function yulHit(covId) {${SEND}}` +
  ` function yulBoth(covGiven, covId) -> covSame { covSame := covGiven yulHit(add(covId, iszero(covGiven))) }`;

export const SOLIDITY_HELPERS =
  `\nfunction coverHit(uint256 covId) view { assembly ("memory-safe") {${SEND}} }` +
  `\nfunction coverBoth(bool given, uint256 id) view returns (bool) { coverHit(given ? id : id + 1); return given; }\n`;
