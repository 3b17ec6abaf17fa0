// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title What a closing channel is worth, written from the protocol's text [PAY-1] [LOCK-1] [CL-5]
/// @dev Knows nothing of records, roots and flags: three lanes with their locks, and when what was recorded.
library Verdict {
    uint256 private constant _ANYTHING = 1 << 160;

    /// @dev A hash lock, or a chain lock over the chain of that secret.
    struct Item {
        bool isChain;
        uint96 amount;
        uint40 expiry;
        bytes32 secret;
        uint96 unit;
        uint40 start;
    }

    struct Lane {
        bool exists;
        bool shown;
        uint256 sent;
        Item[] items;
    }

    /// @dev `deposit` is that of the closer. The closer's lane is paid to the other side, and what was answered too.
    struct Case {
        int256 deposit;
        uint256 total;
        uint256 deadline;
        uint256 challenge;
        Lane own;
        Lane theirs;
        Lane answered;
        uint256 toCloser;
        uint256 toOther;
    }

    /// @dev What a call shows of one lane. Of a hash lock: when the witness that came with it was recorded, 0 if there
    /// is none; named if it is given up. Of a chain lock: the named checkpoint and the next one.
    struct View {
        bool shown;
        uint256[] times;
        bool[] named;
        uint256[] indexes;
        uint256[] nextTimes;
    }

    struct Call {
        uint256 time;
        bool byCloser;
        bool byOther;
        View own;
        View theirs;
        View answered;
    }

    /// @dev A settlement that was taken; `toCloser` and `toOther` are what both must have been paid by now.
    function settle(Case storage one, Call memory call) internal {
        bool over = call.time >= one.deadline + one.challenge;
        (uint256 low, uint256 high) = _lane(one, one.own, call.own, call.time, over, call.byOther);
        (uint256 otherLow, uint256 otherHigh) = _lane(
            one,
            one.theirs,
            call.theirs,
            call.time,
            over,
            call.byCloser
        );
        if (one.answered.exists) {
            (uint256 least, uint256 most) = _lane(
                one,
                one.answered,
                call.answered,
                call.time,
                over,
                call.byOther
            );
            if (least > low) low = least;
            if (most > high) high = most;
        }
        uint256 sure = _clamp(one.deposit + int256(otherLow) - int256(high), one.total);
        uint256 atMost = _clamp(one.deposit + int256(otherHigh) - int256(low), one.total);
        if (sure > one.toCloser) one.toCloser = sure;
        if (one.total - atMost > one.toOther) one.toOther = one.total - atMost;
    }

    /// @dev The last second in which a lock of this lane may be undecided, or 0.
    function lastExpiry(Lane storage lane) internal view returns (uint256 last) {
        for (uint256 i; i < lane.items.length; ++i) {
            if (lane.items[i].expiry > last) last = lane.items[i].expiry;
        }
    }

    function _lane(
        Case storage one,
        Lane storage lane,
        View memory seen,
        uint256 time,
        bool over,
        bool concedes
    ) private returns (uint256 low, uint256 high) {
        if (over && !lane.shown) {
            delete lane.items;
        } else if (seen.shown) {
            _judge(one, lane, seen, time, concedes);
        } else if (lane.items.length != 0) {
            return (lane.sent, _ANYTHING);
        }
        if (seen.shown) lane.shown = true;
        low = lane.sent;
        high = low;
        for (uint256 i; i < lane.items.length; ++i) high += lane.items[i].amount;
    }

    function _judge(
        Case storage one,
        Lane storage lane,
        View memory seen,
        uint256 time,
        bool concedes
    ) private {
        uint256 kept;
        for (uint256 i; i < lane.items.length; ++i) {
            Item memory item = lane.items[i];
            (uint256 won, bool open) = item.isChain
                ? _chain(item, seen, i, time)
                : _hash(one, item, seen.times[i], time, concedes && seen.named[i]);
            lane.sent += won;
            if (!open) continue;
            lane.items[kept] = item;
            ++kept;
        }
        while (lane.items.length > kept) lane.items.pop();
    }

    function _hash(
        Case storage one,
        Item memory item,
        uint256 recorded,
        uint256 time,
        bool concedes
    ) private view returns (uint256 won, bool open) {
        uint256 end = (item.expiry > one.deadline ? item.expiry : one.deadline) + one.challenge;
        if (time >= end) return (0, false);
        if (recorded != 0 && recorded < item.expiry) return (item.amount, false);
        return (0, !(concedes && time >= item.expiry));
    }

    function _chain(
        Item memory item,
        View memory seen,
        uint256 i,
        uint256 time
    ) private pure returns (uint256 won, bool open) {
        // Named, but absent or late: it says nothing.
        if (seen.named[i] && (seen.times[i] == 0 || seen.times[i] >= item.expiry)) return (0, true);
        if (seen.named[i] && seen.indexes[i] > item.start) {
            won = (seen.indexes[i] - item.start) * item.unit;
            if (won > item.amount) won = item.amount;
            item.amount -= uint96(won);
            item.start = uint40(seen.indexes[i]);
        }
        bool nextInTime = seen.nextTimes[i] != 0 && seen.nextTimes[i] < item.expiry;
        open = item.amount != 0 && (time < item.expiry || nextInTime);
    }

    function _clamp(int256 value, uint256 total) private pure returns (uint256) {
        if (value < 0) return 0;
        return uint256(value) > total ? total : uint256(value);
    }
}
