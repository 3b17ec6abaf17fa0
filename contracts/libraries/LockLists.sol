// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Packed lists of locks
/// @dev A hash lock is 50 bytes, big endian: kind (1), amount (12), expiry (5), commitment (32). The root of a list
/// is `keccak256(entries || uint32 count)`, zero for the empty list: flat, because a settlement reveals it all.
///
/// In a settlement two flags may stand in the kind byte. Then the last 32 bytes are the witness in place of its
/// commitment: WITNESS if this call's own record counts, PROVEN if a path to an older record is among the proofs.
library LockLists {
    uint256 internal constant ENTRY_BYTES = 50;
    uint256 internal constant HASH_LOCK = 1;
    uint256 internal constant WITNESS = 0x80;
    uint256 internal constant PROVEN = 0x40;

    uint256 private constant _COMMITMENT_AT = 18;
    uint256 private constant _COUNT_BYTES = 4;
    uint256 private constant _FLAGS = 0xc0;
    uint256 private constant _WITHOUT_FLAGS =
        0x3fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff;

    /// @notice A list that is not made of whole, known locks.
    error MalformedLocks(uint256 position);
    /// @notice More locks than a lane may carry [LOCK-3].
    error TooManyLocks(uint256 weight, uint256 limit);

    /// @notice A shown list as it was signed: commitments in place of witnesses, no flags.
    function withoutWitnesses(bytes calldata list) internal view returns (bytes memory entries) {
        requireWhole(list);
        entries = allocate(list.length);
        uint256 flawed = list.length;
        assembly ("memory-safe") {
            let target := add(entries, 0x20)
            for {
                let offset := 0
            } lt(offset, list.length) {
                offset := add(offset, ENTRY_BYTES)
            } {
                let head := calldataload(add(list.offset, offset))
                let witness := calldataload(add(add(list.offset, offset), _COMMITMENT_AT))
                mstore(target, and(head, _WITHOUT_FLAGS))
                if iszero(eq(byte(0, mload(target)), HASH_LOCK)) {
                    flawed := offset
                    break
                }
                mstore(add(target, _COMMITMENT_AT), witness)
                if and(byte(0, head), _FLAGS) {
                    mstore(0x00, witness)
                    // sha256 cannot fail on 32 bytes unless gas runs out.
                    if iszero(staticcall(gas(), 2, 0x00, 0x20, add(target, _COMMITMENT_AT), 0x20)) {
                        revert(0, 0)
                    }
                }
                target := add(target, ENTRY_BYTES)
            }
        }
        if (flawed != list.length) revert MalformedLocks(flawed);
    }

    /// @notice Root of a list without witnesses; refuses unknown kinds and lists over `limit`.
    function checkedRoot(bytes calldata list, uint256 limit) internal pure returns (bytes32 root) {
        if (list.length == 0) return bytes32(0);
        uint256 count = _count(list);
        if (count > limit) revert TooManyLocks(count, limit);
        uint256 flawed = _firstOtherThan(list, HASH_LOCK);
        if (flawed != list.length) revert MalformedLocks(flawed);
        bytes memory copy = allocate(list.length);
        assembly ("memory-safe") {
            calldatacopy(add(copy, 0x20), list.offset, list.length)
        }
        return rootOf(copy, list.length);
    }

    /// @notice How many entries of a shown list come with a witness of this call's own record.
    function countWitnesses(bytes calldata list) internal pure returns (uint256 witnesses) {
        assembly ("memory-safe") {
            let end := add(list.offset, list.length)
            for {
                let entry := list.offset
            } lt(entry, end) {
                entry := add(entry, ENTRY_BYTES)
            } {
                witnesses := add(witnesses, shr(255, calldataload(entry)))
            }
        }
    }

    /// @notice Copies these witnesses, in order, into `into` from position `next` on, for which there is room.
    /// @return The next free position.
    function gatherWitnesses(
        bytes calldata list,
        bytes32[] memory into,
        uint256 next
    ) internal pure returns (uint256) {
        requireWhole(list);
        assembly ("memory-safe") {
            let place := add(add(into, 0x20), shl(5, next))
            let end := add(list.offset, list.length)
            for {
                let entry := list.offset
            } lt(entry, end) {
                entry := add(entry, ENTRY_BYTES)
            } {
                if shr(255, calldataload(entry)) {
                    mstore(place, calldataload(add(entry, _COMMITMENT_AT)))
                    place := add(place, 0x20)
                }
            }
            next := shr(5, sub(place, add(into, 0x20)))
        }
        return next;
    }

    /// @notice Room for a list of this many bytes and its count.
    function allocate(uint256 length) internal pure returns (bytes memory room) {
        assembly ("memory-safe") {
            room := mload(0x40)
            mstore(room, length)
            mstore(0x40, add(room, and(add(length, 0x63), not(0x1f))))
        }
    }

    /// @notice Root of the first `length` bytes of `entries`, which were allocated with {allocate}.
    function rootOf(bytes memory entries, uint256 length) internal pure returns (bytes32 root) {
        if (length == 0) return bytes32(0);
        uint256 count = length / ENTRY_BYTES;
        assembly ("memory-safe") {
            mstore(add(add(entries, 0x20), length), shl(224, count))
            root := keccak256(add(entries, 0x20), add(length, _COUNT_BYTES))
        }
    }

    /// @notice The first 32 bytes of an entry in calldata; read them with {amountOf} and {expiryOf}.
    function headAt(bytes calldata list, uint256 offset) internal pure returns (uint256 head) {
        assembly ("memory-safe") {
            head := calldataload(add(list.offset, offset))
        }
    }

    /// @notice The last 32 bytes of an entry in calldata.
    function witnessAt(bytes calldata list, uint256 offset) internal pure returns (bytes32 witness) {
        assembly ("memory-safe") {
            witness := calldataload(add(add(list.offset, offset), _COMMITMENT_AT))
        }
    }

    /// @notice Whether the entry comes with a witness of this call's own record.
    function isWitness(uint256 head) internal pure returns (bool) {
        return head >> 255 != 0;
    }

    /// @notice Whether the entry comes with a witness of an older record.
    function isProven(uint256 head) internal pure returns (bool) {
        return head & (PROVEN << 248) != 0;
    }

    /// @notice In base units.
    function amountOf(uint256 head) internal pure returns (uint256) {
        return uint96(head >> 152);
    }

    /// @notice Unix seconds.
    function expiryOf(uint256 head) internal pure returns (uint256) {
        return uint40(head >> 112);
    }

    /// @notice Moves an entry towards the front of a list in memory.
    function moveEntry(bytes memory entries, uint256 from, uint256 to) internal pure {
        assembly ("memory-safe") {
            mcopy(add(add(entries, 0x20), to), add(add(entries, 0x20), from), ENTRY_BYTES)
        }
    }

    /// @notice Refuses a list that is no whole number of entries.
    function requireWhole(bytes calldata list) internal pure {
        _count(list);
    }

    function _count(bytes calldata list) private pure returns (uint256) {
        if (list.length % ENTRY_BYTES != 0) revert MalformedLocks(list.length);
        return list.length / ENTRY_BYTES;
    }

    /// @dev Where the first entry of another kind stands; the length if there is none.
    function _firstOtherThan(bytes calldata list, uint256 kind) private pure returns (uint256 offset) {
        assembly ("memory-safe") {
            for {} lt(offset, list.length) {
                offset := add(offset, ENTRY_BYTES)
            } {
                if iszero(eq(byte(0, calldataload(add(list.offset, offset))), kind)) {
                    break
                }
            }
        }
    }
}
