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
            log2(free, 0x160, topic, channel)
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
            let parties := or(
                or(calldataload(params), calldataload(add(params, 0x20))),
                or(calldataload(add(params, 0x40)), calldataload(add(params, 0x60)))
            )
            let dirty := shr(_ADDRESS_BITS, or(parties, calldataload(add(params, 0x80))))
            dirty := or(dirty, shr(64, or(calldataload(add(params, 0xa0)), calldataload(add(params, 0xc0)))))
            dirty := or(dirty, shr(144, calldataload(add(params, 0xe0))))
            if dirty {
                revert(0, 0)
            }
        }
    }

    /// @notice [ID-3] Four parties, of which none is zero and no two on different sides or of one kind are the same, a
    /// challenge period within these bounds, and a recovery period of zero or within them. Reverts unless clean, as {requireClean}.
    function areValid(
        IHashlane.Params calldata params,
        uint256 least,
        uint256 most
    ) internal pure returns (bool valid) {
        assembly ("memory-safe") {
            let ownerA := calldataload(params)
            let ownerB := calldataload(add(params, 0x20))
            let signerA := calldataload(add(params, 0x40))
            let signerB := calldataload(add(params, 0x60))
            let period := calldataload(add(params, 0xa0))
            let bad := or(eq(ownerA, ownerB), eq(signerA, signerB))
            bad := or(bad, or(eq(ownerA, signerB), eq(ownerB, signerA)))
            bad := or(bad, or(iszero(ownerA), iszero(ownerB)))
            bad := or(bad, or(iszero(signerA), iszero(signerB)))
            bad := or(bad, or(lt(period, least), gt(period, most)))
            let recovery := calldataload(add(params, 0xc0))
            if recovery {
                bad := or(bad, or(lt(recovery, least), gt(recovery, most)))
            }
            let parties := or(or(ownerA, ownerB), or(signerA, signerB))
            let dirty := shr(_ADDRESS_BITS, or(parties, calldataload(add(params, 0x80))))
            dirty := or(dirty, shr(64, or(period, recovery)))
            if or(dirty, shr(144, calldataload(add(params, 0xe0)))) {
                revert(0, 0)
            }
            valid := iszero(bad)
        }
    }

    /// @notice An owner of clean Params.
    function ownerOf(IHashlane.Params calldata params, bool isOfB) internal pure returns (address owner) {
        assembly ("memory-safe") {
            owner := calldataload(add(params, shl(5, isOfB)))
        }
    }

    /// @notice A signer of clean Params.
    function signerOf(IHashlane.Params calldata params, bool isOfB) internal pure returns (address signer) {
        assembly ("memory-safe") {
            signer := calldataload(add(params, add(0x40, shl(5, isOfB))))
        }
    }

    /// @notice The challenge period of clean Params.
    function challengePeriodOf(IHashlane.Params calldata params) internal pure returns (uint256 period) {
        assembly ("memory-safe") {
            period := calldataload(add(params, 0xa0))
        }
    }

    /// @notice The token of clean Params.
    function tokenOf(IHashlane.Params calldata params) internal pure returns (address token) {
        assembly ("memory-safe") {
            token := calldataload(add(params, 0x80))
        }
    }

    /// @notice Whether the account is owner or signer of a side.
    function isOf(
        IHashlane.Params calldata params,
        bool sideB,
        address account
    ) internal pure returns (bool yes) {
        assembly ("memory-safe") {
            let place := add(params, shl(5, sideB))
            yes := or(eq(account, calldataload(place)), eq(account, calldataload(add(place, 0x40))))
        }
    }

    /// @notice A lane's state as the word that a closing record keeps, without its root.
    /// @dev Refuses, as the compiler's decoder does, numbers outside of their types.
    function pack(IHashlane.LaneState calldata state) internal pure returns (uint256 lane) {
        assembly ("memory-safe") {
            let seq := calldataload(state)
            let ack := calldataload(add(state, 0x20))
            let sent := calldataload(add(state, 0x40))
            if or(shr(64, or(seq, ack)), shr(128, sent)) {
                revert(0, 0)
            }
            lane := or(or(shl(192, seq), shl(128, ack)), sent)
        }
    }

    /// @notice `keccak256(abi.encode(a, b, c))` without allocating.
    function hash(bytes32 a, bytes32 b, bytes32 c) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, a)
            mstore(add(free, 0x20), b)
            mstore(add(free, 0x40), c)
            digest := keccak256(free, 0x60)
        }
    }

    /// @notice `keccak256(abi.encode(a, b, c, d))` without allocating.
    function hash(bytes32 a, bytes32 b, bytes32 c, bytes32 d) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, a)
            mstore(add(free, 0x20), b)
            mstore(add(free, 0x40), c)
            mstore(add(free, 0x60), d)
            digest := keccak256(free, 0x80)
        }
    }
}
