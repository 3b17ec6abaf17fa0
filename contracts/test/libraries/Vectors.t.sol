// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {LockLists} from "../../libraries/LockLists.sol";

/// @dev The cheats that read the golden files.
interface FileVm {
    function readFile(string calldata path) external view returns (string memory data);
    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory);
    function parseJsonBytes32(string calldata json, string calldata key) external pure returns (bytes32);
    function parseJsonUint(string calldata json, string calldata key) external pure returns (uint256);
    function keyExistsJson(string calldata json, string calldata key) external view returns (bool);
    function toString(uint256 value) external pure returns (string memory);
    function expectRevert(bytes calldata reason) external;
    function assertEq(bytes32 left, bytes32 right) external pure;
    function assertEq(bytes calldata left, bytes calldata right) external pure;
    function assertEq(uint256 left, uint256 right) external pure;
}

/// @dev The lists of `vectors/locks.json`, which the core of the nodes writes, as the contract reads them.
contract VectorsTest {
    FileVm private constant _VM = FileVm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function test_HashLocksHaveTheGoldenRoots() external {
        _VM.assertEq(_checkAll(".cases["), 5);
    }

    function test_ListsOfBothKindsHaveTheGoldenRootsAndWeights() external {
        _VM.assertEq(_checkAll(".mixed["), 3);
    }

    function checkedRoot(bytes calldata list, uint256 limit) external pure returns (bytes32) {
        return LockLists.checkedRoot(list, limit);
    }

    function withoutWitnesses(bytes calldata list) external view returns (bytes memory) {
        return LockLists.withoutWitnesses(list);
    }

    function _checkAll(string memory group) private returns (uint256 count) {
        string memory json = _VM.readFile("vectors/locks.json");
        for (;;) {
            string memory key = string.concat(group, _VM.toString(count), "]");
            if (!_VM.keyExistsJson(json, key)) return count;
            _check(json, key);
            ++count;
        }
    }

    function _check(string memory json, string memory key) private {
        bytes memory packed = _VM.parseJsonBytes(json, string.concat(key, ".packed"));
        bytes memory shown = _VM.parseJsonBytes(json, string.concat(key, ".shown"));
        bytes32 root = _VM.parseJsonBytes32(json, string.concat(key, ".root"));
        string memory weightAt = string.concat(key, ".weight");
        // Of hash locks alone each entry weighs 1.
        uint256 weight = packed.length / 50;
        if (_VM.keyExistsJson(json, weightAt)) weight = _VM.parseJsonUint(json, weightAt);
        _VM.assertEq(this.checkedRoot(packed, weight), root);
        _VM.assertEq(this.withoutWitnesses(shown), packed);
        if (weight == 0) return;
        _VM.expectRevert(abi.encodeWithSelector(LockLists.TooManyLocks.selector, weight, weight - 1));
        this.checkedRoot(packed, weight - 1);
    }
}
