// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IFundingAdapter} from "../../interfaces/IFundingAdapter.sol";
import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {Opinion, OwnerContract} from "../owners/OwnerContracts.t.sol";
import {AdapterTest} from "./AdapterTest.t.sol";
import {Permit2Mock} from "./Permit2Mock.t.sol";

/// @dev Owners that are contracts, and sign with anything but 64 bytes.
contract ContractOwnersTest is AdapterTest {
    OwnerContract private _owner;

    function setUp() public override {
        super.setUp();
        _owner = new OwnerContract();
        params.ownerA = a.owner = address(_owner);
        hold(false, 60);
    }

    function test_PermitsAndConsents() external {
        IFundingAdapter.Permitted memory none;
        adapter.openWithPermits(params, 1, permittedByCode(), none);
        assertHolds(60, 0);
    }

    function test_RevertWhen_PermitsAreNotTheirs() external {
        IFundingAdapter.Permitted memory none;
        _owner.setOpinion(Opinion.WrongMagic);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongConsent.selector, a.owner));
        adapter.openWithPermits(params, 1, permittedByCode(), none);
    }

    /// @dev A failing permit for contracts is passed over, too.
    function test_RevertWhen_ThePermitIsLate() external {
        IFundingAdapter.Permitted memory none;
        IFundingAdapter.Permitted memory side = permittedByCode();
        side.permit.value = 59;
        bytes4 name = IERC20Errors.ERC20InsufficientAllowance.selector;
        vm.expectRevert(abi.encodeWithSelector(name, hashlane, 59, 60));
        adapter.openWithPermits(params, 1, side, none);
        _owner.setOpinion(Opinion.Accepts);
        vm.prank(a.owner);
        token.approve(address(hashlane), 60);
        side.permit.signature = "refused";
        token.setPermits(false);
        adapter.openWithPermits(params, 1, side, none);
        assertHolds(60, 0);
    }

    function test_Authorizations() external {
        IFundingAdapter.Authorized memory none;
        IFundingAdapter.Authorized memory side = IFundingAdapter.Authorized(
            60,
            0,
            START - 1,
            START + 1,
            5,
            "?"
        );
        adapter.openWithAuthorizations(params, 1, side, none);
        assertHolds(60, 0);
        vm.assertTrue(token.authorizationState(a.owner, nonceOf(false, 0, 5)), "its nonce");
    }

    function test_RevertWhen_AuthorizationsAreNotTheirs() external {
        IFundingAdapter.Authorized memory none;
        IFundingAdapter.Authorized memory side = IFundingAdapter.Authorized(
            60,
            0,
            START - 1,
            START + 1,
            5,
            "?"
        );
        _owner.setOpinion(Opinion.WrongMagic);
        vm.expectRevert("authorization");
        adapter.openWithAuthorizations(params, 1, side, none);
    }

    function test_Permit2() external {
        IFundingAdapter.Transferred memory none;
        adapter.openWithPermit2(params, 1, IFundingAdapter.Transferred(60, 0, 0, START, "?"), none);
        assertHolds(60, 0);
    }

    function test_RevertWhen_Permit2IsNotTheirs() external {
        IFundingAdapter.Transferred memory none;
        _owner.setOpinion(Opinion.WrongMagic);
        vm.expectRevert(abi.encodeWithSelector(Permit2Mock.InvalidContractSignature.selector));
        adapter.openWithPermit2(params, 1, IFundingAdapter.Transferred(60, 0, 0, START, "?"), none);
    }

    function permittedByCode() private pure returns (IFundingAdapter.Permitted memory side) {
        side.amount = 60;
        side.consent = IHashlane.Consent(0, START, "?");
        side.permit = IFundingAdapter.Permit(60, START, "?");
    }
}
