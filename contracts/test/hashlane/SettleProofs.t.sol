// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";
import {Lock, Locks} from "../support/Locks.t.sol";
import {Trees} from "../support/Trees.t.sol";

/// @dev See settle.tree: witnesses that stand in older records.
contract SettleProofsTest is ChannelTest {
    using Locks for Lock[];

    uint40 private constant _EXPIRY = uint40(START + 2 days);
    uint96 private constant _AMOUNT = 30;

    function closeWithOwnLocks(Lock[] memory own) private {
        vm.warp(START);
        open(1000, 1000);
        vm.deal(a.owner, 0);
        vm.deal(b.owner, 0);
        close(state(5, 0, 100, own), state(0, 0, 0), own);
        vm.warp(deadline);
    }

    function locks(uint256 count) private pure returns (Lock[] memory list) {
        list = new Lock[](count);
        for (uint256 i; i < count; ++i) {
            list[i] = Lock(_AMOUNT, _EXPIRY, keccak256(abi.encode("witness", i)), Locks.PROVEN);
        }
    }

    /// @dev Somebody's list in which the witness of lock i of ours stands at position 2 i.
    function foreignList(uint256 size) private pure returns (bytes32[] memory list) {
        list = new bytes32[](size);
        for (uint256 i; i < size; ++i) {
            list[i] = keccak256(abi.encode(i % 2 == 0 ? "witness" : "junk", i % 2 == 0 ? i / 2 : i));
        }
    }

    function withProofs(
        Lock[] memory own,
        bytes32[] memory proofs
    ) private pure returns (IHashlane.Shown memory shown_) {
        shown_ = shown(own, Locks.none(), Locks.none());
        shown_.proofs = proofs;
    }

    function test_AWitnessInALongListWins() external whoeverCloses {
        uint256[4] memory sizes = [uint256(3), 5, 140, 256];
        for (uint256 i; i < sizes.length; ++i) {
            params.salt += 10;
            bytes32[] memory list = foreignList(sizes[i]);
            registry.recordList(list);
            closeWithOwnLocks(locks(2));
            bytes32[] memory proofs = Trees.concat(Trees.proof(list, 0), Trees.proof(list, 2));
            settle(withProofs(locks(2), proofs));
            assertPaid(1000 - 100 - 60, 1000 + 100 + 60);
            vm.assertEq(phase(), ENDED);
        }
    }

    /// @dev A record made at the expiry does not count, one a second before does.
    function test_ARecordCountsBeforeTheExpiry() external whoeverCloses {
        bytes32[] memory late = foreignList(8);
        bytes32[] memory early = foreignList(9);
        closeWithOwnLocks(locks(1));
        vm.warp(_EXPIRY - 1);
        registry.recordList(early);
        vm.warp(_EXPIRY);
        registry.recordList(late);
        settle(withProofs(locks(1), Trees.proof(late, 0)));
        vm.assertEq(phase(), CLOSING);
        settle(withProofs(locks(1), Trees.proof(early, 0)));
        assertPaid(1000 - 100 - 30, 1000 + 100 + 30);
    }

    function test_AWrongPathIsNoRecord() external whoeverCloses {
        bytes32[] memory list = foreignList(8);
        registry.recordList(list);
        closeWithOwnLocks(locks(1));
        settle(withProofs(locks(1), Trees.proof(list, 2)));
        vm.assertEq(phase(), CLOSING);
        bytes32[] memory proof = Trees.proof(list, 0);
        proof[2] ^= bytes32(uint256(1));
        expectSettleRevert(
            abi.encodeWithSelector(IHashlaneErrors.NothingToSettle.selector, channel()),
            stranger.owner,
            withProofs(locks(1), proof)
        );
    }

    /// @dev Neither an inner node of the tree nor its padding can pass for a witness.
    function test_AnInnerNodeIsNoWitness() external {
        bytes32[] memory list = foreignList(4);
        registry.recordList(list);
        bytes32 inner = keccak256(abi.encode(list[0], list[1]));
        Lock[] memory own = Locks.one(Lock(_AMOUNT, _EXPIRY, inner, Locks.PROVEN));
        closeWithOwnLocks(own);
        bytes32[] memory proof = new bytes32[](2);
        proof[0] = bytes32(uint256(1));
        proof[1] = keccak256(abi.encode(list[2], list[3]));
        settle(withProofs(own, proof));
        vm.assertEq(phase(), CLOSING);
    }

    function test_ThePaddingIsNoWitness() external {
        bytes32[] memory list = foreignList(3);
        registry.recordList(list);
        Lock[] memory own = Locks.one(Lock(_AMOUNT, _EXPIRY, bytes32(0), Locks.PROVEN));
        closeWithOwnLocks(own);
        settle(withProofs(own, Trees.proof(list, 3)));
        vm.assertEq(phase(), CLOSING);
    }

    function test_RevertWhen_AProofIsMissing() external {
        closeWithOwnLocks(locks(2));
        bytes32[] memory none = new bytes32[](0);
        IHashlane.Shown memory shown_ = withProofs(locks(2), none);
        expectSettleRevert(
            abi.encodeWithSelector(IHashlaneErrors.BadProofs.selector, 1, 0),
            stranger.owner,
            shown_
        );
        shown_ = withProofs(locks(2), Trees.proof(foreignList(4), 0));
        expectSettleRevert(
            abi.encodeWithSelector(IHashlaneErrors.BadProofs.selector, 4, 3),
            stranger.owner,
            shown_
        );
    }

    function test_RevertWhen_AProofIsCutOrTooDeep() external {
        closeWithOwnLocks(locks(1));
        bytes32[] memory proof = new bytes32[](3);
        proof[0] = bytes32(uint256(3));
        IHashlane.Shown memory shown_ = withProofs(locks(1), proof);
        expectSettleRevert(
            abi.encodeWithSelector(IHashlaneErrors.BadProofs.selector, 4, 3),
            stranger.owner,
            shown_
        );
        proof = new bytes32[](10);
        proof[0] = bytes32(uint256(9));
        shown_ = withProofs(locks(1), proof);
        expectSettleRevert(
            abi.encodeWithSelector(IHashlaneErrors.BadProofs.selector, 10, 10),
            stranger.owner,
            shown_
        );
    }

    function test_RevertWhen_AProofIsLeftOver() external {
        closeWithOwnLocks(locks(1));
        bytes32[] memory proofs = new bytes32[](2);
        IHashlane.Shown memory shown_ = withProofs(locks(1), proofs);
        expectSettleRevert(
            abi.encodeWithSelector(IHashlaneErrors.BadProofs.selector, 1, 2),
            stranger.owner,
            shown_
        );
    }

    /// @dev More witnesses than one record takes are recorded in several.
    function test_MoreWitnessesThanOneRecordTakes() external {
        Lock[] memory own = locks(300).flagged(Locks.WITNESS);
        closeWithOwnLocks(own);
        settle(shown(own, Locks.none(), Locks.none()));
        assertPaid(0, 2000);
        vm.assertEq(phase(), ENDED);
    }
}
