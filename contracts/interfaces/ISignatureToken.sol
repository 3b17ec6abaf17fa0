// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title A token that takes the signatures of contracts, too [ERC-7597] [ERC-7598]
/// @notice The functions of ERC-2612 and ERC-3009 with the signature as bytes.
interface ISignatureToken {
    /// @notice Sets an allowance by its owner's signature.
    function permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Moves tokens to the caller by their owner's signature.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;
}
