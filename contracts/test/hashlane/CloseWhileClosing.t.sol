// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";
import {Lock, Locks} from "../support/Locks.t.sol";
import {Records} from "../support/Records.t.sol";

/// @dev See closeCooperativelyWhileClosing.tree.
contract CloseWhileClosingTest is ChannelTest {
    uint256 private constant _UNTIL = START + 10 days;

    function openClosing() private {
        open(60, 40);
        vm.deal(a.owner, 0);
        vm.deal(b.owner, 0);
        close(state(5, 3, 20), state(4, 2, 15));
    }

    function test_PaysByTheTransfer() external whoeverCloses {
        openClosing();
        IHashlane.Signature memory signature = signClose(b, 25, _UNTIL);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Ended(channel(), 35, 65);
        vm.prank(a.owner);
        hashlane.closeCooperativelyWhileClosing(params, life, record, 25, _UNTIL, signature);
        vm.assertEq(a.owner.balance, 35);
        vm.assertEq(b.owner.balance, 65);
        vm.assertEq(hashlane.slotOf(paramsId()), life * 2 ** 234);
    }

    function test_AlsoAfterTheDeadline() external whoeverCloses {
        openClosing();
        vm.warp(deadline + 1);
        endAs(b.signer, a, -40);
        vm.assertEq(a.owner.balance, 100);
        vm.assertEq(phase(), ENDED);
    }

    function test_RevertGiven_ASettlementHasPaid() external {
        open(60, 40);
        vm.deal(a.owner, 0);
        Lock[] memory locks = Locks.one(Lock(10, uint40(START + 5 days), secretOf("w"), Locks.HIDDEN));
        close(state(5, 3, 20, locks), state(4, 2, 15), locks);
        vm.warp(deadline);
        settle(shown(locks, Locks.none(), Locks.none()));
        vm.assertEq(record.paid, 45 + 45 * 2 ** 128);
        IHashlane.Signature memory signature = signClose(b, 0, _UNTIL);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.AlreadyPaying.selector, 45, 45));
        vm.prank(a.owner);
        hashlane.closeCooperativelyWhileClosing(params, life, record, 0, _UNTIL, signature);
    }

    function test_RevertGiven_AnotherRecord() external {
        openClosing();
        record.own = Records.lane(state(5, 3, 0));
        bytes32 hash = keccak256(abi.encode(record));
        expectRevert(
            abi.encodeWithSelector(IHashlaneErrors.StaleRecord.selector, hash),
            a.owner,
            b,
            0,
            _UNTIL
        );
    }

    function test_RevertGiven_NotClosingInThisLife() external {
        open(60, 40);
        bytes memory reason = abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, CLOSING, OPEN);
        expectRevert(reason, a.owner, b, 0, _UNTIL);
        close(state(5, 3, 20), state(4, 2, 15));
        life = 2;
        reason = abi.encodeWithSelector(IHashlaneErrors.WrongLife.selector, 1, 2);
        expectRevert(reason, a.owner, b, 0, _UNTIL);
    }

    function test_RevertWhen_NotAgreed() external {
        openClosing();
        bytes memory reason = abi.encodeWithSelector(IHashlaneErrors.NotParticipant.selector, stranger.owner);
        expectRevert(reason, stranger.owner, b, 0, _UNTIL);
        reason = abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, b.signer, a.signer);
        expectRevert(reason, a.owner, a, 0, _UNTIL);
        reason = abi.encodeWithSelector(IHashlaneErrors.BadTransfer.selector, -1, 101);
        expectRevert(reason, a.owner, b, 61, _UNTIL);
        reason = abi.encodeWithSelector(IHashlaneErrors.BadTransfer.selector, 101, -1);
        expectRevert(reason, a.owner, b, -41, _UNTIL);
        reason = abi.encodeWithSelector(IHashlaneErrors.SignatureExpired.selector, START - 1, START);
        expectRevert(reason, a.owner, b, 0, START - 1);
        endAs(a.owner, b, 60);
        vm.assertEq(b.owner.balance, 100);
    }

    function test_For_AnybodyWithBothSignatures() external whoeverCloses {
        openClosing();
        IHashlane.Signature memory byA = signClose(a, 25, _UNTIL);
        IHashlane.Signature memory byB = signClose(b, 25, _UNTIL);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, a.signer, b.signer));
        hashlane.closeCooperativelyForWhileClosing(params, life, record, 25, _UNTIL, byB, byB);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, b.signer, a.signer));
        hashlane.closeCooperativelyForWhileClosing(params, life, record, 25, _UNTIL, byA, byA);
        IHashlane.Closing memory wrong = record;
        wrong.own = 0;
        vm.expectRevert(
            abi.encodeWithSelector(IHashlaneErrors.StaleRecord.selector, keccak256(abi.encode(wrong)))
        );
        hashlane.closeCooperativelyForWhileClosing(params, life, wrong, 25, _UNTIL, byA, byB);
        vm.warp(_UNTIL + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IHashlaneErrors.SignatureExpired.selector, _UNTIL, _UNTIL + 1)
        );
        hashlane.closeCooperativelyForWhileClosing(params, life, record, 25, _UNTIL, byA, byB);
        vm.warp(_UNTIL);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Ended(channel(), 35, 65);
        hashlane.closeCooperativelyForWhileClosing(params, life, record, 25, _UNTIL, byA, byB);
        vm.assertEq(a.owner.balance, 35);
        vm.assertEq(b.owner.balance, 65);
        vm.warp(START);
    }

    /// @dev [ST-2] A sender cannot turn a payment into a credit by starving it of gas.
    function test_TooLittleGasForAPaymentReverts() external {
        openClosing();
        IHashlane.Signature memory signature = signClose(b, 0, _UNTIL);
        bytes memory call = abi.encodeCall(
            hashlane.closeCooperativelyWhileClosing,
            (params, life, record, 0, _UNTIL, signature)
        );
        vm.prank(a.owner);
        (bool done, bytes memory reason) = address(hashlane).call{gas: 120_000}(call);
        vm.assertTrue(!done, "too little gas");
        vm.assertEq(bytes32(bytes4(reason)), bytes32(IHashlaneErrors.NotEnoughGas.selector));
        vm.prank(a.owner);
        (done, ) = address(hashlane).call{gas: 300_000}(call);
        vm.assertTrue(done, "enough gas");
        vm.assertEq(a.owner.balance, 60);
        vm.assertEq(b.owner.balance, 40);
        vm.assertEq(hashlane.creditOf(address(0), b.owner), 0);
    }

    function endAs(address sender, Party memory signedBy, int256 transfer) private {
        IHashlane.Signature memory signature = signClose(signedBy, transfer, _UNTIL);
        vm.prank(sender);
        hashlane.closeCooperativelyWhileClosing(params, life, record, transfer, _UNTIL, signature);
    }

    function expectRevert(
        bytes memory reason,
        address sender,
        Party memory signedBy,
        int256 transfer,
        uint256 validUntil
    ) private {
        IHashlane.Signature memory signature = signClose(signedBy, transfer, validUntil);
        vm.expectRevert(reason);
        vm.prank(sender);
        hashlane.closeCooperativelyWhileClosing(params, life, record, transfer, validUntil, signature);
    }
}
