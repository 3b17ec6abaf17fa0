// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../interfaces/IHashlane.sol";
import {Words} from "./Words.sol";

/// @title Reading and writing the packed words of a closing record
/// @dev The layout is documented at IHashlane.Closing.
library Closings {
    uint256 internal constant MAX_SENT = type(uint128).max;

    uint256 private constant _CLOSER_IS_B = 1 << 192;
    uint256 private constant _HUMBLE = 1 << 193;
    uint256 private constant _THEIRS_SHOWN = 1 << 194;
    uint256 private constant _ANSWERED_SHOWN = 1 << 195;
    uint256 private constant _AMOUNT_MASK = (1 << 96) - 1;

    function hash(IHashlane.Closing memory record) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            digest := keccak256(record, 0x100)
        }
    }

    function terms(
        bool closerIsB_,
        bool humble_,
        int256 depositA_,
        int256 depositB_
    ) internal pure returns (uint256) {
        return
            (closerIsB_ ? _CLOSER_IS_B : 0) |
            (humble_ ? _HUMBLE : 0) |
            ((uint256(depositB_) & _AMOUNT_MASK) << 96) |
            (uint256(depositA_) & _AMOUNT_MASK);
    }

    function closerIsB(IHashlane.Closing memory record) internal pure returns (bool) {
        return record.terms & _CLOSER_IS_B != 0;
    }

    function humble(IHashlane.Closing memory record) internal pure returns (bool) {
        return record.terms & _HUMBLE != 0;
    }

    function theirsShown(IHashlane.Closing memory record) internal pure returns (bool) {
        return record.terms & _THEIRS_SHOWN != 0;
    }

    function answeredShown(IHashlane.Closing memory record) internal pure returns (bool) {
        return record.terms & _ANSWERED_SHOWN != 0;
    }

    function markTheirsShown(IHashlane.Closing memory record) internal pure {
        record.terms |= _THEIRS_SHOWN;
    }

    function markAnsweredShown(IHashlane.Closing memory record) internal pure {
        record.terms |= _ANSWERED_SHOWN;
    }

    function depositA(IHashlane.Closing memory record) internal pure returns (int256) {
        return int96(uint96(record.terms));
    }

    function depositB(IHashlane.Closing memory record) internal pure returns (int256) {
        return int96(uint96(record.terms >> 96));
    }

    /// @dev Both deposits fit 96 bits, and no withdrawal takes more than there is.
    function total(IHashlane.Closing memory record) internal pure returns (uint256) {
        unchecked {
            return uint256(depositA(record) + depositB(record));
        }
    }

    function paidA(IHashlane.Closing memory record) internal pure returns (uint256) {
        return uint128(record.paid);
    }

    function paidB(IHashlane.Closing memory record) internal pure returns (uint256) {
        return record.paid >> 128;
    }

    function seq(uint256 lane_) internal pure returns (uint256) {
        return lane_ >> 192;
    }

    function ack(uint256 lane_) internal pure returns (uint256) {
        return uint64(lane_ >> 128);
    }

    function sent(uint256 lane_) internal pure returns (uint256) {
        return uint128(lane_);
    }

    /// @dev Of a lane's word with this root: `keccak256(abi.encode(sent, ack, locksRoot))`.
    function bodyOf(uint256 lane_, bytes32 root) internal pure returns (bytes32) {
        return Words.hash(bytes32(sent(lane_)), bytes32(ack(lane_)), root);
    }

    /// @dev Saturates, so that no signed amount can make a settlement revert. Honest parties never come near: a channel
    /// holds less than 2^96.
    function addSent(uint256 lane_, uint256 won) internal pure returns (uint256) {
        uint256 sum;
        // 128 bits, and a sum of amounts of 96 bits that calldata has room for.
        unchecked {
            sum = sent(lane_) + won;
        }
        if (sum > MAX_SENT) sum = MAX_SENT;
        return ((lane_ >> 128) << 128) | sum;
    }
}
