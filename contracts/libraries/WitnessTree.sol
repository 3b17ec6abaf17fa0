// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title The tree over a recorded list of witnesses
/// @dev See ISecretRegistry. A tree of depth d has 2^(d-1) < n <= 2^d leaves.
library WitnessTree {
    /// @dev Deepest tree: 256 witnesses.
    uint256 internal constant MAX_DEPTH = 8;

    /// @notice Key of the list with these witnesses.
    function keyOf(bytes32[] calldata witnesses) internal pure returns (bytes32) {
        bytes32[] memory nodes = _copyOf(witnesses);
        uint256 width = witnesses.length;
        uint256 depth;
        assembly ("memory-safe") {
            let first := add(nodes, 0x20)
            for {} gt(width, 1) {} {
                let end := add(first, shl(5, width))
                let last := sub(end, 0x20)
                let into := first
                let from := first
                // Four pairs at a time take 25 gas less for each.
                for {
                    let four := sub(end, 0xe0)
                } lt(from, four) {
                    from := add(from, 0x100)
                } {
                    mstore(into, keccak256(from, 0x40))
                    mstore(add(into, 0x20), keccak256(add(from, 0x40), 0x40))
                    mstore(add(into, 0x40), keccak256(add(from, 0x80), 0x40))
                    mstore(add(into, 0x60), keccak256(add(from, 0xc0), 0x40))
                    into := add(into, 0x80)
                }
                for {} lt(from, last) {
                    from := add(from, 0x40)
                } {
                    mstore(into, keccak256(from, 0x40))
                    into := add(into, 0x20)
                }
                if and(width, 1) {
                    mstore(0x00, mload(last))
                    mstore(0x20, 0)
                    mstore(into, keccak256(0x00, 0x40))
                }
                width := shr(1, add(width, 1))
                depth := add(depth, 1)
            }
        }
        return hashPair(nodes[0], bytes32(depth));
    }

    /// @notice Key of the list in which `witness` stands at `index`, below these siblings.
    /// @param siblings From the leaf upwards.
    function keyOfPath(
        bytes32 witness,
        uint256 index,
        bytes32[] calldata siblings
    ) internal pure returns (bytes32) {
        bytes32 node = witness;
        for (uint256 i; i < siblings.length; ++i) {
            node = (index >> i) & 1 == 0 ? hashPair(node, siblings[i]) : hashPair(siblings[i], node);
        }
        return hashPair(node, bytes32(siblings.length));
    }

    /// @notice Key of a list of one.
    function keyOfWitness(bytes32 witness) internal pure returns (bytes32) {
        return hashPair(witness, bytes32(0));
    }

    /// @notice `keccak256(abi.encode(left, right))` without allocating.
    function hashPair(bytes32 left, bytes32 right) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0x00, left)
            mstore(0x20, right)
            hash := keccak256(0x00, 0x40)
        }
    }

    /// @dev In one piece: the compiler's decoder takes 65 gas for each.
    function _copyOf(bytes32[] calldata witnesses) private pure returns (bytes32[] memory copy) {
        assembly ("memory-safe") {
            let size := shl(5, witnesses.length)
            copy := mload(0x40)
            mstore(copy, witnesses.length)
            calldatacopy(add(copy, 0x20), witnesses.offset, size)
            mstore(0x40, add(add(copy, 0x20), size))
        }
    }
}
