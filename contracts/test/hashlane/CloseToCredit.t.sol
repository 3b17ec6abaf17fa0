// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {TestToken} from "../../mocks/TestToken.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";

/// @dev See closeCooperativelyToCredit.tree.
contract CloseToCreditTest is ChannelTest {
    uint256 private constant _UNTIL = START + 1 hours;

    function test_CreditsTheSendersSideAndPaysTheOther() external whoeverCloses {
        open(60, 40);
        vm.deal(a.owner, 0);
        vm.deal(b.owner, 0);
        bool byB = closerIsB();
        uint256 creditBefore = creditOf(closer);
        IHashlane.Signature memory signature = signClose(other, 25, _UNTIL);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Ended(channel(), 35, 65);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Credited(address(0), closer.owner, byB ? 65 : 35);
        vm.prank(closer.owner);
        hashlane.closeCooperativelyToCredit(params, life, 25, _UNTIL, signature);

        vm.assertEq(creditOf(closer) - creditBefore, byB ? 65 : 35);
        assertPaid(0, byB ? 35 : 65);
        vm.assertEq(hashlane.slotOf(paramsId()), 2 ** 234);
    }

    function test_SignersMaySendAndTheirOwnersGetTheCredit() external whoeverCloses {
        open(60, 40);
        closeAs(closer.signer, other, 0);
        vm.assertEq(creditOf(closer), closerIsB() ? 40 : 60);
        vm.assertEq(hashlane.creditOf(address(0), closer.signer), 0);
    }

    function test_InTokens() external {
        TestToken token = useToken();
        open(60, 40);
        closeAs(a.owner, b, -40);
        vm.assertEq(hashlane.creditOf(address(token), a.owner), 100);
        vm.assertEq(token.balanceOf(b.owner), 0);
        vm.assertEq(token.balanceOf(address(hashlane)), 100);
    }

    function test_WhatTheOtherSideRefusesIsCreditToo() external {
        open(60, 40);
        vm.etch(b.owner, hex"5f5ffd");
        closeAs(a.owner, b, 0);
        vm.assertEq(creditOf(a), 60);
        vm.assertEq(creditOf(b), 40);
        vm.assertEq(address(hashlane).balance, 100);
    }

    function test_TransferUpToTheDeposits() external {
        open(60, 40);
        expectRefusal(abi.encodeWithSelector(IHashlaneErrors.BadTransfer.selector, -1, 101), 61);
        expectRefusal(abi.encodeWithSelector(IHashlaneErrors.BadTransfer.selector, 101, -1), -41);
        closeAs(a.owner, b, 60);
        vm.assertEq(creditOf(a), 0);
        vm.assertEq(b.owner.balance, 100);
    }

    function test_UntilItsLastSecond() external {
        open(60, 40);
        vm.warp(_UNTIL + 1);
        bytes memory reason = abi.encodeWithSelector(
            IHashlaneErrors.SignatureExpired.selector,
            _UNTIL,
            _UNTIL + 1
        );
        expectRefusal(reason, 0);
        vm.warp(_UNTIL);
        closeAs(a.owner, b, 0);
        vm.assertEq(phase(), ENDED);
    }

    function test_RevertWhen_NotAgreed() external {
        open(60, 40);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.NotParticipant.selector, stranger.owner));
        closeAs(stranger.owner, b, 0);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, b.signer, a.signer));
        closeAs(a.owner, a, 0);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, a.signer, b.signer));
        closeAs(b.owner, b, 0);
    }

    function test_RevertGiven_NotOpenInThisLife() external {
        expectRefusal(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, OPEN, ENDED), 0);
        open(60, 40);
        life = 2;
        expectRefusal(abi.encodeWithSelector(IHashlaneErrors.WrongLife.selector, 1, 2), 0);
        life = 1;
        close(state(0, 0, 0), state(0, 0, 0));
        expectRefusal(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, OPEN, CLOSING), 0);
    }

    function creditOf(Party memory side) private view returns (uint256) {
        return hashlane.creditOf(address(0), side.owner);
    }

    function closeAs(address sender, Party memory signer, int256 transfer) private {
        IHashlane.Signature memory signature = signClose(signer, transfer, _UNTIL);
        vm.prank(sender);
        hashlane.closeCooperativelyToCredit(params, life, transfer, _UNTIL, signature);
    }

    function expectRefusal(bytes memory reason, int256 transfer) private {
        vm.expectRevert(reason);
        closeAs(a.owner, b, transfer);
    }
}
