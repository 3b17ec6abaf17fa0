// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title What a close with at most one lock a lane is worth, written from the protocol's text [PAY-1] [LOCK-1]
library Expected {
    uint256 internal constant UNDECIDED = 0;
    uint256 internal constant WON = 1;
    uint256 internal constant LOST = 2;

    uint256 private constant _ANYTHING = 1 << 160;

    /// @dev Amount 0: there is no lock.
    struct OneLock {
        uint256 amount;
        uint256 expiry;
        uint256 fate;
    }

    struct Close {
        uint256 sentOwn;
        uint256 sentTheirs;
        uint256 sentAnswered;
        OneLock own;
        OneLock theirs;
        uint256 deadline;
        uint256 challenge;
        bool theirsShown;
        /// What the last settle left open, at most, beyond what is won.
        uint256 openOwn;
        uint256 openTheirs;
        uint256 settles;
        bool compared;
        /// Most that was ever sure.
        uint256 sureOfCloser;
        uint256 sureOfOther;
    }

    /// @dev Times: when the shown witness was recorded, 0 if none was shown.
    struct Call {
        uint256 time;
        bool ownShown;
        bool theirsShown;
        uint256 ownTime;
        uint256 theirTime;
        bool byOther;
        bool byCloser;
    }

    function lock(uint256 amount, uint256 expiry) internal pure returns (OneLock memory) {
        return OneLock(amount, expiry, amount == 0 ? LOST : UNDECIDED);
    }

    /// @dev A settle that the contract has taken.
    function settle(Close storage close, Call memory call) internal {
        ++close.settles;
        bool waitOver = call.time >= close.deadline + close.challenge;
        _judge(close, close.own, call.time, call.ownShown, call.ownTime, call.byOther);
        if (waitOver && !close.theirsShown) {
            if (close.theirs.fate == UNDECIDED) close.theirs.fate = LOST;
        } else {
            _judge(close, close.theirs, call.time, call.theirsShown, call.theirTime, call.byCloser);
        }
        if (call.theirsShown) close.theirsShown = true;
        close.openOwn = _open(close.own, call.ownShown);
        close.openTheirs = _open(close.theirs, call.theirsShown);
    }

    /// @dev What A and B must have been paid by now, each the most that was sure after any settle so far.
    function paid(
        Close storage close,
        bool closerIsB,
        int256 depositA,
        uint256 total
    ) internal returns (uint256 toA, uint256 toB) {
        uint256 low = close.sentOwn + _won(close.own);
        uint256 high = low + close.openOwn;
        if (close.sentAnswered > low) low = close.sentAnswered;
        if (close.sentAnswered > high) high = close.sentAnswered;
        uint256 theirLow = close.sentTheirs + _won(close.theirs);
        uint256 theirHigh = theirLow + close.openTheirs;
        int256 deposit = closerIsB ? int256(total) - depositA : depositA;
        uint256 sure = _clamp(deposit + int256(theirLow) - int256(high), total);
        uint256 most = _clamp(deposit + int256(theirHigh) - int256(low), total);
        if (sure > close.sureOfCloser) close.sureOfCloser = sure;
        if (total - most > close.sureOfOther) close.sureOfOther = total - most;
        return closerIsB ? (close.sureOfOther, close.sureOfCloser) : (close.sureOfCloser, close.sureOfOther);
    }

    function _judge(
        Close storage close,
        OneLock storage one,
        uint256 time,
        bool shown,
        uint256 recorded,
        bool byPayee
    ) private {
        if (!shown || one.fate != UNDECIDED) return;
        uint256 end = (one.expiry > close.deadline ? one.expiry : close.deadline) + close.challenge;
        if (time >= end) one.fate = LOST;
        else if (recorded != 0 && recorded < one.expiry) one.fate = WON;
        else if (byPayee && time >= one.expiry) one.fate = LOST;
    }

    function _won(OneLock storage one) private view returns (uint256) {
        return one.fate == WON ? one.amount : 0;
    }

    function _open(OneLock storage one, bool shown) private view returns (uint256) {
        if (one.fate != UNDECIDED) return 0;
        return shown ? one.amount : _ANYTHING;
    }

    function _clamp(int256 value, uint256 total) private pure returns (uint256) {
        if (value < 0) return 0;
        return uint256(value) > total ? total : uint256(value);
    }
}
