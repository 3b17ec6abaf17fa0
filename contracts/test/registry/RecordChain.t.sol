// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SecretRegistry} from "../../SecretRegistry.sol";
import {ISecretRegistry} from "../../interfaces/ISecretRegistry.sol";
import {Vm} from "../support/Vm.t.sol";

/// @dev See recordChain.tree.
contract RecordChainTest {
    Vm private constant _VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant _START = 1_800_000_000;
    uint256 private constant _LENGTH = 4096;

    SecretRegistry private _registry;
    bytes32 private _commitment;

    function setUp() external {
        _VM.warp(_START);
        _registry = new SecretRegistry();
        _commitment = link(0);
    }

    function test_GivenNothing_KeepsTheFirstCheckpoint() external {
        bytes32 witness = link(100);
        _VM.expectEmit(address(_registry));
        emit ISecretRegistry.ChainRecorded(_commitment, 1, 100, witness);
        _VM.assertEq(_registry.recordChain(_commitment, 100, witness, 0), 1);
        assertCheckpoint(1, _START, 100);
        assertCheckpoint(2, 0, 0);
        assertCheckpoint(0, 0, 0);
    }

    function test_WhenFurther_KeepsAllWithTheirTimes() external {
        record(1, 0);
        _VM.warp(_START + 50);
        _VM.assertEq(record(2, 1), 2);
        _VM.warp(_START + 90);
        _VM.assertEq(record(_LENGTH, 2), 3);
        assertCheckpoint(1, _START, 1);
        assertCheckpoint(2, _START + 50, 2);
        assertCheckpoint(3, _START + 90, _LENGTH);
    }

    function test_WhenNotFurther_ChangesNothing() external {
        record(5, 0);
        _VM.warp(_START + 50);
        _VM.assertEq(record(5, 1), 1);
        _VM.assertEq(record(4, 1), 1);
        _VM.assertEq(record(1, 0), 1);
        assertCheckpoint(1, _START, 5);
        assertCheckpoint(2, 0, 0);
    }

    function test_WhenTheHintIsOutOfDate_FindsTheNewest() external {
        for (uint256 i = 1; i <= 4; ++i) record(10 * i, i - 1);
        _VM.assertEq(record(35, 1), 4);
        _VM.assertEq(record(41, 0), 5);
        assertCheckpoint(5, _START, 41);
    }

    function test_RevertWhen_TheHintNamesNoCheckpoint() external {
        record(5, 0);
        bytes32 witness = link(6);
        _VM.expectRevert(abi.encodeWithSelector(ISecretRegistry.BadHint.selector, 2));
        _registry.recordChain(_commitment, 6, witness, 2);
        _VM.expectRevert(abi.encodeWithSelector(ISecretRegistry.BadHint.selector, type(uint256).max));
        _registry.recordChain(_commitment, 6, witness, type(uint256).max);
    }

    function test_RevertWhen_TheIndexIsOutOfBounds() external {
        _VM.expectRevert(abi.encodeWithSelector(ISecretRegistry.BadChainIndex.selector, 0));
        _registry.recordChain(_commitment, 0, _commitment, 0);
        bytes32 commitment = keccak256(abi.encode(_commitment));
        bytes32 witness = link(_LENGTH);
        _VM.expectRevert(abi.encodeWithSelector(ISecretRegistry.BadChainIndex.selector, _LENGTH + 1));
        _registry.recordChain(commitment, _LENGTH + 1, witness, 0);
    }

    function test_RevertWhen_TheWitnessIsAnother() external {
        bytes32 witness = link(7);
        bytes32 actual = keccak256(abi.encode(_commitment));
        _VM.expectRevert(
            abi.encodeWithSelector(ISecretRegistry.WrongChainWitness.selector, _commitment, actual)
        );
        _registry.recordChain(_commitment, 8, witness, 0);
        _VM.expectRevert(
            abi.encodeWithSelector(ISecretRegistry.WrongChainWitness.selector, _commitment, link(1))
        );
        _registry.recordChain(_commitment, 6, witness, 0);
    }

    function testFuzz_TheNewestCheckpointIsTheHighestIndexEverShown(uint256 seed) external {
        uint256 highest;
        uint256 count;
        for (uint256 i; i < 12; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 index = 1 + (seed % 64);
            uint256 hint = count == 0 ? 0 : (seed >> 128) % (count + 1);
            if (index > highest) (highest, count) = (index, count + 1);
            _VM.assertEq(record(index, hint), count);
        }
        assertCheckpoint(count, _START, highest);
        assertCheckpoint(count + 1, 0, 0);
    }

    function record(uint256 index, uint256 hint) private returns (uint256) {
        return _registry.recordChain(_commitment, index, link(index), hint);
    }

    function assertCheckpoint(uint256 number, uint256 time, uint256 index) private view {
        (uint256 actualTime, uint256 actualIndex) = _registry.checkpointOf(_commitment, number);
        _VM.assertEq(actualTime, time, "time");
        _VM.assertEq(actualIndex, index, "index");
    }

    /// @dev The link that hashes to the commitment in so many steps.
    function link(uint256 index) private pure returns (bytes32 word) {
        word = keccak256("the last link");
        for (uint256 i = index; i < _LENGTH; ++i) word = keccak256(abi.encode(word));
    }
}
