// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IHashlane} from "./interfaces/IHashlane.sol";
import {Closings} from "./libraries/Closings.sol";
import {Slots} from "./libraries/Slots.sol";
import {WitnessTree} from "./libraries/WitnessTree.sol";
import {Words} from "./libraries/Words.sol";
import {Vault} from "./Vault.sol";

/// @title The slots of channels, and whose signature and call counts for what [ST-1] [ID-2]
abstract contract Channels is Vault, EIP712 {
    using Closings for Closing;
    using Slots for uint256;
    using Words for Params;

    /// @dev Where a slot is kept. References to it save hashing its place again for writing.
    struct Cell {
        uint256 slot;
    }

    /// @dev Half of the order of secp256k1's group: a low s is at most this.
    uint256 private constant _MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    mapping(bytes32 paramsId => Cell cell) private _cells;

    constructor() EIP712("Hashlane", "1") {}

    /// @inheritdoc IHashlane
    function slotOf(bytes32 paramsId) external view returns (uint256) {
        return _cells[paramsId].slot;
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

    function _end(Cell storage cell, bytes32 channel, uint256 life, uint256 paidA, uint256 paidB) internal {
        cell.slot = Slots.ended(life);
        emit Ended(channel, paidA, paidB);
    }

    function _cellOf(bytes32 paramsId) internal view returns (Cell storage) {
        return _cells[paramsId];
    }

    function _requirePhase(
        bytes32 paramsId,
        uint256 life,
        uint256 phase
    ) internal view returns (Cell storage cell, uint256 slot) {
        cell = _cells[paramsId];
        slot = cell.slot;
        if (!slot.isIn(phase, life)) _refusePhase(slot, life, phase);
    }

    function _callerIsB(Params calldata params) internal view returns (bool) {
        if (params.isOf(false, msg.sender)) return false;
        if (params.isOf(true, msg.sender)) return true;
        revert NotParticipant(msg.sender);
    }

    function _requireInTime(uint256 validUntil) internal view {
        if (block.timestamp > validUntil) revert SignatureExpired(validUntil, block.timestamp);
    }

    function _requireSigner(address signer, bytes32 digest, Signature calldata signature) internal view {
        address recovered = _signerOf(digest, signature.r, signature.vs);
        if (recovered != signer) revert WrongSigner(signer, recovered);
    }

    /// @dev By plain recovery; low s only, so that there is one encoding.
    /// @return signer Zero if there is none.
    function _signerOf(bytes32 digest, bytes32 r, bytes32 vs) internal view returns (address signer) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            let s := shr(1, shl(1, vs))
            mstore(free, digest)
            mstore(add(free, 0x20), add(27, shr(255, vs)))
            mstore(add(free, 0x40), r)
            mstore(add(free, 0x60), s)
            mstore(0x00, 0)
            // It answers with nothing if nobody can have made the signature.
            pop(staticcall(gas(), 1, free, 0x80, 0x00, 0x20))
            signer := mul(mload(0x00), iszero(gt(s, _MAX_S)))
        }
    }

    function _refusePhase(uint256 slot, uint256 life, uint256 phase) internal pure {
        if (slot.phase() != phase) revert WrongPhase(phase, slot.phase());
        if (slot.life() != life) revert WrongLife(slot.life(), life);
    }

    function _requireRecord(uint256 slot, Closing memory closing) internal pure {
        bytes32 recordHash = closing.hash();
        if (!slot.commitsTo(recordHash)) revert StaleRecord(recordHash);
    }
}
