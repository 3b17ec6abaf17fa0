// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ISecretRegistry} from "./interfaces/ISecretRegistry.sol";
import {WitnessTree} from "./libraries/WitnessTree.sol";

/// @title The notary of witnesses
/// @notice See ISecretRegistry, which is the manual.
contract SecretRegistry is ISecretRegistry {
    mapping(bytes32 key => uint256 time) private _times;

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
    function timeOf(bytes32 key) external view returns (uint256) {
        return _times[key];
    }

    /// @inheritdoc ISecretRegistry
    function timeOfWitness(bytes32 witness) external view returns (uint256) {
        return _times[WitnessTree.keyOfWitness(witness)];
    }
}
