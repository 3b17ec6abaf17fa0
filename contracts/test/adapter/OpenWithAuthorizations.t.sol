// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";

import {IFundingAdapter} from "../../interfaces/IFundingAdapter.sol";
import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {AdapterTest} from "./AdapterTest.t.sol";

/// @dev See openWithAuthorizations.tree.
contract OpenWithAuthorizationsTest is AdapterTest {
    IFundingAdapter.Authorized private _none;

    function setUp() public override {
        super.setUp();
        hold(false, 60);
        hold(true, 40);
    }

    function test_OpensForOneSide() external {
        send(authorized(false, 60, 0, 0), _none);
        assertHolds(60, 0);
    }

    function test_OpensForTheOtherSide() external {
        send(_none, authorized(true, 40, 0, 0));
        assertHolds(0, 40);
    }

    function test_OpensForBothSides() external {
        vm.expectEmit(address(hashlane));
        emit IHashlane.Opened(channel(), 1, params, 60, 40);
        send(authorized(false, 60, 40, 0), authorized(true, 40, 60, 0));
        assertHolds(60, 40);
    }

    function test_DepositsIfSomebodyOpenedFirst() external {
        openFirst(1, 0);
        send(authorized(false, 60, 40, 0), authorized(true, 40, 61, 0));
        assertHolds(61, 40);
    }

    function test_TheOtherSideMayHoldItsPartAlready() external {
        openFirst(0, 40);
        send(authorized(false, 60, 40, 0), _none);
        assertHolds(60, 40);
    }

    function test_AnotherSaltDepositsTheSameAgain() external {
        hold(false, 120);
        send(authorized(false, 60, 0, 0), _none);
        send(authorized(false, 60, 0, 1), _none);
        assertHolds(120, 0);
    }

    function test_RevertWhen_ItIsUsedForSomethingElse() external {
        IFundingAdapter.Authorized memory side = authorized(false, 60, 0, 0);
        expectInvalid(_none, side);
        ++params.salt;
        expectInvalid(side, _none);
        --params.salt;
        side.amount = 59;
        expectInvalid(side, _none);
        side.amount = 60;
        side.otherAmount = 1;
        expectInvalid(side, _none);
        side.otherAmount = 0;
        side.salt = 1;
        expectInvalid(side, _none);
        life = 2;
        side = authorized(false, 60, 0, 0);
        life = 1;
        expectInvalid(side, _none);
        // Of one owner on both sides of two channels, only the side tells the fundings apart.
        side = authorized(false, 60, 0, 0);
        side.signature = compact(keyOf(false), authorizationDigest(false, 60, nonceOf(true, 0, 0)));
        expectInvalid(side, _none);
    }

    function test_RevertWhen_ItIsUsedAgain() external {
        hold(false, 120);
        IFundingAdapter.Authorized memory side = authorized(false, 60, 0, 0);
        send(side, _none);
        bytes32 nonce = nonceOf(false, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009UsedAuthorization.selector, a.owner, nonce));
        send(side, _none);
    }

    function test_RevertWhen_ItIsEarlyOrLate() external {
        IFundingAdapter.Authorized memory side = authorized(false, 60, 0, 0);
        bytes4 name = ERC3009.ERC3009InvalidAuthorizationTime.selector;
        bytes memory reason = abi.encodeWithSelector(name, START - 1, START + 1);
        vm.warp(START - 1);
        vm.expectRevert(reason);
        send(side, _none);
        vm.warp(START + 1);
        vm.expectRevert(reason);
        send(side, _none);
        vm.warp(START);
        send(side, _none);
    }

    function test_RevertWhen_SomebodyTakesItToTheToken() external {
        bytes32 nonce = nonceOf(false, 0, 0);
        bytes32 digest = authorizationDigest(false, 60, nonce);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf(false), digest);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, adapter));
        token.receiveWithAuthorization(a.owner, address(adapter), 60, START - 1, START + 1, nonce, v, r, s);
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector));
        token.transferWithAuthorization(a.owner, address(adapter), 60, START - 1, START + 1, nonce, v, r, s);
    }

    function test_RevertWhen_TheOtherSideHasTooLittle() external {
        IFundingAdapter.Authorized memory sideA = authorized(false, 60, 41, 0);
        IFundingAdapter.Authorized memory sideB = authorized(true, 40, 61, 0);
        expectTooLittle(sideA, sideB, 41, 40);
        expectTooLittle(sideA, _none, 41, 0);
        expectTooLittle(authorized(false, 60, 40, 0), sideB, 61, 60);
        expectTooLittle(authorized(false, 60, 2 ** 255, 0), _none, 2 ** 255, 0);
        expectTooLittle(authorized(false, 60, 2 ** 255 - 1, 0), _none, 2 ** 255 - 1, 0);
    }

    /// @dev A side that has withdrawn more than its deposit is below any amount.
    function test_RevertGiven_TheOtherSideIsBelowZero() external {
        openFirst(50, 0);
        IHashlane.Signature memory signature = signResize(b, 0, 0, -1, START);
        vm.prank(a.owner);
        hashlane.resize(params, life, 0, -1, START, signature);
        expectTooLittle(authorized(false, 60, 1, 0), _none, 1, -1);
        // It asks for nothing beside it.
        send(authorized(false, 60, 0, 0), _none);
        vm.assertEq(uint96(hashlane.slotOf(paramsId())), 110, "deposit of A");
        assertEmpty();
    }

    function test_RevertWhen_TheTokenTakesAFee() external {
        token.setFee(1);
        IFundingAdapter.Authorized memory side = authorized(false, 60, 0, 0);
        bytes4 name = IERC20Errors.ERC20InsufficientBalance.selector;
        vm.expectRevert(abi.encodeWithSelector(name, adapter, 59, 60));
        send(side, _none);
        // What lies around at the adapter does not help.
        token.set(address(adapter), 1);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongTokenAmount.selector, 60, 59));
        send(side, _none);
    }

    function test_RevertWhen_TheAmountsAreNone() external {
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.BadAmount.selector, 0, 0));
        send(_none, _none);
    }

    function test_AmountsUpTo95Bits() external {
        hold(false, INT96_MAX);
        hold(true, INT96_MAX + 1);
        IFundingAdapter.Authorized memory side = authorized(false, INT96_MAX, 0, 0);
        IFundingAdapter.Authorized memory tooMuch = authorized(true, INT96_MAX + 1, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.BadAmount.selector, INT96_MAX, INT96_MAX + 1));
        send(side, tooMuch);
        send(side, authorized(true, INT96_MAX, 0, 0));
        assertHolds(INT96_MAX, INT96_MAX);
    }

    function test_RevertWhen_TheChannelIsInEth() external {
        params.token = address(0);
        IFundingAdapter.Authorized memory side = authorized(false, 60, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IFundingAdapter.NotTokenChannel.selector));
        send(side, _none);
    }

    function test_RevertWhen_TheChannelIsClosing() external {
        openFirst(1, 0);
        close(state(0, 0, 0), state(0, 0, 0));
        IFundingAdapter.Authorized memory side = authorized(false, 60, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, ENDED, CLOSING));
        send(side, _none);
        vm.assertEq(token.balanceOf(a.owner), 60);
    }

    function send(IFundingAdapter.Authorized memory sideA, IFundingAdapter.Authorized memory sideB) private {
        vm.prank(stranger.owner);
        adapter.openWithAuthorizations(params, 1, sideA, sideB);
    }

    function expectInvalid(
        IFundingAdapter.Authorized memory sideA,
        IFundingAdapter.Authorized memory sideB
    ) private {
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector));
        send(sideA, sideB);
    }

    function expectTooLittle(
        IFundingAdapter.Authorized memory sideA,
        IFundingAdapter.Authorized memory sideB,
        uint256 otherAmount,
        int256 deposit
    ) private {
        vm.expectRevert(
            abi.encodeWithSelector(IHashlaneErrors.TooLittleBeside.selector, otherAmount, deposit)
        );
        send(sideA, sideB);
    }
}
