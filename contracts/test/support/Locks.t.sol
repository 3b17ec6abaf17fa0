// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice A hash lock whose witness the test knows. `flag` says how a settlement shows it.
struct Lock {
    uint96 amount;
    uint40 expiry;
    bytes32 secret;
    uint8 flag;
}

/// @title Lock lists as the protocol packs them
library Locks {
    uint8 internal constant HIDDEN = 0;
    uint8 internal constant WITNESS = 0x80;
    uint8 internal constant PROVEN = 0x40;
    uint8 internal constant CONCEDED = 0x20;

    function list(Lock[] memory locks) internal pure returns (bytes memory packed) {
        for (uint256 i; i < locks.length; ++i) {
            packed = bytes.concat(packed, entry(locks[i], HIDDEN));
        }
    }

    function shown(Lock[] memory locks) internal pure returns (bytes memory packed) {
        for (uint256 i; i < locks.length; ++i) {
            packed = bytes.concat(packed, entry(locks[i], locks[i].flag));
        }
    }

    function root(Lock[] memory locks) internal pure returns (bytes32) {
        if (locks.length == 0) return bytes32(0);
        return keccak256(bytes.concat(list(locks), bytes4(uint32(locks.length))));
    }

    function entry(Lock memory lock, uint8 flag) internal pure returns (bytes memory) {
        bytes32 tail = flag == HIDDEN || flag == CONCEDED ? sha256(abi.encode(lock.secret)) : lock.secret;
        return abi.encodePacked(uint8(1) | flag, lock.amount, lock.expiry, tail);
    }

    function flagged(Lock[] memory locks, uint8 flag) internal pure returns (Lock[] memory copy) {
        copy = new Lock[](locks.length);
        for (uint256 i; i < locks.length; ++i) {
            copy[i] = Lock(locks[i].amount, locks[i].expiry, locks[i].secret, flag);
        }
    }

    function none() internal pure returns (Lock[] memory) {
        return new Lock[](0);
    }

    function one(Lock memory lock) internal pure returns (Lock[] memory locks) {
        locks = new Lock[](1);
        locks[0] = lock;
    }

    function two(Lock memory first, Lock memory second) internal pure returns (Lock[] memory locks) {
        locks = new Lock[](2);
        locks[0] = first;
        locks[1] = second;
    }

    function sum(Lock[] memory locks) internal pure returns (uint256 amount) {
        for (uint256 i; i < locks.length; ++i) amount += locks[i].amount;
    }
}
