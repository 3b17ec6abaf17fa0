// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice A chain lock as it is signed.
struct ChainLock {
    uint96 amount;
    uint40 expiry;
    bytes32 commitment;
    uint96 unit;
    uint40 start;
}

/// @title Chain locks and hash chains as the protocol's text has them
library Chains {
    uint8 internal constant PROVEN = 0x40;

    function entry(ChainLock memory lock) internal pure returns (bytes memory) {
        return bytes.concat(_first(lock), abi.encodePacked(uint8(3), lock.unit, lock.start, bytes32(0)));
    }

    /// @dev As a settlement shows it, with a checkpoint that it names.
    function named(ChainLock memory lock, uint256 number) internal pure returns (bytes memory) {
        return bytes.concat(_first(lock), abi.encodePacked(uint8(3) | PROVEN, lock.unit, lock.start, number));
    }

    /// @dev The lock once it was cashed in to `start`.
    function cashed(
        ChainLock memory lock,
        uint96 won,
        uint40 start
    ) internal pure returns (ChainLock memory) {
        return ChainLock(lock.amount - won, lock.expiry, lock.commitment, lock.unit, start);
    }

    /// @dev Root of any packed list.
    function root(bytes memory list) internal pure returns (bytes32) {
        if (list.length == 0) return bytes32(0);
        return keccak256(bytes.concat(list, bytes4(uint32(list.length / 50))));
    }

    /// @dev Link i of the chain of n links over a seed: hashing it i times gives link 0.
    function link(bytes32 seed, uint256 n, uint256 i) internal pure returns (bytes32 word) {
        word = seed;
        for (; i < n; ++i) word = keccak256(abi.encode(word));
    }

    function _first(ChainLock memory lock) private pure returns (bytes memory) {
        return abi.encodePacked(uint8(2), lock.amount, lock.expiry, lock.commitment);
    }
}
