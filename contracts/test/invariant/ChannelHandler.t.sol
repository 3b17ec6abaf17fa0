// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {ISecretRegistry} from "../../interfaces/ISecretRegistry.sol";
import {ChainLock, Chains} from "../support/Chains.t.sol";
import {Lock, Locks} from "../support/Locks.t.sol";
import {Trees} from "../support/Trees.t.sol";
import {Parties} from "./Parties.t.sol";
import {Replays} from "./Replays.t.sol";
import {Verdict} from "./Verdict.t.sol";

/// @title Everything that can be done with one channel, life after life, in any order
/// @dev Knows from the protocol's text what each side is owed at any time, and counts where the contract differs.
contract ChannelHandler is Replays {
    using Chains for ChainLock;
    using Verdict for Verdict.Case;
    using Verdict for Verdict.Lane;

    uint256 private constant _MOST_GAS = 5_000_000;
    uint256 private constant _BITS_OF_LANE = 32;
    /// @dev Four bits for each lock of three lanes: see showItem.
    uint256 private constant _ALL_WITNESSES = 0x11111111_11111111_11111111;
    /// @dev In place of the time of this call's own record, until it is known.
    uint256 private constant _OWN_RECORD = type(uint256).max;

    /// @dev What a settlement shows, being put together.
    struct Draft {
        IHashlane.Shown shown;
        Verdict.Call told;
        bytes32[] witnesses;
    }

    constructor(
        IHashlane hashlane_,
        ISecretRegistry registry_,
        address token,
        string memory name
    ) Parties(hashlane_, registry_, token, name) {}

    /// @dev `lists`: which are shown, and of which locks. `sender`: closer, other side, or anybody.
    function settleIt(uint8 lists, uint256 modes, uint8 sender, bool batched) external {
        if (phase() != CLOSING || vm.getBlockTimestamp() < deadline) return;
        settleOnce(lists, modes, sender, batched);
    }

    /// @dev Of a lock in the present close, or of none of them.
    function recordIt(uint8 lane, uint8 which, uint8 index) external {
        Verdict.Item[] storage items = laneAt(lane % 3).items;
        if (items.length == 0) return;
        recordOf(items[which % items.length], index);
    }

    /// @dev Before any close: of a lock that a lane holds at its end.
    function recordEarly(bool ofB, uint8 which, uint8 index) external {
        if (life == 0) return;
        Verdict.Item[] storage items = newest(ofB).items;
        if (items.length == 0) return;
        recordOf(items[which % items.length], index);
    }

    function travel(uint32 seconds_) external {
        vm.warp(vm.getBlockTimestamp() + 1 + (seconds_ % (CHALLENGE / 2)));
    }

    /// @dev [I5] A party alone, with its data, from wherever the channel stands and whatever comes next from others.
    function exitAlone(bool byB, uint8 way) external {
        if (phase() == ENDED || (phase() == CLOSING && declared.humble && closerIsB() == byB)) return;
        uint256 calls;
        if (phase() == OPEN) {
            closeHonestly(byB, false, way);
            ++calls;
        } else if (closerIsB() != byB && vm.getBlockTimestamp() < deadline) {
            calls += answerBest();
            if (phase() == ENDED) return happened("exit by conviction");
        }
        uint256 last = lastExpiry();
        if (vm.getBlockTimestamp() < deadline) vm.warp(deadline);
        uint8 sender = closerIsB() == byB ? 0 : 1;
        bool isBefore = vm.getBlockTimestamp() < (last > deadline ? last : deadline) + CHALLENGE;
        if (isBefore) {
            settleOnce(7, _ALL_WITNESSES, sender, false);
            ++calls;
        }
        uint256 bound = (last > deadline ? last : deadline) + CHALLENGE;
        if (phase() == CLOSING) {
            if (vm.getBlockTimestamp() < bound) vm.warp(bound);
            settleOnce(7, 0, sender, false);
            ++calls;
        }
        // A checkpoint in time that nobody named yet.
        if (phase() == CLOSING) {
            settleOnce(7, _ALL_WITNESSES, sender, false);
            ++calls;
        }
        check(phase() == ENDED, "[I5] a party did not get out alone");
        check(calls <= 5, "[I5] more calls than five");
        happened("exit alone");
    }

    function settleOnce(uint8 lists, uint256 modes, uint8 sender, bool batched) private {
        if (settleCounted(lists, modes, sender, batched)) compare();
    }

    function settleCounted(
        uint8 lists,
        uint256 modes,
        uint8 sender,
        bool batched
    ) private measured returns (bool taken) {
        uint256 time = vm.getBlockTimestamp();
        Draft memory draft;
        draft.shown.own = showLane(draft, draft.told.own, 0, lists & 1 != 0, modes);
        draft.shown.theirs = showLane(draft, draft.told.theirs, 1, lists & 2 != 0, modes >> _BITS_OF_LANE);
        draft.shown.answered = showLane(
            draft,
            draft.told.answered,
            2,
            lists & 4 != 0,
            modes >> (2 * _BITS_OF_LANE)
        );
        uint256 recorded = timeOfList(draft.witnesses, time);
        timeWitnesses(draft.told.own, recorded);
        timeWitnesses(draft.told.theirs, recorded);
        timeWitnesses(draft.told.answered, recorded);
        draft.told.time = time;
        draft.told.byCloser = sender % 3 == 0;
        draft.told.byOther = sender % 3 == 1;
        address by =
            sender % 3 == 0
                ? closer.owner
                : sender % 3 == 1
                    ? other.signer
                    : stranger.owner;
        taken = send(draft.shown, by, batched);
        keepTime(draft.witnesses, recorded);
        if (taken) verdict.settle(draft.told);
    }

    function send(IHashlane.Shown memory shown_, address by, bool batched) private returns (bool taken) {
        bytes memory call = abi.encodeCall(hashlane.settle, (params, life, record, shown_));
        bytes32 before = bytes32(hashlane.slotOf(paramsId()));
        bytes memory reason;
        vm.recordLogs();
        if (batched) {
            bytes[] memory items = new bytes[](3);
            (items[0], items[1], items[2]) = (hex"01020304", call, call);
            vm.prank(by);
            hashlane.settleBatch(items);
            taken = bytes32(hashlane.slotOf(paramsId())) != before;
        } else {
            vm.prank(by);
            uint256 gas = gasleft();
            (taken, reason) = address(hashlane).call(call);
            check(gas - gasleft() < _MOST_GAS, "[I5] a settlement takes too much gas");
            check(
                taken || bytes4(reason) == IHashlaneErrors.NothingToSettle.selector,
                "a settlement was refused"
            );
        }
        readRecord();
        happened(taken ? "settled" : "nothing to settle");
    }

    /// @dev The best that the other side has, in one call.
    function answerBest() private returns (uint256 calls) {
        Signed[] storage lane = laneOf(closerIsB());
        for (uint256 i = lane.length; i > 0; --i) {
            Signed storage signed = lane[i - 1];
            if (outcomeOf(signed, stateOf(signed).locksRoot) == Outcome.Refused) continue;
            answerCounted(signed);
            return 1;
        }
    }

    function answerCounted(Signed storage signed) private measured {
        answerWith(signed, 0, false);
    }

    /// @dev What each side has got is what the text says.
    function compare() private {
        bool isB = closerIsB();
        check((isB ? paidB : paidA) == verdict.toCloser, "[I6] the closer was paid another amount");
        check((isB ? paidA : paidB) == verdict.toOther, "[I6] the other side was paid another amount");
        bool isAll = verdict.toCloser + verdict.toOther == totalIn;
        check((phase() == ENDED) == isAll, "[I2] ended too early or too late");
        if (isAll) happened("settled to the end");
    }

    function recordOf(Verdict.Item storage item, uint8 index) private {
        uint256 time = vm.getBlockTimestamp();
        if (!item.isChain) {
            bytes32[] memory one = new bytes32[](1);
            one[0] = item.secret;
            registry.record(item.secret);
            keepTime(one, time);
            return;
        }
        uint256 link = 1 + (index % LINKS);
        registry.recordChain(
            Chains.link(item.secret, LINKS, 0),
            link,
            Chains.link(item.secret, LINKS, link),
            0
        );
        Point[] storage points = checkpoints[item.secret];
        if (points.length != 0 && points[points.length - 1].index >= link) return;
        points.push(Point(time, link));
        happened("checkpoint");
    }

    function keepTime(bytes32[] memory witnesses, uint256 time) private {
        if (witnesses.length == 0) return;
        bytes32 key = Trees.key(witnesses);
        if (recordedAt[key] == 0) recordedAt[key] = time;
    }

    function showLane(
        Draft memory draft,
        Verdict.View memory seen,
        uint256 which,
        bool wanted,
        uint256 modes
    ) private view returns (bytes memory list) {
        Verdict.Item[] storage items = laneAt(which).items;
        seen.shown = wanted && items.length != 0;
        if (!seen.shown) return "";
        seen.times = new uint256[](items.length);
        seen.named = new bool[](items.length);
        seen.indexes = new uint256[](items.length);
        seen.nextTimes = new uint256[](items.length);
        for (uint256 i; i < items.length; ++i) {
            list = bytes.concat(list, showItem(draft, seen, items[i], i, (modes >> (4 * i)) & 15));
        }
    }

    /// @dev A hash lock by the lower two bits: hidden, with its witness, with a proof, given up. A chain lock by the upper two:
    /// with the last checkpoint in time, without, with the first, with one that is not there.
    function showItem(
        Draft memory draft,
        Verdict.View memory seen,
        Verdict.Item memory item,
        uint256 i,
        uint256 mode
    ) private view returns (bytes memory) {
        if (item.isChain) return showChain(seen, item, i, mode >> 2);
        uint8 flag =
            mode & 3 == 1
                ? Locks.WITNESS
                : mode & 3 == 2
                    ? Locks.PROVEN
                    : mode & 3 == 3
                        ? Locks.CONCEDED
                        : Locks.HIDDEN;
        seen.named[i] = flag == Locks.CONCEDED;
        bytes32[] memory one = new bytes32[](1);
        if (flag == Locks.WITNESS) {
            seen.times[i] = _OWN_RECORD;
            one[0] = item.secret;
            draft.witnesses = Trees.concat(draft.witnesses, one);
        }
        if (flag == Locks.PROVEN) {
            // A list of one: no siblings.
            draft.shown.proofs = Trees.concat(draft.shown.proofs, one);
            one[0] = item.secret;
            seen.times[i] = recordedAt[Trees.key(one)];
        }
        return Locks.entry(Lock(item.amount, item.expiry, item.secret, flag), flag);
    }

    function showChain(
        Verdict.View memory seen,
        Verdict.Item memory item,
        uint256 i,
        uint256 mode
    ) private view returns (bytes memory) {
        Point[] storage points = checkpoints[item.secret];
        uint256 number;
        if (mode == 0) while (number < points.length && points[number].time < item.expiry) ++number;
        if (mode == 2) number = 1;
        if (mode == 3) number = points.length + 1;
        seen.named[i] = number != 0;
        if (number != 0 && number <= points.length) {
            (seen.times[i], seen.indexes[i]) = (points[number - 1].time, points[number - 1].index);
        }
        if (number < points.length) seen.nextTimes[i] = points[number].time;
        return number == 0 ? chainOf(item).entry() : chainOf(item).named(number);
    }

    function timeOfList(bytes32[] memory witnesses, uint256 time) private view returns (uint256) {
        if (witnesses.length == 0) return 0;
        uint256 before = recordedAt[Trees.key(witnesses)];
        return before == 0 ? time : before;
    }

    function lastExpiry() private view returns (uint256 last) {
        for (uint256 i; i < 3; ++i) {
            uint256 one = laneAt(i).lastExpiry();
            if (one > last) last = one;
        }
    }

    function laneAt(uint256 which) private view returns (Verdict.Lane storage) {
        if (which == 0) return verdict.own;
        return which == 1 ? verdict.theirs : verdict.answered;
    }

    function timeWitnesses(Verdict.View memory seen, uint256 recorded) private pure {
        for (uint256 i; i < seen.times.length; ++i) {
            if (seen.times[i] == _OWN_RECORD) seen.times[i] = recorded;
        }
    }
}
