// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {FundingAdapter} from "../../FundingAdapter.sol";
import {IFundingAdapter} from "../../interfaces/IFundingAdapter.sol";
import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {AdapterTest} from "./AdapterTest.t.sol";
import {Permit2Mock} from "./Permit2Mock.t.sol";

/// @dev See openWithPermit2.tree.
contract OpenWithPermit2Test is AdapterTest {
    IFundingAdapter.Transferred private _none;

    function setUp() public override {
        super.setUp();
        hold(false, 60);
        hold(true, 40);
    }

    function test_OpensForOneSide() external {
        send(transferred(false, 60, 0, 0), _none);
        assertHolds(60, 0);
    }

    function test_OpensForTheOtherSide() external {
        send(_none, transferred(true, 40, 0, 0));
        assertHolds(0, 40);
    }

    function test_OpensForBothSides() external {
        vm.expectEmit(address(hashlane));
        emit IHashlane.Opened(channel(), 1, params, 60, 40);
        send(transferred(false, 60, 40, 300), transferred(true, 40, 60, 300));
        assertHolds(60, 40);
    }

    function test_DepositsIfSomebodyOpenedFirst() external {
        openFirst(1, 0);
        send(transferred(false, 60, 40, 0), transferred(true, 40, 61, 0));
        assertHolds(61, 40);
    }

    function test_RevertWhen_ItIsUsedForSomethingElse() external {
        IFundingAdapter.Transferred memory side = transferred(false, 60, 0, 0);
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
        side.nonce = 1;
        expectInvalid(side, _none);
        life = 2;
        side = transferred(false, 60, 0, 0);
        life = 1;
        expectInvalid(side, _none);
        side = transferred(false, 60, 0, 0);
        side.signature = compact(keyOf(false), permit2Digest(60, 0, fundingHash(true, 0)));
        expectInvalid(side, _none);
    }

    function test_RevertWhen_AnotherSpenderUsesIt() external {
        IFundingAdapter.Transferred memory side = transferred(false, 60, 0, 0);
        adapter = new FundingAdapter(hashlane, PERMIT2);
        expectInvalid(side, _none);
    }

    function test_RevertWhen_ItIsUsedAgain() external {
        hold(false, 120);
        IFundingAdapter.Transferred memory side = transferred(false, 60, 0, 511);
        send(side, _none);
        vm.expectRevert(abi.encodeWithSelector(Permit2Mock.InvalidNonce.selector));
        send(side, _none);
        send(transferred(false, 60, 0, 510), _none);
        assertHolds(120, 0);
    }

    function test_RevertWhen_ItIsLate() external {
        IFundingAdapter.Transferred memory side = transferred(false, 60, 0, 0);
        vm.warp(START + 1);
        vm.expectRevert(abi.encodeWithSelector(Permit2Mock.SignatureExpired.selector, START));
        send(side, _none);
        vm.warp(START);
        send(side, _none);
    }

    function test_RevertWhen_TheOtherSideHasTooLittle() external {
        IFundingAdapter.Transferred memory sideB = transferred(true, 40, 61, 0);
        expectTooLittle(transferred(false, 60, 41, 0), sideB, 41, 40);
        expectTooLittle(transferred(false, 60, 40, 0), sideB, 61, 60);
        expectTooLittle(transferred(false, 60, 2 ** 255, 0), _none, 2 ** 255, 0);
    }

    function test_RevertWhen_TheTokenTakesAFee() external {
        token.setFee(1);
        bytes4 name = IERC20Errors.ERC20InsufficientBalance.selector;
        vm.expectRevert(abi.encodeWithSelector(name, adapter, 59, 60));
        send(transferred(false, 60, 0, 0), _none);
    }

    function test_RevertWhen_TheTokenIsNotAllowed() external {
        vm.prank(a.owner);
        token.approve(address(PERMIT2), 59);
        bytes4 name = IERC20Errors.ERC20InsufficientAllowance.selector;
        vm.expectRevert(abi.encodeWithSelector(name, PERMIT2, 59, 60));
        send(transferred(false, 60, 0, 0), _none);
    }

    function test_RevertWhen_TheTokenHasNoCode() external {
        params.token = address(0xc0de);
        bytes4 name = SafeERC20.SafeERC20FailedOperation.selector;
        vm.expectRevert(abi.encodeWithSelector(name, params.token));
        send(transferred(false, 60, 0, 0), _none);
    }

    function test_RevertWhen_TheChannelIsInEth() external {
        params.token = address(0);
        vm.expectRevert(abi.encodeWithSelector(IFundingAdapter.NotTokenChannel.selector));
        send(transferred(false, 60, 0, 0), _none);
    }

    function test_RevertWhen_TheAmountsAreNone() external {
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.BadAmount.selector, 0, 0));
        send(_none, _none);
    }

    function send(
        IFundingAdapter.Transferred memory sideA,
        IFundingAdapter.Transferred memory sideB
    ) private {
        vm.prank(stranger.owner);
        adapter.openWithPermit2(params, 1, sideA, sideB);
    }

    function expectInvalid(
        IFundingAdapter.Transferred memory sideA,
        IFundingAdapter.Transferred memory sideB
    ) private {
        vm.expectRevert(abi.encodeWithSelector(Permit2Mock.InvalidSigner.selector));
        send(sideA, sideB);
    }

    function expectTooLittle(
        IFundingAdapter.Transferred memory sideA,
        IFundingAdapter.Transferred memory sideB,
        uint256 otherAmount,
        int256 deposit
    ) private {
        vm.expectRevert(
            abi.encodeWithSelector(IHashlaneErrors.TooLittleBeside.selector, otherAmount, deposit)
        );
        send(sideA, sideB);
    }
}
