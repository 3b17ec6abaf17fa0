// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";

/// @title Calldata with bits outside of its types, which no compiler makes
contract DirtyCalldataTest is ChannelTest {
    uint256 private constant _SELECTOR_BYTES = 4;

    /// @dev Each word of Params with the lowest bit above its type set.
    function test_NoChannelOpensUnderDirtyParams() external {
        uint8[8] memory widths = [160, 160, 160, 160, 160, 64, 64, 144];
        bytes memory clean = abi.encodeCall(hashlane.open, (params, 1, 60, 40));
        vm.deal(address(this), 200);
        for (uint256 word; word < 8; ++word) {
            bytes memory dirty = withBit(clean, word, widths[word]);
            (bool done, bytes memory reason) = address(hashlane).call{value: 100}(dirty);
            vm.assertTrue(!done, "dirty");
            vm.assertEq(reason.length, 0, "an empty revert, as the compiler's decoder gives");
            bytes memory asked = withBit(abi.encodeCall(hashlane.paramsIdOf, (params)), word, widths[word]);
            (done, ) = address(hashlane).call(asked);
            vm.assertTrue(!done, "dirty id");
        }
        (bool opened, ) = address(hashlane).call{value: 100}(clean);
        vm.assertTrue(opened, "clean");
    }

    /// @dev Every other call finds no channel under dirty Params.
    function test_DirtyParamsNameNoChannel() external {
        open(60, 40);
        IHashlane.Signature memory signature = signClose(b, 0, START);
        bytes memory call = abi.encodeCall(hashlane.closeCooperatively, (params, 1, 0, START, signature));
        vm.prank(a.owner);
        (bool done, bytes memory reason) = address(hashlane).call(withBit(call, 7, 144));
        vm.assertTrue(!done, "dirty");
        vm.assertEq(reason, abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, OPEN, ENDED));
        vm.prank(a.owner);
        (done, ) = address(hashlane).call(call);
        vm.assertTrue(done, "clean");
    }

    /// @dev A number above its type would lie over its neighbour in the record's word.
    function test_LaneStatesAreWithinTheirTypes() external {
        open(60, 40);
        uint8[3] memory widths = [64, 64, 128];
        IHashlane.Signature memory none;
        bytes memory call = abi.encodeCall(
            hashlane.close,
            (params, 1, state(1, 0, 1), state(0, 0, 0), none, "")
        );
        for (uint256 word; word < 3; ++word) {
            vm.prank(a.owner);
            // After eight words of Params and the life.
            (bool done, bytes memory reason) = address(hashlane).call(withBit(call, 9 + word, widths[word]));
            vm.assertTrue(!done, "dirty");
            vm.assertEq(reason.length, 0, "an empty revert");
        }
        vm.prank(a.owner);
        (bool closed, ) = address(hashlane).call(call);
        vm.assertTrue(closed, "clean");
    }

    function withBit(bytes memory data, uint256 word, uint256 bit) private pure returns (bytes memory dirty) {
        dirty = bytes.concat(data);
        uint256 place = _SELECTOR_BYTES + 32 * word + 31 - bit / 8;
        dirty[place] = bytes1(uint8(dirty[place]) | uint8(1 << (bit % 8)));
    }
}
