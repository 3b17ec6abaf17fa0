// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";

/// @dev See closeCooperatively.tree.
contract CloseCooperativelyTest is ChannelTest {
    uint256 private constant _UNTIL = START + 1 hours;

    function test_PaysByTheTransfer() external {
        open(60, 40);
        IHashlane.Signature memory signature = signClose(b, 25, _UNTIL);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Ended(channel(), 35, 65);
        vm.prank(a.owner);
        hashlane.closeCooperatively(params, 1, 25, _UNTIL, signature);

        vm.assertEq(a.owner.balance, 35);
        vm.assertEq(b.owner.balance, 65);
        vm.assertEq(hashlane.slotOf(paramsId()), 2 ** 234);
    }

    function test_WhenNegative_BPaysA() external {
        open(60, 40);
        closeAs(b.signer, a, -25);
        vm.assertEq(a.owner.balance, 85);
        vm.assertEq(b.owner.balance, 15);
    }

    function test_PaysTokens() external {
        useToken();
        open(60, 40);
        closeAs(b.owner, a, 25);
        vm.assertEq(balanceOf(a.owner), 35);
        vm.assertEq(balanceOf(b.owner), 65);
        vm.assertEq(balanceOf(address(hashlane)), 0);
    }

    function test_OwnersAndSignersMaySend() external {
        address[4] memory senders = [a.owner, a.signer, b.owner, b.signer];
        for (uint256 i; i < 4; ++i) {
            ++params.salt;
            open(60, 40);
            closeAs(senders[i], i < 2 ? b : a, 0);
            vm.assertEq(phase(), ENDED);
        }
    }

    function test_TransferUpToTheDeposit() external {
        open(60, 40);
        closeAs(a.owner, b, 60);
        vm.assertEq(b.owner.balance, 100);
        ++params.salt;
        open(60, 40);
        closeAs(a.owner, b, -40);
        vm.assertEq(a.owner.balance, 100);
    }

    function test_RevertWhen_TheTransferIsBeyondTheDeposit() external {
        open(60, 40);
        expectBadTransfer(61, -1, 101);
        expectBadTransfer(-41, 101, -1);
    }

    function test_RevertWhen_TheTransferWraps() external {
        open(60, 40);
        expectBadTransfer(type(int256).min, type(int256).min + 60, type(int256).min + 40);
        expectBadTransfer(type(int256).max, 60 - type(int256).max, type(int256).min + 39);
    }

    function test_RevertWhen_SentByAStranger() external {
        open(60, 40);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.NotParticipant.selector, stranger.owner));
        closeAs(stranger.owner, b, 0);
    }

    function test_RevertWhen_SignedByTheSenderItself() external {
        open(60, 40);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, b.signer, a.signer));
        closeAs(a.owner, a, 0);
    }

    /// @dev [ID-2] One encoding only.
    function test_RevertWhen_SIsHigh() external {
        open(60, 40);
        IHashlane.Signature memory signature = signClose(b, 0, _UNTIL);
        signature.vs = bytes32(uint256(2 ** 255 - 1));
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, b.signer, address(0)));
        vm.prank(a.owner);
        hashlane.closeCooperatively(params, 1, 0, _UNTIL, signature);
    }

    function test_UntilItsLastSecond() external {
        open(60, 40);
        vm.warp(_UNTIL);
        closeAs(a.owner, b, 0);
        vm.assertEq(phase(), ENDED);
    }

    function test_RevertWhen_ItsTimeIsOver() external {
        open(60, 40);
        vm.warp(_UNTIL + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IHashlaneErrors.SignatureExpired.selector, _UNTIL, _UNTIL + 1)
        );
        closeAs(a.owner, b, 0);
    }

    function test_RevertGiven_NotOpen() external {
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, OPEN, ENDED));
        closeAs(a.owner, b, 0);
        open(60, 40);
        close(state(0, 0, 0), state(0, 0, 0));
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, OPEN, CLOSING));
        closeAs(a.owner, b, 0);
    }

    /// @dev [I7] What was signed in one life is worth nothing in the next.
    function test_RevertWhen_SignedInAnEarlierLife() external {
        open(60, 40);
        IHashlane.Signature memory earlier = signClose(b, 0, _UNTIL);
        closeAs(a.owner, b, 0);
        life = 2;
        open(60, 40);
        vm.prank(a.owner);
        (bool done, bytes memory reason) = address(hashlane).call(
            abi.encodeCall(hashlane.closeCooperatively, (params, 2, 0, _UNTIL, earlier))
        );
        vm.assertEq(done, false);
        vm.assertEq(bytes32(bytes4(reason)), bytes32(IHashlaneErrors.WrongSigner.selector));

        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongLife.selector, 2, 1));
        vm.prank(a.owner);
        hashlane.closeCooperatively(params, 1, 0, _UNTIL, earlier);
    }

    function test_For_AnybodyWithBothSignatures() external {
        open(60, 40);
        closeFor(a, b, 25);
        vm.assertEq(a.owner.balance, 35);
        vm.assertEq(b.owner.balance, 65);
    }

    function test_For_RevertWhen_OneSignatureIsMissing() external {
        open(60, 40);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, a.signer, b.signer));
        closeFor(b, b, 25);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, b.signer, a.signer));
        closeFor(a, a, 25);
    }

    function test_For_RevertGiven_NotOpen() external {
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, OPEN, ENDED));
        closeFor(a, b, 0);
    }

    function test_For_RevertWhen_ItsTimeIsOver() external {
        open(60, 40);
        vm.warp(_UNTIL + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IHashlaneErrors.SignatureExpired.selector, _UNTIL, _UNTIL + 1)
        );
        closeFor(a, b, 0);
    }

    function closeAs(address sender, Party memory signer, int256 transfer) private {
        IHashlane.Signature memory signature = signClose(signer, transfer, _UNTIL);
        vm.prank(sender);
        hashlane.closeCooperatively(params, life, transfer, _UNTIL, signature);
    }

    function closeFor(Party memory first, Party memory second, int256 transfer) private {
        IHashlane.Signature memory signatureA = signClose(first, transfer, _UNTIL);
        IHashlane.Signature memory signatureB = signClose(second, transfer, _UNTIL);
        vm.prank(stranger.owner);
        hashlane.closeCooperativelyFor(params, life, transfer, _UNTIL, signatureA, signatureB);
    }

    function expectBadTransfer(int256 transfer, int256 partA, int256 partB) private {
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.BadTransfer.selector, partA, partB));
        closeAs(a.owner, b, transfer);
    }
}
