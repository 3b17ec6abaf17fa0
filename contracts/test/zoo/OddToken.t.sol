// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TestToken} from "../../mocks/TestToken.sol";
import {CallsBack} from "../support/CallsBack.t.sol";

/// @notice How a transfer goes. Up to `MovesAndReturnsLong` the tokens arrive.
enum Way {
    Good,
    ReturnsNothing,
    MovesAndReturnsLong,
    ReturnsFalse,
    ReturnsTwo,
    ReturnsShort,
    RevertsBare,
    RevertsLong,
    EatsGas,
    ReturnsTrueOnly,
    KeepsOne,
    RefusesZero
}

/// @title A token with every oddity, one at a time, and with a call of its own before anything moves
contract OddToken is TestToken, CallsBack {
    Way public paying;
    Way public pulling;
    mapping(address account => bool yes) public isBlocked;

    error Blocked(address account);

    function setPaying(Way way) external {
        paying = way;
    }

    function setPulling(Way way) external {
        pulling = way;
    }

    function setBlocked(address account, bool yes) external {
        isBlocked[account] = yes;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        _callBack();
        if (isBlocked[to]) revert Blocked(to);
        _before(paying, amount);
        if (paying == Way.ReturnsTrueOnly) return true;
        super.transfer(to, amount);
        _after(paying, to);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        _callBack();
        if (isBlocked[from]) revert Blocked(from);
        _before(pulling, amount);
        if (pulling == Way.ReturnsTrueOnly) return true;
        super.transferFrom(from, to, amount);
        _after(pulling, to);
        return true;
    }

    function _after(Way way, address to) private {
        if (way == Way.KeepsOne) _burn(to, 1);
        assembly {
            switch way
            case 1 {
                return(0, 0)
            }
            case 2 {
                mstore(0x2000, 1)
                return(0x2000, 0x2800)
            }
        }
    }

    function _before(Way way, uint256 amount) private pure {
        if (way == Way.RefusesZero && amount == 0) revert("zero");
        assembly {
            switch way
            case 3 {
                mstore(0, 0)
                return(0, 0x20)
            }
            case 4 {
                mstore(0, 2)
                return(0, 0x20)
            }
            case 5 {
                mstore(0, not(0))
                return(0, 0x1f)
            }
            case 6 {
                revert(0, 0)
            }
            case 7 {
                revert(0x4000, 0x4000)
            }
            case 8 {
                invalid()
            }
        }
    }
}
