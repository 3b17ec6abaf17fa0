// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IFundingAdapter} from "../../interfaces/IFundingAdapter.sol";
import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {TestToken} from "../../mocks/TestToken.sol";
import {CallsBack} from "../support/CallsBack.t.sol";
import {Consents} from "../support/Consents.t.sol";
import {AdapterTest} from "./AdapterTest.t.sol";
import {SignedToken} from "./SignedToken.t.sol";

/// @title A token that makes a call of its own before it moves anything
contract CallingToken is SignedToken, CallsBack {
    function _update(address from, address to, uint256 value) internal override {
        if (from != address(0) && to != address(0)) _callBack();
        super._update(from, to, value);
    }
}

/// @title A token that returns nothing and wants an allowance to be set from zero
contract SilentToken {
    mapping(address account => uint256 amount) public balanceOf;
    mapping(address owner => mapping(address spender => uint256 amount)) public allowance;

    error AllowanceLeft(uint256 amount);

    function set(address account, uint256 balance) external {
        balanceOf[account] = balance;
    }

    function approve(address spender, uint256 amount) external {
        uint256 left = allowance[msg.sender][spender];
        if (amount != 0 && left != 0) revert AllowanceLeft(left);
        allowance[msg.sender][spender] = amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @dev What tokens can do to a call of the adapter while it runs, and what they cannot.
contract InBetweenTest is AdapterTest {
    address private constant _DATA = address(0xda7a);

    CallingToken private _calling;
    IFundingAdapter.Authorized private _none;
    IFundingAdapter.Transferred private _nothing;

    function setUp() public override {
        super.setUp();
        token = _calling = new CallingToken();
        params.token = address(token);
        hold(false, 60);
        hold(true, 40);
    }

    function test_RevertWhen_TheTokenBeginsToCloseTheChannel() external {
        IHashlane.LaneState memory idle;
        IHashlane.Signature memory none;
        bytes32 digest = Consents.idleIntent(address(hashlane), channel(), START);
        IHashlane.Intent memory intent = IHashlane.Intent(false, START, sign(b, digest));
        bytes memory call = abi.encodeCall(
            hashlane.closeFor,
            (params, 1, record, idle, idle, none, "", intent)
        );
        IFundingAdapter.Authorized memory side = authorized(false, 60, 1, 0);
        IFundingAdapter.Transferred memory transfer = transferred(false, 60, 1, 0);
        during(address(hashlane), call);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, OPEN, CLOSING));
        adapter.openWithAuthorizations(params, 1, side, _none);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, OPEN, CLOSING));
        adapter.openWithPermit2(params, 1, transfer, _nothing);
        vm.assertEq(token.balanceOf(a.owner), 60);
    }

    /// @dev While A's money is here, B's token makes the adapter open another channel; each gets its own.
    function test_ACallWithinACallLeavesTheOuterMoneyWhereItWas() external {
        SignedToken good = new SignedToken();
        good.set(a.owner, 7);
        IHashlane.Params memory outer = params;
        params.token = address(good);
        token = good;
        IFundingAdapter.Authorized memory inner = authorized(false, 7, 0, 0);
        bytes memory call = abi.encodeCall(adapter.openWithAuthorizations, (params, 1, inner, _none));
        bytes32 innerId = paramsId();
        params = outer;
        token = _calling;
        IFundingAdapter.Authorized memory sideA = authorized(false, 60, 40, 0);
        IFundingAdapter.Authorized memory sideB = authorized(true, 40, 60, 0);
        during(address(adapter), call);
        adapter.openWithAuthorizations(params, 1, sideA, sideB);
        assertHolds(60, 40);
        vm.assertEq(uint96(hashlane.slotOf(innerId)), 7);
        vm.assertEq(good.balanceOf(address(hashlane)), 7);
        vm.assertEq(good.allowance(address(adapter), address(hashlane)), 0);
    }

    /// @dev The same token in the inner call: what it takes in is what it gives.
    function test_ACallWithinACallOfTheSameTokenDoesSoToo() external {
        hold(false, 67);
        ++params.salt;
        IFundingAdapter.Authorized memory inner = authorized(false, 7, 0, 0);
        bytes memory call = abi.encodeCall(adapter.openWithAuthorizations, (params, 1, inner, _none));
        --params.salt;
        IFundingAdapter.Authorized memory sideA = authorized(false, 60, 40, 0);
        IFundingAdapter.Authorized memory sideB = authorized(true, 40, 60, 0);
        during(address(adapter), call);
        adapter.openWithAuthorizations(params, 1, sideA, sideB);
        vm.assertEq(uint96(hashlane.slotOf(paramsId())), 60);
        vm.assertEq(uint96(hashlane.slotOf(paramsId()) >> 96), 40);
        ++params.salt;
        vm.assertEq(uint96(hashlane.slotOf(paramsId())), 7);
        vm.assertEq(token.balanceOf(address(hashlane)), 107);
        assertEmpty();
    }

    function test_OpensByPermit2InATokenThatReturnsNothing() external {
        SilentToken silent = new SilentToken();
        params.token = address(silent);
        for (uint64 i; i < 2; ++i) {
            params.salt += i;
            silent.set(a.owner, 60);
            silent.set(b.owner, 40);
            vm.prank(a.owner);
            silent.approve(address(PERMIT2), 60);
            vm.prank(b.owner);
            silent.approve(address(PERMIT2), 40);
            adapter.openWithPermit2(params, 1, transferred(false, 60, 40, i), transferred(true, 40, 60, i));
            vm.assertEq(silent.balanceOf(address(hashlane)), 100 * (i + 1));
            vm.assertEq(silent.balanceOf(address(adapter)), 0);
            vm.assertEq(silent.allowance(address(adapter), address(hashlane)), 0);
        }
    }

    /// @dev A token without permits: the call falls through to what is allowed already.
    function test_OpensWithAllowancesInATokenWithoutPermits() external {
        IFundingAdapter.Permit memory permit = permitted(false, 60, 0).permit;
        params.token = address(new TestToken());
        bring(a.owner, 60);
        bytes memory consent = compact(keyOf(false), consentDigest(60, 0, START));
        IFundingAdapter.Permitted memory side = IFundingAdapter.Permitted(
            60,
            IHashlane.Consent(0, START, consent),
            permit
        );
        IFundingAdapter.Permitted memory none;
        adapter.openWithPermits(params, 1, side, none);
        vm.assertEq(TestToken(params.token).balanceOf(address(hashlane)), 60);
    }

    function during(address target, bytes memory call) private {
        _calling.prepare(target, 0);
        vm.etch(_DATA, call);
    }
}
