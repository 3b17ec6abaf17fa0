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
        _LEAST_CHALLENGE = leastChallenge;
        _MOST_CHALLENGE = mostChallenge;
    }

    /// @inheritdoc IHashlane
    function open(Params calldata params, uint256 life, uint256 amountA, uint256 amountB) external payable {
        _pull(params.tokenOf(), _fund(params, params.idOf(), life, amountA, amountB));
    }

    /// @inheritdoc IHashlane
    function openFor(
        Params calldata params,
        uint256 life,
        uint256 amountA,
        uint256 amountB,
        Consent calldata consentA,
        Consent calldata consentB
    ) external payable {
        bytes32 paramsId = params.idOf();
        uint256 brought = _fund(params, paramsId, life, amountA, amountB);
        if (consentA.signature.length != 0) {
            unchecked {
                brought -= amountA;
            }
            _takeByConsent(params, paramsId, life, false, amountA, consentA);
        }
        if (consentB.signature.length != 0) {
            unchecked {
                brought -= amountB;
            }
            _takeByConsent(params, paramsId, life, true, amountB, consentB);
        }
        _pull(params.tokenOf(), brought);
    }

    /// @inheritdoc IHashlane
    function openFromCredit(
        Params calldata params,
        uint256 life,
        uint256 amountA,
        uint256 amountB
    ) external nonReentrant {
        _spendCredit(params.token, msg.sender, _fund(params, params.idOf(), life, amountA, amountB));
    }

    /// @inheritdoc IHashlane
    function deposit(bytes32 paramsId, uint256 life, bool forB) external payable {
        (Cell storage cell, uint256 slot) = _requirePhase(paramsId, life, Slots.OPEN);
        if (!slot.isEth()) revert NotEthChannel(paramsId);
        (uint256 amountA, uint256 amountB) = forB ? (uint256(0), msg.value) : (msg.value, uint256(0));
        _addDeposits(cell, channelOf(paramsId, life), slot, amountA, amountB);
    }

    /// @inheritdoc IHashlane
    function depositToken(Params calldata params, uint256 life, uint256 amountA, uint256 amountB) external {
        bytes32 paramsId = params.idOf();
        (Cell storage cell, uint256 slot) = _requirePhase(paramsId, life, Slots.OPEN);
        _pull(params.token, _addDeposits(cell, channelOf(paramsId, life), slot, amountA, amountB));
    }

    /// @inheritdoc IHashlane
    function challengePeriodBounds() external view returns (uint256 least, uint256 most) {
        return (_LEAST_CHALLENGE, _MOST_CHALLENGE);
    }

    function _fund(
        Params calldata params,
        bytes32 paramsId,
        uint256 life,
        uint256 amountA,
        uint256 amountB
    ) private returns (uint256 amount) {
        bytes32 channel = channelOf(paramsId, life);
        Cell storage cell = _cellOf(paramsId);
        uint256 slot = cell.slot;
        uint256 phase = slot.phase();
        uint256 lives = slot.life();
        if (phase != Slots.ENDED) {
            if (phase != Slots.OPEN || lives != life) revert WrongPhase(Slots.ENDED, phase);
            return _addDeposits(cell, channel, slot, amountA, amountB);
        }
        unchecked {
            // Lives fit 20 bits.
            if (life != lives + 1) revert WrongLife(lives + 1, life);
        }
        if (life > Slots.MAX_LIFE) revert LivesExhausted(life);
        if (!params.areValid(_LEAST_CHALLENGE, _MOST_CHALLENGE)) revert BadParams(params);
        amount = _sumOf(amountA, amountB);
        cell.slot = Slots.open(life, params.tokenOf() == address(0), int256(amountA), int256(amountB));
        Words.emitOpened(channel, paramsId, life, params, amountA, amountB);
    }

    function _addDeposits(
        Cell storage cell,
        bytes32 channel,
        uint256 slot,
        uint256 amountA,
        uint256 amountB
    ) private returns (uint256 amount) {
        amount = _sumOf(amountA, amountB);
        int256 depositA;
        int256 depositB;
        unchecked {
            // All of them fit 96 bits.
            depositA = slot.depositA() + int256(amountA);
            depositB = slot.depositB() + int256(amountB);
        }
        if (depositA > type(int96).max || depositB > type(int96).max) revert BadAmount(amountA, amountB);
        cell.slot = slot.withDeposits(depositA, depositB);
        emit Deposited(channel, depositA, depositB);
    }

    /// @dev After the deposits were added to the slot, so that the other side's is what it will be.
    function _takeByConsent(
        Params calldata params,
        bytes32 paramsId,
        uint256 life,
        bool forB,
        uint256 amount,
        Consent calldata consent
    ) private {
        address owner = forB ? params.ownerB : params.ownerA;
        Cell storage cell = _cellOf(paramsId);
        uint256 slot = cell.slot;
        if (slot.isConsented(forB)) revert ConsentUsed(owner);
        _requireInTime(consent.validUntil);
        int256 beside = forB ? slot.depositA() : slot.depositB();
        if (int256(consent.otherAmount) < 0 || beside < int256(consent.otherAmount)) {
            revert TooLittleBeside(consent.otherAmount, beside);
        }
        bytes32 digest = _hashTypedDataV4(
            keccak256(
                abi.encode(
                    _FUNDING_CONSENT_TYPE,
                    paramsId,
                    life,
                    amount,
                    consent.otherAmount,
                    consent.validUntil
                )
            )
        );
        if (!_isBy(owner, digest, consent.signature)) revert WrongConsent(owner);
        cell.slot = slot.withConsent(forB);
        address token = params.tokenOf();
        if (token == address(0)) _spendCredit(token, owner, amount);
        else _pullToken(token, owner, amount);
    }

    /// @dev Recovery first: an account that has a key does not lose it by gaining code.
    function _isBy(address owner, bytes32 digest, bytes calldata signature) private view returns (bool) {
        if (signature.length == 64) {
            if (_signerOf(digest, bytes32(signature[:32]), bytes32(signature[32:])) == owner) return true;
        }
        return SignatureChecker.isValidERC1271SignatureNow(owner, digest, signature);
    }

    function _sumOf(uint256 amountA, uint256 amountB) private pure returns (uint256) {
        unchecked {
            // The most is all ones, so either amount is above it if both together have a higher bit; less 1, zero
            // is above it too.
            if ((amountA | amountB) - 1 >= _MAX_DEPOSIT) revert BadAmount(amountA, amountB);
            return amountA + amountB;
        }
    }
}
