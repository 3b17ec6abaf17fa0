// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title What is used of Permit2
/// @notice It moves the tokens of owners who allowed it to once, by their signature.
interface IPermit2 {
    /// @param token What may be moved.
    /// @param amount The most that may be moved.
    struct TokenPermissions {
        address token;
        uint256 amount;
    }

    /// @param nonce Any number that the owner has not used here.
    /// @param deadline Last second in which the permit works.
    struct PermitTransferFrom {
        TokenPermissions permitted;
        uint256 nonce;
        uint256 deadline;
    }

    /// @param to Who receives.
    /// @param requestedAmount How much; not more than permitted.
    struct SignatureTransferDetails {
        address to;
        uint256 requestedAmount;
    }

    /// @notice Moves an owner's tokens by its permit, whose spender is the caller.
    /// @param witness Hash of the struct that the owner signed beside the permit.
    /// @param witnessTypeString The rest of the permit's EIP-712 type from the witness on.
    function permitWitnessTransferFrom(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external;
}
