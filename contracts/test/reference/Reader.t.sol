// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Reading a file of histories from the front
library Reader {
    struct Cursor {
        uint256 place;
    }

    /// @dev Big endian, of so many bytes.
    function number(
        Cursor memory cursor,
        bytes calldata data,
        uint256 width
    ) internal pure returns (uint256 value) {
        bytes calldata part = slice(cursor, data, width);
        assembly ("memory-safe") {
            value := shr(sub(256, shl(3, width)), calldataload(part.offset))
        }
    }

    function account(Cursor memory cursor, bytes calldata data) internal pure returns (address) {
        return address(uint160(number(cursor, data, 20)));
    }

    /// @dev What follows a length of 4 bytes.
    function chunk(Cursor memory cursor, bytes calldata data) internal pure returns (bytes calldata) {
        return slice(cursor, data, number(cursor, data, 4));
    }

    function slice(
        Cursor memory cursor,
        bytes calldata data,
        uint256 length
    ) internal pure returns (bytes calldata part) {
        part = data[cursor.place:cursor.place + length];
        cursor.place += length;
    }
}
