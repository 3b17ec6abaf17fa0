// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title The notary of witnesses
/// @notice Remembers when a witness was first made public. One record decides a lock in every channel of a route,
/// however late each of them settles. One registry serves a whole chain and every version of the contracts; it
/// has no owner and no balance.
/// @dev A list is stored as one slot, keyed by the root of a binary keccak256 tree over its witnesses together with
/// the depth of that tree. At each level a missing right sibling is the zero word. Because the depth is part of the
/// key, an inner node cannot be passed off as a witness; because the zero word is no witness, neither can padding.
interface ISecretRegistry {
    /// @notice A single witness was recorded for the first time, at this block's timestamp.
    event Recorded(bytes32 witness);

    /// @notice A list of witnesses was recorded for the first time, at this block's timestamp. The event is the only
    /// place where the list can be read.
    event ListRecorded(bytes32[] witnesses);

    /// @notice A hash chain was opened further than ever before, at this block's timestamp.
    event ChainRecorded(bytes32 indexed commitment, uint256 number, uint256 index, bytes32 witness);

    /// @notice A list must hold 1 to 256 witnesses.
    error BadListLength(uint256 length);

    /// @notice The index is 0 or above 4096.
    error BadChainIndex(uint256 index);

    /// @notice The witness does not lead to the commitment in so many steps.
    error WrongChainWitness(bytes32 expected, bytes32 actual);

    /// @notice There is no checkpoint of this number.
    error BadHint(uint256 hint);

    /// @notice Records one witness. The same as a list of one, but cheaper. Recording again changes nothing.
    /// @return time Unix seconds at which it was first recorded: now, or earlier.
    function record(bytes32 witness) external returns (uint256 time);

    /// @notice Records 1 to 256 witnesses under one slot. Recording the same list again changes nothing.
    /// @return time Unix seconds at which this list was first recorded: now, or earlier.
    function recordList(bytes32[] calldata witnesses) external returns (uint256 time);

    /// @notice Records that a hash chain was opened up to `index`: hashing `witness` so many times with keccak256 gives
    /// the commitment. Every record that goes further than all before is a checkpoint, numbered from 1, and kept with
    /// its time. One that does not go further changes nothing.
    ///
    /// Emits {ChainRecorded}.
    /// @param commitment The first link of the chain, which a chain lock names.
    /// @param index 1 to 4096.
    /// @param hint Number of the newest checkpoint as far as the caller knows, 0 for none; checkpoints after it are
    /// found, at 2,100 gas each.
    /// @return number The newest checkpoint: this one, or one that goes as far or further.
    function recordChain(
        bytes32 commitment,
        uint256 index,
        bytes32 witness,
        uint256 hint
    ) external returns (uint256 number);

    /// @notice A checkpoint of a hash chain; zeros if there is none of this number yet.
    /// @return time Unix seconds at which it was recorded.
    /// @return index How far the chain was opened.
    function checkpointOf(
        bytes32 commitment,
        uint256 number
    ) external view returns (uint256 time, uint256 index);

    /// @notice When the list with this key was first recorded.
    /// @param key `keccak256(abi.encode(root, depth))`; of a single witness `keccak256(abi.encode(witness, 0))`.
    /// @return Unix seconds, 0 if never.
    function timeOf(bytes32 key) external view returns (uint256);

    /// @notice When this witness was recorded as a list of one, 0 if never. It may stand in longer lists as well.
    function timeOfWitness(bytes32 witness) external view returns (uint256);
}
