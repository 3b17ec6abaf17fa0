// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IFundingAdapter} from "../../interfaces/IFundingAdapter.sol";
import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {AdapterTest} from "./AdapterTest.t.sol";

/// @dev See openWithPermits.tree.
contract OpenWithPermitsTest is AdapterTest {
    IFundingAdapter.Permitted private _none;

    function setUp() public override {
        super.setUp();
        hold(false, 60);
        hold(true, 40);
    }

    function test_OpensForOneSide() external {
        send(permitted(false, 60, 0), _none);
        assertHolds(60, 0);
    }

    function test_OpensForTheOtherSide() external {
        send(_none, permitted(true, 40, 0));
        assertHolds(0, 40);
    }

    function test_OpensForBothSides() external {
        vm.expectEmit(address(hashlane));
        emit IHashlane.Opened(channel(), 1, params, 60, 40);
        send(permitted(false, 60, 40), permitted(true, 40, 60));
        assertHolds(60, 40);
        vm.assertEq(token.balanceOf(a.owner) + token.balanceOf(b.owner), 0);
    }

    function test_DepositsIfSomebodyOpenedFirst() external {
        openFirst(0, 1);
        send(permitted(false, 60, 41), permitted(true, 40, 60));
        assertHolds(60, 41);
    }

    function test_APermitSentBeforeDoesNotStopIt() external {
        IFundingAdapter.Permitted memory side = permitted(false, 60, 0);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf(false), permitDigest(false, 60));
        token.permit(a.owner, address(hashlane), 60, START, v, r, s);
        send(side, _none);
        assertHolds(60, 0);
    }

    function test_NeedsNoPermitIfTheAllowanceIsThere() external {
        IFundingAdapter.Permitted memory side = permitted(false, 60, 0);
        delete side.permit;
        vm.prank(a.owner);
        token.approve(address(hashlane), 61);
        send(side, _none);
        assertHolds(60, 0);
        vm.assertEq(token.allowance(a.owner, address(hashlane)), 1);
    }

    function test_RevertWhen_ThePermitFailsAndNoAllowanceIsThere() external {
        IFundingAdapter.Permitted memory side = permitted(false, 60, 0);
        side.permit.deadline = START + 1;
        vm.expectRevert(allowanceError(0, 60));
        send(side, _none);
        side = permitted(false, 60, 0);
        side.permit.signature = compact(keyOf(false), permitDigest(false, 59));
        side.permit.value = 59;
        vm.expectRevert(allowanceError(59, 60));
        send(side, _none);
    }

    function test_RevertWhen_AConsentIsMissing() external {
        IFundingAdapter.Permitted memory sideA = permitted(false, 60, 0);
        IFundingAdapter.Permitted memory sideB = permitted(true, 40, 0);
        sideB.consent.signature = "";
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongConsent.selector, b.owner));
        send(sideA, sideB);
        sideA.consent.signature = "";
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongConsent.selector, a.owner));
        send(sideA, _none);
    }

    function test_RevertWhen_TheConsentIsToSomethingElse() external {
        IFundingAdapter.Permitted memory side = permitted(false, 60, 0);
        side.amount = 59;
        expectWrongConsent(side);
        side = permitted(false, 60, 0);
        side.consent.validUntil = START + 1;
        expectWrongConsent(side);
        side = permitted(false, 60, 1);
        side.consent.otherAmount = 0;
        expectWrongConsent(side);
        side = permitted(false, 60, 0);
        ++params.salt;
        expectWrongConsent(side);
        life = 2;
        side = permitted(false, 60, 0);
        life = 1;
        expectWrongConsent(side);
        side = permitted(false, 60, 0);
        side.consent.signature = compact(keyOf(true), consentDigest(60, 0, START));
        expectWrongConsent(side);
    }

    function test_RevertWhen_TheConsentWasUsed() external {
        hold(false, 120);
        send(permitted(false, 60, 0), _none);
        IFundingAdapter.Permitted memory side = permitted(false, 60, 0);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.ConsentUsed.selector, a.owner));
        send(side, _none);
    }

    function test_RevertWhen_TheConsentIsLate() external {
        IFundingAdapter.Permitted memory side = permitted(false, 60, 0);
        vm.warp(START + 1);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.SignatureExpired.selector, START, START + 1));
        send(side, _none);
    }

    function test_RevertWhen_TheOtherSideHasTooLittle() external {
        IFundingAdapter.Permitted memory sideA = permitted(false, 60, 41);
        IFundingAdapter.Permitted memory sideB = permitted(true, 40, 60);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.TooLittleBeside.selector, 41, 40));
        send(sideA, sideB);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.TooLittleBeside.selector, 60, 0));
        send(_none, sideB);
    }

    function test_RevertWhen_TheTokenTakesAFee() external {
        token.setFee(1);
        IFundingAdapter.Permitted memory side = permitted(false, 60, 0);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongTokenAmount.selector, 60, 59));
        send(side, _none);
    }

    function test_RevertWhen_TheChannelIsInEth() external {
        params.token = address(0);
        IFundingAdapter.Permitted memory side = permitted(false, 60, 0);
        vm.expectRevert(abi.encodeWithSelector(IFundingAdapter.NotTokenChannel.selector));
        send(side, _none);
    }

    function test_RevertWhen_TheTokenHasNoCode() external {
        params.token = address(0xc0de);
        IFundingAdapter.Permitted memory side = permitted(false, 60, 0);
        vm.expectRevert("");
        send(side, _none);
        delete side.permit;
        vm.expectRevert("");
        send(side, _none);
    }

    function test_TakesNoEth() external {
        vm.deal(address(this), 2);
        (bool taken, ) = address(adapter).call{value: 1}("");
        vm.assertTrue(!taken, "plain");
        bytes memory call = abi.encodeCall(
            adapter.openWithPermits,
            (params, 1, permitted(false, 60, 0), _none)
        );
        (taken, ) = address(adapter).call{value: 1}(call);
        vm.assertTrue(!taken, "with a call");
        (taken, ) = address(adapter).call(call);
        vm.assertTrue(taken, "without");
    }

    function test_TellsWhatItWorksWith() external view {
        vm.assertEq(address(adapter.hashlane()), address(hashlane));
        vm.assertEq(address(adapter.permit2()), address(PERMIT2));
        vm.assertEq(adapter.fundingOf(paramsId(), 1, true, 5), fundingHash(true, 5));
    }

    function send(IFundingAdapter.Permitted memory sideA, IFundingAdapter.Permitted memory sideB) private {
        vm.prank(stranger.owner);
        adapter.openWithPermits(params, 1, sideA, sideB);
    }

    function expectWrongConsent(IFundingAdapter.Permitted memory side) private {
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongConsent.selector, a.owner));
        send(side, _none);
    }

    function allowanceError(uint256 allowance, uint256 needed) private view returns (bytes memory) {
        bytes4 name = IERC20Errors.ERC20InsufficientAllowance.selector;
        return abi.encodeWithSelector(name, hashlane, allowance, needed);
    }
}
