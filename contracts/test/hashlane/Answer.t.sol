// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";
import {Records} from "../support/Records.t.sol";
import {Signing} from "../support/Signing.t.sol";
import {Vm} from "../support/Vm.t.sol";

/// @dev See answer.tree.
contract AnswerTest is ChannelTest {
    bytes32 private constant _LOCKS = bytes32(uint256(0x10c5));

    /// @dev The closer declares state 5: sent 20, ack 3; theirs acknowledges state 2.
    function closeAtFive() private {
        open(600, 400);
        vm.deal(b.owner, 0);
        close(state(5, 3, 20), state(4, 2, 10));
    }

    function test_ConvictsByAHigherSeq() external whoeverCloses {
        closeAtFive();
        expectConviction(state(6, 3, 20));
    }

    function test_ConvictsByTheSameSeqWithAnotherBody() external whoeverCloses {
        IHashlane.LaneState[5] memory others = [
            state(5, 3, 21),
            state(5, 3, 19),
            state(5, 4, 20),
            state(5, 2, 20),
            state(5, 3, 20)
        ];
        others[4].locksRoot = _LOCKS;
        for (uint256 i; i < others.length; ++i) {
            params.salt += 10;
            closeAtFive();
            expectConviction(others[i]);
        }
    }

    function test_ConvictsByALowerSeqWithMoreSentOrAck() external whoeverCloses {
        IHashlane.LaneState[4] memory others = [
            state(4, 3, 21),
            state(4, 4, 20),
            state(1, 0, 21),
            state(1, 4, 0)
        ];
        for (uint256 i; i < others.length; ++i) {
            params.salt += 10;
            closeAtFive();
            expectConviction(others[i]);
        }
    }

    function test_ConvictsAfterAnotherAnswer() external whoeverCloses {
        closeAtFive();
        answer(state(4, 3, 20));
        expectConviction(state(3, 0, 21));
    }

    function test_ConvictsInTokens() external {
        useToken();
        open(600, 400);
        close(state(5, 3, 20), state(4, 2, 10));
        expectConviction(state(6, 0, 0));
        vm.assertEq(balanceOf(address(hashlane)), 0);
    }

    /// @dev [I3]
    function test_AnOlderStateOfTheSameHistoryDoesNotConvict() external whoeverCloses {
        closeAtFive();
        IHashlane.LaneState memory older = state(4, 3, 20);
        older.locksRoot = _LOCKS;
        IHashlane.Closing memory expected = record;
        expected.answered = Records.lane(older);
        expected.answeredLocks = _LOCKS;
        IHashlane.Signature memory signature = signLane(closer, older);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Answered(channel(), expected);
        vm.prank(other.owner);
        hashlane.answer(params, life, record, older, signature);
        uint256 slot = Records.closingSlot(life, deadline, expected);
        vm.assertEq(hashlane.slotOf(paramsId()), slot);
        assertPaid(0, 0);
    }

    function test_RevertWhen_TheStateIsUseless() external whoeverCloses {
        closeAtFive();
        expectUseless(state(0, 0, 0), 0, 1);
        expectUseless(state(5, 3, 20), 5, 2);
        expectUseless(state(1, 3, 20), 1, 2);
        answer(state(2, 1, 5));
        expectUseless(state(2, 1, 5), 2, 3);
        expectUseless(state(5, 3, 20), 5, 3);
        answer(state(3, 1, 5));
        expectUseless(state(2, 1, 5), 2, 4);
        answer(state(4, 1, 5));
        vm.assertEq(record.answered, Records.lane(state(4, 1, 5)));
    }

    function test_UntilTheDeadline() external whoeverCloses {
        closeAtFive();
        vm.warp(deadline - 1);
        answer(state(3, 3, 20));
        vm.warp(deadline);
        IHashlane.LaneState memory newer = state(6, 3, 20);
        IHashlane.Signature memory signature = signLane(closer, newer);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.DeadlinePassed.selector, deadline, deadline));
        vm.prank(other.owner);
        hashlane.answer(params, life, record, newer, signature);
    }

    function test_OwnerAndSignerOfTheOtherSideMaySend() external whoeverCloses {
        closeAtFive();
        answer(state(3, 3, 20));
        IHashlane.LaneState memory next = state(4, 3, 20);
        IHashlane.Signature memory signature = signLane(closer, next);
        address[3] memory wrong = [closer.owner, closer.signer, stranger.owner];
        for (uint256 i; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.NotParticipant.selector, wrong[i]));
            vm.prank(wrong[i]);
            hashlane.answer(params, life, record, next, signature);
        }
        vm.prank(other.signer);
        hashlane.answer(params, life, record, next, signature);
    }

    function test_RevertWhen_TheCloserDidNotSign() external whoeverCloses {
        closeAtFive();
        IHashlane.LaneState memory newer = state(6, 3, 20);
        IHashlane.Signature memory forged = signLane(other, newer);
        vm.expectRevert(
            abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, closer.signer, other.signer)
        );
        vm.prank(other.owner);
        hashlane.answer(params, life, record, newer, forged);

        IHashlane.Signature memory signature = signLane(closer, newer);
        newer.sent += 1;
        address recovered = recover(newer, signature);
        vm.expectRevert(
            abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, closer.signer, recovered)
        );
        vm.prank(other.owner);
        hashlane.answer(params, life, record, newer, signature);
    }

    function test_RevertGiven_AnotherRecord() external {
        closeAtFive();
        IHashlane.LaneState memory newer = state(6, 3, 20);
        IHashlane.Signature memory signature = signLane(closer, newer);
        IHashlane.Closing memory wrong = record;
        wrong.own = Records.lane(state(4, 3, 20));
        vm.expectRevert(
            abi.encodeWithSelector(IHashlaneErrors.StaleRecord.selector, keccak256(abi.encode(wrong)))
        );
        vm.prank(other.owner);
        hashlane.answer(params, life, wrong, newer, signature);
    }

    function test_RevertGiven_NotClosingInThisLife() external {
        open(600, 400);
        IHashlane.LaneState memory newer = state(6, 3, 20);
        IHashlane.Signature memory signature = signLane(a, newer);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, CLOSING, OPEN));
        vm.prank(b.owner);
        hashlane.answer(params, life, record, newer, signature);
        close(state(5, 3, 20), state(4, 2, 10));
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongLife.selector, 1, 2));
        vm.prank(b.owner);
        hashlane.answer(params, 2, record, newer, signature);
    }

    /// @dev [CL-6]
    function test_For_PaysTheNamedTowerWhoeverSends() external whoeverCloses {
        closeAtFive();
        address tower = address(0x70e7);
        vm.deal(tower, 0);
        answerFor(state(6, 3, 20), tower, 10);
        vm.assertEq(tower.balance, 10);
        assertPaid(0, 990);
        vm.assertEq(phase(), ENDED);
    }

    function test_For_TheRewardIsAtMostOnePercent() external {
        closeAtFive();
        address tower = address(0x70e7);
        vm.deal(tower, 0);
        IHashlane.LaneState memory newer = state(6, 3, 20);
        IHashlane.Signature memory signature = signLane(a, newer);
        IHashlane.Signature memory consent = signAnswer(b, newer, tower, 11);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Convicted(channel(), false, 990, tower, 10);
        vm.prank(stranger.owner);
        hashlane.answerFor(params, life, record, newer, signature, tower, 11, consent);
        vm.assertEq(tower.balance, 10);
        assertPaid(0, 990);
    }

    function test_For_NoTowerNoReward() external {
        closeAtFive();
        answerFor(state(6, 3, 20), address(0), 10);
        assertPaid(0, 1000);
    }

    function test_For_NoRewardWithoutConviction() external whoeverCloses {
        closeAtFive();
        address tower = address(0x70e7);
        vm.deal(tower, 0);
        answerFor(state(4, 3, 20), tower, 10);
        vm.assertEq(tower.balance, 0);
        vm.assertEq(phase(), CLOSING);
        assertPaid(0, 0);
    }

    function test_For_RevertWhen_TheConsentIsForSomethingElse() external {
        closeAtFive();
        IHashlane.LaneState memory newer = state(6, 3, 20);
        IHashlane.Signature memory signature = signLane(a, newer);
        IHashlane.Signature memory consent = signAnswer(b, newer, stranger.owner, 5);
        address[2] memory towers = [stranger.owner, a.owner];
        for (uint256 i; i < 2; ++i) {
            uint256 reward = 6 - i;
            bytes32 digest = Signing.answer(
                Signing.domain(address(hashlane)),
                channel(),
                newer,
                towers[i],
                reward
            );
            address recovered = recover(digest, consent);
            vm.expectRevert(
                abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, b.signer, recovered)
            );
            hashlane.answerFor(params, life, record, newer, signature, towers[i], reward, consent);
        }
        consent = signAnswer(a, newer, stranger.owner, 5);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, b.signer, a.signer));
        hashlane.answerFor(params, life, record, newer, signature, stranger.owner, 5, consent);
    }

    function answerFor(IHashlane.LaneState memory lane, address tower, uint256 reward) private {
        IHashlane.Signature memory signature = signLane(closer, lane);
        IHashlane.Signature memory consent = signAnswer(other, lane, tower, reward);
        vm.prank(stranger.owner);
        hashlane.answerFor(params, life, record, lane, signature, tower, reward, consent);
    }

    function expectConviction(IHashlane.LaneState memory lane) private {
        IHashlane.Signature memory signature = signLane(closer, lane);
        uint256 before = balanceOf(other.owner);
        vm.recordLogs();
        vm.prank(other.owner);
        hashlane.answer(params, life, record, lane, signature);
        expectOnlyConvicted(vm.getRecordedLogs());
        vm.assertEq(balanceOf(other.owner) - before, 1000, "everything");
        vm.assertEq(phase(), ENDED);
    }

    /// @dev No {Ended} follows: the conviction is the end.
    function expectOnlyConvicted(Vm.Log[] memory logs) private view {
        uint256 told;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter != address(hashlane)) continue;
            ++told;
            vm.assertEq(logs[i].topics[0], IHashlane.Convicted.selector);
            vm.assertEq(logs[i].topics[1], channel());
            vm.assertEq(logs[i].data, abi.encode(closerIsB(), 1000, address(0), 0));
        }
        vm.assertEq(told, 1, "one event");
    }

    function expectUseless(IHashlane.LaneState memory lane, uint256 seq, uint256 lowest) private {
        IHashlane.Signature memory signature = signLane(closer, lane);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.UselessAnswer.selector, seq, lowest));
        vm.prank(other.owner);
        hashlane.answer(params, life, record, lane, signature);
    }
}
