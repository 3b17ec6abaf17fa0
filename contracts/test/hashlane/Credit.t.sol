// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {TestToken} from "../../mocks/TestToken.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";
import {FeeToken, Reentrant, StubbornToken} from "../support/Hostile.t.sol";

/// @dev See deposit.tree.
contract CreditTest is ChannelTest {
    address private constant _ETH = address(0);

    function test_AnybodyAddsAndTheOwnerWithdrawsToAnyAddress() external {
        vm.deal(stranger.owner, 100);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Credited(_ETH, a.owner, 100);
        vm.prank(stranger.owner);
        hashlane.addCredit{value: 100}(_ETH, a.owner, 100);
        vm.assertEq(hashlane.creditOf(_ETH, a.owner), 100);
        vm.deal(b.owner, 0);
        vm.expectEmit(address(hashlane));
        emit IHashlane.CreditWithdrawn(_ETH, a.owner, b.owner, 30);
        vm.prank(a.owner);
        hashlane.withdrawCredit(_ETH, 30, b.owner);
        vm.assertEq(b.owner.balance, 30);
        vm.assertEq(hashlane.creditOf(_ETH, a.owner), 70);
    }

    function test_InTokens() external {
        TestToken token = useToken();
        bring(stranger.owner, 100);
        vm.prank(stranger.owner);
        hashlane.addCredit(address(token), a.owner, 100);
        vm.prank(a.owner);
        hashlane.withdrawCredit(address(token), 100, b.owner);
        vm.assertEq(token.balanceOf(b.owner), 100);
        vm.assertEq(hashlane.creditOf(address(token), a.owner), 0);
    }

    /// @dev [I8]
    function test_CreditsOfAccountsAndTokensAreApart() external {
        TestToken token = useToken();
        bring(stranger.owner, 5);
        vm.prank(stranger.owner);
        hashlane.addCredit(address(token), a.owner, 5);
        vm.deal(address(this), 7);
        hashlane.addCredit{value: 7}(_ETH, b.owner, 7);
        expectNotEnough(_ETH, a.owner, 0, 1);
        expectNotEnough(address(token), b.owner, 0, 1);
        expectNotEnough(address(token), a.owner, 5, 6);
        expectNotEnough(_ETH, b.owner, 7, 8);
    }

    function test_RevertWhen_TheValueIsNotTheAmount() external {
        vm.deal(address(this), 10);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongValue.selector, 5, 4));
        hashlane.addCredit{value: 4}(_ETH, a.owner, 5);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongValue.selector, 5, 6));
        hashlane.addCredit{value: 6}(_ETH, a.owner, 5);
        TestToken token = useToken();
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongValue.selector, 0, 1));
        hashlane.addCredit{value: 1}(address(token), a.owner, 1);
    }

    function test_RevertWhen_TheTokenTakesAFee() external {
        params.token = address(new FeeToken());
        bring(a.owner, 10);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongTokenAmount.selector, 10, 9));
        vm.prank(a.owner);
        hashlane.addCredit(params.token, a.owner, 10);
    }

    function test_RevertWhen_TheReceiverRefuses() external {
        giveCredit(a.owner, 10);
        address wall = address(0xdead1);
        vm.etch(wall, hex"5f5ffd");
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.PaymentFailed.selector, wall, 10));
        vm.prank(a.owner);
        hashlane.withdrawCredit(_ETH, 10, wall);
        vm.assertEq(hashlane.creditOf(_ETH, a.owner), 10);
    }

    /// @dev A receiver that calls again while it is paid gets nothing twice.
    function test_AReceiverThatEntersAgainGetsNothingTwice() external {
        Reentrant thief = new Reentrant();
        giveCredit(address(thief), 10);
        giveCredit(a.owner, 90);
        bytes memory again = abi.encodeCall(hashlane.withdrawCredit, (_ETH, 10, address(thief)));
        thief.prepare(address(hashlane), again);
        thief.act(again);
        vm.assertEq(address(thief).balance, 10);
        vm.assertEq(address(hashlane).balance, 90);
        vm.assertEq(thief.answer(), abi.encodeWithSelector(IHashlaneErrors.NotEnoughCredit.selector, 0, 10));
    }

    function test_OpensAndDepositsFromCredit() external {
        giveCredit(stranger.owner, 100);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Opened(channel(), 1, params, 60, 15);
        vm.prank(stranger.owner);
        hashlane.openFromCredit(params, 1, 60, 15);
        vm.assertEq(hashlane.creditOf(_ETH, stranger.owner), 25);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Deposited(channel(), 60, 40);
        vm.prank(stranger.owner);
        hashlane.openFromCredit(params, 1, 0, 25);
        vm.assertEq(hashlane.creditOf(_ETH, stranger.owner), 0);
        vm.assertEq(address(hashlane).balance, 100);
    }

    function test_RevertWhen_OpeningWithMoreThanTheCredit() external {
        giveCredit(stranger.owner, 74);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.NotEnoughCredit.selector, 74, 75));
        vm.prank(stranger.owner);
        hashlane.openFromCredit(params, 1, 60, 15);
        vm.assertEq(phase(), ENDED);
    }

    /// @dev [ST-2] What a token does not deliver becomes credit, for any way of refusing.
    function test_APayoutThatTheTokenRefusesBecomesCredit() external {
        StubbornToken token = new StubbornToken();
        params.token = address(token);
        for (uint256 mood = 1; mood < 4; ++mood) {
            ++params.salt;
            open(60, 40);
            token.setMood(StubbornToken.Mood(mood));
            IHashlane.Signature memory signature = signClose(b, 0, START);
            vm.prank(a.owner);
            hashlane.closeCooperatively(params, 1, 0, START, signature);
            vm.assertEq(hashlane.creditOf(address(token), a.owner), 60 * mood);
            vm.assertEq(hashlane.creditOf(address(token), b.owner), 40 * mood);
            token.setMood(StubbornToken.Mood.Good);
        }
        vm.prank(b.owner);
        hashlane.withdrawCredit(address(token), 120, b.owner);
        vm.assertEq(token.balanceOf(b.owner), 120);
    }

    function giveCredit(address account, uint256 amount) private {
        vm.deal(address(this), amount);
        hashlane.addCredit{value: amount}(_ETH, account, amount);
    }

    function expectNotEnough(address token, address account, uint256 available, uint256 needed) private {
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.NotEnoughCredit.selector, available, needed));
        vm.prank(account);
        hashlane.withdrawCredit(token, needed, account);
    }
}
