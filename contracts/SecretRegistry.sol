// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ISecretRegistry} from "./interfaces/ISecretRegistry.sol";
import {WitnessTree} from "./libraries/WitnessTree.sol";

/// @title The notary of witnesses
/// @notice See ISecretRegistry, which is the manual.
contract SecretRegistry is ISecretRegistry {
    uint256 private constant _MAX_CHAIN_INDEX = 4096;
    uint256 private constant _INDEX_BITS = 16;

    mapping(bytes32 key => uint256 time) private _times;
    /// @dev `time << 16 | index`.
    mapping(bytes32 commitment => mapping(uint256 number => uint256 checkpoint)) private _checkpoints;

    /// @inheritdoc ISecretRegistry
    function record(bytes32 witness) external returns (uint256 time) {
        bytes32 key = WitnessTree.keyOfWitness(witness);
        time = _times[key];
        if (time == 0) {
            _times[key] = time = block.timestamp;
            emit Recorded(witness);
        }
    }

    /// @inheritdoc ISecretRegistry
    function recordList(bytes32[] calldata witnesses) external returns (uint256 time) {
        if (witnesses.length == 0 || witnesses.length > 1 << WitnessTree.MAX_DEPTH) {
            revert BadListLength(witnesses.length);
        }
        bytes32 key = WitnessTree.keyOf(witnesses);
        time = _times[key];
        if (time == 0) {
            _times[key] = time = block.timestamp;
            emit ListRecorded(witnesses);
        }
    }

    /// @inheritdoc ISecretRegistry
    function recordChain(
        bytes32 commitment,
        uint256 index,
        bytes32 witness,
        uint256 hint
    ) external returns (uint256 number) {
        if (index == 0 || index > _MAX_CHAIN_INDEX) revert BadChainIndex(index);
        bytes32 actual = _hashTimes(witness, index);
        if (actual != commitment) revert WrongChainWitness(commitment, actual);

        mapping(uint256 number => uint256 checkpoint) storage checkpoints = _checkpoints[commitment];
        uint256 newest = hint == 0 ? 0 : checkpoints[hint];
        if (hint != 0 && newest == 0) revert BadHint(hint);
        number = hint;
        for (uint256 next = checkpoints[number + 1]; next != 0; next = checkpoints[number + 1]) {
            newest = next;
            ++number;
        }
        if (index <= uint16(newest)) return number;
        ++number;
        checkpoints[number] = (block.timestamp << _INDEX_BITS) | index;
        emit ChainRecorded(commitment, number, index, witness);
    }

    /// @inheritdoc ISecretRegistry
    function checkpointOf(
        bytes32 commitment,
        uint256 number
    ) external view returns (uint256 time, uint256 index) {
        uint256 checkpoint = _checkpoints[commitment][number];
        return (checkpoint >> _INDEX_BITS, uint16(checkpoint));
    }

    /// @inheritdoc ISecretRegistry
    function timeOf(bytes32 key) external view returns (uint256) {
        return _times[key];
    }

    /// @inheritdoc ISecretRegistry
    function timeOfWitness(bytes32 witness) external view returns (uint256) {
        return _times[WitnessTree.keyOfWitness(witness)];
    }

    /// @dev In assembly because a chain has thousands of steps.
    function _hashTimes(bytes32 word, uint256 times) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0x00, word)
            for {} times {
                times := sub(times, 1)
            } {
                mstore(0x00, keccak256(0x00, 0x20))
            }
            hash := mload(0x00)
        }
    }
}
