// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {IHashlane} from "../../interfaces/IHashlane.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";

/// @dev See bounds.tree: with which bounds of periods the contract can be deployed.
contract BoundsTest is ChannelTest {
    /// @dev A deadline has 34 bits; this many seconds after any time before the year 2378 fit them.
    uint256 private constant _LONGEST = type(uint32).max;

    function test_KeepsTheBounds() external {
        expectBounds(LEAST_CHALLENGE, MOST_CHALLENGE);
        expectBounds(0, 0);
        expectBounds(0, 1);
        expectBounds(5, 5);
        expectBounds(0, _LONGEST);
        expectBounds(_LONGEST - 1, _LONGEST);
        expectBounds(_LONGEST, _LONGEST);
    }

    function test_RevertWhen_NoPeriodIsWithinThem() external {
        expectRefusal(1, 0);
        expectRefusal(6, 5);
        expectRefusal(_LONGEST, _LONGEST - 1);
        expectRefusal(type(uint256).max, 0);
    }

    function test_RevertWhen_APeriodMightNotFit() external {
        expectRefusal(0, _LONGEST + 1);
        expectRefusal(_LONGEST + 1, _LONGEST + 1);
        expectRefusal(0, 2 ** 64 + 5);
        expectRefusal(type(uint256).max, type(uint256).max);
    }

    function expectBounds(uint256 least, uint256 most) private {
        (address deployed, bytes memory reason) = deploy(least, most);
        vm.assertEq(reason, "");
        (uint256 actualLeast, uint256 actualMost) = IHashlane(deployed).challengePeriodBounds();
        vm.assertEq(actualLeast, least, "least");
        vm.assertEq(actualMost, most, "most");
        vm.assertEq(address(IHashlane(deployed).registry()), address(registry));
    }

    function expectRefusal(uint256 least, uint256 most) private {
        (address deployed, bytes memory reason) = deploy(least, most);
        vm.assertEq(deployed, address(0));
        vm.assertEq(reason, abi.encodeWithSelector(IHashlaneErrors.BadBounds.selector, least, most));
    }

    function deploy(uint256 least, uint256 most) private returns (address deployed, bytes memory reason) {
        bytes memory code = vm.getCode("contracts/Hashlane.sol:Hashlane");
        code = bytes.concat(code, abi.encode(registry, least, most));
        assembly {
            deployed := create(0, add(code, 0x20), mload(code))
            if iszero(deployed) {
                reason := mload(0x40)
                mstore(reason, returndatasize())
                returndatacopy(add(reason, 0x20), 0, returndatasize())
                mstore(0x40, and(add(add(reason, returndatasize()), 0x3f), not(0x1f)))
            }
        }
    }
}
