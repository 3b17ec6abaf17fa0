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
    uint256 private constant _WITHOUT_FLAGS = 0x3f;

    /// @notice A list that is not made of whole, known locks.
    error MalformedLocks(uint256 position);
    /// @notice More locks than a lane may carry [LOCK-3].
    error TooManyLocks(uint256 weight, uint256 limit);

    /// @notice A shown list as it was signed: commitments in place of witnesses, no flags.
    function withoutWitnesses(bytes calldata list) internal view returns (bytes memory entries) {
        requireWhole(list);
        entries = allocate(list.length);
        uint256 unknown;
        assembly ("memory-safe") {
            let hashed := 1
            let start := add(entries, 0x20)
            calldatacopy(start, list.offset, list.length)
            let end := add(start, list.length)
            for {
                let entry := start
            } lt(entry, end) {
                entry := add(entry, ENTRY_BYTES)
            } {
                let flags := xor(byte(0, mload(entry)), HASH_LOCK)
                unknown := or(unknown, flags)
                if flags {
                    mstore8(entry, HASH_LOCK)
                    let place := add(entry, _COMMITMENT_AT)
                    hashed := and(hashed, staticcall(gas(), 2, place, 0x20, place, 0x20))
                }
            }
            // sha256 cannot fail on 32 bytes unless gas runs out.
            if iszero(hashed) {
                revert(0, 0)
            }
        }
        if (unknown & _WITHOUT_FLAGS != 0) revert MalformedLocks(_firstOther(list, _WITHOUT_FLAGS));
    }

    /// @notice Root of a list without witnesses; refuses unknown kinds and lists over `limit`.
    function checkedRoot(bytes calldata list, uint256 limit) internal pure returns (bytes32 root) {
        if (list.length == 0) return bytes32(0);
        uint256 count = _count(list);
        if (count > limit) revert TooManyLocks(count, limit);
        uint256 flawed = _firstOther(list, 0xff);
        if (flawed != list.length) revert MalformedLocks(flawed);
        bytes memory copy = allocate(list.length);
        assembly ("memory-safe") {
            calldatacopy(add(copy, 0x20), list.offset, list.length)
        }
        return rootOf(copy, list.length);
    }

    /// @notice An empty list of witnesses, with room for those of shown lists of this many bytes together.
    function allocateWitnesses(uint256 length) internal pure returns (bytes32[] memory room) {
        assembly ("memory-safe") {
            room := mload(0x40)
            mstore(room, 0)
            // One word more: {gatherWitnesses} writes before it knows whether a word counts.
            mstore(0x40, add(room, add(0x40, shl(5, div(length, ENTRY_BYTES)))))
        }
    }

    /// @notice Appends the witnesses that come with a shown list to `into`, in order.
    function gatherWitnesses(bytes calldata list, bytes32[] memory into) internal pure {
        requireWhole(list);
        assembly ("memory-safe") {
            let place := add(add(into, 0x20), shl(5, mload(into)))
            let entry := list.offset
            let end := add(entry, list.length)
            // Two at a time take 20 gas less for each.
            for {
                let two := sub(end, ENTRY_BYTES)
            } lt(entry, two) {
                entry := add(entry, 100)
            } {
                mstore(place, calldataload(add(entry, _COMMITMENT_AT)))
                place := add(place, shl(5, shr(255, calldataload(entry))))
                mstore(place, calldataload(add(entry, 68)))
                place := add(place, shl(5, shr(255, calldataload(add(entry, ENTRY_BYTES)))))
            }
            if lt(entry, end) {
                mstore(place, calldataload(add(entry, _COMMITMENT_AT)))
                place := add(place, shl(5, shr(255, calldataload(entry))))
            }
            mstore(into, shr(5, sub(sub(place, into), 0x20)))
        }
    }

    /// @notice Sum of the entries in `[offset, end)` up to the first without a witness of this call's own record, with
    /// a witness of zero, or with an expiry below `least`.
    /// @return sum In base units.
    /// @return next Where that entry stands, or `end`.
    function sumOfWitnessed(
        bytes calldata list,
        uint256 offset,
        uint256 end,
        uint256 least
    ) internal pure returns (uint256 sum, uint256 next) {
        assembly ("memory-safe") {
            let entry := add(list.offset, offset)
            let last := add(list.offset, end)
            for {} lt(entry, last) {
                entry := add(entry, ENTRY_BYTES)
            } {
                let head := calldataload(entry)
                let counts := gt(shr(255, head), lt(and(shr(112, head), 0xffffffffff), least))
                if iszero(mul(counts, calldataload(add(entry, _COMMITMENT_AT)))) {
                    break
                }
                sum := add(sum, and(shr(152, head), 0xffffffffffffffffffffffff))
            }
            next := sub(entry, list.offset)
        }
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

    /// @dev Where the first entry stands that is no hash lock, looking at these bits of its kind byte; the length if
    /// there is none.
    function _firstOther(bytes calldata list, uint256 bits) private pure returns (uint256 offset) {
        assembly ("memory-safe") {
            for {} lt(offset, list.length) {
                offset := add(offset, ENTRY_BYTES)
            } {
                if and(xor(byte(0, calldataload(add(list.offset, offset))), HASH_LOCK), bits) {
                    break
                }
            }
        }
    }
}
