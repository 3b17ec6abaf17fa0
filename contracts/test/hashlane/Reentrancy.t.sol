// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";
import {HookToken, Reentrant} from "../support/Hostile.t.sol";

/// @title A token that calls its sender in the middle of a transfer, and what the sender could gain by it [I1]
contract ReentrancyTest is ChannelTest {
    uint256 private constant _FOREVER = type(uint256).max;

    HookToken private _token;
    Reentrant private _thief;

    function setUp() public override {
        super.setUp();
        _token = new HookToken();
        _thief = new Reentrant();
        params.token = address(_token);
        // Somebody else's tokens, which are what there is to take.
        open(500, 500);
        params.ownerA = address(_thief);
        ++params.salt;
        _token.set(address(_thief), 1000);
        _thief.prepare(address(_token), "");
        _thief.act(abi.encodeCall(_token.approve, (address(hashlane), 1000)));
        _thief.prepare(address(hashlane), "");
    }

    /// @dev The deposit counts before its tokens have come. Whoever ends the channel then is paid by others' tokens.
    function test_WhatIsPaidWhileTokensComeIsMissingAmongThem() external {
        IHashlane.Signature memory signature = signClose(b, 0, _FOREVER);
        armWith(abi.encodeCall(hashlane.closeCooperatively, (params, 1, 0, _FOREVER, signature)));
        expectNothingTaken(abi.encodeWithSelector(IHashlaneErrors.WrongTokenAmount.selector, 100, 0));
    }

    function test_CreditThatIsWithdrawnIsMissingToo() external {
        _thief.act(abi.encodeCall(hashlane.addCredit, (address(_token), address(_thief), 30)));
        armWith(abi.encodeCall(hashlane.withdrawCredit, (address(_token), 30, address(_thief))));
        bytes memory call = abi.encodeCall(hashlane.open, (params, 1, 60, 40));
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongTokenAmount.selector, 100, 70));
        _thief.act(call);
        vm.assertEq(_token.balanceOf(address(hashlane)), 1030);
    }

    /// @dev Two pulls that overlap would both count what the inner one brings.
    function test_NoPullWithinAPull() external {
        bytes[3] memory inner = [
            abi.encodeCall(hashlane.addCredit, (address(_token), address(_thief), 100)),
            abi.encodeCall(hashlane.open, (params, 1, 100, 0)),
            abi.encodeCall(hashlane.depositToken, (params, 1, 100, 0))
        ];
        for (uint256 i; i < 3; ++i) {
            armWith(inner[i]);
            expectNothingTaken(
                abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
            );
        }
    }

    /// @dev The same by consent and by allowances of two.
    function test_NoPullWithinAPullOfTwo() external {
        armWith(abi.encodeCall(hashlane.addCredit, (address(_token), address(_thief), 100)));
        params.ownerB = address(new Yes());
        Yes(params.ownerB).approve(_token, address(hashlane));
        _token.set(params.ownerB, 40);
        bytes memory call = abi.encodeCall(
            hashlane.openBoth,
            (params, 1, 60, 40, true, 0, _FOREVER, hex"01")
        );
        vm.expectRevert(
            abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
        _thief.act(call);
        _token.disarm();
        _thief.act(call);
        vm.assertEq(_token.balanceOf(address(hashlane)), 1100);
    }

    function armWith(bytes memory data) private {
        _token.arm(address(_thief), abi.encodeCall(_thief.act, (data)));
    }

    function expectNothingTaken(bytes memory reason) private {
        bytes memory call = abi.encodeCall(hashlane.open, (params, 1, 60, 40));
        vm.expectRevert(reason);
        _thief.act(call);
        vm.assertEq(_token.balanceOf(address(hashlane)), 1000);
        vm.assertEq(phase(), ENDED);
    }
}

/// @title A wallet that consents to everything
contract Yes {
    function approve(HookToken token, address spender) external {
        token.approve(spender, type(uint256).max);
    }

    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0x1626ba7e;
    }
}
