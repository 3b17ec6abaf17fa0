// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "./interfaces/IHashlane.sol";

/// @title Many calls in one transaction, for hubs
/// @dev Each item is a call of this contract to itself in the name of the sender, so that one that reverts leaves
/// nothing behind. None of these functions is payable, so no value can be counted twice.
abstract contract Batches is IHashlane {
    /// @dev Bytes of the arguments of {openFromCredit}.
    uint256 private constant _OPENING_BYTES = 0x160;
    /// @dev Bytes of the arguments of {closeCooperativelyToCredit}.
    uint256 private constant _END_BYTES = 0x1a0;

    /// @inheritdoc IHashlane
    function openBatch(Opening[] calldata items) external {
        bytes calldata item;
        for (uint256 i; i < items.length; ++i) {
            Opening calldata opening = items[i];
            assembly ("memory-safe") {
                item.offset := opening
                item.length := _OPENING_BYTES
            }
            _attempt(i, IHashlane.openFromCredit.selector, item);
        }
    }

    /// @inheritdoc IHashlane
    function closeBatch(CooperativeEnd[] calldata items) external {
        bytes calldata item;
        for (uint256 i; i < items.length; ++i) {
            CooperativeEnd calldata end = items[i];
            assembly ("memory-safe") {
                item.offset := end
                item.length := _END_BYTES
            }
            _attempt(i, IHashlane.closeCooperativelyToCredit.selector, item);
        }
    }

    /// @inheritdoc IHashlane
    function settleBatch(bytes[] calldata items) external {
        for (uint256 i; i < items.length; ++i) {
            bytes calldata item = items[i];
            if (bytes4(item) == IHashlane.settle.selector) _attempt(i, IHashlane.settle.selector, item[4:]);
            else emit Skipped(i, "");
        }
    }

    function _attempt(uint256 index, bytes4 selector, bytes calldata arguments) private {
        bool done;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, selector)
            calldatacopy(add(free, 0x04), arguments.offset, arguments.length)
            done := delegatecall(gas(), address(), free, add(arguments.length, 0x04), 0, 0)
        }
        if (done) return;
        bytes memory reason;
        assembly ("memory-safe") {
            reason := mload(0x40)
            let size := returndatasize()
            mstore(reason, size)
            returndatacopy(add(reason, 0x20), 0, size)
            mstore(0x40, add(add(reason, 0x20), and(add(size, 0x1f), not(0x1f))))
        }
        emit Skipped(index, reason);
    }
}
