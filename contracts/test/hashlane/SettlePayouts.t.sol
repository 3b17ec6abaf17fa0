// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";
import {Lock, Locks} from "../support/Locks.t.sol";
import {Records} from "../support/Records.t.sol";

/// @dev See settle.tree: who may settle when, and what is paid without locks.
contract SettlePayoutsTest is ChannelTest {
    using Locks for Lock[];

    function openClosed(uint256 amountA, uint256 amountB, uint128 own, uint128 theirs) private {
        open(amountA, amountB);
        vm.deal(a.owner, 0);
        vm.deal(b.owner, 0);
        close(state(5, 3, own), state(4, 2, theirs));
    }

    function test_PaysBothAndEnds() external whoeverCloses {
        openClosed(60, 40, 20, 15);
        vm.warp(deadline);
        bool isB = closerIsB();
        vm.expectEmit(address(hashlane));
        emit IHashlane.Ended(channel(), isB ? 65 : 55, isB ? 35 : 45);
        settle(nothing());
        vm.assertEq(a.owner.balance, isB ? 65 : 55);
        vm.assertEq(b.owner.balance, isB ? 35 : 45);
        vm.assertEq(hashlane.slotOf(paramsId()), life * 2 ** 234);
        vm.assertEq(address(hashlane).balance, 0);
    }

    /// @dev All of it was withdrawn before, so nothing is due to anybody: its life ends all the same.
    function test_EndsAChannelThatHoldsNothing() external whoeverCloses {
        open(60, 0);
        IHashlane.Signature memory signature = signResize(b, 0, 0, -60, START);
        vm.prank(a.owner);
        hashlane.resize(params, life, 0, -60, START, signature);
        close(state(5, 3, 20), state(4, 2, 15));
        vm.warp(deadline);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Ended(channel(), 0, 0);
        hashlane.settle(params, life, record, nothing());
        vm.assertEq(hashlane.slotOf(paramsId()), 2 ** 234);
        vm.warp(START);
    }

    function test_PaysTokens() external {
        useToken();
        open(60, 40);
        close(state(5, 3, 20), state(4, 2, 15));
        vm.warp(deadline);
        settle(nothing());
        vm.assertEq(balanceOf(a.owner), 55);
        vm.assertEq(balanceOf(b.owner), 45);
        vm.assertEq(balanceOf(address(hashlane)), 0);
    }

    function test_FromTheDeadlineOn() external whoeverCloses {
        openClosed(60, 40, 20, 15);
        vm.warp(deadline - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IHashlaneErrors.DeadlineNotReached.selector, deadline, deadline - 1)
        );
        settle(nothing());
        vm.warp(deadline);
        settle(nothing());
        vm.assertEq(phase(), ENDED);
    }

    function test_RevertGiven_NotClosingInThisLife() external {
        open(60, 40);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, CLOSING, OPEN));
        settle(nothing());
        close(state(0, 0, 0), state(0, 0, 0));
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongLife.selector, 1, 2));
        hashlane.settle(params, 2, record, nothing());
        settle(nothing());
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, CLOSING, ENDED));
        settle(nothing());
    }

    function test_RevertGiven_AnotherRecord() external {
        openClosed(60, 40, 20, 15);
        vm.warp(deadline);
        IHashlane.Closing memory wrong = record;
        wrong.own = Records.lane(state(5, 3, 0));
        vm.expectRevert(
            abi.encodeWithSelector(IHashlaneErrors.StaleRecord.selector, keccak256(abi.encode(wrong)))
        );
        hashlane.settle(params, life, wrong, nothing());
    }

    /// @dev [PAY-1] Nothing that anybody signs makes a settlement pay more than there is, or revert.
    function test_ClampsWhatWasSignedBeyondTheDeposits() external {
        openClosed(60, 40, type(uint128).max, 0);
        vm.warp(deadline);
        settle(nothing());
        vm.assertEq(a.owner.balance, 0);
        vm.assertEq(b.owner.balance, 100);

        ++params.salt;
        openClosed(60, 40, 0, type(uint128).max);
        vm.warp(deadline);
        settle(nothing());
        vm.assertEq(a.owner.balance, 100);
        vm.assertEq(b.owner.balance, 0);
    }

    function testFuzz_PaysTheClampedDifference(
        uint96 amountA,
        uint96 amountB,
        uint128 sentA,
        uint128 sentB,
        bool byB
    ) external {
        amountA = uint96(amountA % (1 << 90));
        amountB = uint96(amountB % (1 << 90));
        if (amountA + amountB == 0) amountA = 1;
        if (sentA % 3 != 0) sentA = uint128(sentA % (uint256(amountA) + amountB + 2));
        if (sentB % 3 != 0) sentB = uint128(sentB % (uint256(amountA) + amountB + 2));
        (closer, other) = byB ? (b, a) : (a, b);
        openClosed(amountA, amountB, byB ? sentB : sentA, byB ? sentA : sentB);
        vm.warp(deadline);
        settle(nothing());

        int256 total = int256(uint256(amountA) + amountB);
        int256 part = int256(uint256(amountA)) + int256(uint256(sentB)) - int256(uint256(sentA));
        if (part < 0) part = 0;
        if (part > total) part = total;
        vm.assertEq(a.owner.balance, uint256(part), "A");
        vm.assertEq(b.owner.balance, uint256(total - part), "B");
        vm.assertEq(phase(), ENDED);
    }

    /// @dev [CL-5] The better of both states of the closer's lane counts.
    function test_TheAnsweredStateCountsIfItIsWorthMore() external whoeverCloses {
        openClosed(60, 40, 20, 15);
        answer(state(3, 3, 20));
        vm.warp(deadline);
        settle(nothing());
        uint256 own = closerIsB() ? 40 : 60;
        assertPaid(own - 20 + 15, 100 - own + 20 - 15);

        ++params.salt;
        openClosed(60, 40, 20, 15);
        answer(state(3, 3, 5));
        vm.warp(deadline);
        settle(nothing());
        assertPaid(own - 20 + 15, 100 - own + 20 - 15);
    }

    /// @dev [ST-2] Nobody can block another's exit.
    function test_APaymentThatFailsBecomesCredit() external {
        openClosed(60, 40, 20, 15);
        vm.etch(b.owner, hex"5f5ffd");
        vm.warp(deadline);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Credited(address(0), b.owner, 45);
        settle(nothing());
        vm.assertEq(a.owner.balance, 55);
        vm.assertEq(hashlane.creditOf(address(0), b.owner), 45);
    }

    /// @dev [CL-4] Who settles second, with the old record, harms nobody.
    function test_TheSecondOfTwoSettlesIsAClearRevert() external {
        openClosed(60, 40, 20, 15);
        vm.warp(deadline);
        settle(nothing());
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, CLOSING, ENDED));
        settle(nothing());
        vm.assertEq(a.owner.balance + b.owner.balance, 100);
    }
}
