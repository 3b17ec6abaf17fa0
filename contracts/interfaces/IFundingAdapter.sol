// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "./IHashlane.sol";
import {IPermit2} from "./IPermit2.sol";

/// @title Opening channels with signed permits
/// @notice Opens token channels, or deposits into open ones, with the money of owners who signed a permit and need
/// neither send a transaction nor hold ETH. Anybody may send each of these calls: what they do is what was signed.
///
/// It has no owner and holds nothing: what a call takes in, the same call puts into the channel. Tokens that somebody
/// sends here otherwise are lost. ETH is refused; an owner's ETH comes in by {IHashlane-openFor}.
///
/// In each way one side or both bring money. A side that brings nothing is all zero. All ways have in common:
///
/// - As {IHashlane-open}, a call deposits if the channel is open already, so nobody can make it fail by opening first.
/// - What an owner signed names the channel's Params and life and the owner's side. It works for no other.
/// - `otherAmount` is the least net deposit that the other side must have when this money is in: what it brings in
///   this call, or held before.
/// - What an owner signed works once.
///
/// A signature of exactly 64 bytes is the pair (r, vs) of EIP-2098 by the owner's key. Where a token takes any other
/// signature, it goes to the token's function for contracts [ERC-7597] [ERC-7598]. For Permit2 it is what Permit2 takes.
interface IFundingAdapter {
    /// @notice An EIP-2612 permit by a side's owner that allows {hashlane} to take `value`.
    /// @param value At least the amount; what is left is an allowance that only the owner can use.
    /// @param deadline Last second in which the permit works.
    /// @param signature Empty: the allowance is there already.
    struct Permit {
        uint256 value;
        uint256 deadline;
        bytes signature;
    }

    /// @notice A side's money by the owner's {IHashlane-Consent} to the channel and permit to the token.
    struct Permitted {
        uint256 amount;
        IHashlane.Consent consent;
        Permit permit;
    }

    /// @notice A side's money by the owner's EIP-3009 `ReceiveWithAuthorization(from, to, value, validAfter,
    /// validBefore, nonce)`, with `to` this contract, `value` the amount, and
    /// `nonce = keccak256(abi.encode(funding, salt))`; see {fundingOf}.
    /// @param validAfter Works after this second.
    /// @param validBefore Works before this second.
    /// @param salt Any number; lets an owner authorize an equal deposit again.
    struct Authorized {
        uint256 amount;
        uint256 otherAmount;
        uint256 validAfter;
        uint256 validBefore;
        uint256 salt;
        bytes signature;
    }

    /// @notice A side's money by the owner's Permit2 `PermitWitnessTransferFrom`, with this contract as the spender,
    /// the amount as the permitted amount, and the witness `Funding(paramsId, life, forB, otherAmount)`.
    /// @param nonce A number that the owner has not used with Permit2.
    /// @param deadline Last second in which the permit works.
    struct Transferred {
        uint256 amount;
        uint256 otherAmount;
        uint256 nonce;
        uint256 deadline;
        bytes signature;
    }

    /// @notice Permits are about tokens, and this channel holds ETH.
    error NotTokenChannel();

    /// @notice Opens with EIP-2612 permits and the owners' consents.
    ///
    /// Requirements: those of {IHashlane-openFor}.
    ///
    /// A permit that fails is passed over: somebody may have sent it before. If the allowance is not there, the token
    /// refuses what follows.
    function openWithPermits(
        IHashlane.Params calldata params,
        uint256 life,
        Permitted calldata sideA,
        Permitted calldata sideB
    ) external;

    /// @notice Opens with EIP-3009 authorizations to receive.
    ///
    /// Requirements: those of {IHashlane-open}; the token accepts each authorization.
    function openWithAuthorizations(
        IHashlane.Params calldata params,
        uint256 life,
        Authorized calldata sideA,
        Authorized calldata sideB
    ) external;

    /// @notice Opens with Permit2. Works with any token whose owners allowed Permit2 to take it.
    ///
    /// Requirements: those of {IHashlane-open}; Permit2 accepts each permit.
    function openWithPermit2(
        IHashlane.Params calldata params,
        uint256 life,
        Transferred calldata sideA,
        Transferred calldata sideB
    ) external;

    /// @notice What binds an owner's money to a channel: the EIP-712 struct hash of
    /// `Funding(bytes32 paramsId,uint256 life,bool forB,uint256 otherAmount)`. `paramsId` names the chain and the
    /// contract of the channel; payer, amount, validity and this contract are in what the token or Permit2 checks.
    function fundingOf(
        bytes32 paramsId,
        uint256 life,
        bool forB,
        uint256 otherAmount
    ) external pure returns (bytes32);

    /// @notice Where channels are opened.
    function hashlane() external view returns (IHashlane);

    /// @notice The Permit2 in use.
    function permit2() external view returns (IPermit2);
}
