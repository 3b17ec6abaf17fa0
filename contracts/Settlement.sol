// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ISecretRegistry} from "./interfaces/ISecretRegistry.sol";
import {Closings} from "./libraries/Closings.sol";
import {LockLists} from "./libraries/LockLists.sol";
import {WitnessTree} from "./libraries/WitnessTree.sol";
import {Words} from "./libraries/Words.sol";
import {Vault} from "./Vault.sol";

/// @title The judgement: who may be convicted, which locks are decided, what is due [CL-5] [LOCK-1] [PAY-1]
/// @dev Works on a closing record in memory. Nothing here can revert because of what a counterparty signed, except
/// by showing a list of its that is malformed, which nobody has to do.
abstract contract Settlement is Vault {
    using Closings for Closing;
    using Closings for uint256;
    using Words for Params;

    /// @dev What the locks of one call are judged by, and how far it has got.
    struct Judge {
        /// Zero until a challenge period has gone by since the deadline. From then on what was never shown counts as
        /// empty, and locks with an expiry below this one are lost.
        uint256 lostBelow;
        /// When each list of witnesses of this call was first recorded.
        uint256[] times;
        /// How many of these lists were opened.
        uint256 opened;
        /// Witnesses of the opened ones that are still to come.
        uint256 left;
        /// Least expiry at which a lock is won by a witness of the list that was opened last.
        uint256 wonFrom;
        uint256 proofs;
    }

    uint256 private constant _RECORD_SIZE = 1 << WitnessTree.MAX_DEPTH;
    /// @dev No expiry reaches this: they have 40 bits.
    uint256 private constant _NEVER = type(uint256).max;
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
    function _recordShown(
        bytes calldata own,
        bytes calldata theirs,
        bytes calldata answered
    ) internal returns (uint256[] memory times, bool recorded) {
        uint256 bytesShown;
        unchecked {
            bytesShown = own.length + theirs.length + answered.length;
        }
        if (bytesShown == 0) return (times, false);
        bytes32[] memory witnesses = LockLists.allocateWitnesses(bytesShown);
        if (own.length != 0) LockLists.gatherWitnesses(own, witnesses);
        if (theirs.length != 0) LockLists.gatherWitnesses(theirs, witnesses);
        if (answered.length != 0) LockLists.gatherWitnesses(answered, witnesses);

        unchecked {
            // Far fewer than 2^64.
            times = new uint256[]((witnesses.length + _RECORD_SIZE - 1) / _RECORD_SIZE);
            for (uint256 i; i < times.length; ++i) {
                uint256 time = _record(witnesses, i * _RECORD_SIZE);
                times[i] = time;
                if (time == block.timestamp) recorded = true;
            }
        }
    }

    /// @dev Decides what can be decided, and moves it in the record: won locks into `sent`, all decided ones out of
    /// the lists, what is due into `paid`.
    /// @return dueA What A is to be paid now.
    /// @return dueB What B is to be paid now.
    function _decide(
        Params calldata params,
        uint256 deadline,
        Closing memory closing,
        bytes calldata own,
        bytes calldata theirs,
        bytes calldata answered,
        bytes32[] calldata proofs,
        uint256[] memory times
    ) internal view returns (uint256 dueA, uint256 dueB) {
        Judge memory judge;
        judge.times = times;
        uint256 wait = params.challengePeriodOf();
        unchecked {
            // Both are far below 2^64.
            if (block.timestamp >= deadline + wait) judge.lostBelow = block.timestamp - wait + 1;
        }
        bool closerIsB = closing.closerIsB();
        bool isCloser = params.isOf(closerIsB, msg.sender);
        bool isOther = params.isOf(!closerIsB, msg.sender);

        (uint256 low, uint256 high) = _judgeOwn(judge, closing, own, proofs, isOther);
        (uint256 otherLow, uint256 otherHigh) = _judgeTheirs(judge, closing, theirs, proofs, isCloser);
        (low, high) = _judgeAnswered(judge, closing, answered, proofs, isOther, low, high);
        if (judge.proofs != proofs.length) revert BadProofs(judge.proofs, proofs.length);
        (dueA, dueB) = closerIsB
            ? _pay(closing, otherLow, otherHigh, low, high)
            : _pay(closing, low, high, otherLow, otherHigh);
    }

    /// @dev [CL-5] Whether a signed state of the closer contradicts the one that it declared.
    function _convicts(Closing memory closing, uint256 lane, bytes32 root) internal pure returns (bool) {
        if (closing.humble()) return false;
        uint256 own = closing.own;
        if (lane.seq() > own.seq()) return true;
        if (lane.seq() < own.seq()) return lane.sent() > own.sent() || lane.ack() > own.ack();
        return lane != own || root != closing.ownLocks;
    }

    /// @dev [CL-2]
    function _requireConsistent(Closing memory closing) internal pure {
        uint256 own = closing.own;
        uint256 theirs = closing.theirs;
        _requireInitial(own, closing.ownLocks);
        _requireInitial(theirs, closing.theirLocks);
        if (theirs.seq() < own.ack()) revert StaleTheirs(theirs.seq(), own.ack());
        if (theirs.ack() > own.seq()) revert StaleOwn(own.seq(), theirs.ack());
    }

    function _record(bytes32[] memory witnesses, uint256 from) private returns (uint256) {
        uint256 length;
        unchecked {
            length = witnesses.length - from;
        }
        if (length == 1) return _REGISTRY.record(witnesses[from]);
        return _recordList(witnesses, from, length > _RECORD_SIZE ? _RECORD_SIZE : length);
    }

    /// @dev Calls {ISecretRegistry.recordList} with a part of the witnesses, copied in one piece: the compiler's
    /// encoder takes 150 gas for each. The registry is ours, so it answers with a word or fails.
    function _recordList(
        bytes32[] memory witnesses,
        uint256 from,
        uint256 length
    ) private returns (uint256 time) {
        address to = address(_REGISTRY);
        bytes4 selector = ISecretRegistry.recordList.selector;
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, selector)
            mstore(add(data, 0x04), 0x20)
            mstore(add(data, 0x24), length)
            mcopy(add(data, 0x44), add(add(witnesses, 0x20), shl(5, from)), shl(5, length))
            if iszero(call(gas(), to, 0, data, add(0x44, shl(5, length)), 0x00, 0x20)) {
                returndatacopy(data, 0, returndatasize())
                revert(data, returndatasize())
            }
            time := mload(0x00)
        }
    }

    function _judgeOwn(
        Judge memory judge,
        Closing memory closing,
        bytes calldata list,
        bytes32[] calldata proofs,
        bool concedes
    ) private view returns (uint256 low, uint256 high) {
        if (list.length == 0 && closing.ownLocks == 0) return (closing.own.sent(), closing.own.sent());
        uint256 lane = closing.own;
        bytes32 root = closing.ownLocks;
        (closing.own, closing.ownLocks, low, high) = _judgeLane(
            judge,
            lane,
            root,
            true,
            list,
            proofs,
            concedes
        );
    }

    function _judgeTheirs(
        Judge memory judge,
        Closing memory closing,
        bytes calldata list,
        bytes32[] calldata proofs,
        bool concedes
    ) private view returns (uint256 low, uint256 high) {
        if (list.length == 0 && closing.theirLocks == 0)
            return (closing.theirs.sent(), closing.theirs.sent());
        bool wasShown = closing.theirsShown();
        uint256 lane = closing.theirs;
        bytes32 root = closing.theirLocks;
        (closing.theirs, closing.theirLocks, low, high) = _judgeLane(
            judge,
            lane,
            root,
            wasShown,
            list,
            proofs,
            concedes
        );
        if (list.length != 0) closing.markTheirsShown();
    }

    /// @dev Worth what an answer makes of the lane that the closer declared: the better of both [CL-5].
    function _judgeAnswered(
        Judge memory judge,
        Closing memory closing,
        bytes calldata list,
        bytes32[] calldata proofs,
        bool concedes,
        uint256 ownLow,
        uint256 ownHigh
    ) private view returns (uint256, uint256) {
        if (list.length == 0 && closing.answered == 0) return (ownLow, ownHigh);
        uint256 lane = closing.answered;
        bytes32 root = closing.answeredLocks;
        bool wasShown = closing.answeredShown();
        uint256 low;
        uint256 high;
        (closing.answered, closing.answeredLocks, low, high) = _judgeLane(
            judge,
            lane,
            root,
            wasShown,
            list,
            proofs,
            concedes
        );
        if (list.length != 0) closing.markAnsweredShown();
        return (low > ownLow ? low : ownLow, high > ownHigh ? high : ownHigh);
    }

    /// @dev A root whose list is not shown now may still hold anything. One that nobody has shown within the wait is
    /// worth nothing, shown or not: otherwise payouts would depend on whose settlement comes first.
    /// @return The lane with what was won.
    /// @return Root of what remains.
    /// @return low What the lane is worth to its payee at the least.
    /// @return high And at the most.
    function _judgeLane(
        Judge memory judge,
        uint256 lane,
        bytes32 root,
        bool wasShown,
        bytes calldata list,
        bytes32[] calldata proofs,
        bool concedes
    ) private view returns (uint256, bytes32, uint256 low, uint256 high) {
        bool late = judge.lostBelow != 0 && !wasShown;
        if (list.length != 0) {
            (uint256 won, uint256 undecided, bytes32 remaining) = _judgeList(
                judge,
                list,
                proofs,
                root,
                concedes
            );
            if (late) return (lane, 0, lane.sent(), lane.sent());
            lane = lane.addSent(won);
            low = lane.sent();
            // Far from wrapping: 128 bits, and a sum of amounts that calldata has room for.
            unchecked {
                high = low + undecided;
            }
            return (lane, remaining, low, high);
        }
        if (late) root = 0;
        low = lane.sent();
        return (lane, root, low, root == 0 ? low : _UNBOUNDED);
    }

    function _judgeList(
        Judge memory judge,
        bytes calldata list,
        bytes32[] calldata proofs,
        bytes32 root,
        bool concedes
    ) private view returns (uint256 won, uint256 undecided, bytes32 remaining) {
        bytes memory entries = LockLists.withoutWitnesses(list);
        bytes32 actual = LockLists.rootOf(entries, list.length);
        if (actual != root) revert WrongLocks(root, actual);
        uint256 offset;
        (won, offset) = _sumOfFirst(judge, list);
        if (offset == list.length) return (won, 0, 0);
        uint256 wonLater;
        uint256 kept;
        (wonLater, undecided, kept) = _judgeRest(judge, list, proofs, entries, offset, concedes);
        unchecked {
            // A calldata list holds fewer than 2^32 amounts of 96 bits.
            won += wonLater;
        }
        remaining = LockLists.rootOf(entries, kept);
    }

    /// @dev The entries from `offset`. What stays undecided is moved to the front of `entries`.
    /// @return won In base units.
    /// @return undecided In base units.
    /// @return kept Bytes of what stays.
    function _judgeRest(
        Judge memory judge,
        bytes calldata list,
        bytes32[] calldata proofs,
        bytes memory entries,
        uint256 offset,
        bool concedes
    ) private view returns (uint256 won, uint256 undecided, uint256 kept) {
        // A calldata list holds fewer than 2^32 amounts of 96 bits: no sum and no offset can wrap.
        unchecked {
            for (; offset < list.length; offset += LockLists.ENTRY_BYTES) {
                uint256 head = LockLists.headAt(list, offset);
                if (LockLists.isChain(head)) {
                    (uint256 wonNow, uint256 rest) = _judgeChain(list, offset, entries, kept);
                    won += wonNow;
                    undecided += rest;
                    if (rest != 0) kept += 2 * LockLists.ENTRY_BYTES;
                    offset += LockLists.ENTRY_BYTES;
                    continue;
                }
                uint256 expiry = LockLists.expiryOf(head);
                if (expiry >= _wonFrom(judge, head, list, offset, proofs)) {
                    won += LockLists.amountOf(head);
                } else if (expiry >= judge.lostBelow && !(concedes && _isGivenUp(head, expiry))) {
                    undecided += LockLists.amountOf(head);
                    LockLists.moveEntry(entries, offset, kept);
                    kept += LockLists.ENTRY_BYTES;
                }
            }
        }
    }

    /// @dev [LOCK-1] By a payee, which says so for each lock: what it merely shows without a witness stays undecided until
    /// the wait is over, so it can show a list while others in it are still open.
    function _isGivenUp(uint256 head, uint256 expiry) private view returns (bool) {
        return LockLists.isConceded(head) && block.timestamp >= expiry;
    }

    /// @dev [LOCK-1] What the checkpoint named with a chain lock gives is won at once, if it is in time. The rest is lost
    /// at expiry, unless the next checkpoint is in time too: then somebody has to name that one. What remains is moved
    /// to the front of `entries`.
    function _judgeChain(
        bytes calldata list,
        uint256 offset,
        bytes memory entries,
        uint256 kept
    ) private view returns (uint256 won, uint256 rest) {
        uint256 head = LockLists.headAt(list, offset);
        bytes32 commitment = LockLists.witnessAt(list, offset);
        uint256 expiry = LockLists.expiryOf(head);
        // All of these numbers have at most 112 bits, and a checkpoint that exists has a number below 2^13.
        unchecked {
            uint256 terms = LockLists.headAt(list, offset + LockLists.ENTRY_BYTES);
            uint256 start = LockLists.expiryOf(terms);
            rest = LockLists.amountOf(head);
            uint256 number;
            if (LockLists.isProven(terms)) {
                number = uint256(LockLists.witnessAt(list, offset + LockLists.ENTRY_BYTES));
            }
            bool isSound = true;
            if (number != 0) {
                (uint256 time, uint256 index) = _REGISTRY.checkpointOf(commitment, number);
                isSound = time != 0 && time < expiry;
                if (isSound && index > start) {
                    won = (index - start) * LockLists.amountOf(terms);
                    if (won > rest) won = rest;
                    rest -= won;
                    start = index;
                }
            }
            if (isSound && block.timestamp >= expiry) {
                (uint256 next, ) = _REGISTRY.checkpointOf(commitment, number + 1);
                if (next == 0 || next >= expiry) rest = 0;
            }
            if (rest != 0) LockLists.moveChain(entries, offset, kept, rest, start);
        }
    }

    /// @dev Least expiry at which the lock of an entry is won by the witness shown with it. The zero word stands for
    /// padding in the registry's trees, so it is no witness.
    function _wonFrom(
        Judge memory judge,
        uint256 head,
        bytes calldata list,
        uint256 offset,
        bytes32[] calldata proofs
    ) private view returns (uint256 wonFrom) {
        bytes32 witness = LockLists.witnessAt(list, offset);
        if (LockLists.isWitness(head)) {
            if (judge.left == 0) _openNextRecord(judge);
            --judge.left;
            wonFrom = judge.wonFrom;
        } else if (LockLists.isProven(head)) {
            wonFrom = _wonFromTime(judge, _provenTime(judge, witness, proofs));
        } else {
            return _NEVER;
        }
        if (witness == 0) wonFrom = _NEVER;
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

    /// @dev Adds up the entries at the front that are won by witnesses of this call, up to the first other one. Nearly
    /// all of nearly all lists are such: here each takes 300 gas less than in the loop for all kinds.
    /// @return won In base units.
    /// @return next Where the other one stands, or the length of the list.
    function _sumOfFirst(
        Judge memory judge,
        bytes calldata list
    ) private pure returns (uint256 won, uint256 next) {
        unchecked {
            while (next < list.length && LockLists.isWitness(LockLists.headAt(list, next))) {
                if (judge.left == 0) _openNextRecord(judge);
                uint256 end = next + judge.left * LockLists.ENTRY_BYTES;
                if (end > list.length) end = list.length;
                (uint256 sum, uint256 stop) = LockLists.sumOfWitnessed(list, next, end, judge.wonFrom);
                judge.left -= (stop - next) / LockLists.ENTRY_BYTES;
                won += sum;
                next = stop;
                if (stop != end) break;
            }
        }
    }

    function _openNextRecord(Judge memory judge) private pure {
        uint256 opened = judge.opened;
        judge.wonFrom = _wonFromTime(judge, judge.times[opened]);
        unchecked {
            judge.opened = opened + 1;
        }
        judge.left = _RECORD_SIZE;
    }

    /// @dev [LOCK-1] Won if recorded before the expiry, and shown before it is lost.
    function _wonFromTime(Judge memory judge, uint256 time) private pure returns (uint256) {
        if (time == 0) return _NEVER;
        return time < judge.lostBelow ? judge.lostBelow : time + 1;
    }

    /// @dev [PAY-1] Pays each side up to what it is sure of, and never takes back.
    function _pay(
        Closing memory closing,
        uint256 lowA,
        uint256 highA,
        uint256 lowB,
        uint256 highB
    ) private pure returns (uint256 dueA, uint256 dueB) {
        // Deposits fit 96 bits, what lanes are worth 201, what was paid is at most the total: nothing can wrap.
        unchecked {
            int256 depositA = closing.depositA();
            int256 total = depositA + closing.depositB();
            uint256 leastA = _clamp(depositA + int256(lowB) - int256(highA), total);
            uint256 leastB = uint256(total) - _clamp(depositA + int256(highB) - int256(lowA), total);
            uint256 paidA = closing.paidA();
            uint256 paidB = closing.paidB();
            dueA = leastA > paidA ? leastA - paidA : 0;
            dueB = leastB > paidB ? leastB - paidB : 0;
            closing.paid = ((paidB + dueB) << 128) | (paidA + dueA);
        }
    }

    function _clamp(int256 amount, int256 most) private pure returns (uint256) {
        if (amount < 0) return 0;
        return uint256(amount > most ? most : amount);
    }

    function _requireInitial(uint256 lane, bytes32 root) private pure {
        if (lane.seq() == 0 && (lane != 0 || root != 0)) revert BadInitialState();
    }
}
