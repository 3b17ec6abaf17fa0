// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TestToken} from "../../mocks/TestToken.sol";

/// @title A token that keeps a part of every transfer
contract FeeToken is TestToken {
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        super.transferFrom(from, to, amount);
        _burn(to, 1);
        return true;
    }
}

/// @title A token that says no, or lies, when it pays
contract StubbornToken is TestToken {
    enum Mood {
        Good,
        ReturnsFalse,
        Reverts,
        ReturnsGarbage
    }

    Mood public mood;

    function setMood(Mood mood_) external {
        mood = mood_;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (mood == Mood.ReturnsFalse) return false;
        if (mood == Mood.Reverts) revert("no");
        if (mood == Mood.ReturnsGarbage) {
            assembly {
                mstore(0, 2)
                return(0, 32)
            }
        }
        return super.transfer(to, amount);
    }
}

/// @title An account that makes a call of its own whenever it is paid
contract Reentrant {
    address public target;
    bytes public data;
    bytes public answer;

    receive() external payable {
        (, bytes memory result) = target.call(data);
        answer = result;
    }

    function prepare(address target_, bytes calldata data_) external {
        target = target_;
        data = data_;
    }

    function act(bytes calldata call_) external payable returns (bytes memory result) {
        bool done;
        (done, result) = target.call{value: msg.value}(call_);
        if (!done) {
            assembly {
                revert(add(result, 0x20), mload(result))
            }
        }
    }
}
