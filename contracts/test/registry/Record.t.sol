// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SecretRegistry} from "../../SecretRegistry.sol";
import {ISecretRegistry} from "../../interfaces/ISecretRegistry.sol";
import {WitnessTree} from "../../libraries/WitnessTree.sol";
import {Trees} from "../support/Trees.t.sol";
import {Vm} from "../support/Vm.t.sol";

/// @dev See record.tree.
contract RecordTest {
    Vm private constant _VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant _START = 1_800_000_000;

    SecretRegistry private _registry;

    function setUp() external {
        _VM.warp(_START);
        _registry = new SecretRegistry();
    }

    function test_KeepsTheFirstTime() external {
        bytes32 witness = keccak256("w");
        _VM.assertEq(_registry.timeOfWitness(witness), 0);
        _VM.expectEmit(address(_registry));
        emit ISecretRegistry.Recorded(witness);
        _VM.assertEq(_registry.record(witness), _START);
        _VM.warp(_START + 5);
        _VM.recordLogs();
        _VM.assertEq(_registry.record(witness), _START);
        _VM.assertEq(_VM.getRecordedLogs().length, 0);
        _VM.assertEq(_registry.timeOfWitness(witness), _START);
        _VM.assertEq(_registry.timeOf(keccak256(abi.encode(witness, uint256(0)))), _START);
    }

    function test_KeepsAListUnderItsRootAndDepth() external {
        uint256[7] memory sizes = [uint256(1), 2, 3, 4, 5, 255, 256];
        for (uint256 i; i < sizes.length; ++i) {
            bytes32[] memory list = listOf(sizes[i], i);
            _VM.expectEmit(address(_registry));
            emit ISecretRegistry.ListRecorded(list);
            _VM.assertEq(_registry.recordList(list), _START);
            _VM.assertEq(_registry.timeOf(Trees.key(list)), _START);
        }
    }

    function test_AListAgainChangesNothing() external {
        bytes32[] memory list = listOf(9, 0);
        _registry.recordList(list);
        _VM.warp(_START + 5);
        _VM.recordLogs();
        _VM.assertEq(_registry.recordList(list), _START);
        _VM.assertEq(_VM.getRecordedLogs().length, 0);
        list[8] = bytes32(uint256(1));
        _VM.assertEq(_registry.recordList(list), _START + 5);
    }

    function test_AListOfOneIsTheRecordOfTheWitness() external {
        bytes32[] memory list = listOf(1, 0);
        _registry.recordList(list);
        _VM.warp(_START + 5);
        _VM.assertEq(_registry.record(list[0]), _START);
        _VM.assertEq(_registry.timeOfWitness(list[0]), _START);
    }

    function test_RevertWhen_TheListIsEmptyOrTooLong() external {
        bytes32[] memory list = new bytes32[](0);
        _VM.expectRevert(abi.encodeWithSelector(ISecretRegistry.BadListLength.selector, 0));
        _registry.recordList(list);
        list = listOf(257, 0);
        _VM.expectRevert(abi.encodeWithSelector(ISecretRegistry.BadListLength.selector, 257));
        _registry.recordList(list);
    }

    /// @dev An inner node with the rest of the tree has another depth, and so another key.
    function test_NeitherInnerNodesNorShorterListsShareAKey() external {
        bytes32[] memory four = listOf(4, 0);
        _registry.recordList(four);
        bytes32[] memory inner = new bytes32[](2);
        inner[0] = keccak256(abi.encode(four[0], four[1]));
        inner[1] = keccak256(abi.encode(four[2], four[3]));
        _VM.assertEq(_registry.timeOf(Trees.key(inner)), 0);
        bytes32 root = keccak256(abi.encode(inner[0], inner[1]));
        _VM.assertEq(_registry.timeOfWitness(root), 0);
        bytes32[] memory padded = new bytes32[](4);
        bytes32[] memory three = listOf(3, 0);
        for (uint256 i; i < 3; ++i) padded[i] = three[i];
        _registry.recordList(three);
        _VM.assertEq(_registry.timeOf(Trees.key(padded)), _START, "padding is the zero word, no witness");
    }

    function testFuzz_EveryWitnessLeadsToTheKey(uint256 size, uint256 index, uint256 seed) external {
        size = 1 + (size % 256);
        index %= size;
        bytes32[] memory list = listOf(size, seed % (1 << 128));
        _registry.recordList(list);
        bytes32[] memory proof = Trees.proof(list, index);
        bytes32[] memory siblings = new bytes32[](proof.length - 1);
        for (uint256 i; i < siblings.length; ++i) siblings[i] = proof[i + 1];
        bytes32 key = this.keyOfPath(list[index], index, siblings);
        _VM.assertEq(_registry.timeOf(key), _START);
    }

    function keyOfPath(
        bytes32 witness,
        uint256 index,
        bytes32[] calldata siblings
    ) external pure returns (bytes32) {
        return WitnessTree.keyOfPath(witness, index, siblings);
    }

    function listOf(uint256 size, uint256 seed) private pure returns (bytes32[] memory list) {
        list = new bytes32[](size);
        for (uint256 i; i < size; ++i) list[i] = keccak256(abi.encode(seed, i));
    }
}
