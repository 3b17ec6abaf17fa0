// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ISecretRegistry} from "./interfaces/ISecretRegistry.sol";
import {Closings} from "./libraries/Closings.sol";
import {LockLists} from "./libraries/LockLists.sol";
import {WitnessTree} from "./libraries/WitnessTree.sol";
import {Vault} from "./Vault.sol";

/// @title The judgement: who may be convicted, which locks are decided, what is due [CL-5] [LOCK-1] [PAY-1]
/// @dev Works on a closing record in memory. Nothing here can revert because of what a counterparty signed, except
/// by showing a list of its that is malformed, which nobody has to do.
abstract contract Settlement is Vault {
    using Closings for Closing;
    using Closings for uint256;

    /// @dev What the locks of one call are judged by, and how far it has got.
    struct Judge {
        /// Whether a challenge period has gone by since the deadline: what was never shown counts as empty, and a
        /// lock that expired as long ago is lost.
        bool deadlineOver;
        uint256 challengePeriod;
        uint256[] times;
        /// Record time of the list that the last witness stands in.
        uint256 time;
        uint256 witnesses;
        uint256 proofs;
    }

    /// @dev What a lane is worth at the least and at the most to its payee.
    struct Worth {
        uint256 low;
        uint256 high;
    }

    uint256 private constant _RECORD_SIZE = 1 << WitnessTree.MAX_DEPTH;
    /// @dev A list that is not shown may hold any amount; far above every sum of amounts, far below wrapping.
    uint256 private constant _UNBOUNDED = 1 << 200;

    ISecretRegistry private immutable _REGISTRY;

    constructor(ISecretRegistry registry_) {
        _REGISTRY = registry_;
    }

    /// @notice The registry that decides locks.
    function registry() external view returns (ISecretRegistry) {
        return _REGISTRY;
    }

    /// @dev Records the witnesses that are shown as such, in lists of 256.
    /// @return times When each of these lists was first recorded.
    /// @return recorded Whether one of them is recorded by this block.
    function _recordShown(Shown calldata shown) internal returns (uint256[] memory times, bool recorded) {
        uint256 count =
            LockLists.countWitnesses(shown.own) +
                LockLists.countWitnesses(shown.theirs) +
                LockLists.countWitnesses(shown.answered);
        if (count == 0) return (times, false);
        bytes32[] memory witnesses = new bytes32[](count);
        uint256 next = LockLists.gatherWitnesses(shown.own, witnesses, 0);
        next = LockLists.gatherWitnesses(shown.theirs, witnesses, next);
        LockLists.gatherWitnesses(shown.answered, witnesses, next);

        times = new uint256[]((count + _RECORD_SIZE - 1) / _RECORD_SIZE);
        for (uint256 i; i < times.length; ++i) {
            times[i] = _record(witnesses, i * _RECORD_SIZE);
            if (times[i] == block.timestamp) recorded = true;
        }
    }

    /// @dev Decides what can be decided, and moves it in the record: won locks into `sent`, all decided ones out of
    /// the lists, what is due into `paid`.
    /// @return dueA What A is to be paid now.
    /// @return dueB What B is to be paid now.
    /// @return changed Whether anything at all was decided.
    function _decide(
        Params calldata params,
        uint256 deadline,
        Closing memory closing,
        Shown calldata shown,
        uint256[] memory times
    ) internal view returns (uint256 dueA, uint256 dueB, bool changed) {
        bytes32 before = closing.hash();
        bool deadlineOver = block.timestamp >= deadline + params.challengePeriod;
        Judge memory judge = Judge(deadlineOver, params.challengePeriod, times, 0, 0, 0);
        bool closerIsB = closing.closerIsB();
        bool closerConcedes = closerIsB ? _isB(params) : _isA(params);
        bool otherConcedes = closerIsB ? _isA(params) : _isB(params);

        Worth memory closers = _judgeOwn(judge, closing, shown, otherConcedes);
        Worth memory others = _judgeTheirs(judge, closing, shown, closerConcedes);
        Worth memory answered = _judgeAnswered(judge, closing, shown, otherConcedes);
        if (judge.proofs != shown.proofs.length) revert BadProofs(judge.proofs, shown.proofs.length);
        if (answered.low > closers.low) closers.low = answered.low;
        if (answered.high > closers.high) closers.high = answered.high;

        (dueA, dueB) = closerIsB ? _pay(closing, others, closers) : _pay(closing, closers, others);
        changed = closing.hash() != before;
    }

    function _callerIsB(Params calldata params) internal view returns (bool) {
        if (_isA(params)) return false;
        if (_isB(params)) return true;
        revert NotParticipant(msg.sender);
    }

    /// @dev [CL-5] Whether a signed state of the closer contradicts the one that it declared.
    function _convicts(Closing memory closing, LaneState calldata state) internal pure returns (bool) {
        if (closing.humble()) return false;
        uint256 own = closing.own;
        if (state.seq > own.seq()) return true;
        if (state.seq < own.seq()) return state.sent > own.sent() || state.ack > own.ack();
        return state.sent != own.sent() || state.ack != own.ack() || state.locksRoot != closing.ownLocks;
    }

    function _bodyOf(LaneState calldata state) internal pure returns (bytes32) {
        return keccak256(abi.encode(state.sent, state.ack, state.locksRoot));
    }

    /// @dev [CL-2]
    function _requireConsistent(LaneState calldata own, LaneState calldata theirs) internal pure {
        _requireInitial(own);
        _requireInitial(theirs);
        if (theirs.seq < own.ack) revert StaleTheirs(theirs.seq, own.ack);
        if (theirs.ack > own.seq) revert StaleOwn(own.seq, theirs.ack);
    }

    function _record(bytes32[] memory witnesses, uint256 from) private returns (uint256 time) {
        uint256 length = witnesses.length - from;
        if (length > _RECORD_SIZE) length = _RECORD_SIZE;
        if (length == 1) return _REGISTRY.record(witnesses[from]);
        if (length == witnesses.length) return _REGISTRY.recordList(witnesses);
        bytes32[] memory part = new bytes32[](length);
        for (uint256 i; i < length; ++i) part[i] = witnesses[from + i];
        return _REGISTRY.recordList(part);
    }

    function _judgeOwn(
        Judge memory judge,
        Closing memory closing,
        Shown calldata shown,
        bool concedes
    ) private view returns (Worth memory worth) {
        (closing.own, closing.ownLocks, worth) = _judgeLane(
            judge,
            closing.own,
            closing.ownLocks,
            true,
            shown.own,
            shown.proofs,
            concedes
        );
    }

    function _judgeTheirs(
        Judge memory judge,
        Closing memory closing,
        Shown calldata shown,
        bool concedes
    ) private view returns (Worth memory worth) {
        (closing.theirs, closing.theirLocks, worth) = _judgeLane(
            judge,
            closing.theirs,
            closing.theirLocks,
            closing.theirsShown(),
            shown.theirs,
            shown.proofs,
            concedes
        );
        if (shown.theirs.length != 0) closing.markTheirsShown();
    }

    function _judgeAnswered(
        Judge memory judge,
        Closing memory closing,
        Shown calldata shown,
        bool concedes
    ) private view returns (Worth memory worth) {
        (closing.answered, closing.answeredLocks, worth) = _judgeLane(
            judge,
            closing.answered,
            closing.answeredLocks,
            closing.answeredShown(),
            shown.answered,
            shown.proofs,
            concedes
        );
        if (shown.answered.length != 0) closing.markAnsweredShown();
    }

    /// @dev A root whose list is not shown now may still hold anything. One that nobody has shown within the wait is
    /// worth nothing, shown or not: otherwise payouts would depend on whose settlement comes first.
    function _judgeLane(
        Judge memory judge,
        uint256 lane,
        bytes32 root,
        bool wasShown,
        bytes calldata list,
        bytes32[] calldata proofs,
        bool concedes
    ) private view returns (uint256, bytes32, Worth memory) {
        bool late = judge.deadlineOver && !wasShown;
        if (list.length != 0) {
            (uint256 won, uint256 undecided, bytes32 remaining) = _judgeList(
                judge,
                list,
                proofs,
                root,
                concedes,
                late
            );
            lane = lane.addSent(won);
            return (lane, remaining, Worth(lane.sent(), lane.sent() + undecided));
        }
        if (late) root = 0;
        return (lane, root, Worth(lane.sent(), root == 0 ? lane.sent() : _UNBOUNDED));
    }

    function _judgeList(
        Judge memory judge,
        bytes calldata list,
        bytes32[] calldata proofs,
        bytes32 root,
        bool concedes,
        bool late
    ) private view returns (uint256 won, uint256 undecided, bytes32 remaining) {
        bytes memory entries = LockLists.withoutWitnesses(list);
        bytes32 actual = LockLists.rootOf(entries, list.length);
        if (actual != root) revert WrongLocks(root, actual);
        uint256 kept;
        // A calldata list holds fewer than 2^32 amounts of 96 bits: no sum and no offset can wrap.
        unchecked {
            for (uint256 offset; offset < list.length; offset += LockLists.ENTRY_BYTES) {
                uint256 head = LockLists.headAt(list, offset);
                uint256 expiry = LockLists.expiryOf(head);
                uint256 time = _recordTime(judge, head, list, offset, proofs);
                if (late || (judge.deadlineOver && block.timestamp >= expiry + judge.challengePeriod))
                    continue;
                if (time != 0 && time < expiry) {
                    won += LockLists.amountOf(head);
                } else if (!concedes || block.timestamp < expiry) {
                    undecided += LockLists.amountOf(head);
                    LockLists.moveEntry(entries, offset, kept);
                    kept += LockLists.ENTRY_BYTES;
                }
            }
        }
        remaining = LockLists.rootOf(entries, kept);
    }

    /// @dev When the witness shown with an entry was recorded; 0 if none is shown or it never was. The zero word
    /// stands for padding in the registry's trees, so it is no witness.
    function _recordTime(
        Judge memory judge,
        uint256 head,
        bytes calldata list,
        uint256 offset,
        bytes32[] calldata proofs
    ) private view returns (uint256 time) {
        if (LockLists.isWitness(head)) {
            unchecked {
                if (judge.witnesses % _RECORD_SIZE == 0)
                    judge.time = judge.times[judge.witnesses / _RECORD_SIZE];
                ++judge.witnesses;
            }
            time = judge.time;
        } else if (LockLists.isProven(head)) {
            time = _provenTime(judge, LockLists.witnessAt(list, offset), proofs);
        } else {
            return 0;
        }
        if (LockLists.witnessAt(list, offset) == 0) time = 0;
    }

    function _provenTime(
        Judge memory judge,
        bytes32 witness,
        bytes32[] calldata proofs
    ) private view returns (uint256) {
        uint256 start = judge.proofs;
        if (start >= proofs.length) revert BadProofs(start + 1, proofs.length);
        uint256 depth = uint8(uint256(proofs[start]));
        uint256 index = uint256(proofs[start]) >> 8;
        uint256 end = start + 1 + depth;
        if (depth > WitnessTree.MAX_DEPTH || end > proofs.length) revert BadProofs(end, proofs.length);
        judge.proofs = end;
        return _REGISTRY.timeOf(WitnessTree.keyOfPath(witness, index, proofs[start + 1:end]));
    }

    function _isA(Params calldata params) private view returns (bool) {
        return msg.sender == params.ownerA || msg.sender == params.signerA;
    }

    function _isB(Params calldata params) private view returns (bool) {
        return msg.sender == params.ownerB || msg.sender == params.signerB;
    }

    /// @dev [PAY-1] Pays each side up to what it is sure of, and never takes back.
    function _pay(
        Closing memory closing,
        Worth memory laneA,
        Worth memory laneB
    ) private pure returns (uint256 dueA, uint256 dueB) {
        int256 depositA = closing.depositA();
        int256 total = depositA + closing.depositB();
        uint256 leastA = _clamp(depositA + int256(laneB.low) - int256(laneA.high), total);
        uint256 leastB = uint256(total) - _clamp(depositA + int256(laneB.high) - int256(laneA.low), total);
        uint256 paidA = closing.paidA();
        uint256 paidB = closing.paidB();
        dueA = leastA > paidA ? leastA - paidA : 0;
        dueB = leastB > paidB ? leastB - paidB : 0;
        closing.paid = ((paidB + dueB) << 128) | (paidA + dueA);
    }

    function _clamp(int256 amount, int256 most) private pure returns (uint256) {
        if (amount < 0) return 0;
        return uint256(amount > most ? most : amount);
    }

    function _requireInitial(LaneState calldata state) private pure {
        if (state.seq == 0 && (state.sent != 0 || state.ack != 0 || state.locksRoot != 0)) {
            revert BadInitialState();
        }
    }
}
