// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IHashlane} from "./interfaces/IHashlane.sol";
import {ISecretRegistry} from "./interfaces/ISecretRegistry.sol";
import {Closings} from "./libraries/Closings.sol";
import {LockLists} from "./libraries/LockLists.sol";
import {Slots} from "./libraries/Slots.sol";
import {WitnessTree} from "./libraries/WitnessTree.sol";
import {Words} from "./libraries/Words.sol";
import {Settlement} from "./Settlement.sol";

/// @title The notary of payment channels
/// @notice See IHashlane, which is the manual.
contract Hashlane is Settlement, EIP712 {
    using Closings for Closing;
    using Closings for uint256;
    using Slots for uint256;
    using Words for LaneState;
    using Words for Params;

    /// @dev Where a slot is kept. References to it save hashing its place again for writing.
    struct Cell {
        uint256 slot;
    }

    bytes32 private constant _LANE_TYPE = keccak256("Lane(bytes32 channel,uint64 seq,bytes32 body)");
    bytes32 private constant _ANSWER_TYPE = keccak256(
        "Answer(bytes32 channel,uint64 seq,bytes32 body,address tower,uint256 reward)"
    );
    bytes32 private constant _COOPERATIVE_CLOSE_TYPE = keccak256(
        "CooperativeClose(bytes32 channel,int256 transfer,uint256 validUntil)"
    );
    bytes32 private constant _RESIZE_TYPE = keccak256(
        "Resize(bytes32 channel,uint256 count,int256 changeA,int256 changeB,uint256 validUntil)"
    );

    uint256 private constant _MAX_DEPOSIT = uint256(int256(type(int96).max));
    /// @dev [LOCK-3] A hash lock weighs 1.
    uint256 private constant _MAX_LANE_WEIGHT = 512;
    /// @dev [CL-6] The reward is at most this part of the total.
    uint256 private constant _REWARD_DIVISOR = 100;

    uint256 private immutable _LEAST_CHALLENGE;
    uint256 private immutable _MOST_CHALLENGE;

    mapping(bytes32 paramsId => Cell cell) private _cells;

    /// @param registry_ One for the whole chain.
    /// @param leastChallenge Least seconds of a challenge period that a channel may choose.
    /// @param mostChallenge Most seconds.
    constructor(
        ISecretRegistry registry_,
        uint256 leastChallenge,
        uint256 mostChallenge
    ) Settlement(registry_) EIP712("Hashlane", "1") {
        _LEAST_CHALLENGE = leastChallenge;
        _MOST_CHALLENGE = mostChallenge;
    }

    /// @inheritdoc IHashlane
    function open(Params calldata params, uint256 life, uint256 amountA, uint256 amountB) external payable {
        _pull(params.tokenOf(), _fund(params, life, amountA, amountB));
    }

    /// @inheritdoc IHashlane
    function openFromCredit(
        Params calldata params,
        uint256 life,
        uint256 amountA,
        uint256 amountB
    ) external nonReentrant {
        _spendCredit(params.token, _fund(params, life, amountA, amountB));
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
    function resize(
        Params calldata params,
        uint256 life,
        int256 changeA,
        int256 changeB,
        uint256 validUntil,
        Signature calldata signature
    ) external nonReentrant {
        (Cell storage cell, uint256 slot) = _requirePhase(params.idOf(), life, Slots.OPEN);
        bytes32 channel = channelOf(params.idOf(), life);
        address signer = _callerIsB(params) ? params.signerA : params.signerB;
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
    ) external nonReentrant {
        (Cell storage cell, uint256 slot) = _requirePhase(params.idOf(), life, Slots.OPEN);
        bytes32 channel = channelOf(params.idOf(), life);
        bytes32 digest = _resizeDigest(channel, slot.resizes(), changeA, changeB, validUntil);
        _requireSigner(params.signerA, digest, signatureA);
        _requireSigner(params.signerB, digest, signatureB);
        _resize(params, cell, channel, slot, changeA, changeB);
    }

    /// @inheritdoc IHashlane
    function closeCooperatively(
        Params calldata params,
        uint256 life,
        int256 transfer,
        uint256 validUntil,
        Signature calldata signature
    ) external nonReentrant {
        bytes32 paramsId = params.idOf();
        (Cell storage cell, uint256 slot) = _requirePhase(paramsId, life, Slots.OPEN);
        bytes32 channel = channelOf(paramsId, life);
        address signer = _callerIsB(params) ? params.signerA : params.signerB;
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
    ) external nonReentrant {
        bytes32 paramsId = params.idOf();
        (Cell storage cell, uint256 slot) = _requirePhase(paramsId, life, Slots.OPEN);
        bytes32 channel = channelOf(paramsId, life);
        bytes32 digest = _cooperativeDigest(channel, transfer, validUntil);
        _requireSigner(params.signerA, digest, signatureA);
        _requireSigner(params.signerB, digest, signatureB);
        _endCooperatively(params, cell, channel, life, transfer, slot.depositA(), slot.depositB());
    }

    /// @inheritdoc IHashlane
    function closeCooperativelyWhileClosing(
        Params calldata params,
        uint256 life,
        Closing calldata record,
        int256 transfer,
        uint256 validUntil,
        Signature calldata signature
    ) external nonReentrant {
        bytes32 paramsId = params.idOf();
        Closing memory closing = record;
        (Cell storage cell, uint256 slot) = _requirePhase(paramsId, life, Slots.CLOSING);
        _requireRecord(slot, closing);
        if (closing.paid != 0) revert AlreadyPaying(closing.paidA(), closing.paidB());
        address signer = _callerIsB(params) ? params.signerA : params.signerB;
        bytes32 channel = channelOf(paramsId, life);
        bytes32 digest = _cooperativeDigest(channel, transfer, validUntil);
        _requireSigner(signer, digest, signature);
        _endCooperatively(params, cell, channel, life, transfer, closing.depositA(), closing.depositB());
    }

    /// @inheritdoc IHashlane
    function close(
        Params calldata params,
        uint256 life,
        LaneState calldata own,
        LaneState calldata theirs,
        Signature calldata signature,
        bytes calldata ownLocks
    ) external {
        bytes32 paramsId = params.idOf();
        (Cell storage cell, uint256 slot) = _requirePhase(paramsId, life, Slots.OPEN);
        bytes32 channel = channelOf(paramsId, life);
        bool closerIsB = _callerIsB(params);

        Closing memory closing;
        closing.own = own.pack();
        closing.ownLocks = own.locksRoot;
        closing.theirs = theirs.pack();
        closing.theirLocks = theirs.locksRoot;
        _requireConsistent(closing);
        if (closing.theirs.seq() != 0) {
            address signer = closerIsB ? params.signerA : params.signerB;
            _requireSigner(signer, _laneDigest(channel, closing.theirs, closing.theirLocks), signature);
        }
        bytes32 root = LockLists.checkedRoot(ownLocks, _MAX_LANE_WEIGHT);
        if (root != closing.ownLocks) revert WrongLocks(closing.ownLocks, root);

        closing.terms = Closings.terms(closerIsB, false, slot.depositA(), slot.depositB());
        uint256 deadline;
        unchecked {
            deadline = block.timestamp + params.challengePeriod;
        }
        cell.slot = Slots.closing(life, deadline, closing.hash());
        Words.emitCloseStarted(channel, deadline, closing, ownLocks);
    }

    /// @inheritdoc IHashlane
    function answer(
        Params calldata params,
        uint256 life,
        Closing calldata record,
        LaneState calldata state,
        Signature calldata signature
    ) external nonReentrant {
        Closing memory closing = record;
        if (_callerIsB(params) == closing.closerIsB()) revert NotParticipant(msg.sender);
        _answer(params, life, closing, state, signature, address(0), 0);
    }

    /// @inheritdoc IHashlane
    function answerFor(
        Params calldata params,
        uint256 life,
        Closing calldata record,
        LaneState calldata state,
        Signature calldata signature,
        address tower,
        uint256 reward,
        Signature calldata consent
    ) external nonReentrant {
        Closing memory closing = record;
        bytes32 channel = channelOf(params.idOf(), life);
        bytes32 message = keccak256(
            abi.encode(_ANSWER_TYPE, channel, state.seq, state.pack().bodyOf(state.locksRoot), tower, reward)
        );
        address payee = closing.closerIsB() ? params.signerA : params.signerB;
        _requireSigner(payee, _hashTypedDataV4(message), consent);
        _answer(params, life, closing, state, signature, tower, reward);
    }

    /// @inheritdoc IHashlane
    function settle(
        Params calldata params,
        uint256 life,
        Closing calldata record,
        Shown calldata shown
    ) external nonReentrant {
        bytes32 paramsId = params.idOf();
        (uint256[] memory times, bool recorded) = _recordShown(shown);
        Closing memory closing = record;
        bytes32 recordHash = closing.hash();
        Cell storage cell = _cells[paramsId];
        uint256 slot = cell.slot;
        if (!_isSettleable(slot, life, recordHash)) {
            if (recorded) return;
            _refuseSettlement(slot, life, recordHash);
        }

        uint256 deadline = slot.deadline();
        (uint256 dueA, uint256 dueB) = _decide(params, deadline, closing, shown, times);
        bytes32 channel = channelOf(paramsId, life);
        if (!recorded && closing.hash() == recordHash) revert NothingToSettle(channel);
        _finish(cell, channel, life, deadline, closing);
        _push(params.token, params.ownerA, dueA);
        _push(params.token, params.ownerB, dueB);
    }

    /// @inheritdoc IHashlane
    function slotOf(bytes32 paramsId) external view returns (uint256) {
        return _cells[paramsId].slot;
    }

    /// @inheritdoc IHashlane
    function challengePeriodBounds() external view returns (uint256 least, uint256 most) {
        return (_LEAST_CHALLENGE, _MOST_CHALLENGE);
    }

    /// @inheritdoc IHashlane
    function paramsIdOf(Params calldata params) public view returns (bytes32) {
        params.requireClean();
        return params.idOf();
    }

    /// @inheritdoc IHashlane
    function channelOf(bytes32 paramsId, uint256 life) public pure returns (bytes32) {
        return WitnessTree.hashPair(paramsId, bytes32(life));
    }

    function _fund(
        Params calldata params,
        uint256 life,
        uint256 amountA,
        uint256 amountB
    ) private returns (uint256 amount) {
        bytes32 paramsId = params.idOf();
        bytes32 channel = channelOf(paramsId, life);
        Cell storage cell = _cells[paramsId];
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
        _push(params.token, params.ownerA, _takenOut(changeA, changeB));
        _push(params.token, params.ownerB, _takenOut(changeB, changeA));
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
        // Deposits fit 96 bits, so a transfer that makes either part wrap cannot leave both at or above zero.
        int256 partA;
        int256 partB;
        unchecked {
            partA = depositA - transfer;
            partB = depositB + transfer;
        }
        if (partA < 0 || partB < 0) revert BadTransfer(partA, partB);
        _end(cell, channel, life, uint256(partA), uint256(partB));
        _push(params.token, params.ownerA, uint256(partA));
        _push(params.token, params.ownerB, uint256(partB));
    }

    function _answer(
        Params calldata params,
        uint256 life,
        Closing memory closing,
        LaneState calldata state,
        Signature calldata signature,
        address tower,
        uint256 reward
    ) private {
        bytes32 paramsId = params.idOf();
        bytes32 channel = channelOf(paramsId, life);
        (Cell storage cell, uint256 slot) = _requirePhase(paramsId, life, Slots.CLOSING);
        _requireRecord(slot, closing);
        uint256 deadline = slot.deadline();
        if (block.timestamp >= deadline) revert DeadlinePassed(deadline, block.timestamp);
        uint256 lane = state.pack();
        bytes32 root = state.locksRoot;
        if (lane.seq() == 0) revert UselessAnswer(0, 1);
        address signer = closing.closerIsB() ? params.signerB : params.signerA;
        _requireSigner(signer, _laneDigest(channel, lane, root), signature);

        if (_convicts(closing, lane, root)) {
            _convict(params, cell, channel, life, closing, tower, reward);
            return;
        }
        uint256 lowest = closing.answered.seq() + 1;
        if (closing.theirs.ack() > lowest) lowest = closing.theirs.ack();
        if (lane.seq() < lowest || lane.seq() == closing.own.seq()) revert UselessAnswer(lane.seq(), lowest);
        closing.answered = lane;
        closing.answeredLocks = root;
        cell.slot = Slots.closing(life, deadline, closing.hash());
        Words.emitRecord(Answered.selector, channel, closing);
    }

    function _convict(
        Params calldata params,
        Cell storage cell,
        bytes32 channel,
        uint256 life,
        Closing memory closing,
        address tower,
        uint256 reward
    ) private {
        uint256 total = closing.total();
        if (tower == address(0)) reward = 0;
        if (reward > total / _REWARD_DIVISOR) reward = total / _REWARD_DIVISOR;
        bool closerIsB = closing.closerIsB();
        uint256 spoils = total - reward;
        emit Convicted(channel, closerIsB, tower, reward);
        _end(cell, channel, life, closerIsB ? spoils : 0, closerIsB ? 0 : spoils);
        _push(params.token, closerIsB ? params.ownerA : params.ownerB, spoils);
        _push(params.token, tower, reward);
    }

    function _finish(
        Cell storage cell,
        bytes32 channel,
        uint256 life,
        uint256 deadline,
        Closing memory closing
    ) private {
        uint256 paidA = closing.paidA();
        uint256 paidB = closing.paidB();
        bool isAll;
        unchecked {
            isAll = paidA + paidB == closing.total();
        }
        if (isAll) {
            _end(cell, channel, life, paidA, paidB);
        } else {
            cell.slot = Slots.closing(life, deadline, closing.hash());
            Words.emitRecord(Settled.selector, channel, closing);
        }
    }

    function _end(Cell storage cell, bytes32 channel, uint256 life, uint256 paidA, uint256 paidB) private {
        cell.slot = Slots.ended(life);
        emit Ended(channel, paidA, paidB);
    }

    function _resizeDigest(
        bytes32 channel,
        uint256 count,
        int256 changeA,
        int256 changeB,
        uint256 validUntil
    ) private view returns (bytes32) {
        if (block.timestamp > validUntil) revert SignatureExpired(validUntil, block.timestamp);
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
        if (block.timestamp > validUntil) revert SignatureExpired(validUntil, block.timestamp);
        return
            _hashTypedDataV4(
                Words.hash(_COOPERATIVE_CLOSE_TYPE, channel, bytes32(uint256(transfer)), bytes32(validUntil))
            );
    }

    function _laneDigest(bytes32 channel, uint256 lane, bytes32 root) private view returns (bytes32) {
        return _hashTypedDataV4(Words.hash(_LANE_TYPE, channel, bytes32(lane.seq()), lane.bodyOf(root)));
    }

    function _requirePhase(
        bytes32 paramsId,
        uint256 life,
        uint256 phase
    ) private view returns (Cell storage cell, uint256 slot) {
        cell = _cells[paramsId];
        slot = cell.slot;
        if (slot.phase() != phase) revert WrongPhase(phase, slot.phase());
        if (slot.life() != life) revert WrongLife(slot.life(), life);
    }

    function _refuseSettlement(uint256 slot, uint256 life, bytes32 recordHash) private view {
        if (slot.phase() != Slots.CLOSING) revert WrongPhase(Slots.CLOSING, slot.phase());
        if (slot.life() != life) revert WrongLife(slot.life(), life);
        if (!slot.commitsTo(recordHash)) revert StaleRecord(recordHash);
        revert DeadlineNotReached(slot.deadline(), block.timestamp);
    }

    function _isSettleable(uint256 slot, uint256 life, bytes32 recordHash) private view returns (bool) {
        return
            slot.phase() == Slots.CLOSING &&
            slot.life() == life &&
            slot.commitsTo(recordHash) &&
            block.timestamp >= slot.deadline();
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

    /// @dev What a side's owner is paid; the changes add up to zero at most and fit 96 bits.
    function _takenOut(int256 change, int256 otherChange) private pure returns (uint256) {
        if (change >= 0) return 0;
        return uint256(otherChange > 0 ? -change - otherChange : -change);
    }

    function _requireSigner(address signer, bytes32 digest, Signature calldata signature) private pure {
        (address recovered, , ) = ECDSA.tryRecover(digest, signature.r, signature.vs);
        if (recovered != signer) revert WrongSigner(signer, recovered);
    }

    function _requireRecord(uint256 slot, Closing memory closing) private pure {
        bytes32 recordHash = closing.hash();
        if (!slot.commitsTo(recordHash)) revert StaleRecord(recordHash);
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
