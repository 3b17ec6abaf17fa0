// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";
import {Signing} from "../support/Signing.t.sol";

/// @dev See resize.tree.
contract ResizeTest is ChannelTest {
    uint256 private constant _UNTIL = START + 1 hours;
    uint256 private constant _RESIZES_AT = 192;
    /// @dev The mapping of slots, in storage.
    uint256 private constant _SLOTS_AT = 3;

    function test_Withdraws() external {
        open(60, 40);
        IHashlane.Signature memory signature = signResize(b, 0, -25, 0);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Resized(channel(), 1, 35, 40);
        vm.prank(a.owner);
        hashlane.resize(params, 1, -25, 0, _UNTIL, signature);
        assertState(1, 35, 40);
        assertOwners(25, 0);
        vm.assertEq(address(hashlane).balance, 75);
    }

    function test_WithdrawsTokens() external {
        useToken();
        open(60, 40);
        resizeAs(b.owner, a, 0, -10, -40);
        assertState(1, 50, 0);
        assertOwners(10, 40);
        vm.assertEq(balanceOf(address(hashlane)), 50);
    }

    function test_AFallCoversTheOtherRise() external {
        open(60, 40);
        resizeAs(a.owner, b, 0, -30, 10);
        assertState(1, 30, 50);
        assertOwners(20, 0);
        resizeAs(b.signer, a, 1, 5, -5);
        assertState(2, 35, 45);
        assertOwners(20, 0);
        resizeAs(a.signer, b, 2, 7, -17);
        assertState(3, 42, 28);
        assertOwners(20, 10);
    }

    function test_TakesOutEverythingAndNoMore() external {
        open(60, 40);
        expectBadResize(60, 40, -60, -41);
        expectBadResize(60, 40, -61, -40);
        resizeAs(a.owner, b, 0, -60, -40);
        assertState(1, 0, 0);
        assertOwners(60, 40);
    }

    function test_ANetDepositMayBecomeNegative() external {
        open(60, 40);
        resizeAs(b.owner, a, 0, 0, -70);
        assertState(1, 60, -30);
        assertOwners(0, 70);
        expectBadResize(60, -30, 0, -31);
        expectBadResize(60, -30, -31, 0);
    }

    function test_RevertWhen_TheChangesAddUpToMoreThanZero() external {
        open(60, 40);
        expectBadResize(60, 40, 1, 0);
        expectBadResize(60, 40, -5, 6);
        resizeAs(a.owner, b, 0, -6, 6);
        assertState(1, 54, 46);
    }

    function test_RevertWhen_AChangeDoesNotFit() external {
        int256 most = int256(INT96_MAX);
        open(INT96_MAX, INT96_MAX);
        expectBadResize(most, most, 1, -1);
        expectBadResize(most, most, -1, 1);
        expectBadResize(most, most, -most - 2, 0);
        expectBadResize(most, most, 0, -most - 2);
        expectBadResize(most, most, type(int256).min, type(int256).min);
        expectBadResize(most, most, type(int256).max, type(int256).min);
        resizeAs(a.owner, b, 0, -most - 1, 0);
        assertState(1, -1, most);
        assertOwners(INT96_MAX + 1, 0);
    }

    function test_EachMessageWorksOnceAndInItsTurn() external {
        open(60, 40);
        IHashlane.Signature memory first = signResize(b, 0, -5, 0);
        IHashlane.Signature memory second = signResize(b, 1, -5, 0);
        expectWrongSigner(second, 0, -5, 0, _UNTIL);
        vm.prank(a.owner);
        hashlane.resize(params, 1, -5, 0, _UNTIL, first);
        expectWrongSigner(first, 1, -5, 0, _UNTIL);
        vm.prank(a.owner);
        hashlane.resize(params, 1, -5, 0, _UNTIL, second);
        assertState(2, 50, 40);
    }

    function test_AResizeByNothingVoidsTheOneBefore() external {
        open(60, 40);
        IHashlane.Signature memory unsent = signResize(b, 0, -60, 0);
        resizeAs(b.owner, a, 0, 0, 0);
        assertState(1, 60, 40);
        expectWrongSigner(unsent, 1, -60, 0, _UNTIL);
    }

    function test_RevertWhen_SignedForOtherValuesOrAnEarlierLife() external {
        open(60, 40);
        IHashlane.Signature memory signature = signResize(b, 0, -5, 0);
        expectWrongSigner(signature, 0, -6, 0, _UNTIL);
        expectWrongSigner(signature, 0, -5, -1, _UNTIL);
        expectWrongSigner(signature, 0, -5, 0, _UNTIL + 1);

        IHashlane.Signature memory end = signClose(b, 0, _UNTIL);
        vm.prank(a.owner);
        hashlane.closeCooperatively(params, 1, 0, _UNTIL, end);
        ++life;
        open(60, 40);
        expectWrongSigner(signature, 0, -5, 0, _UNTIL);
    }

    function test_RevertWhen_SignedByTheSenderItself() external {
        open(60, 40);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, b.signer, a.signer));
        resizeAs(a.owner, a, 0, -1, 0);
    }

    function test_RevertWhen_SentByAStranger() external {
        open(60, 40);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.NotParticipant.selector, stranger.owner));
        resizeAs(stranger.owner, b, 0, -1, 0);
    }

    function test_ValidUntilItsTimeAndNoLonger() external {
        open(60, 40);
        vm.warp(_UNTIL);
        resizeAs(a.owner, b, 0, -1, 0);
        vm.warp(_UNTIL + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IHashlaneErrors.SignatureExpired.selector, _UNTIL, _UNTIL + 1)
        );
        resizeAs(a.owner, b, 1, -1, 0);
    }

    function test_RevertGiven_NotOpenInThisLife() external {
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, OPEN, ENDED));
        resizeAs(a.owner, b, 0, -1, 0);
        open(60, 40);
        life = 2;
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongLife.selector, 1, 2));
        resizeAs(a.owner, b, 0, -1, 0);
    }

    /// @dev [CL-3]
    function test_RevertGiven_Closing() external {
        open(60, 40);
        IHashlane.Signature memory signature = signResize(b, 0, -1, 0);
        close(state(0, 0, 0), state(0, 0, 0));
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, OPEN, CLOSING));
        vm.prank(a.owner);
        hashlane.resize(params, 1, -1, 0, _UNTIL, signature);
    }

    function test_TheLastResizeOfALife() external {
        open(60, 40);
        setResizes(type(uint32).max - 1);
        resizeAs(a.owner, b, type(uint32).max - 1, -1, 0);
        assertState(type(uint32).max, 59, 40);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.ResizesExhausted.selector, channel()));
        resizeAs(a.owner, b, type(uint32).max, -1, 0);
        IHashlane.Signature memory end = signClose(b, 0, _UNTIL);
        vm.prank(a.owner);
        hashlane.closeCooperatively(params, 1, 0, _UNTIL, end);
        assertOwners(60, 40);
    }

    function test_ADepositKeepsTheCount() external {
        open(60, 40);
        resizeAs(a.owner, b, 0, -1, 0);
        vm.deal(address(this), 5);
        hashlane.deposit{value: 5}(paramsId(), 1, true);
        assertState(1, 59, 45);
    }

    function test_StatesSignedBeforeStayValid() external whoeverCloses {
        vm.warp(START);
        vm.deal(b.owner, 0);
        open(60, 40);
        IHashlane.LaneState memory theirs = state(3, 0, 30);
        resizeAs(a.owner, b, 0, -10, -10);
        close(state(2, 3, 5), theirs);
        vm.warp(deadline);
        settle(nothing());
        (uint256 depositOfCloser, uint256 out) = closerIsB() ? (uint256(30), 10) : (uint256(50), 10);
        assertPaid(out + depositOfCloser - 5 + 30, out + (80 - depositOfCloser) + 5 - 30);
    }

    function test_APaymentThatFailsBecomesCredit() external {
        open(60, 40);
        vm.etch(a.owner, hex"5f5ffd");
        resizeAs(a.signer, b, 0, -20, -10);
        vm.assertEq(hashlane.creditOf(address(0), a.owner), 20);
        assertOwners(0, 10);
        assertState(1, 40, 30);
    }

    function test_ForAnybodyWithBothSignatures() external {
        open(60, 40);
        IHashlane.Signature memory byA = signResize(a, 0, -20, 5);
        IHashlane.Signature memory byB = signResize(b, 0, -20, 5);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, a.signer, b.signer));
        hashlane.resizeFor(params, 1, -20, 5, _UNTIL, byB, byB);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, b.signer, a.signer));
        hashlane.resizeFor(params, 1, -20, 5, _UNTIL, byA, byA);
        vm.prank(stranger.owner);
        hashlane.resizeFor(params, 1, -20, 5, _UNTIL, byA, byB);
        assertState(1, 40, 45);
        assertOwners(15, 0);
        vm.warp(_UNTIL + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IHashlaneErrors.SignatureExpired.selector, _UNTIL, _UNTIL + 1)
        );
        hashlane.resizeFor(params, 1, -20, 5, _UNTIL, byA, byB);
    }

    function testFuzz_PaysExactlyWhatLeavesTheChannel(int96 changeA, int96 changeB) external {
        open(1 << 90, 1 << 91);
        int256 total = int256((1 << 90) + (1 << 91));
        int256 sum = int256(changeA) + changeB;
        vm.assume(sum <= 0 && total + sum >= 0);
        int256 newA = int256(1 << 90) + changeA;
        int256 newB = int256(1 << 91) + changeB;
        vm.assume(newA == int96(newA) && newB == int96(newB));
        resizeAs(a.owner, b, 0, changeA, changeB);
        assertState(1, newA, newB);
        vm.assertEq(a.owner.balance + b.owner.balance, uint256(-sum), "what both were paid");
        vm.assertEq(address(hashlane).balance, uint256(total + sum), "what remains");
        if (changeA >= 0) vm.assertEq(a.owner.balance, 0, "a side that rises is paid nothing");
        if (changeB >= 0) vm.assertEq(b.owner.balance, 0, "a side that rises is paid nothing");
    }

    function signResize(
        Party memory by,
        uint256 count,
        int256 changeA,
        int256 changeB
    ) private view returns (IHashlane.Signature memory) {
        return signResize(by, count, changeA, changeB, _UNTIL);
    }

    function resizeAs(
        address sender,
        Party memory signedBy,
        uint256 count,
        int256 changeA,
        int256 changeB
    ) private {
        IHashlane.Signature memory signature = signResize(signedBy, count, changeA, changeB);
        vm.prank(sender);
        hashlane.resize(params, life, changeA, changeB, _UNTIL, signature);
    }

    function expectBadResize(int256 depositA, int256 depositB, int256 changeA, int256 changeB) private {
        uint256 count = uint32(hashlane.slotOf(paramsId()) >> _RESIZES_AT);
        IHashlane.Signature memory signature = signResize(b, count, changeA, changeB);
        vm.expectRevert(
            abi.encodeWithSelector(IHashlaneErrors.BadResize.selector, depositA, depositB, changeA, changeB)
        );
        vm.prank(a.owner);
        hashlane.resize(params, life, changeA, changeB, _UNTIL, signature);
    }

    /// @dev The signature is over another message, so that some other address is recovered from it.
    function expectWrongSigner(
        IHashlane.Signature memory signature,
        uint256 count,
        int256 changeA,
        int256 changeB,
        uint256 validUntil
    ) private {
        bytes32 separator = Signing.domain(address(hashlane));
        bytes32 digest = Signing.resize(separator, channel(), count, changeA, changeB, validUntil);
        address recovered = recover(digest, signature);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, b.signer, recovered));
        vm.prank(a.owner);
        hashlane.resize(params, life, changeA, changeB, validUntil, signature);
    }

    /// @dev Nobody can wait for so many resizes.
    function setResizes(uint256 count) private {
        bytes32 place = keccak256(abi.encode(paramsId(), _SLOTS_AT));
        uint256 slot = uint256(vm.load(address(hashlane), place));
        vm.assertEq(slot, hashlane.slotOf(paramsId()), "the slot lies where the test thinks");
        vm.store(address(hashlane), place, bytes32(slot | (count << _RESIZES_AT)));
    }

    function assertState(uint256 count, int256 depositA, int256 depositB) private view {
        uint256 slot = hashlane.slotOf(paramsId());
        vm.assertEq(slot >> 254, OPEN, "phase");
        vm.assertEq(uint256(uint32(slot >> _RESIZES_AT)), count, "resizes");
        vm.assertEq(int256(int96(uint96(slot))), depositA);
        vm.assertEq(int256(int96(uint96(slot >> 96))), depositB);
    }

    function assertOwners(uint256 toA, uint256 toB) private view {
        vm.assertEq(balanceOf(a.owner), toA, "what A's owner holds");
        vm.assertEq(balanceOf(b.owner), toB, "what B's owner holds");
    }
}
