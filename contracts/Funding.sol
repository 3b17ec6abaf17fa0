// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {IHashlane} from "./interfaces/IHashlane.sol";
import {Slots} from "./libraries/Slots.sol";
import {Words} from "./libraries/Words.sol";
import {Channels} from "./Channels.sol";

/// @title Opening and depositing
abstract contract Funding is Channels {
    using Slots for uint256;
    using Words for Params;

    bytes32 private constant _FUNDING_CONSENT_TYPE = keccak256(
        "FundingConsent(bytes32 paramsId,uint256 life,uint256 amount,uint256 otherAmount,uint256 validUntil)"
    );

    uint256 private constant _MAX_DEPOSIT = uint256(int256(type(int96).max));

    uint256 private immutable _LEAST_CHALLENGE;
    uint256 private immutable _MOST_CHALLENGE;

    constructor(uint256 leastChallenge, uint256 mostChallenge) {
        // A slot has 34 bits for a deadline.
        if (leastChallenge > mostChallenge || mostChallenge > type(uint32).max) {
            revert BadBounds(leastChallenge, mostChallenge);
        }
        _LEAST_CHALLENGE = leastChallenge;
        _MOST_CHALLENGE = mostChallenge;
    }

    /// @inheritdoc IHashlane
    function open(Params calldata params, uint256 life, uint256 amountA, uint256 amountB) external payable {
        _fund(params, params.idOf(), life, amountA, amountB, 0);
        _pull(params.tokenOf(), _sum(amountA, amountB));
    }

    /// @inheritdoc IHashlane
    function openBoth(
        Params calldata params,
        uint256 life,
        uint256 amountA,
        uint256 amountB,
        bool consentOfB,
        uint256 otherAmount,
        uint256 validUntil,
        bytes calldata signature
    ) external payable {
        bytes32 paramsId = params.idOf();
        address owner = params.ownerOf(consentOfB);
        (uint256 amount, uint256 brought) = consentOfB ? (amountB, amountA) : (amountA, amountB);
        _requireConsent(owner, _consentDigest(paramsId, life, amount, otherAmount, validUntil), signature);
        uint256 slot = _fund(params, paramsId, life, amountA, amountB, Slots.consentMark(consentOfB));
        _requireBeside(slot, !consentOfB, otherAmount);
        address token = params.tokenOf();
        if (token == address(0)) {
            if (msg.value != brought) revert WrongValue(brought, msg.value);
            _takeCredit(token, owner, amount);
            emit FundedByConsent(owner, amount);
        } else {
            if (msg.value != 0) revert WrongValue(0, msg.value);
            emit FundedByConsent(owner, amount);
            _pullTokens(token, owner, amount, msg.sender, brought);
        }
    }

    /// @inheritdoc IHashlane
    function openFor(
        Params calldata params,
        uint256 life,
        uint256 amountA,
        uint256 amountB,
        Consent calldata consentA,
        Consent calldata consentB
    ) external {
        bytes32 paramsId = params.idOf();
        uint256 marks;
        if (amountA != 0 || consentA.signature.length != 0) {
            marks = Slots.consentMark(false);
            _requireConsentTo(params.ownerOf(false), paramsId, life, amountA, consentA);
        }
        if (amountB != 0 || consentB.signature.length != 0) {
            marks |= Slots.consentMark(true);
            _requireConsentTo(params.ownerOf(true), paramsId, life, amountB, consentB);
        }
        uint256 slot = _fund(params, paramsId, life, amountA, amountB, marks);
        _requireBeside(slot, true, consentA.otherAmount);
        _requireBeside(slot, false, consentB.otherAmount);
        address token = params.tokenOf();
        if (marks & Slots.consentMark(false) != 0) _spendByConsent(token, params.ownerOf(false), amountA);
        if (marks & Slots.consentMark(true) != 0) _spendByConsent(token, params.ownerOf(true), amountB);
        if (token != address(0)) {
            _pullTokens(token, params.ownerOf(false), amountA, params.ownerOf(true), amountB);
        }
    }

    /// @inheritdoc IHashlane
    function openFromCredit(Params calldata params, uint256 life, uint256 amountA, uint256 amountB) external {
        _fund(params, params.idOf(), life, amountA, amountB, 0);
        _spendCredit(params.tokenOf(), msg.sender, _sum(amountA, amountB));
    }

    /// @inheritdoc IHashlane
    function deposit(bytes32 paramsId, uint256 life, bool forB) external payable {
        (Cell storage cell, uint256 slot) = _requirePhase(paramsId, life, Slots.OPEN);
        if (!slot.isEth()) revert NotEthChannel(paramsId);
        int256 depositA = slot.depositA();
        int256 depositB = slot.depositB();
        int256 grown;
        unchecked {
            // A net deposit has 96 bits; zero, and more value than 95 bits, give a number above all.
            grown = msg.value - 1 < _MAX_DEPOSIT ? int256(msg.value) : type(int192).max;
            if (forB) grown = depositB += grown;
            else grown = depositA += grown;
        }
        if (grown > type(int96).max) revert BadAmount(forB ? 0 : msg.value, forB ? msg.value : 0);
        cell.slot = slot.withDeposits(depositA, depositB);
        emit Deposited(channelOf(paramsId, life), depositA, depositB);
    }

    /// @inheritdoc IHashlane
    function depositToken(Params calldata params, uint256 life, uint256 amountA, uint256 amountB) external {
        bytes32 paramsId = params.idOf();
        (Cell storage cell, uint256 slot) = _requirePhase(paramsId, life, Slots.OPEN);
        _addDeposits(cell, channelOf(paramsId, life), slot, amountA, amountB);
        _pull(params.tokenOf(), _sum(amountA, amountB));
    }

    /// @inheritdoc IHashlane
    function challengePeriodBounds() external view returns (uint256 least, uint256 most) {
        return (_LEAST_CHALLENGE, _MOST_CHALLENGE);
    }

    /// @param marks Of the consents that this money comes by.
    /// @return The new slot.
    function _fund(
        Params calldata params,
        bytes32 paramsId,
        uint256 life,
        uint256 amountA,
        uint256 amountB,
        uint256 marks
    ) private returns (uint256) {
        bytes32 channel = channelOf(paramsId, life);
        Cell storage cell = _cellOf(paramsId);
        uint256 slot = cell.slot;
        bool isNew;
        unchecked {
            isNew = slot.isIn(Slots.ENDED, life - 1);
        }
        if (!isNew) {
            if (!slot.isIn(Slots.OPEN, life)) _refuseOpening(slot, life);
            if (slot & marks != 0) {
                revert ConsentUsed(params.ownerOf(slot & marks & Slots.consentMark(false) == 0));
            }
            return _addDeposits(cell, channel, slot | marks, amountA, amountB);
        }
        if (life > Slots.MAX_LIFE) revert LivesExhausted(life);
        if (!params.areValid(_LEAST_CHALLENGE, _MOST_CHALLENGE)) revert BadParams(params);
        _requireAmounts(amountA, amountB);
        slot = Slots.open(life, params.tokenOf() == address(0), int256(amountA), int256(amountB)) | marks;
        cell.slot = slot;
        Words.emitOpened(channel, life, params, amountA, amountB);
        return slot;
    }

    /// @return grown The new slot.
    function _addDeposits(
        Cell storage cell,
        bytes32 channel,
        uint256 slot,
        uint256 amountA,
        uint256 amountB
    ) private returns (uint256 grown) {
        _requireAmounts(amountA, amountB);
        int256 depositA;
        int256 depositB;
        unchecked {
            // All of them fit 96 bits.
            depositA = slot.depositA() + int256(amountA);
            depositB = slot.depositB() + int256(amountB);
        }
        if (depositA > type(int96).max || depositB > type(int96).max) revert BadAmount(amountA, amountB);
        grown = slot.withDeposits(depositA, depositB);
        cell.slot = grown;
        emit Deposited(channel, depositA, depositB);
    }

    /// @dev ETH leaves the owner's credit; tokens are to be pulled afterwards.
    function _spendByConsent(address token, address owner, uint256 amount) private {
        if (token == address(0)) _takeCredit(token, owner, amount);
        emit FundedByConsent(owner, amount);
    }

    function _requireConsentTo(
        address owner,
        bytes32 paramsId,
        uint256 life,
        uint256 amount,
        Consent calldata consent
    ) private view {
        bytes32 digest = _consentDigest(paramsId, life, amount, consent.otherAmount, consent.validUntil);
        _requireConsent(owner, digest, consent.signature);
    }

    /// @dev Recovery first: an account that has a key does not lose it by gaining code.
    function _requireConsent(address owner, bytes32 digest, bytes calldata signature) private view {
        if (signature.length == 64) {
            bytes32 r;
            bytes32 vs;
            assembly ("memory-safe") {
                r := calldataload(signature.offset)
                vs := calldataload(add(signature.offset, 0x20))
            }
            if (_signerOf(digest, r, vs) == owner) return;
        }
        if (!SignatureChecker.isValidERC1271SignatureNowCalldata(owner, digest, signature)) {
            revert WrongConsent(owner);
        }
    }

    function _consentDigest(
        bytes32 paramsId,
        uint256 life,
        uint256 amount,
        uint256 otherAmount,
        uint256 validUntil
    ) private view returns (bytes32) {
        _requireInTime(validUntil);
        bytes32 kind = _FUNDING_CONSENT_TYPE;
        bytes32 message;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, kind)
            mstore(add(free, 0x20), paramsId)
            mstore(add(free, 0x40), life)
            mstore(add(free, 0x60), amount)
            mstore(add(free, 0x80), otherAmount)
            mstore(add(free, 0xa0), validUntil)
            message := keccak256(free, 0xc0)
        }
        return _hashTypedDataV4(message);
    }

    /// @dev The deposit beside the one that came by consent, with all money of the call in it.
    function _requireBeside(uint256 slot, bool ofB, uint256 otherAmount) private pure {
        if (otherAmount == 0) return;
        int256 beside = slot.depositOf(ofB);
        if (beside < 0 || uint256(beside) < otherAmount) revert TooLittleBeside(otherAmount, beside);
    }

    function _refuseOpening(uint256 slot, uint256 life) private pure {
        if (slot.phase() != Slots.ENDED) revert WrongPhase(Slots.ENDED, slot.phase());
        revert WrongLife(slot.life() + 1, life);
    }

    function _requireAmounts(uint256 amountA, uint256 amountB) private pure {
        unchecked {
            // The most is all ones, so either amount is above it if both together have a higher bit; less 1, zero
            // is above it too.
            if ((amountA | amountB) - 1 >= _MAX_DEPOSIT) revert BadAmount(amountA, amountB);
        }
    }

    /// @dev Of amounts that {_requireAmounts} let pass.
    function _sum(uint256 amountA, uint256 amountB) private pure returns (uint256) {
        unchecked {
            return amountA + amountB;
        }
    }
}
