// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";
import {FeeToken} from "../support/Hostile.t.sol";

/// @dev See deposit.tree.
contract DepositTest is ChannelTest {
    function test_AddsTheValueToTheSideNamed() external {
        open(60, 40);
        vm.deal(stranger.owner, 12);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Deposited(channel(), 65, 40);
        vm.prank(stranger.owner);
        hashlane.deposit{value: 5}(paramsId(), 1, false);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Deposited(channel(), 65, 47);
        vm.prank(stranger.owner);
        hashlane.deposit{value: 7}(paramsId(), 1, true);
        assertDeposits(65, 47);
        vm.assertEq(address(hashlane).balance, 112);
    }

    function test_AddsTokens() external {
        useToken();
        open(60, 40);
        bring(stranger.owner, 12);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Deposited(channel(), 65, 47);
        vm.prank(stranger.owner);
        hashlane.depositToken(params, 1, 5, 7);
        assertDeposits(65, 47);
        vm.assertEq(balanceOf(address(hashlane)), 112);
        vm.assertEq(balanceOf(stranger.owner), 0);
    }

    function test_RevertWhen_NothingIsBrought() external {
        open(60, 40);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.BadAmount.selector, 0, 0));
        hashlane.deposit(paramsId(), 1, false);
        useToken();
        open(60, 40);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.BadAmount.selector, 0, 0));
        hashlane.depositToken(params, 1, 0, 0);
    }

    function test_UpTo95BitsAndNoMore() external {
        open(INT96_MAX - 5, INT96_MAX - 5);
        vm.deal(address(this), 20);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.BadAmount.selector, 6, 0));
        hashlane.deposit{value: 6}(paramsId(), 1, false);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.BadAmount.selector, 0, 6));
        hashlane.deposit{value: 6}(paramsId(), 1, true);
        hashlane.deposit{value: 5}(paramsId(), 1, false);
        hashlane.deposit{value: 5}(paramsId(), 1, true);
        assertDeposits(INT96_MAX, INT96_MAX);
    }

    function test_TokensUpTo95BitsAndNoMore() external {
        useToken();
        open(INT96_MAX - 5, INT96_MAX - 5);
        bring(stranger.owner, 10);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.BadAmount.selector, 6, 0));
        hashlane.depositToken(params, 1, 6, 0);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.BadAmount.selector, 0, 6));
        hashlane.depositToken(params, 1, 0, 6);
        vm.prank(stranger.owner);
        hashlane.depositToken(params, 1, 5, 5);
        assertDeposits(INT96_MAX, INT96_MAX);
    }

    function test_RevertGiven_NotOpenInThisLife() external {
        vm.deal(address(this), 9);
        bytes32 id = paramsId();
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, OPEN, ENDED));
        hashlane.deposit{value: 1}(id, 1, false);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, OPEN, ENDED));
        hashlane.depositToken(params, 1, 1, 0);
        open(60, 40);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongLife.selector, 1, 2));
        hashlane.deposit{value: 1}(id, 2, false);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongLife.selector, 1, 0));
        hashlane.depositToken(params, 0, 1, 0);
    }

    /// @dev [CL-3]
    function test_RevertGiven_Closing() external {
        open(60, 40);
        close(state(0, 0, 0), state(0, 0, 0));
        vm.deal(address(this), 9);
        bytes32 id = paramsId();
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, OPEN, CLOSING));
        hashlane.deposit{value: 1}(id, 1, false);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, OPEN, CLOSING));
        hashlane.depositToken(params, 1, 1, 0);
    }

    function test_RevertGiven_AnEthChannel_WhenTokensAreBrought() external {
        open(60, 40);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongValue.selector, 5, 0));
        hashlane.depositToken(params, 1, 5, 0);
        assertDeposits(60, 40);
    }

    function test_RevertGiven_ATokenChannel_WhenOnlyTheIdIsNamed() external {
        useToken();
        open(60, 40);
        vm.deal(address(this), 1);
        bytes32 id = paramsId();
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.NotEthChannel.selector, id));
        hashlane.deposit{value: 1}(id, 1, false);
    }

    /// @dev [ST-3]
    function test_RevertWhen_TheTokenTakesAFee() external {
        FeeToken token = new FeeToken();
        params.token = address(token);
        bring(a.owner, 100);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongTokenAmount.selector, 100, 99));
        vm.prank(a.owner);
        hashlane.open(params, 1, 60, 40);
        vm.assertEq(phase(), ENDED);
        vm.assertEq(token.balanceOf(a.owner), 100);
    }

    function test_RevertWhen_TheTokensAreNotAllowed() external {
        useToken();
        open(60, 40);
        vm.expectRevert();
        vm.prank(stranger.owner);
        hashlane.depositToken(params, 1, 5, 0);
        assertDeposits(60, 40);
    }

    function testFuzz_DepositsAddUp(uint80 first, uint80 second, bool forB) external {
        vm.assume(first > 0 && second > 0);
        open(first, 0);
        vm.deal(address(this), second);
        hashlane.deposit{value: second}(paramsId(), 1, forB);
        if (forB) assertDeposits(first, second);
        else assertDeposits(uint256(first) + second, 0);
    }

    function assertDeposits(uint256 depositA, uint256 depositB) private view {
        uint256 slot = hashlane.slotOf(paramsId());
        vm.assertEq(uint256(uint96(slot)), depositA, "deposit of A");
        vm.assertEq(uint256(uint96(slot >> 96)), depositB, "deposit of B");
    }
}
