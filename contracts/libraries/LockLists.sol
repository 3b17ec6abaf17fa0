// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Packed lists of locks
/// @dev Entries of 50 bytes, big endian. A hash lock is one: kind (1), amount (12), expiry (5), commitment (32). A chain
/// lock is two: kind (1), amount (12), expiry (5), commitment (32); then kind (1), unit (12), start (5), zero (32). The
/// root of a list is `keccak256(entries || uint32 count)` with the count of entries, zero for the empty list: flat,
/// because a settlement reveals it all.
///
/// In a settlement flags may stand in kind bytes. On a hash lock the last 32 bytes then are the witness in place of its
/// commitment: WITNESS if this call's own record counts, PROVEN if a path to an older record is among the proofs; or
/// CONCEDED, with the commitment in its place, says that its payee gives an expired lock up. On the second entry of a chain
/// lock, PROVEN says that the last 32 bytes are the number of a checkpoint.
library LockLists {
    uint256 internal constant ENTRY_BYTES = 50;
    uint256 internal constant HASH_LOCK = 1;
    uint256 internal constant CHAIN_LOCK = 2;
    uint256 internal constant CHAIN_TERMS = 3;
    uint256 internal constant WITNESS = 0x80;
    uint256 internal constant PROVEN = 0x40;
    uint256 internal constant CONCEDED = 0x20;

    uint256 private constant _COMMITMENT_AT = 18;
    uint256 private constant _COUNT_BYTES = 4;
    /// @dev All bits of a kind byte but the flags of witnesses.
    uint256 private constant _WITHOUT_FLAGS = 0x3f;
    uint256 private constant _GIVEN_UP = 0x21;
    /// @dev A chain lock weighs 4, and has two entries.
    uint256 private constant _CHAIN_SURPLUS = 2;

    /// @notice A list that is not made of whole, known locks.
    error MalformedLocks(uint256 position);
    /// @notice More locks than a lane may carry [LOCK-3].
    error TooManyLocks(uint256 weight, uint256 limit);

    /// @notice A shown list as it was signed: commitments in place of witnesses, no flags.
    function withoutWitnesses(bytes calldata list) internal view returns (bytes memory entries) {
        requireWhole(list);
        entries = allocate(list.length);
        uint256 others;
        assembly ("memory-safe") {
            let start := add(entries, 0x20)
            calldatacopy(start, list.offset, list.length)
            let end := add(start, list.length)
            for {
                let entry := start
            } lt(entry, end) {
                entry := add(entry, ENTRY_BYTES)
            } {
                let flags := xor(byte(0, mload(entry)), HASH_LOCK)
                if flags {
                    others := or(others, flags)
                    mstore8(entry, HASH_LOCK)
                    let place := add(entry, _COMMITMENT_AT)
                    // It fails only without gas, and leaves a word that gives another root.
                    pop(staticcall(gas(), 2, place, 0x20, place, 0x20))
                }
            }
        }
        if (others & _WITHOUT_FLAGS != 0) _restoreOthers(list, entries);
    }

    /// @notice Root of a list without witnesses; refuses unknown kinds and lists that weigh more than `limit`.
    function checkedRoot(bytes calldata list, uint256 limit) internal pure returns (bytes32 root) {
        if (list.length == 0) return bytes32(0);
        uint256 weight = _count(list);
        uint256 flaw = list.length;
        if (!_isPlain(list)) {
            uint256 surplus;
            (flaw, surplus) = _firstFlaw(list, 0xff);
            unchecked {
                // Calldata has far fewer entries than 2^32.
                weight += surplus;
            }
        }
        if (weight > limit) revert TooManyLocks(weight, limit);
        if (flaw != list.length) revert MalformedLocks(flaw);
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
                let counts := gt(shr(255, head), lt(shr(216, shl(104, head)), least))
                if iszero(mul(counts, calldataload(add(entry, _COMMITMENT_AT)))) {
                    break
                }
                sum := add(sum, shr(160, shl(8, head)))
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

    /// @notice Whether the payee gives the lock of the entry up, if it is a hash lock.
    function isConceded(uint256 head) internal pure returns (bool) {
        return head & (CONCEDED << 248) != 0;
    }

    /// @notice Whether an entry is the first of a chain lock's two.
    function isChain(uint256 head) internal pure returns (bool) {
        return head >> 248 == CHAIN_LOCK;
    }

    /// @notice In base units; the unit of a chain lock stands in the same place of its second entry.
    function amountOf(uint256 head) internal pure returns (uint256) {
        return uint96(head >> 152);
    }

    /// @notice Unix seconds; the start of a chain lock stands in the same place of its second entry.
    function expiryOf(uint256 head) internal pure returns (uint256) {
        return uint40(head >> 112);
    }

    /// @notice Moves an entry towards the front of a list in memory.
    function moveEntry(bytes memory entries, uint256 from, uint256 to) internal pure {
        assembly ("memory-safe") {
            mcopy(add(add(entries, 0x20), to), add(add(entries, 0x20), from), ENTRY_BYTES)
        }
    }

    /// @notice Writes the two entries of a chain lock, moved from `from` to `to`, with what remains of it.
    function moveChain(
        bytes memory entries,
        uint256 from,
        uint256 to,
        uint256 amount,
        uint256 start
    ) internal pure {
        assembly ("memory-safe") {
            let place := add(add(entries, 0x20), to)
            mcopy(place, add(add(entries, 0x20), from), 100)
            mstore(place, or(and(mload(place), not(shl(152, sub(shl(96, 1), 1)))), shl(152, amount)))
            place := add(place, ENTRY_BYTES)
            mstore(place, or(and(mload(place), not(shl(112, 0xffffffffff))), shl(112, start)))
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

    /// @dev Chain locks and conceded ones are few: what the quick loop made of them is put right here.
    function _restoreOthers(bytes calldata list, bytes memory entries) private pure {
        (uint256 flaw, ) = _firstFlaw(list, _WITHOUT_FLAGS);
        if (flaw != list.length) revert MalformedLocks(flaw);
        assembly ("memory-safe") {
            for {
                let offset := 0
            } lt(offset, list.length) {
                offset := add(offset, ENTRY_BYTES)
            } {
                let kind := byte(0, calldataload(add(list.offset, offset)))
                if eq(kind, _GIVEN_UP) {
                    let place := add(add(entries, 0x20), offset)
                    calldatacopy(place, add(list.offset, offset), ENTRY_BYTES)
                    mstore8(place, HASH_LOCK)
                }
                if eq(kind, CHAIN_LOCK) {
                    let place := add(add(entries, 0x20), offset)
                    calldatacopy(place, add(list.offset, offset), 100)
                    place := add(place, ENTRY_BYTES)
                    if xor(byte(0, mload(place)), CHAIN_TERMS) {
                        mstore8(place, CHAIN_TERMS)
                        mstore(add(place, _COMMITMENT_AT), 0)
                    }
                    offset := add(offset, ENTRY_BYTES)
                }
            }
        }
    }

    /// @dev Whether there are only hash locks without flags.
    function _isPlain(bytes calldata list) private pure returns (bool plain) {
        assembly ("memory-safe") {
            let entry := list.offset
            let end := add(entry, list.length)
            for {} lt(entry, end) {
                entry := add(entry, ENTRY_BYTES)
            } {
                if xor(shr(248, calldataload(entry)), HASH_LOCK) {
                    break
                }
            }
            plain := iszero(lt(entry, end))
        }
    }

    /// @dev Where the first malformed lock stands, looking at these bits of the kind bytes of hash locks; the length if
    /// there is none. A list is shown to a settlement, and may have flags, if these bits are not all.
    /// @return offset In bytes.
    /// @return surplus What the chain locks before it weigh beyond their entries.
    function _firstFlaw(
        bytes calldata list,
        uint256 bits
    ) private pure returns (uint256 offset, uint256 surplus) {
        assembly ("memory-safe") {
            for {} lt(offset, list.length) {
                offset := add(offset, ENTRY_BYTES)
            } {
                let kind := byte(0, calldataload(add(list.offset, offset)))
                if and(xor(kind, HASH_LOCK), bits) {
                    let next := add(offset, ENTRY_BYTES)
                    let terms := add(list.offset, next)
                    let flag := xor(byte(0, calldataload(terms)), CHAIN_TERMS)
                    // Only a checkpoint's number may stand where a zero word belongs, and only when shown.
                    let sound := iszero(or(flag, calldataload(add(terms, _COMMITMENT_AT))))
                    sound := or(sound, and(lt(bits, 0xff), eq(flag, PROVEN)))
                    let isPair := and(sound, and(eq(kind, CHAIN_LOCK), lt(next, list.length)))
                    // A conceded lock is sound where flags are, anything else only as a pair.
                    if iszero(or(isPair, and(eq(kind, _GIVEN_UP), lt(bits, 0xff)))) {
                        break
                    }
                    if isPair {
                        surplus := add(surplus, _CHAIN_SURPLUS)
                        offset := next
                    }
                }
            }
        }
    }
}
