// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title The one storage word of a channel
/// @dev Layout, from the highest bit:
///
/// | phase   | 2 bits | 20 bits | 34 bits                             | 200 bits                                 |
/// | ------- | ------ | ------- | ----------------------------------- | ---------------------------------------- |
/// | ended   | 0      | life    | 0                                   | 0                                        |
/// | open    | 1      | life    | 7 unused, consent of B, of A, isEth (1 each), resizes 24 of 32 | resizes 8 of 32, deposit B 96, deposit A 96 |
/// | closing | 2      | life    | deadline                            | first 200 bits of the record's hash      |
///
/// Deposits are net and signed: a withdrawal may exceed the own deposit. `life` counts the times that the Params
/// were opened; a slot never used reads as ended with life 0.
library Slots {
    uint256 internal constant ENDED = 0;
    uint256 internal constant OPEN = 1;
    uint256 internal constant CLOSING = 2;

    uint256 internal constant MAX_LIFE = (1 << 20) - 1;

    uint256 private constant _PHASE_AT = 254;
    uint256 private constant _LIFE_AT = 234;
    uint256 private constant _LIFE_BITS = 20;
    uint256 private constant _DEADLINE_AT = 200;
    uint256 private constant _IS_ETH_AT = 224;
    /// @dev That of B stands next to it.
    uint256 private constant _CONSENT_A_AT = 225;
    uint256 private constant _DEPOSIT_B_AT = 96;
    uint256 private constant _DEADLINE_MASK = (1 << 34) - 1;
    uint256 private constant _RESIZES_AT = 192;
    uint256 private constant _AMOUNT_MASK = (1 << 96) - 1;
    uint256 private constant _HASH_SHIFT = 56;

    function ended(uint256 life_) internal pure returns (uint256) {
        return life_ << _LIFE_AT;
    }

    /// @dev The deposits must fit 96 bits with sign.
    function open(
        uint256 life_,
        bool isEth_,
        int256 depositA_,
        int256 depositB_
    ) internal pure returns (uint256) {
        uint256 eth;
        assembly ("memory-safe") {
            eth := shl(_IS_ETH_AT, isEth_)
        }
        return
            (OPEN << _PHASE_AT) |
            (life_ << _LIFE_AT) |
            eth |
            ((uint256(depositB_) & _AMOUNT_MASK) << _DEPOSIT_B_AT) |
            (uint256(depositA_) & _AMOUNT_MASK);
    }

    /// @dev Replaces the deposits of an open slot and keeps all else.
    function withDeposits(uint256 slot, int256 depositA_, int256 depositB_) internal pure returns (uint256) {
        uint256 both = (uint256(depositB_) & _AMOUNT_MASK) << _DEPOSIT_B_AT;
        both |= uint256(depositA_) & _AMOUNT_MASK;
        return ((slot >> 192) << 192) | both;
    }

    /// @dev The same, and counts a resize; the counter must not be full.
    function resized(uint256 slot, int256 depositA_, int256 depositB_) internal pure returns (uint256) {
        return withDeposits(slot, depositA_, depositB_) + (1 << _RESIZES_AT);
    }

    /// @dev The bit of an open slot that says that a side's consent to this life was used.
    function consentMark(bool ofB) internal pure returns (uint256 mark) {
        assembly ("memory-safe") {
            mark := shl(add(_CONSENT_A_AT, ofB), 1)
        }
    }

    /// @dev The deadline must fit 34 bits (until the year 2514).
    function closing(uint256 life_, uint256 deadline_, bytes32 recordHash) internal pure returns (uint256) {
        return
            (CLOSING << _PHASE_AT) |
            (life_ << _LIFE_AT) |
            (deadline_ << _DEADLINE_AT) |
            (uint256(recordHash) >> _HASH_SHIFT);
    }

    /// @dev Whether the slot is in this phase and life, both at once. A life of more bits would run into the phase, and
    /// is that of no slot.
    function isIn(uint256 slot, uint256 phase_, uint256 life_) internal pure returns (bool yes) {
        assembly ("memory-safe") {
            let other := xor(shr(_LIFE_AT, slot), or(shl(_LIFE_BITS, phase_), life_))
            yes := iszero(or(other, shr(_LIFE_BITS, life_)))
        }
    }

    function phase(uint256 slot) internal pure returns (uint256) {
        return slot >> _PHASE_AT;
    }

    function life(uint256 slot) internal pure returns (uint256) {
        return (slot >> _LIFE_AT) & MAX_LIFE;
    }

    function isEth(uint256 slot) internal pure returns (bool) {
        return (slot >> _IS_ETH_AT) & 1 == 1;
    }

    function depositA(uint256 slot) internal pure returns (int256) {
        return int96(uint96(slot));
    }

    function depositB(uint256 slot) internal pure returns (int256) {
        return int96(uint96(slot >> _DEPOSIT_B_AT));
    }

    function depositOf(uint256 slot, bool ofB) internal pure returns (int256 amount) {
        assembly ("memory-safe") {
            // Moves the side's 96 bits down, and their sign up.
            amount := signextend(11, shr(mul(_DEPOSIT_B_AT, ofB), slot))
        }
    }

    function resizes(uint256 slot) internal pure returns (uint256) {
        return uint32(slot >> _RESIZES_AT);
    }

    function deadline(uint256 slot) internal pure returns (uint256) {
        return (slot >> _DEADLINE_AT) & _DEADLINE_MASK;
    }

    function commitsTo(uint256 slot, bytes32 recordHash) internal pure returns (bool) {
        return uint200(slot) == uint200(uint256(recordHash) >> _HASH_SHIFT);
    }
}
