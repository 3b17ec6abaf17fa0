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

    /// @notice A list that is not made of whole, known locks.
    error MalformedLocks(uint256 position);
    /// @notice More locks than a lane may carry [LOCK-3].
    error TooManyLocks(uint256 weight, uint256 limit);

    /// @notice Root of a list without witnesses; refuses unknown kinds and lists over `limit`.
    function checkedRoot(bytes calldata list, uint256 limit) internal pure returns (bytes32 root) {
        if (list.length == 0) return bytes32(0);
        uint256 count = _count(list);
        if (count > limit) revert TooManyLocks(count, limit);
        for (uint256 offset; offset < list.length; offset += ENTRY_BYTES) {
            if (uint8(list[offset]) != HASH_LOCK) revert MalformedLocks(offset);
        }
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

    /// @notice Copies an entry from calldata to the same place in `entries`, with the commitment in place of a
    /// witness and without flags.
    /// @return flagged The kind byte as it stood in calldata.
    /// @return amount In base units.
    /// @return expiry Unix seconds.
    /// @return witness The last 32 bytes as they stood in calldata.
    function copyEntry(
        bytes calldata list,
        uint256 offset,
        bytes memory entries
    ) internal view returns (uint256 flagged, uint256 amount, uint256 expiry, bytes32 witness) {
        assembly ("memory-safe") {
            let source := add(list.offset, offset)
            let target := add(add(entries, 0x20), offset)
            calldatacopy(target, source, ENTRY_BYTES)
            let head := calldataload(source)
            flagged := byte(0, head)
            amount := and(shr(152, head), 0xffffffffffffffffffffffff)
            expiry := and(shr(112, head), 0xffffffffff)
            witness := calldataload(add(source, _COMMITMENT_AT))
            if and(flagged, 0xc0) {
                mstore8(target, and(flagged, 0x3f))
                let place := add(target, _COMMITMENT_AT)
                // sha256 cannot fail on 32 bytes unless gas runs out.
                if iszero(staticcall(gas(), 2, place, 0x20, place, 0x20)) {
                    revert(0, 0)
                }
            }
        }
        if (flagged & 0x3f != HASH_LOCK) revert MalformedLocks(offset);
    }

    /// @notice Copies one entry between two lists in memory.
    function copyTo(bytes memory from, uint256 offset, bytes memory to, uint256 place) internal pure {
        assembly ("memory-safe") {
            mcopy(add(add(to, 0x20), place), add(add(from, 0x20), offset), ENTRY_BYTES)
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
}
