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

/// @title A wallet that accepts what one key signed, in the 64 bytes of EIP-2098 and a byte of its own
contract Wallet {
    address private immutable _KEY;
    bytes4 private immutable _MAGIC;

    constructor(address key, bytes4 magic) {
        _KEY = key;
        _MAGIC = magic;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        if (signature.length != 65) return bytes4(0);
        bytes32 vs = bytes32(signature[32:64]);
        uint8 v = uint8(27 + (uint256(vs) >> 255));
        address signer = ecrecover(digest, v, bytes32(signature[:32]), (vs << 1) >> 1);
        return signer == _KEY ? _MAGIC : bytes4(0);
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

/// @title An account that calls again whenever it is paid, with the little gas that a payment leaves
contract Caller {
    uint256 public tried;
    bytes4 public refusal;
    address private _target;
    bytes private _data;

    receive() external payable {
        (bool done, bytes memory result) = _target.call(_data);
        ++tried;
        if (!done) refusal = bytes4(result);
    }

    function prepare(address target, bytes calldata data) external {
        _target = target;
        _data = data;
        // So that writing them costs less when it is paid.
        (tried, refusal) = (1, 0xffffffff);
        tried = 0;
    }
}

/// @title A token that makes one call before it moves anything
contract HookToken is TestToken {
    address private _target;
    bytes private _data;

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        address target = _target;
        _target = address(0);
        if (target != address(0)) {
            (bool done, bytes memory reason) = target.call(_data);
            if (!done) {
                assembly {
                    revert(add(reason, 0x20), mload(reason))
                }
            }
        }
        return super.transferFrom(from, to, amount);
    }

    function arm(address target, bytes calldata data) external {
        _target = target;
        _data = data;
    }

    function disarm() external {
        _target = address(0);
    }
}
