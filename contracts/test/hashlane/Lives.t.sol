// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";
import {Signing} from "../support/Signing.t.sol";

/// @title [CL-4] Every call names the life, and no number that has more bits than a life passes for another
contract LivesTest is ChannelTest {
    uint256 private constant _FOREVER = type(uint256).max;

    function test_NoOtherNumberNamesAClosingChannel() external {
        open(60, 40);
        close(state(5, 3, 20), state(4, 2, 10));
        expectAllRefused();
        vm.warp(deadline);
        settle(nothing());
        vm.assertEq(phase(), ENDED);
    }

    function test_NoOtherNumberNamesAnOpenChannel() external {
        open(60, 40);
        expectAllRefused();
    }

    function test_NoOtherNumberNamesAnEndedChannel() external {
        open(60, 40);
        IHashlane.Signature memory signature = signClose(b, 0, _FOREVER);
        vm.prank(a.owner);
        hashlane.closeCooperatively(params, life, 0, _FOREVER, signature);
        expectAllRefused();
    }

    /// @dev All that differ from the present life in bits above it, up or down, each with signatures that name them.
    function expectAllRefused() private {
        uint256 before = hashlane.slotOf(paramsId());
        for (uint256 bit = 20; bit < 24; ++bit) {
            for (uint256 times = 1; times < 4; ++times) {
                expectRefused(1 + times * 2 ** bit);
                unchecked {
                    expectRefused(1 - times * 2 ** bit);
                }
            }
        }
        expectRefused(1 + 2 ** 234);
        expectRefused(1 + 2 ** 255);
        vm.assertEq(hashlane.slotOf(paramsId()), before);
    }

    function expectRefused(uint256 wrong) private {
        bytes32 elsewhere = Signing.channel(paramsId(), wrong);
        bytes32 separator = Signing.domain(address(hashlane));
        IHashlane.Signature memory end = sign(b, Signing.cooperativeClose(separator, elsewhere, 0, _FOREVER));
        IHashlane.Signature memory change = sign(b, Signing.resize(separator, elsewhere, 0, 0, 0, _FOREVER));
        IHashlane.Signature memory newer = sign(a, Signing.lane(separator, elsewhere, state(6, 3, 20)));
        IHashlane.Signature memory unused;
        IHashlane.LaneState memory zero = state(0, 0, 0);
        IHashlane.Intent memory intent;
        bytes[8] memory calls = [
            abi.encodeCall(hashlane.open, (params, wrong, 1, 0)),
            abi.encodeCall(hashlane.deposit, (paramsId(), wrong, false)),
            abi.encodeCall(hashlane.closeCooperatively, (params, wrong, 0, _FOREVER, end)),
            abi.encodeCall(hashlane.resize, (params, wrong, 0, 0, _FOREVER, change)),
            abi.encodeCall(hashlane.close, (params, wrong, zero, zero, unused, "")),
            abi.encodeCall(hashlane.closeFor, (params, wrong, record, zero, zero, unused, "", intent)),
            abi.encodeCall(hashlane.answer, (params, wrong, record, state(6, 3, 20), newer)),
            abi.encodeCall(hashlane.settle, (params, wrong, record, nothing()))
        ];
        for (uint256 i; i < calls.length; ++i) {
            address sender = i == 6 ? b.owner : a.owner;
            vm.deal(sender, 1);
            vm.prank(sender);
            (bool done, bytes memory reason) = address(hashlane).call{value: i < 2 ? 1 : 0}(calls[i]);
            vm.assertTrue(!done, "a call of another life was taken");
            bool named = bytes4(reason) == IHashlaneErrors.WrongPhase.selector;
            named = named || bytes4(reason) == IHashlaneErrors.WrongLife.selector;
            vm.assertTrue(
                named || bytes4(reason) == IHashlaneErrors.LivesExhausted.selector,
                "refused otherwise"
            );
        }
    }
}
