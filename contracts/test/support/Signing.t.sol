// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";

/// @title The digests that parties sign, computed from the protocol's text and without the contract
library Signing {
    function domain(address hashlane) internal view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256(
                        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                    ),
                    keccak256("Hashlane"),
                    keccak256("1"),
                    block.chainid,
                    hashlane
                )
            );
    }

    function paramsId(address hashlane, IHashlane.Params memory params) internal view returns (bytes32) {
        bytes memory parties = abi.encode(params.ownerA, params.ownerB, params.signerA, params.signerB);
        bytes memory rest = abi.encode(
            params.token,
            params.challengePeriod,
            params.recoveryPeriod,
            params.salt
        );
        return keccak256(bytes.concat(abi.encode(block.chainid, hashlane), parties, rest));
    }

    function channel(bytes32 id, uint256 life) internal pure returns (bytes32) {
        return keccak256(abi.encode(id, life));
    }

    function body(IHashlane.LaneState memory state) internal pure returns (bytes32) {
        return keccak256(abi.encode(state.sent, state.ack, state.locksRoot));
    }

    function lane(
        bytes32 separator,
        bytes32 channel_,
        IHashlane.LaneState memory state
    ) internal pure returns (bytes32) {
        bytes32 kind = keccak256("Lane(bytes32 channel,uint64 seq,bytes32 body)");
        return _digest(separator, abi.encode(kind, channel_, state.seq, body(state)));
    }

    function answer(
        bytes32 separator,
        bytes32 channel_,
        IHashlane.LaneState memory state,
        address tower,
        uint256 reward
    ) internal pure returns (bytes32) {
        bytes32 kind = keccak256(
            "Answer(bytes32 channel,uint64 seq,bytes32 body,address tower,uint256 reward)"
        );
        return _digest(separator, abi.encode(kind, channel_, state.seq, body(state), tower, reward));
    }

    function cooperativeClose(
        bytes32 separator,
        bytes32 channel_,
        int256 transfer,
        uint256 validUntil
    ) internal pure returns (bytes32) {
        bytes32 kind = keccak256("CooperativeClose(bytes32 channel,int256 transfer,uint256 validUntil)");
        return _digest(separator, abi.encode(kind, channel_, transfer, validUntil));
    }

    function resize(
        bytes32 separator,
        bytes32 channel_,
        uint256 count,
        int256 changeA,
        int256 changeB,
        uint256 validUntil
    ) internal pure returns (bytes32) {
        bytes32 kind = keccak256(
            "Resize(bytes32 channel,uint256 count,int256 changeA,int256 changeB,uint256 validUntil)"
        );
        return _digest(separator, abi.encode(kind, channel_, count, changeA, changeB, validUntil));
    }

    function closeIntent(
        bytes32 separator,
        bytes32 channel_,
        IHashlane.LaneState memory own,
        IHashlane.LaneState memory theirs,
        bool humble,
        uint256 validUntil
    ) internal pure returns (bytes32) {
        bytes32 kind = keccak256(
            "CloseIntent(bytes32 channel,uint64 ownSeq,bytes32 ownBody,uint64 theirSeq,bytes32 theirBody,bool humble,uint256 validUntil)"
        );
        bytes memory states = abi.encode(own.seq, body(own), theirs.seq, body(theirs));
        return
            _digest(
                separator,
                bytes.concat(abi.encode(kind, channel_), states, abi.encode(humble, validUntil))
            );
    }

    function fundingConsent(
        bytes32 separator,
        bytes32 id,
        uint256 life,
        uint256 amount,
        uint256 otherAmount,
        uint256 validUntil
    ) internal pure returns (bytes32) {
        bytes32 kind = keccak256(
            "FundingConsent(bytes32 paramsId,uint256 life,uint256 amount,uint256 otherAmount,uint256 validUntil)"
        );
        return _digest(separator, abi.encode(kind, id, life, amount, otherAmount, validUntil));
    }

    function _digest(bytes32 separator, bytes memory message) private pure returns (bytes32) {
        return keccak256(bytes.concat(hex"1901", separator, keccak256(message)));
    }
}
