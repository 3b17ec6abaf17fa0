// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title The registry's tree over witnesses, from the protocol's text
library Trees {
    function depthOf(uint256 count) internal pure returns (uint256 depth) {
        while (1 << depth < count) ++depth;
    }

    function key(bytes32[] memory witnesses) internal pure returns (bytes32) {
        uint256 depth = depthOf(witnesses.length);
        return keccak256(abi.encode(_node(witnesses, depth, 0), depth));
    }

    /// @dev The words of one proof: `depth | index << 8`, then the siblings from the leaf upwards.
    function proof(bytes32[] memory witnesses, uint256 index) internal pure returns (bytes32[] memory words) {
        uint256 depth = depthOf(witnesses.length);
        words = new bytes32[](depth + 1);
        words[0] = bytes32(depth | (index << 8));
        for (uint256 level; level < depth; ++level) {
            words[level + 1] = _node(witnesses, level, (index >> level) ^ 1);
        }
    }

    function concat(
        bytes32[] memory first,
        bytes32[] memory second
    ) internal pure returns (bytes32[] memory both) {
        both = new bytes32[](first.length + second.length);
        for (uint256 i; i < first.length; ++i) both[i] = first[i];
        for (uint256 i; i < second.length; ++i) both[first.length + i] = second[i];
    }

    /// @dev The node at this level and position; zero where there is nothing below.
    function _node(
        bytes32[] memory witnesses,
        uint256 level,
        uint256 position
    ) private pure returns (bytes32) {
        if (position << level >= witnesses.length) return bytes32(0);
        if (level == 0) return witnesses[position];
        bytes32 left = _node(witnesses, level - 1, 2 * position);
        return keccak256(abi.encode(left, _node(witnesses, level - 1, 2 * position + 1)));
    }
}
