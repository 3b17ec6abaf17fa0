// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "./interfaces/IHashlane.sol";
import {Closings} from "./libraries/Closings.sol";
import {Slots} from "./libraries/Slots.sol";
import {Words} from "./libraries/Words.sol";
import {Channels} from "./Channels.sol";

/// @title What both sides may do together at any time: resize and end a channel
abstract contract Cooperation is Channels {
    using Closings for Closing;
    using Slots for uint256;
    using Words for Params;

    bytes32 private constant _COOPERATIVE_CLOSE_TYPE = keccak256(
        "CooperativeClose(bytes32 channel,int256 transfer,uint256 validUntil)"
    );
    bytes32 private constant _RESIZE_TYPE = keccak256(
        "Resize(bytes32 channel,uint256 count,int256 changeA,int256 changeB,uint256 validUntil)"
    );

    /// @inheritdoc IHashlane
    function resize(
        Params calldata params,
        uint256 life,
        int256 changeA,
        int256 changeB,
        uint256 validUntil,
        Signature calldata signature
    ) external {
        (Cell storage cell, uint256 slot) = _requirePhase(params.idOf(), life, Slots.OPEN);
        bytes32 channel = channelOf(params.idOf(), life);
        address signer = params.signerOf(!_callerIsB(params));
        bytes32 digest = _resizeDigest(channel, slot.resizes(), changeA, changeB, validUntil);
        _requireSigner(signer, digest, signature);
        _resize(params, cell, channel, slot, changeA, changeB);
    }

    /// @inheritdoc IHashlane
    function resizeFor(
        Params calldata params,
        uint256 life,
        int256 changeA,
        int256 changeB,
        uint256 validUntil,
        Signature calldata signatureA,
        Signature calldata signatureB
    ) external {
        (Cell storage cell, uint256 slot) = _requirePhase(params.idOf(), life, Slots.OPEN);
        bytes32 channel = channelOf(params.idOf(), life);
        bytes32 digest = _resizeDigest(channel, slot.resizes(), changeA, changeB, validUntil);
        _requireBoth(params, digest, signatureA, signatureB);
        _resize(params, cell, channel, slot, changeA, changeB);
    }

    /// @inheritdoc IHashlane
    function closeCooperatively(
        Params calldata params,
        uint256 life,
        int256 transfer,
        uint256 validUntil,
        Signature calldata signature
    ) external {
        bytes32 paramsId = params.idOf();
        (Cell storage cell, uint256 slot) = _requirePhase(paramsId, life, Slots.OPEN);
        bytes32 channel = channelOf(paramsId, life);
        address signer = params.signerOf(!_callerIsB(params));
        _requireSigner(signer, _cooperativeDigest(channel, transfer, validUntil), signature);
        _endCooperatively(params, cell, channel, life, transfer, slot.depositA(), slot.depositB());
    }

    /// @inheritdoc IHashlane
    function closeCooperativelyFor(
        Params calldata params,
        uint256 life,
        int256 transfer,
        uint256 validUntil,
        Signature calldata signatureA,
        Signature calldata signatureB
    ) external {
        bytes32 paramsId = params.idOf();
        (Cell storage cell, uint256 slot) = _requirePhase(paramsId, life, Slots.OPEN);
        bytes32 channel = channelOf(paramsId, life);
        bytes32 digest = _cooperativeDigest(channel, transfer, validUntil);
        _requireBoth(params, digest, signatureA, signatureB);
        _endCooperatively(params, cell, channel, life, transfer, slot.depositA(), slot.depositB());
    }

    /// @inheritdoc IHashlane
    function closeCooperativelyToCredit(
        Params calldata params,
        uint256 life,
        int256 transfer,
        uint256 validUntil,
        Signature calldata signature
    ) external {
        bytes32 paramsId = params.idOf();
        (Cell storage cell, uint256 slot) = _requirePhase(paramsId, life, Slots.OPEN);
        bytes32 channel = channelOf(paramsId, life);
        bool callerIsB = _callerIsB(params);
        bytes32 digest = _cooperativeDigest(channel, transfer, validUntil);
        _requireSigner(params.signerOf(!callerIsB), digest, signature);
        (uint256 partA, uint256 partB) = _parts(transfer, slot.depositA(), slot.depositB());
        _end(cell, channel, life, partA, partB);
        if (callerIsB) {
            _credit(params.tokenOf(), params.ownerOf(true), partB);
            _push(params.tokenOf(), params.ownerOf(false), partA);
        } else {
            _credit(params.tokenOf(), params.ownerOf(false), partA);
            _push(params.tokenOf(), params.ownerOf(true), partB);
        }
    }

    /// @inheritdoc IHashlane
    function closeCooperativelyWhileClosing(
        Params calldata params,
        uint256 life,
        Closing calldata record,
        int256 transfer,
        uint256 validUntil,
        Signature calldata signature
    ) external {
        bytes32 digest = _cooperativeDigest(channelOf(params.idOf(), life), transfer, validUntil);
        _requireSigner(params.signerOf(!_callerIsB(params)), digest, signature);
        _endWhileClosing(params, life, record, transfer);
    }

    /// @inheritdoc IHashlane
    function closeCooperativelyForWhileClosing(
        Params calldata params,
        uint256 life,
        Closing calldata record,
        int256 transfer,
        uint256 validUntil,
        Signature calldata signatureA,
        Signature calldata signatureB
    ) external {
        bytes32 digest = _cooperativeDigest(channelOf(params.idOf(), life), transfer, validUntil);
        _requireBoth(params, digest, signatureA, signatureB);
        _endWhileClosing(params, life, record, transfer);
    }

    function _endWhileClosing(
        Params calldata params,
        uint256 life,
        Closing calldata record,
        int256 transfer
    ) private {
        bytes32 paramsId = params.idOf();
        Closing memory closing = record;
        (Cell storage cell, uint256 slot) = _requirePhase(paramsId, life, Slots.CLOSING);
        _requireRecord(slot, closing);
        if (closing.paid != 0) revert AlreadyPaying(closing.paidA(), closing.paidB());
        bytes32 channel = channelOf(paramsId, life);
        _endCooperatively(params, cell, channel, life, transfer, closing.depositA(), closing.depositB());
    }

    function _resize(
        Params calldata params,
        Cell storage cell,
        bytes32 channel,
        uint256 slot,
        int256 changeA,
        int256 changeB
    ) private {
        (int256 depositA, int256 depositB) = _resized(slot, changeA, changeB);
        uint256 count = slot.resizes() + 1;
        if (count > type(uint32).max) revert ResizesExhausted(channel);
        cell.slot = slot.resized(depositA, depositB);
        emit Resized(channel, count, depositA, depositB);
        _push(params.tokenOf(), params.ownerOf(false), _takenOut(changeA, changeB));
        _push(params.tokenOf(), params.ownerOf(true), _takenOut(changeB, changeA));
    }

    function _endCooperatively(
        Params calldata params,
        Cell storage cell,
        bytes32 channel,
        uint256 life,
        int256 transfer,
        int256 depositA,
        int256 depositB
    ) private {
        (uint256 partA, uint256 partB) = _parts(transfer, depositA, depositB);
        _end(cell, channel, life, partA, partB);
        _push(params.tokenOf(), params.ownerOf(false), partA);
        _push(params.tokenOf(), params.ownerOf(true), partB);
    }

    function _requireBoth(
        Params calldata params,
        bytes32 digest,
        Signature calldata signatureA,
        Signature calldata signatureB
    ) private view {
        _requireSigner(params.signerOf(false), digest, signatureA);
        _requireSigner(params.signerOf(true), digest, signatureB);
    }

    function _resizeDigest(
        bytes32 channel,
        uint256 count,
        int256 changeA,
        int256 changeB,
        uint256 validUntil
    ) private view returns (bytes32) {
        _requireInTime(validUntil);
        return
            _hashTypedDataV4(
                keccak256(abi.encode(_RESIZE_TYPE, channel, count, changeA, changeB, validUntil))
            );
    }

    function _cooperativeDigest(
        bytes32 channel,
        int256 transfer,
        uint256 validUntil
    ) private view returns (bytes32) {
        _requireInTime(validUntil);
        return
            _hashTypedDataV4(
                Words.hash(_COOPERATIVE_CLOSE_TYPE, channel, bytes32(uint256(transfer)), bytes32(validUntil))
            );
    }

    function _resized(
        uint256 slot,
        int256 changeA,
        int256 changeB
    ) private pure returns (int256 depositA, int256 depositB) {
        (int256 oldA, int256 oldB) = (slot.depositA(), slot.depositB());
        bool sound = changeA == int96(changeA) && changeB == int96(changeB) && changeA + changeB <= 0;
        if (sound) {
            (depositA, depositB) = (oldA + changeA, oldB + changeB);
            sound = depositA == int96(depositA) && depositB == int96(depositB) && depositA + depositB >= 0;
        }
        if (!sound) revert BadResize(oldA, oldB, changeA, changeB);
    }

    function _parts(
        int256 transfer,
        int256 depositA,
        int256 depositB
    ) private pure returns (uint256, uint256) {
        int256 partA;
        int256 partB;
        unchecked {
            // Deposits fit 96 bits, so a transfer that makes either part wrap cannot leave both at or above zero.
            partA = depositA - transfer;
            partB = depositB + transfer;
        }
        if (partA < 0 || partB < 0) revert BadTransfer(partA, partB);
        return (uint256(partA), uint256(partB));
    }

    /// @dev What a side's owner is paid; the changes add up to zero at most and fit 96 bits.
    function _takenOut(int256 change, int256 otherChange) private pure returns (uint256) {
        if (change >= 0) return 0;
        return uint256(otherChange > 0 ? -change - otherChange : -change);
    }
}
