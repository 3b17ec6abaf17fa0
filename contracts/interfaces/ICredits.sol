// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title What {IHashlane} owes to accounts outside of channels
/// @notice Credit comes from {addCredit}, from cooperative closes to credit and from payments that could not be delivered.
interface ICredits {
    /// @notice Gives an account credit that it can withdraw or open channels with.
    ///
    /// Requirements: the caller brings the amount, as for {IHashlane-open}.
    ///
    /// Emits {IHashlane-Credited}.
    /// @param token Zero for ETH.
    /// @param amount In base units; equal to the value sent for ETH.
    function addCredit(address token, address account, uint256 amount) external payable;

    /// @notice Pays the caller's credit ({IHashlaneErrors-NotEnoughCredit}) to any address ({IHashlaneErrors-PaymentFailed} for ETH that it refuses).
    ///
    /// Emits {IHashlane-CreditWithdrawn}.
    function withdrawCredit(address token, uint256 amount, address to) external;

    /// @notice Money of an account outside channels, in base units.
    function creditOf(address token, address account) external view returns (uint256);
}
