// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "./interfaces/IHashlane.sol";
import {ISecretRegistry} from "./interfaces/ISecretRegistry.sol";
import {Closings} from "./libraries/Closings.sol";
import {LockLists} from "./libraries/LockLists.sol";
import {Slots} from "./libraries/Slots.sol";
import {Words} from "./libraries/Words.sol";
import {Batches} from "./Batches.sol";
import {Cooperation} from "./Cooperation.sol";
import {Funding} from "./Funding.sol";
import {Settlement} from "./Settlement.sol";

/// @title The notary of payment channels
/// @notice See IHashlane, which is the manual. Here: closing alone, answering, settling.
contract Hashlane is Funding, Cooperation, Settlement, Batches {
    using Closings for Closing;
    using Closings for uint256;
    using Slots for uint256;
    using Words for LaneState;
    using Words for Params;

    bytes32 private constant _LANE_TYPE = keccak256("Lane(bytes32 channel,uint64 seq,bytes32 body)");
    bytes32 private constant _ANSWER_TYPE = keccak256(
        "Answer(bytes32 channel,uint64 seq,bytes32 body,address tower,uint256 reward)"
    );
    bytes32 private constant _CLOSE_INTENT_TYPE = keccak256(
        "CloseIntent(bytes32 channel,uint64 ownSeq,bytes32 ownBody,uint64 theirSeq,bytes32 theirBody,bool humble,uint256 validUntil)"
    );

    /// @dev [LOCK-3] A hash lock weighs 1, a chain lock 4.
    uint256 private constant _MAX_LANE_WEIGHT = 512;
    /// @dev [CL-6] The reward is at most this part of the total.
    uint256 private constant _REWARD_DIVISOR = 100;

    /// @param registry_ One for the whole chain.
    /// @param leastChallenge Least seconds of a challenge or recovery period that a channel may choose.
    /// @param mostChallenge Most seconds.
    constructor(
        ISecretRegistry registry_,
        uint256 leastChallenge,
        uint256 mostChallenge
    ) Settlement(registry_) Funding(leastChallenge, mostChallenge) {}

    /// @inheritdoc IHashlane
    function close(
        Params calldata params,
        uint256 life,
        LaneState calldata own,
        LaneState calldata theirs,
        Signature calldata signature,
        bytes calldata ownLocks
    ) external {
        bytes32 paramsId = params.idOf();
        (Cell storage cell, uint256 slot) = _requirePhase(paramsId, life, Slots.OPEN);
        bytes32 channel = channelOf(paramsId, life);
        Closing memory closing = _declared(own, theirs);
        closing.terms = Closings.terms(_callerIsB(params), false, slot.depositA(), slot.depositB());
        _close(params, cell, channel, life, closing, signature, ownLocks);
    }

    /// @inheritdoc IHashlane
    function closeFor(
        Params calldata params,
        uint256 life,
        Closing calldata record,
        LaneState calldata own,
        LaneState calldata theirs,
        Signature calldata signature,
        bytes calldata ownLocks,
        Intent calldata intent
    ) external {
        bytes32 paramsId = params.idOf();
        bytes32 channel = channelOf(paramsId, life);
        Closing memory closing = _declared(own, theirs);
        bool closerIsB = _closerIsB(params, channel, closing, intent);
        Cell storage cell = _cellOf(paramsId);
        uint256 slot = cell.slot;
        int256 depositA = slot.depositA();
        int256 depositB = slot.depositB();
        if (slot.isIn(Slots.CLOSING, life)) {
            Closing memory replaced = record;
            _requireReplaceable(slot, replaced, closerIsB, intent.humble);
            depositA = replaced.depositA();
            depositB = replaced.depositB();
        } else {
            _requirePhase(paramsId, life, Slots.OPEN);
        }
        if (intent.humble && params.recoveryPeriod == 0) revert NoRecoveryPeriod();
        closing.terms = Closings.terms(closerIsB, intent.humble, depositA, depositB);
        _close(params, cell, channel, life, closing, signature, ownLocks);
    }

    /// @inheritdoc IHashlane
    function answer(
        Params calldata params,
        uint256 life,
        Closing calldata record,
        LaneState calldata state,
        Signature calldata signature
    ) external {
        Closing memory closing = record;
        if (_callerIsB(params) == closing.closerIsB()) revert NotParticipant(msg.sender);
        _answer(params, life, closing, state, signature, address(0), 0);
    }

    /// @inheritdoc IHashlane
    function answerFor(
        Params calldata params,
        uint256 life,
        Closing calldata record,
        LaneState calldata state,
        Signature calldata signature,
        address tower,
        uint256 reward,
        Signature calldata consent
    ) external {
        Closing memory closing = record;
        bytes32 channel = channelOf(params.idOf(), life);
        bytes32 message = keccak256(
            abi.encode(_ANSWER_TYPE, channel, state.seq, state.pack().bodyOf(state.locksRoot), tower, reward)
        );
        address payee = params.signerOf(!closing.closerIsB());
        _requireSigner(payee, _hashTypedDataV4(message), consent);
        _answer(params, life, closing, state, signature, tower, reward);
    }

    /// @inheritdoc IHashlane
    function settle(
        Params calldata params,
        uint256 life,
        Closing calldata record,
        Shown calldata shown
    ) external {
        bytes32 paramsId = params.idOf();
        bytes calldata own = shown.own;
        bytes calldata theirs = shown.theirs;
        bytes calldata answered = shown.answered;
        (uint256[] memory times, bool recorded) = _recordShown(own, theirs, answered);
        Closing memory closing = record;
        bytes32 recordHash = closing.hash();
        Cell storage cell = _cellOf(paramsId);
        uint256 slot = cell.slot;
        if (!_isSettleable(slot, life, recordHash)) {
            if (recorded) return;
            _refuseSettlement(slot, life, recordHash);
        }

        uint256 deadline = slot.deadline();
        (uint256 dueA, uint256 dueB) = _decide(
            params,
            deadline,
            closing,
            own,
            theirs,
            answered,
            shown.proofs,
            times
        );
        bytes32 channel = channelOf(paramsId, life);
        // An empty channel is all paid at once: without this nothing could end it.
        if (!recorded && closing.hash() == recordHash && closing.total() != 0)
            revert NothingToSettle(channel);
        _finish(cell, channel, life, deadline, closing);
        _push(params.tokenOf(), params.ownerOf(false), dueA);
        _push(params.tokenOf(), params.ownerOf(true), dueB);
    }

    function _close(
        Params calldata params,
        Cell storage cell,
        bytes32 channel,
        uint256 life,
        Closing memory closing,
        Signature calldata signature,
        bytes calldata ownLocks
    ) private {
        _requireConsistent(closing);
        if (closing.theirs.seq() != 0) {
            address signer = params.signerOf(!closing.closerIsB());
            _requireSigner(signer, _laneDigest(channel, closing.theirs, closing.theirLocks), signature);
        }
        bytes32 root = LockLists.checkedRoot(ownLocks, _MAX_LANE_WEIGHT);
        if (root != closing.ownLocks) revert WrongLocks(closing.ownLocks, root);

        uint256 period = params.challengePeriodOf();
        if (closing.humble()) {
            period = params.recoveryPeriod;
            // What it was to receive on a condition is given up: it cannot be held to acks that it lost.
            closing.theirLocks = 0;
        }
        uint256 deadline;
        unchecked {
            deadline = block.timestamp + period;
        }
        cell.slot = Slots.closing(life, deadline, closing.hash());
        Words.emitCloseStarted(channel, deadline, closing, ownLocks);
    }

    function _answer(
        Params calldata params,
        uint256 life,
        Closing memory closing,
        LaneState calldata state,
        Signature calldata signature,
        address tower,
        uint256 reward
    ) private {
        bytes32 paramsId = params.idOf();
        bytes32 channel = channelOf(paramsId, life);
        (Cell storage cell, uint256 slot) = _requirePhase(paramsId, life, Slots.CLOSING);
        _requireRecord(slot, closing);
        uint256 deadline = slot.deadline();
        if (block.timestamp >= deadline) revert DeadlinePassed(deadline, block.timestamp);
        uint256 lane = state.pack();
        bytes32 root = state.locksRoot;
        if (lane.seq() == 0) revert UselessAnswer(0, 1);
        address signer = params.signerOf(closing.closerIsB());
        _requireSigner(signer, _laneDigest(channel, lane, root), signature);

        if (_convicts(closing, lane, root)) {
            _convict(params, cell, channel, life, closing, tower, reward);
            return;
        }
        uint256 lowest = closing.answered.seq() + 1;
        if (closing.theirs.ack() > lowest) lowest = closing.theirs.ack();
        bool isDeclared = lane == closing.own && root == closing.ownLocks;
        if (lane.seq() < lowest || isDeclared) revert UselessAnswer(lane.seq(), lowest);
        closing.answered = lane;
        closing.answeredLocks = root;
        cell.slot = Slots.closing(life, deadline, closing.hash());
        Words.emitRecord(Answered.selector, channel, closing);
    }

    function _convict(
        Params calldata params,
        Cell storage cell,
        bytes32 channel,
        uint256 life,
        Closing memory closing,
        address tower,
        uint256 reward
    ) private {
        uint256 total = closing.total();
        if (tower == address(0)) reward = 0;
        if (reward > total / _REWARD_DIVISOR) reward = total / _REWARD_DIVISOR;
        bool closerIsB = closing.closerIsB();
        uint256 spoils = total - reward;
        cell.slot = Slots.ended(life);
        emit Convicted(channel, closerIsB, spoils, tower, reward);
        _push(params.tokenOf(), params.ownerOf(!closerIsB), spoils);
        _push(params.tokenOf(), tower, reward);
    }

    function _finish(
        Cell storage cell,
        bytes32 channel,
        uint256 life,
        uint256 deadline,
        Closing memory closing
    ) private {
        uint256 paidA = closing.paidA();
        uint256 paidB = closing.paidB();
        bool isAll;
        unchecked {
            isAll = paidA + paidB == closing.total();
        }
        if (isAll) {
            _end(cell, channel, life, paidA, paidB);
        } else {
            cell.slot = Slots.closing(life, deadline, closing.hash());
            Words.emitRecord(Settled.selector, channel, closing);
        }
    }

    function _closerIsB(
        Params calldata params,
        bytes32 channel,
        Closing memory closing,
        Intent calldata intent
    ) private view returns (bool) {
        bytes32 r = intent.signature.r;
        bytes32 vs = intent.signature.vs;
        if (r | vs == 0) return _callerIsB(params);
        _requireInTime(intent.validUntil);
        bytes32 message = keccak256(
            abi.encode(
                _CLOSE_INTENT_TYPE,
                channel,
                closing.own.seq(),
                closing.own.bodyOf(closing.ownLocks),
                closing.theirs.seq(),
                closing.theirs.bodyOf(closing.theirLocks),
                intent.humble,
                intent.validUntil
            )
        );
        address signer = _signerOf(_hashTypedDataV4(message), r, vs);
        if (signer == params.signerOf(false)) return false;
        if (signer == params.signerOf(true)) return true;
        revert NotParticipant(signer);
    }

    /// @dev [CL-7] [CL-3] Only what the other side sends may take the place of a humble close, and it can only lose by
    /// it what it had answered itself.
    function _requireReplaceable(
        uint256 slot,
        Closing memory replaced,
        bool closerIsB,
        bool humble
    ) private view {
        _requireRecord(slot, replaced);
        if (!replaced.humble() || humble || closerIsB == replaced.closerIsB()) revert NotReplaceable();
        uint256 deadline = slot.deadline();
        if (block.timestamp >= deadline) revert DeadlinePassed(deadline, block.timestamp);
    }

    function _laneDigest(bytes32 channel, uint256 lane, bytes32 root) private view returns (bytes32) {
        return _hashTypedDataV4(Words.hash(_LANE_TYPE, channel, bytes32(lane.seq()), lane.bodyOf(root)));
    }

    function _refuseSettlement(uint256 slot, uint256 life, bytes32 recordHash) private view {
        _refusePhase(slot, life, Slots.CLOSING);
        if (!slot.commitsTo(recordHash)) revert StaleRecord(recordHash);
        revert DeadlineNotReached(slot.deadline(), block.timestamp);
    }

    function _isSettleable(uint256 slot, uint256 life, bytes32 recordHash) private view returns (bool) {
        return
            slot.isIn(Slots.CLOSING, life) &&
            slot.commitsTo(recordHash) &&
            block.timestamp >= slot.deadline();
    }

    function _declared(
        LaneState calldata own,
        LaneState calldata theirs
    ) private pure returns (Closing memory closing) {
        closing.own = own.pack();
        closing.ownLocks = own.locksRoot;
        closing.theirs = theirs.pack();
        closing.theirLocks = theirs.locksRoot;
    }
}
