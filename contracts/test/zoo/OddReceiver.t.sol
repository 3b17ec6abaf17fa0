// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CallsBack} from "../support/CallsBack.t.sol";

/// @notice What a receiver does when it is paid. Up to `ReturnsLong` it takes the money.
enum Mood {
    Takes,
    WritesTwice,
    ReturnsLong,
    Reverts,
    RevertsLong,
    EatsGas,
    NeedsMore
}

/// @title An account in a mood
contract OddReceiver {
    Mood public mood;
    /// @dev Gas that it was called with.
    uint256 public gas;
    uint256 private _written;

    receive() external payable {
        Mood now_ = mood;
        if (now_ == Mood.WritesTwice) {
            gas = gasleft();
            ++_written;
        }
        assembly {
            switch now_
            case 2 {
                return(0, 0x2000)
            }
            case 3 {
                revert(0, 0)
            }
            case 4 {
                revert(0, 0x2000)
            }
            case 5 {
                invalid()
            }
            case 6 {
                // A megabyte, and more gas than it is given.
                return(0, 0x100000)
            }
        }
    }

    function setMood(Mood mood_) external {
        mood = mood_;
    }
}

/// @title An account that makes a call of its own when it is paid
contract Meddler is CallsBack {
    receive() external payable {
        _callBack();
    }
}

/// @title A contract that cannot be paid in ETH
contract NoReceiver {}
