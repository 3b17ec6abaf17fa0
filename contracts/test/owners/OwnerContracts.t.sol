// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice How a contract answers when it is asked whether a signature is its own.
enum Opinion {
    Accepts,
    WrongMagic,
    ReturnsShort,
    ReturnsNothing,
    Reverts,
    RevertsLong,
    EatsGas,
    AcceptsAtLength
}

/// @title An account with an opinion of its own on signatures, which can change
contract OwnerContract {
    Opinion public opinion;

    receive() external payable {}

    function setOpinion(Opinion opinion_) external {
        opinion = opinion_;
    }

    function act(address target, bytes calldata call_) external returns (bytes memory result) {
        bool done;
        (done, result) = target.call(call_);
        if (done) return result;
        assembly {
            revert(add(result, 0x20), mload(result))
        }
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        Opinion now_ = opinion;
        if (now_ == Opinion.WrongMagic) return 0x1626ba7f;
        assembly {
            mstore(0, shl(224, 0x1626ba7e))
            switch now_
            case 0 {
                return(0, 0x20)
            }
            case 2 {
                return(0, 0x1f)
            }
            case 3 {
                return(0, 0)
            }
            case 4 {
                revert(0, 0)
            }
            case 5 {
                revert(0, 0x8000)
            }
            case 6 {
                invalid()
            }
            case 7 {
                return(0, 0x8000)
            }
        }
        return IERC1271.isValidSignature.selector;
    }
}

/// @title An account of three keys, of which any two sign
contract TwoOfThree {
    address[3] public keys;

    mapping(bytes32 call => uint256 bits) private _confirmations;

    error NotKey(address sender);

    constructor(address[3] memory keys_) {
        keys = keys_;
    }

    receive() external payable {}

    /// @dev The second key's confirmation makes the call.
    function confirm(address target, bytes calldata call_) external {
        bytes32 id = keccak256(abi.encode(target, call_));
        uint256 bits = _confirmations[id] | bitOf(msg.sender);
        _confirmations[id] = bits;
        if (bits & (bits - 1) == 0) return;
        (bool done, bytes memory result) = target.call(call_);
        if (done) return;
        assembly {
            revert(add(result, 0x20), mload(result))
        }
    }

    function isValidSignature(bytes32 digest, bytes calldata signatures) external view returns (bytes4) {
        bytes32[4] memory words = abi.decode(signatures, (bytes32[4]));
        uint256 bits =
            bitOf(recover(digest, words[0], words[1])) | bitOf(recover(digest, words[2], words[3]));
        return bits & (bits - 1) == 0 ? bytes4(0) : IERC1271.isValidSignature.selector;
    }

    function bitOf(address sender) private view returns (uint256) {
        for (uint256 i; i < 3; ++i) if (keys[i] == sender) return 1 << i;
        revert NotKey(sender);
    }

    function recover(bytes32 digest, bytes32 r, bytes32 vs) private pure returns (address) {
        return ecrecover(digest, uint8(27 + (uint256(vs) >> 255)), r, (vs << 1) >> 1);
    }
}
