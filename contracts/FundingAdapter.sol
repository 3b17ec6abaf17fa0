// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IFundingAdapter} from "./interfaces/IFundingAdapter.sol";
import {IHashlane} from "./interfaces/IHashlane.sol";
import {IHashlaneErrors} from "./interfaces/IHashlaneErrors.sol";
import {IPermit2} from "./interfaces/IPermit2.sol";
import {ISignatureToken} from "./interfaces/ISignatureToken.sol";
import {Slots} from "./libraries/Slots.sol";

/// @title Opening channels with signed permits
/// @notice See IFundingAdapter, which is the manual.
/// @dev It needs no guard against reentrancy: only tokens and Permit2 run in between, and a call within a call takes in
/// what it gives, so that it leaves the outer one's money where it was.
contract FundingAdapter is IFundingAdapter {
    using SafeERC20 for IERC20;
    using Slots for uint256;

    bytes32 private constant _FUNDING_TYPE = keccak256(
        "Funding(bytes32 paramsId,uint256 life,bool forB,uint256 otherAmount)"
    );
    string private constant _WITNESS_TYPE =
        "Funding witness)Funding(bytes32 paramsId,uint256 life,bool forB,uint256 otherAmount)TokenPermissions(address token,uint256 amount)";

    IHashlane private immutable _HASHLANE;
    IPermit2 private immutable _PERMIT2;

    /// @param hashlane_ Where channels are opened.
    /// @param permit2_ The one of this chain.
    constructor(IHashlane hashlane_, IPermit2 permit2_) {
        _HASHLANE = hashlane_;
        _PERMIT2 = permit2_;
    }

    /// @inheritdoc IFundingAdapter
    function openWithPermits(
        IHashlane.Params calldata params,
        uint256 life,
        Permitted calldata sideA,
        Permitted calldata sideB
    ) external {
        _requireToken(params);
        _permit(params.token, params.ownerA, sideA);
        _permit(params.token, params.ownerB, sideB);
        _HASHLANE.openFor(params, life, sideA.amount, sideB.amount, sideA.consent, sideB.consent);
    }

    /// @inheritdoc IFundingAdapter
    function openWithAuthorizations(
        IHashlane.Params calldata params,
        uint256 life,
        Authorized calldata sideA,
        Authorized calldata sideB
    ) external {
        _requireToken(params);
        bytes32 paramsId = _idOf(params);
        bytes32 fundingA = fundingOf(paramsId, life, false, sideA.otherAmount);
        bytes32 fundingB = fundingOf(paramsId, life, true, sideB.otherAmount);
        _receiveAuthorized(params.token, params.ownerA, fundingA, sideA);
        _receiveAuthorized(params.token, params.ownerB, fundingB, sideB);
        _open(params, life, sideA.amount, sideB.amount);
        if (sideA.amount != 0) _requireBeside(paramsId, true, sideA.otherAmount);
        if (sideB.amount != 0) _requireBeside(paramsId, false, sideB.otherAmount);
    }

    /// @inheritdoc IFundingAdapter
    function openWithPermit2(
        IHashlane.Params calldata params,
        uint256 life,
        Transferred calldata sideA,
        Transferred calldata sideB
    ) external {
        _requireToken(params);
        bytes32 paramsId = _idOf(params);
        bytes32 fundingA = fundingOf(paramsId, life, false, sideA.otherAmount);
        bytes32 fundingB = fundingOf(paramsId, life, true, sideB.otherAmount);
        _receiveByPermit2(params.token, params.ownerA, fundingA, sideA);
        _receiveByPermit2(params.token, params.ownerB, fundingB, sideB);
        _open(params, life, sideA.amount, sideB.amount);
        if (sideA.amount != 0) _requireBeside(paramsId, true, sideA.otherAmount);
        if (sideB.amount != 0) _requireBeside(paramsId, false, sideB.otherAmount);
    }

    /// @inheritdoc IFundingAdapter
    function hashlane() external view returns (IHashlane) {
        return _HASHLANE;
    }

    /// @inheritdoc IFundingAdapter
    function permit2() external view returns (IPermit2) {
        return _PERMIT2;
    }

    /// @inheritdoc IFundingAdapter
    function fundingOf(
        bytes32 paramsId,
        uint256 life,
        bool forB,
        uint256 otherAmount
    ) public pure returns (bytes32) {
        return keccak256(abi.encode(_FUNDING_TYPE, paramsId, life, forB, otherAmount));
    }

    function _permit(address token, address owner, Permitted calldata side) private {
        uint256 value = side.permit.value;
        uint256 deadline = side.permit.deadline;
        bytes calldata signature = side.permit.signature;
        // Whoever saw the permit can have sent it before, so it may fail; it is the allowance that counts.
        if (signature.length == 64) {
            (uint8 v, bytes32 r, bytes32 s) = _split(signature);
            try IERC20Permit(token).permit(owner, address(_HASHLANE), value, deadline, v, r, s) {
                return;
            } catch {
                return;
            }
        }
        if (signature.length != 0) {
            try ISignatureToken(token).permit(owner, address(_HASHLANE), value, deadline, signature) {
                return;
            } catch {
                return;
            }
        }
    }

    function _receiveAuthorized(
        address token,
        address owner,
        bytes32 funding,
        Authorized calldata side
    ) private {
        if (side.amount == 0) return;
        bytes32 nonce = keccak256(abi.encode(funding, side.salt));
        if (side.signature.length == 64) {
            (uint8 v, bytes32 r, bytes32 s) = _split(side.signature);
            IERC3009(token).receiveWithAuthorization(
                owner,
                address(this),
                side.amount,
                side.validAfter,
                side.validBefore,
                nonce,
                v,
                r,
                s
            );
        } else {
            ISignatureToken(token).receiveWithAuthorization(
                owner,
                address(this),
                side.amount,
                side.validAfter,
                side.validBefore,
                nonce,
                side.signature
            );
        }
    }

    function _receiveByPermit2(
        address token,
        address owner,
        bytes32 funding,
        Transferred calldata side
    ) private {
        if (side.amount == 0) return;
        _PERMIT2.permitWitnessTransferFrom(
            IPermit2.PermitTransferFrom({
                permitted: IPermit2.TokenPermissions(token, side.amount),
                nonce: side.nonce,
                deadline: side.deadline
            }),
            IPermit2.SignatureTransferDetails(address(this), side.amount),
            owner,
            funding,
            _WITNESS_TYPE,
            side.signature
        );
    }

    function _open(IHashlane.Params calldata params, uint256 life, uint256 amountA, uint256 amountB) private {
        IERC20(params.token).forceApprove(address(_HASHLANE), amountA + amountB);
        _HASHLANE.open(params, life, amountA, amountB);
    }

    /// @dev As in {IHashlane-openFor}. A token may have called in between and so begun to close the channel; then there
    /// are no deposits to look at.
    function _requireBeside(bytes32 paramsId, bool ofB, uint256 otherAmount) private view {
        if (otherAmount == 0) return;
        uint256 slot = _HASHLANE.slotOf(paramsId);
        if (slot.phase() != Slots.OPEN) revert IHashlaneErrors.WrongPhase(Slots.OPEN, slot.phase());
        int256 beside = slot.depositOf(ofB);
        if (beside < 0 || uint256(beside) < otherAmount) {
            revert IHashlaneErrors.TooLittleBeside(otherAmount, beside);
        }
    }

    /// @dev As {IHashlane-paramsIdOf}, without the call.
    function _idOf(IHashlane.Params calldata params) private view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, _HASHLANE, params));
    }

    function _requireToken(IHashlane.Params calldata params) private pure {
        if (params.token == address(0)) revert NotTokenChannel();
    }

    function _split(bytes calldata signature) private pure returns (uint8 v, bytes32 r, bytes32 s) {
        r = bytes32(signature[:32]);
        uint256 vs = uint256(bytes32(signature[32:]));
        v = uint8(27 + (vs >> 255));
        s = bytes32((vs << 1) >> 1);
    }
}
