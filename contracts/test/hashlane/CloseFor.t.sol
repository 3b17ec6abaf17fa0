// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {LockLists} from "../../libraries/LockLists.sol";
import {HumbleTest} from "../support/HumbleTest.t.sol";
import {Lock, Locks} from "../support/Locks.t.sol";
import {Records} from "../support/Records.t.sol";
import {Signing} from "../support/Signing.t.sol";

/// @dev See closeFor.tree: who closes by what message. Humble closes: see Humble.t.sol.
contract CloseForTest is HumbleTest {
    using Locks for Lock[];

    function test_AnybodySendsTheMessageOfEitherSide() external whoeverCloses {
        open(60, 40);
        IHashlane.LaneState memory own = state(5, 3, 20, lockList());
        IHashlane.LaneState memory theirs = state(4, 5, 10, lockList());
        IHashlane.Closing memory expected = Records.closed(closerIsB(), 60, 40, own, theirs);
        IHashlane.Signature memory signature = signLane(other, theirs);
        IHashlane.Intent memory intent = intentOf(closer, own, theirs, false);
        vm.expectEmit(address(hashlane));
        emit IHashlane.CloseStarted(channel(), START + CHALLENGE, expected, lockList());
        vm.prank(stranger.owner);
        hashlane.closeFor(params, life, record, own, theirs, signature, lockList(), intent);
        vm.assertEq(hashlane.slotOf(paramsId()), Records.closingSlot(life, START + CHALLENGE, expected));
    }

    /// @dev The other side may be the relayer: the message names who closes, not the sender.
    function test_TheOtherSideMaySendIt() external whoeverCloses {
        open(60, 40);
        closeBy(other.owner, signedBy(closer, false));
        vm.assertEq(record.terms, Records.terms(closerIsB(), 60, 40));
    }

    function test_WithoutSignature_TheSenderCloses() external {
        Party[2] memory sides = [a, b];
        for (uint256 i; i < 8; ++i) {
            ++params.salt;
            open(60, 40);
            (closer, other) = (i / 2) % 2 == 0 ? (sides[0], sides[1]) : (sides[1], sides[0]);
            IHashlane.Intent memory intent;
            intent.humble = i > 3;
            closeBy(i % 2 == 0 ? closer.owner : closer.signer, intent);
            uint256 humble = intent.humble ? 2 ** 193 : 0;
            vm.assertEq(record.terms, Records.terms(closerIsB(), 60, 40) + humble);
        }
    }

    /// @dev [CL-1]
    function test_RevertWhen_AStrangerSendsNoSignature() external {
        open(60, 40);
        IHashlane.Intent memory intent;
        expectRefusal(
            abi.encodeWithSelector(IHashlaneErrors.NotParticipant.selector, stranger.owner),
            intent
        );
    }

    /// @dev Half a signature is one, and recovers to nobody.
    function test_RevertWhen_TheSignatureIsMalformed() external {
        open(60, 40);
        bytes memory reason = abi.encodeWithSelector(IHashlaneErrors.NotParticipant.selector, address(0));
        IHashlane.Intent memory intent = signedBy(a, false);
        intent.signature.r = 0;
        expectRefusal(reason, intent);
        intent = signedBy(a, false);
        intent.signature.vs = 0;
        expectRefusal(reason, intent);
        intent.signature = IHashlane.Signature(bytes32(type(uint256).max), bytes32(type(uint256).max));
        expectRefusal(reason, intent);
        vm.prank(a.owner);
        (bool done, ) = address(hashlane).call(callWith(intent));
        vm.assertTrue(!done, "a bad signature is not the sender's own act");
    }

    function test_RevertWhen_SignedByAnybodyElse() external {
        open(60, 40);
        Party memory ownKey;
        ownKey.key = uint256(keccak256(abi.encode("a", "owner")));
        bytes memory reason = abi.encodeWithSelector(
            IHashlaneErrors.NotParticipant.selector,
            stranger.signer
        );
        expectRefusal(reason, signedBy(stranger, false));
        // [ID-2] What signs off chain is the signer, not the owner.
        reason = abi.encodeWithSelector(IHashlaneErrors.NotParticipant.selector, a.owner);
        expectRefusal(reason, signedBy(ownKey, false));
    }

    function test_UntilItsLastSecond() external {
        open(60, 40);
        IHashlane.Intent memory intent = signedBy(a, false);
        vm.warp(UNTIL + 1);
        expectRefusal(
            abi.encodeWithSelector(IHashlaneErrors.SignatureExpired.selector, UNTIL, UNTIL + 1),
            intent
        );
        vm.warp(UNTIL);
        closeBy(stranger.owner, intent);
        vm.assertEq(phase(), CLOSING);
    }

    /// @dev Its time means nothing if the closer sends the close itself.
    function test_WithoutSignature_NothingExpires() external {
        open(60, 40);
        IHashlane.Intent memory intent;
        closeBy(a.owner, intent);
        vm.assertEq(phase(), CLOSING);
    }

    function test_RevertWhen_AnythingSignedIsChanged() external whoeverCloses {
        open(60, 40);
        IHashlane.Intent memory good = signedBy(closer, false);
        IHashlane.Intent memory changed = IHashlane.Intent(true, UNTIL, good.signature);
        expectNotSigned(ownState(), theirState(), changed);
        changed = IHashlane.Intent(false, UNTIL - 1, good.signature);
        expectNotSigned(ownState(), theirState(), changed);
        IHashlane.LaneState[3] memory owns = [state(6, 3, 20), state(5, 2, 20), state(5, 3, 21)];
        IHashlane.LaneState[3] memory others = [state(5, 2, 10), state(4, 1, 10), state(4, 2, 11)];
        for (uint256 i; i < 3; ++i) {
            expectNotSigned(owns[i], theirState(), good);
            expectNotSigned(ownState(), others[i], good);
        }
        IHashlane.LaneState memory locked = theirState();
        locked.locksRoot = bytes32(uint256(1));
        expectNotSigned(ownState(), locked, good);
        locked = ownState();
        locked.locksRoot = bytes32(uint256(1));
        expectNotSigned(locked, theirState(), good);
        closeBy(stranger.owner, good);
    }

    /// @dev [I7] The message of one life, channel or contract closes no other.
    function test_RevertWhen_TheMessageIsForAnotherChannel() external {
        open(60, 40);
        IHashlane.Intent memory intent = signedBy(a, false);
        ++params.salt;
        open(60, 40);
        expectNotSigned(ownState(), theirState(), intent);
        --params.salt;
        endTogether();
        life = 2;
        open(60, 40);
        expectNotSigned(ownState(), theirState(), intent);
    }

    function test_RevertGiven_NotOpenInThisLife() external {
        bytes memory reason = abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, OPEN, ENDED);
        expectRefusal(reason, signedBy(a, false));
        open(60, 40);
        life = 2;
        expectRefusal(abi.encodeWithSelector(IHashlaneErrors.WrongLife.selector, 1, 2), signedBy(a, false));
        life = 1;
        closer = a;
        other = b;
        close(ownState(), theirState());
        life = 2;
        expectRefusal(
            abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, OPEN, CLOSING),
            signedBy(b, false)
        );
        life = 1;
        // An ordinary close is not replaced.
        (closer, other) = swapped();
        IHashlane.Intent memory intent;
        expectRefusalOf(b.owner, abi.encodeWithSelector(IHashlaneErrors.NotReplaceable.selector), intent);
    }

    /// @dev The same rules as close.
    function test_RevertWhen_CloseWouldRefuse() external whoeverCloses {
        open(60, 40);
        IHashlane.Intent memory intent;
        bytes memory list = lockList();
        expectRefusalFor(
            abi.encodeWithSelector(IHashlaneErrors.StaleTheirs.selector, 3, 4),
            state(9, 4, 0),
            state(3, 0, 0),
            "",
            intent
        );
        expectRefusalFor(
            abi.encodeWithSelector(IHashlaneErrors.StaleOwn.selector, 8, 9),
            state(8, 0, 0),
            state(3, 9, 0),
            "",
            intent
        );
        expectRefusalFor(
            abi.encodeWithSelector(IHashlaneErrors.BadInitialState.selector),
            state(0, 0, 1),
            state(0, 0, 0),
            "",
            intent
        );
        bytes32 root = state(9, 0, 0, list).locksRoot;
        expectRefusalFor(
            abi.encodeWithSelector(IHashlaneErrors.WrongLocks.selector, bytes32(0), root),
            state(9, 0, 0),
            state(3, 0, 0),
            list,
            intent
        );
        expectRefusalFor(
            abi.encodeWithSelector(LockLists.MalformedLocks.selector, 51),
            state(9, 0, 0, list),
            state(3, 0, 0),
            bytes.concat(list, hex"01"),
            intent
        );
        IHashlane.LaneState memory theirs = state(3, 0, 0);
        IHashlane.Signature memory forged = signLane(closer, theirs);
        IHashlane.LaneState memory own = state(9, 0, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, other.signer, closer.signer)
        );
        vm.prank(closer.owner);
        hashlane.closeFor(params, life, record, own, theirs, forged, "", intent);
    }

    function test_HumbleNeedsARecoveryPeriod() external {
        params.recoveryPeriod = 0;
        open(60, 40);
        bytes memory reason = abi.encodeWithSelector(IHashlaneErrors.NoRecoveryPeriod.selector);
        expectRefusal(reason, signedBy(a, true));
        closeBy(stranger.owner, signedBy(a, false));
        vm.assertEq(phase(), CLOSING);
    }

    function expectNotSigned(
        IHashlane.LaneState memory own,
        IHashlane.LaneState memory theirs,
        IHashlane.Intent memory intent
    ) private {
        bytes32 digest = Signing.closeIntent(
            Signing.domain(address(hashlane)),
            channel(),
            own,
            theirs,
            intent.humble,
            intent.validUntil
        );
        address recovered = recover(digest, intent.signature);
        IHashlane.Signature memory signature = signLane(other, theirs);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.NotParticipant.selector, recovered));
        vm.prank(stranger.owner);
        hashlane.closeFor(params, life, record, own, theirs, signature, "", intent);
    }

    function expectRefusal(bytes memory reason, IHashlane.Intent memory intent) private {
        expectRefusalOf(stranger.owner, reason, intent);
    }

    function expectRefusalOf(address sender, bytes memory reason, IHashlane.Intent memory intent) private {
        bytes memory call = callWith(intent);
        vm.prank(sender);
        (bool done, bytes memory actual) = address(hashlane).call(call);
        vm.assertTrue(!done, "not refused");
        vm.assertEq(actual, reason);
    }

    function expectRefusalFor(
        bytes memory reason,
        IHashlane.LaneState memory own,
        IHashlane.LaneState memory theirs,
        bytes memory list,
        IHashlane.Intent memory intent
    ) private {
        IHashlane.Signature memory signature = signLane(other, theirs);
        vm.expectRevert(reason);
        vm.prank(closer.owner);
        hashlane.closeFor(params, life, record, own, theirs, signature, list, intent);
    }

    function lockList() private pure returns (bytes memory) {
        return Locks.one(Lock(7, uint40(START + 5 days), secretOf("one"), 0)).list();
    }
}
