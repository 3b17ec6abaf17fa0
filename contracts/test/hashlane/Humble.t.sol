// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {HumbleTest} from "../support/HumbleTest.t.sol";
import {Lock, Locks} from "../support/Locks.t.sol";
import {Records} from "../support/Records.t.sol";

/// @dev See humble.tree [CL-7]. The closer lost data: it declares state 5 of its lane and state 4 of the other.
contract HumbleCloseTest is HumbleTest {
    using Locks for Lock[];

    uint256 private constant _HUMBLE = 2 ** 193;
    uint40 private constant _EXPIRY = uint40(START + 5 days);

    function closeIt() private {
        openIt();
        closeHumbly(ownState(), theirState(), "");
    }

    function openIt() private {
        vm.warp(START);
        open(600, 400);
        vm.deal(a.owner, 0);
        vm.deal(b.owner, 0);
    }

    function test_TheRecoveryPeriodStandsInPlaceOfTheChallengePeriod() external whoeverCloses {
        openIt();
        IHashlane.Closing memory expected = Records.closed(closerIsB(), 600, 400, ownState(), theirState());
        expected.terms += _HUMBLE;
        IHashlane.Signature memory signature = signLane(other, theirState());
        IHashlane.Intent memory intent = signedBy(closer, true);
        vm.expectEmit(address(hashlane));
        emit IHashlane.CloseStarted(channel(), START + RECOVERY, expected, "");
        vm.prank(stranger.owner);
        hashlane.closeFor(params, life, record, ownState(), theirState(), signature, "", intent);
        vm.assertEq(hashlane.slotOf(paramsId()), Records.closingSlot(life, START + RECOVERY, expected));

        vm.warp(START + RECOVERY - 1);
        record = expected;
        expectSettleRevert(
            abi.encodeWithSelector(
                IHashlaneErrors.DeadlineNotReached.selector,
                START + RECOVERY,
                START + RECOVERY - 1
            ),
            stranger.owner,
            nothing()
        );
        answer(state(6, 3, 20));
        vm.warp(START + RECOVERY);
        expectRefused(
            state(7, 3, 20),
            abi.encodeWithSelector(
                IHashlaneErrors.DeadlinePassed.selector,
                START + RECOVERY,
                START + RECOVERY
            )
        );
        settle(nothing());
        vm.assertEq(phase(), ENDED);
    }

    /// @dev Each of these convicts an ordinary closer.
    function test_NothingConvicts() external whoeverCloses {
        IHashlane.LaneState[7] memory hidden = [
            state(6, 3, 20),
            state(type(uint64).max, 9, 500),
            state(5, 3, 21),
            state(5, 4, 20),
            state(5, 3, 19),
            state(4, 3, 21),
            state(2, 4, 20)
        ];
        for (uint256 i; i < hidden.length; ++i) {
            params.salt += 10;
            closeIt();
            IHashlane.Closing memory expected = record;
            expected.answered = Records.lane(hidden[i]);
            IHashlane.Signature memory signature = signLane(closer, hidden[i]);
            vm.expectEmit(address(hashlane));
            emit IHashlane.Answered(channel(), expected);
            vm.prank(other.owner);
            hashlane.answer(params, life, record, hidden[i], signature);
            vm.assertEq(hashlane.slotOf(paramsId()), Records.closingSlot(life, deadline, expected));
        }
    }

    /// @dev Nor by a tower, which then has earned nothing.
    function test_NothingConvictsForATower() external {
        closeIt();
        address tower = address(0x70e7);
        vm.deal(tower, 0);
        IHashlane.LaneState memory hidden = state(6, 3, 20);
        IHashlane.Signature memory signature = signLane(a, hidden);
        IHashlane.Signature memory consent = signAnswer(b, hidden, tower, 5);
        hashlane.answerFor(params, life, record, hidden, signature, tower, 5, consent);
        vm.assertEq(phase(), CLOSING);
        vm.assertEq(tower.balance, 0);
    }

    /// @dev The declared numbers with another list are another state: the closer signed both, and this one counts too.
    function test_TheDeclaredNumbersWithAnotherListCount() external whoeverCloses {
        closeIt();
        Lock[] memory locks = Locks.one(Lock(30, uint40(deadline + 1 days), secretOf("x"), Locks.WITNESS));
        IHashlane.LaneState memory lane = state(5, 3, 20, locks);
        expectUseless(state(5, 3, 20), 5, 2);
        answer(lane);
        vm.assertEq(record.answered, record.own);
        vm.assertEq(record.answeredLocks, locks.root());
        vm.warp(deadline);
        settle(shown(Locks.none(), Locks.none(), locks));
        assertPaid(own() - 20 - 30 + 10, 1000 - own() + 20 + 30 - 10);
    }

    function test_RevertWhen_TheStateCannotCount() external whoeverCloses {
        closeIt();
        expectUseless(state(0, 0, 0), 0, 1);
        expectUseless(state(1, 3, 20), 1, 2);
        expectUseless(ownState(), 5, 2);
        answer(state(2, 0, 0));
        expectUseless(state(2, 0, 1), 2, 3);
        answer(state(8, 3, 90));
        expectUseless(state(8, 3, 91), 8, 9);
        expectUseless(state(7, 3, 100), 7, 9);
        answer(state(9, 3, 30));
        vm.assertEq(record.answered, Records.lane(state(9, 3, 30)));
    }

    function test_TheClosersLaneIsWorthTheBetterOfBoth() external whoeverCloses {
        closeIt();
        answer(state(8, 3, 90));
        vm.warp(deadline);
        settle(nothing());
        assertPaid(own() - 90 + 10, 1000 - own() + 90 - 10);

        ++params.salt;
        closeIt();
        answer(state(8, 3, 5));
        vm.warp(deadline);
        settle(nothing());
        assertPaid(own() - 20 + 10, 1000 - own() + 20 - 10);
    }

    /// @dev It cannot be held to acks that it lost, so it is paid nothing on a condition.
    function test_TheLocksToTheCloserAreGivenUp() external whoeverCloses {
        openIt();
        Lock[] memory theirs = Locks.one(Lock(40, _EXPIRY, secretOf("theirs"), Locks.WITNESS));
        IHashlane.LaneState memory locked = state(4, 2, 10, theirs);
        bytes32 root = locked.locksRoot;
        IHashlane.Shown memory list = shown(Locks.none(), theirs, Locks.none());
        closeHumbly(ownState(), locked, "");
        vm.assertEq(record.theirLocks, bytes32(0));
        vm.warp(deadline);
        expectSettleRevert(
            abi.encodeWithSelector(IHashlaneErrors.WrongLocks.selector, bytes32(0), root),
            closer.owner,
            list
        );
        settle(nothing());
        assertPaid(own() - 20 + 10, 1000 - own() + 20 - 10);
        vm.assertEq(phase(), ENDED);
    }

    function test_TheLocksOfTheClosersLaneCount() external whoeverCloses {
        openIt();
        Lock[] memory locks = Locks.one(Lock(30, _EXPIRY, secretOf("own"), Locks.WITNESS));
        closeHumbly(state(5, 3, 20, locks), theirState(), locks.list());
        answer(state(6, 3, 60));
        vm.warp(deadline);
        settle(shown(locks, Locks.none(), Locks.none()));
        assertPaid(own() - 60 + 10, 1000 - own() + 60 - 10);

        ++params.salt;
        openIt();
        closeHumbly(ownState(), theirState(), "");
        answer(state(6, 3, 25, locks));
        vm.warp(deadline);
        settle(shown(Locks.none(), Locks.none(), locks));
        assertPaid(own() - 55 + 10, 1000 - own() + 55 - 10);
    }

    /// @dev Both together may still end it at once.
    function test_BothTogetherEndIt() external {
        closeIt();
        IHashlane.Signature memory signature = signClose(b, 25, UNTIL);
        vm.prank(a.owner);
        hashlane.closeCooperativelyWhileClosing(params, life, record, 25, UNTIL, signature);
        vm.assertEq(b.owner.balance, 425);
    }

    function test_AnOrdinaryCloseOfTheOtherSideReplacesIt() external whoeverCloses {
        closeIt();
        answer(state(8, 3, 90));
        (closer, other) = swapped();
        vm.warp(deadline - 1);
        IHashlane.LaneState memory theirs = state(9, 6, 95);
        IHashlane.LaneState memory mine = state(6, 9, 11);
        IHashlane.Closing memory expected = Records.closed(closerIsB(), 600, 400, mine, theirs);
        IHashlane.Intent memory intent;
        closeStates(closer.owner, mine, theirs, "", intent);
        vm.assertEq(abi.encode(record), abi.encode(expected));
        uint256 slot = Records.closingSlot(life, vm.getBlockTimestamp() + CHALLENGE, expected);
        vm.assertEq(hashlane.slotOf(paramsId()), slot);
        vm.warp(deadline);
        settle(nothing());
        assertPaid(own() - 11 + 95, 1000 - own() + 11 - 95);
    }

    /// @dev The answers given to the humble close are gone: its lane is worth what the new close declares.
    function test_WhatWasAnsweredBeforeIsVoid() external {
        closeIt();
        answer(state(8, 3, 90));
        (closer, other) = swapped();
        IHashlane.Intent memory intent;
        closeStates(closer.owner, state(4, 0, 10), state(2, 0, 7), "", intent);
        vm.assertEq(record.answered, 0);
        vm.warp(deadline);
        settle(nothing());
        assertPaid(400 - 10 + 7, 600 + 10 - 7);
    }

    /// @dev Also by a message, with deposits that a withdrawal has made negative.
    function test_ByMessageAndWithTheDepositsAsTheyAre() external {
        vm.warp(START);
        open(100, 400);
        IHashlane.Signature memory signature = signResize(b, 0, -300, 0, UNTIL);
        vm.prank(a.owner);
        hashlane.resize(params, life, -300, 0, UNTIL, signature);
        closeHumbly(ownState(), theirState(), "");
        (closer, other) = swapped();
        IHashlane.Intent memory intent = signedBy(b, false);
        closeBy(stranger.owner, intent);
        vm.assertEq(uint96(record.terms), uint96(uint256(-int256(200))));
        vm.assertEq(uint96(record.terms >> 96), 400);
        vm.assertEq(record.terms >> 192, 1);
    }

    /// @dev It is an ordinary close: who hides something in it loses all.
    function test_WhoReplacesAndHidesIsConvicted() external whoeverCloses {
        closeIt();
        (closer, other) = swapped();
        IHashlane.Intent memory intent;
        closeBy(closer.owner, intent);
        answer(state(6, 3, 20));
        vm.assertEq(phase(), ENDED);
        assertPaid(0, 1000);
    }

    function test_RevertWhen_TheDeadlineHasCome() external whoeverCloses {
        closeIt();
        (closer, other) = swapped();
        vm.warp(deadline);
        IHashlane.Intent memory intent;
        expectRefusedClose(
            closer.owner,
            abi.encodeWithSelector(IHashlaneErrors.DeadlinePassed.selector, deadline, deadline),
            intent
        );
        vm.warp(deadline - 1);
        closeBy(closer.owner, intent);
        vm.assertEq(record.terms & _HUMBLE, 0);
    }

    function test_RevertWhen_ItIsTheSameSideOrHumble() external whoeverCloses {
        closeIt();
        bytes memory reason = abi.encodeWithSelector(IHashlaneErrors.NotReplaceable.selector);
        IHashlane.Intent memory ordinary;
        IHashlane.Intent memory humble;
        humble.humble = true;
        expectRefusedClose(closer.owner, reason, ordinary);
        expectRefusedClose(closer.signer, reason, humble);
        (closer, other) = swapped();
        expectRefusedClose(closer.owner, reason, humble);
        reason = abi.encodeWithSelector(IHashlaneErrors.NotParticipant.selector, stranger.owner);
        expectRefusedClose(stranger.owner, reason, ordinary);
    }

    function test_RevertWhen_ItWasReplacedBefore() external whoeverCloses {
        closeIt();
        (closer, other) = swapped();
        IHashlane.Intent memory ordinary;
        closeBy(closer.owner, ordinary);
        bytes memory reason = abi.encodeWithSelector(IHashlaneErrors.NotReplaceable.selector);
        expectRefusedClose(closer.owner, reason, ordinary);
        (closer, other) = swapped();
        expectRefusedClose(closer.owner, reason, ordinary);
    }

    function test_RevertWhen_TheRecordIsAnother() external {
        closeIt();
        IHashlane.Closing memory old = record;
        answer(state(8, 3, 90));
        record = old;
        (closer, other) = swapped();
        IHashlane.Intent memory ordinary;
        bytes memory reason = abi.encodeWithSelector(
            IHashlaneErrors.StaleRecord.selector,
            keccak256(abi.encode(old))
        );
        expectRefusedClose(closer.owner, reason, ordinary);
    }

    function test_RevertWhen_SentAsAPlainClose() external {
        closeIt();
        IHashlane.Signature memory signature = signLane(a, theirState());
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, OPEN, CLOSING));
        vm.prank(b.owner);
        hashlane.close(params, life, ownState(), theirState(), signature, "");
    }

    function expectRefusedClose(address sender, bytes memory reason, IHashlane.Intent memory intent) private {
        bytes memory call = callWith(intent);
        vm.prank(sender);
        (bool done, bytes memory actual) = address(hashlane).call(call);
        vm.assertTrue(!done, "not refused");
        vm.assertEq(actual, reason);
    }

    function expectUseless(IHashlane.LaneState memory lane, uint256 seq, uint256 lowest) private {
        expectRefused(lane, abi.encodeWithSelector(IHashlaneErrors.UselessAnswer.selector, seq, lowest));
    }

    function expectRefused(IHashlane.LaneState memory lane, bytes memory reason) private {
        IHashlane.Signature memory signature = signLane(closer, lane);
        vm.expectRevert(reason);
        vm.prank(other.owner);
        hashlane.answer(params, life, record, lane, signature);
    }

    /// @dev The closer's deposit.
    function own() private view returns (uint256) {
        return closerIsB() ? 400 : 600;
    }
}
