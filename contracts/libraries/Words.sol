// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../interfaces/IHashlane.sol";

/// @title Params and closing records as the whole words that they are
/// @dev Hashed, copied and emitted in one piece. The compiler's code checks and copies each word on its own, which
/// takes 400 to 1,000 gas a time, and every call pays it two or three times.
library Words {
    uint256 private constant _ADDRESS_BITS = 160;

    /// @notice Emits IHashlane.Opened.
    function emitOpened(
        bytes32 channel,
        bytes32 paramsId,
        uint256 life,
        IHashlane.Params calldata params,
        uint256 amountA,
        uint256 amountB
    ) internal {
        bytes32 topic = IHashlane.Opened.selector;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, life)
            calldatacopy(add(free, 0x20), params, 0x100)
            mstore(add(free, 0x120), amountA)
            mstore(add(free, 0x140), amountB)
            log3(free, 0x160, topic, channel, paramsId)
        }
    }

    /// @notice Emits IHashlane.CloseStarted.
    function emitCloseStarted(
        bytes32 channel,
        uint256 deadline,
        IHashlane.Closing memory record,
        bytes calldata locks
    ) internal {
        bytes32 topic = IHashlane.CloseStarted.selector;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, deadline)
            mcopy(add(free, 0x20), record, 0x100)
            mstore(add(free, 0x120), 0x140)
            mstore(add(free, 0x140), locks.length)
            let end := add(add(free, 0x160), locks.length)
            // Pads the last word.
            mstore(end, 0)
            calldatacopy(add(free, 0x160), locks.offset, locks.length)
            log2(free, add(0x160, and(add(locks.length, 0x1f), not(0x1f))), topic, channel)
        }
    }

    /// @notice Emits IHashlane.Answered or IHashlane.Settled, which hold a record and nothing else.
    function emitRecord(bytes32 topic, bytes32 channel, IHashlane.Closing memory record) internal {
        assembly ("memory-safe") {
            log2(record, 0x100, topic, channel)
        }
    }

    /// @notice `keccak256(abi.encode(chainid, contract, params))` [ID-4].
    /// @dev Dirty bits give another id, under which {requireClean} lets nobody open a channel.
    function idOf(IHashlane.Params calldata params) internal view returns (bytes32 id) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, chainid())
            mstore(add(free, 0x20), address())
            calldatacopy(add(free, 0x40), params, 0x100)
            id := keccak256(free, 0x140)
        }
    }

    /// @notice Refuses, as the compiler's decoder does, Params with bits outside of their types.
    function requireClean(IHashlane.Params calldata params) internal pure {
        assembly ("memory-safe") {
            let dirty := shr(_ADDRESS_BITS, calldataload(params))
            dirty := or(dirty, shr(_ADDRESS_BITS, calldataload(add(params, 0x20))))
            dirty := or(dirty, shr(_ADDRESS_BITS, calldataload(add(params, 0x40))))
            dirty := or(dirty, shr(_ADDRESS_BITS, calldataload(add(params, 0x60))))
            dirty := or(dirty, shr(_ADDRESS_BITS, calldataload(add(params, 0x80))))
            dirty := or(dirty, shr(32, calldataload(add(params, 0xa0))))
            dirty := or(dirty, shr(32, calldataload(add(params, 0xc0))))
            dirty := or(dirty, shr(64, calldataload(add(params, 0xe0))))
            if dirty {
                revert(0, 0)
            }
        }
    }

    /// @notice Whether one of the four parties is zero or two that must differ are the same [ID-3].
    function hasBadParties(IHashlane.Params calldata params) internal pure returns (bool bad) {
        assembly ("memory-safe") {
            let ownerA := calldataload(params)
            let ownerB := calldataload(add(params, 0x20))
            let signerA := calldataload(add(params, 0x40))
            let signerB := calldataload(add(params, 0x60))
            bad := or(eq(ownerA, ownerB), eq(signerA, signerB))
            bad := or(bad, or(eq(ownerA, signerB), eq(ownerB, signerA)))
            bad := or(bad, or(iszero(ownerA), iszero(ownerB)))
            bad := or(bad, or(iszero(signerA), iszero(signerB)))
        }
    }

    /// @notice Whether the account is owner or signer of side A.
    function isA(IHashlane.Params calldata params, address account) internal pure returns (bool yes) {
        assembly ("memory-safe") {
            yes := or(eq(account, calldataload(params)), eq(account, calldataload(add(params, 0x40))))
        }
    }

    /// @notice Whether the account is owner or signer of side B.
    function isB(IHashlane.Params calldata params, address account) internal pure returns (bool yes) {
        assembly ("memory-safe") {
            yes := or(
                eq(account, calldataload(add(params, 0x20))),
                eq(account, calldataload(add(params, 0x60)))
            )
        }
    }
}
