// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {LockLists} from "../../libraries/LockLists.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";
import {Lock, Locks} from "../support/Locks.t.sol";
import {Records} from "../support/Records.t.sol";

/// @dev See close.tree.
contract CloseTest is ChannelTest {
    using Locks for Lock[];

    uint40 private constant _EXPIRY = uint40(START + 1 days);
    uint256 private constant _MOST_LOCKS = 512;

    function test_KeepsTheRecordAndEmitsIt() external whoeverCloses {
        open(60, 40);
        Lock[] memory locks = twoLocks();
        bytes memory list = locks.list();
        IHashlane.LaneState memory own = state(5, 3, 20, locks);
        IHashlane.LaneState memory theirs = state(4, 5, 10);
        IHashlane.Closing memory expected = Records.closed(closerIsB(), 60, 40, own, theirs);
        IHashlane.Signature memory signature = signLane(other, theirs);

        vm.expectEmit(address(hashlane));
        emit IHashlane.CloseStarted(channel(), block.timestamp + CHALLENGE, expected, list);
        vm.prank(closer.owner);
        hashlane.close(params, life, own, theirs, signature, list);

        uint256 slot = Records.closingSlot(life, block.timestamp + CHALLENGE, expected);
        vm.assertEq(hashlane.slotOf(paramsId()), slot);
    }

    function test_OwnersAndSignersMayClose() external {
        Party[2] memory sides = [a, b];
        for (uint256 i; i < 4; ++i) {
            ++params.salt;
            open(60, 40);
            closer = sides[i / 2];
            IHashlane.Signature memory none;
            vm.prank(i % 2 == 0 ? closer.owner : closer.signer);
            hashlane.close(params, life, state(1, 0, 1), state(0, 0, 0), none, "");
            vm.assertEq(phase(), CLOSING);
        }
    }

    /// @dev [CL-1]
    function test_RevertWhen_SentByAStranger() external {
        open(60, 40);
        expectRevert(abi.encodeWithSelector(IHashlaneErrors.NotParticipant.selector, stranger.owner));
        closeAs(stranger.owner, state(1, 0, 1), state(0, 0, 0), "");
    }

    function test_RevertGiven_NotOpenInThisLife() external {
        expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, OPEN, ENDED));
        closeAs(a.owner, state(1, 0, 1), state(0, 0, 0), "");
        open(60, 40);
        life = 2;
        expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongLife.selector, 1, 2));
        closeAs(a.owner, state(1, 0, 1), state(0, 0, 0), "");
        life = 1;
        closeAs(a.owner, state(1, 0, 1), state(0, 0, 0), "");
        expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, OPEN, CLOSING));
        closeAs(b.owner, state(1, 0, 1), state(0, 0, 0), "");
    }

    /// @dev [CL-2]
    function test_TheirsMustBeAsNewAsOwnAcknowledges() external whoeverCloses {
        open(60, 40);
        expectRevert(abi.encodeWithSelector(IHashlaneErrors.StaleTheirs.selector, 3, 4));
        closeAs(closer.owner, state(9, 4, 0), state(3, 0, 0), "");
        closeAs(closer.owner, state(9, 3, 0), state(3, 0, 0), "");
        vm.assertEq(phase(), CLOSING);
    }

    /// @dev [CL-2]
    function test_TheirsMustNotAcknowledgeMoreThanOwn() external whoeverCloses {
        open(60, 40);
        expectRevert(abi.encodeWithSelector(IHashlaneErrors.StaleOwn.selector, 8, 9));
        closeAs(closer.owner, state(8, 0, 0), state(3, 9, 0), "");
        closeAs(closer.owner, state(9, 0, 0), state(3, 9, 0), "");
        vm.assertEq(phase(), CLOSING);
    }

    function test_RevertWhen_AStateOfSeq0IsNotAllZero() external {
        open(60, 40);
        IHashlane.LaneState memory zero = state(0, 0, 0);
        IHashlane.LaneState[3] memory wrong = [state(0, 0, 1), state(0, 1, 0), state(0, 0, 0)];
        wrong[2].locksRoot = bytes32(uint256(1));
        for (uint256 i; i < 3; ++i) {
            expectRevert(abi.encodeWithSelector(IHashlaneErrors.BadInitialState.selector));
            closeAs(a.owner, wrong[i], zero, "");
            expectRevert(abi.encodeWithSelector(IHashlaneErrors.BadInitialState.selector));
            closeAs(a.owner, state(9, 0, 0), wrong[i], "");
        }
        closeAs(a.owner, zero, zero, "");
        vm.assertEq(phase(), CLOSING);
    }

    function test_RevertWhen_TheCloserSignedTheirsItself() external {
        open(60, 40);
        IHashlane.LaneState memory theirs = state(3, 0, 30);
        IHashlane.Signature memory own = signLane(a, theirs);
        expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, b.signer, a.signer));
        vm.prank(a.owner);
        hashlane.close(params, life, state(1, 0, 1), theirs, own, "");
    }

    /// @dev [I7] A state of an earlier life, or with anything changed, is not signed.
    function test_RevertWhen_TheirsIsSignedForAnotherLifeOrBody() external {
        open(60, 40);
        IHashlane.LaneState memory theirs = state(3, 1, 30);
        IHashlane.Signature memory signature = signLane(b, theirs);
        IHashlane.LaneState[3] memory changed = [state(4, 1, 30), state(3, 0, 30), state(3, 1, 31)];
        for (uint256 i; i < 3; ++i) expectNotSigned(changed[i], signature);
        theirs.locksRoot = bytes32(uint256(1));
        expectNotSigned(theirs, signature);

        IHashlane.Signature memory end = signClose(b, 0, START);
        vm.prank(a.owner);
        hashlane.closeCooperatively(params, 1, 0, START, end);
        life = 2;
        open(60, 40);
        expectNotSigned(state(3, 1, 30), signature);
    }

    function test_RevertWhen_TheListIsNotThatOfOwn() external {
        open(60, 40);
        Lock[] memory locks = twoLocks();
        IHashlane.LaneState memory own = state(5, 0, 20, locks);
        expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongLocks.selector, own.locksRoot, bytes32(0)));
        closeAs(a.owner, own, state(0, 0, 0), "");

        Lock[] memory half = Locks.one(locks[0]);
        (bytes32 root, bytes memory list) = (half.root(), half.list());
        expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongLocks.selector, own.locksRoot, root));
        closeAs(a.owner, own, state(0, 0, 0), list);

        expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongLocks.selector, bytes32(0), root));
        closeAs(a.owner, state(5, 0, 20), state(0, 0, 0), list);
    }

    /// @dev [LOCK-3]
    function test_AsManyLocksAsALaneMayCarryAndNoMore() external {
        open(60, 40);
        Lock[] memory locks = manyLocks(_MOST_LOCKS + 1);
        bytes memory list = locks.list();
        IHashlane.LaneState memory own = state(1, 0, 0, locks);
        expectRevert(abi.encodeWithSelector(LockLists.TooManyLocks.selector, 513, 512));
        closeAs(a.owner, own, state(0, 0, 0), list);
        locks = manyLocks(_MOST_LOCKS);
        closeAs(a.owner, state(1, 0, 0, locks), state(0, 0, 0), locks.list());
        vm.assertEq(phase(), CLOSING);
    }

    function test_RevertWhen_TheListIsMalformed() external {
        open(60, 40);
        Lock[] memory locks = twoLocks();
        IHashlane.LaneState memory own = state(5, 0, 20, locks);
        bytes memory list = bytes.concat(locks.list(), hex"01");
        expectRevert(abi.encodeWithSelector(LockLists.MalformedLocks.selector, 101));
        closeAs(a.owner, own, state(0, 0, 0), list);

        bytes1[4] memory kinds = [bytes1(0x00), 0x02, 0x81, 0x41];
        for (uint256 i; i < kinds.length; ++i) {
            list = locks.list();
            list[50] = kinds[i];
            expectRevert(abi.encodeWithSelector(LockLists.MalformedLocks.selector, 50));
            closeAs(a.owner, own, state(0, 0, 0), list);
        }
    }

    function expectNotSigned(
        IHashlane.LaneState memory theirs,
        IHashlane.Signature memory signature
    ) private {
        IHashlane.LaneState memory own = state(9, 0, 1);
        address recovered = recover(theirs, signature);
        expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, b.signer, recovered));
        vm.prank(a.owner);
        hashlane.close(params, life, own, theirs, signature, "");
    }

    function closeAs(
        address sender,
        IHashlane.LaneState memory own,
        IHashlane.LaneState memory theirs,
        bytes memory list
    ) private {
        bool isB = sender == b.owner || sender == b.signer;
        IHashlane.Signature memory signature = signLane(isB ? a : b, theirs);
        vm.prank(sender);
        hashlane.close(params, life, own, theirs, signature, list);
    }

    function expectRevert(bytes memory reason) private {
        vm.expectRevert(reason);
    }

    function twoLocks() private pure returns (Lock[] memory) {
        return
            Locks.two(
                Lock(7, _EXPIRY, secretOf("one"), Locks.HIDDEN),
                Lock(8, _EXPIRY + 1, secretOf("two"), Locks.HIDDEN)
            );
    }

    function manyLocks(uint256 count) private pure returns (Lock[] memory locks) {
        locks = new Lock[](count);
        for (uint256 i; i < count; ++i) locks[i] = Lock(1, _EXPIRY, bytes32(i + 1), Locks.HIDDEN);
    }
}
