// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {ExitsTest} from "./Exits.t.sol";
import {OddToken, Way} from "./OddToken.t.sol";

/// @dev See zoo.tree: what happens when money leaves channels of strange tokens.
contract TokenPayoutsTest is ExitsTest {
    address private constant _REFUGE = address(0x4ef06e);

    OddToken private _token;

    function setUp() public override {
        super.setUp();
        _token = new OddToken();
        params.token = address(_token);
    }

    /// @dev [ST-2] Ways of {Way} in which tokens arrive.
    function test_WhatTheTokenDeliversIsPaid() external {
        for (uint256 exit; exit < EXITS; ++exit) {
            for (uint256 way; way <= uint256(Way.MovesAndReturnsLong); ++way) {
                Due memory due = enter(exit);
                _token.setPaying(Way(way));
                payOut(exit);
                assertAll(due, false);
                comeToRest(due);
            }
        }
        assertOthersWhole();
    }

    function test_WhatTheTokenDoesNotDeliverIsCredited() external {
        for (uint256 exit; exit < EXITS; ++exit) {
            for (uint256 way = uint256(Way.ReturnsFalse); way <= uint256(Way.EatsGas); ++way) {
                Due memory due = enter(exit);
                _token.setPaying(Way(way));
                payOut(exit);
                assertAll(due, true);
                comeToRest(due);
            }
        }
        assertOthersWhole();
    }

    /// @dev The others are paid as if nothing was.
    function test_WhoIsBlockedHasCreditAndTheOthersAreDelivered() external {
        for (uint256 exit; exit < EXITS; ++exit) {
            for (uint256 who; who < 3; ++who) {
                address victim =
                    who == 0
                        ? a.owner
                        : who == 1
                            ? b.owner
                            : tower;
                Due memory due = enter(exit);
                _token.setBlocked(victim, true);
                payOut(exit);
                assertDue(a.owner, due.toA, who == 0, "A");
                assertDue(b.owner, due.toB, who == 1 || due.bInCredit, "B");
                assertDue(tower, due.toTower, who == 2, "the tower");
                // Its credit leaves by another address while it is still blocked.
                comeToRest(due);
                _token.setBlocked(victim, false);
            }
        }
        assertOthersWhole();
    }

    function test_RevertWhen_ABlockedOwnerWithdrawsToItself() external {
        Due memory due = enter(0);
        _token.setBlocked(a.owner, true);
        payOut(0);
        vm.expectRevert(abi.encodeWithSelector(OddToken.Blocked.selector, a.owner));
        vm.prank(a.owner);
        hashlane.withdrawCredit(params.token, due.toA, a.owner);
        vm.assertEq(creditOf(a.owner), due.toA);
    }

    function test_ATokenThatIsGoneLeavesCredit() external {
        for (uint256 exit; exit < EXITS; ++exit) {
            bytes memory code = address(_token).code;
            Due memory due = enter(exit);
            vm.etch(params.token, "");
            payOut(exit);
            vm.assertEq(creditOf(a.owner), due.toA);
            vm.assertEq(creditOf(b.owner), due.toB);
            vm.assertEq(creditOf(tower), due.toTower);
            bytes4 name = SafeERC20.SafeERC20FailedOperation.selector;
            vm.expectRevert(abi.encodeWithSelector(name, params.token));
            vm.prank(b.owner);
            hashlane.withdrawCredit(params.token, due.toB, _REFUGE);
            vm.etch(params.token, code);
            comeToRest(due);
        }
        assertOthersWhole();
    }

    /// @dev What a token says is believed; who chose it bears it.
    function test_ATokenThatLiesHurtsItsPayeesOnly() external {
        for (uint256 exit; exit < EXITS; ++exit) {
            Due memory due = enter(exit);
            _token.setPaying(Way.ReturnsTrueOnly);
            payOut(exit);
            vm.assertEq(creditOf(a.owner), 0);
            vm.assertEq(creditOf(b.owner), due.bInCredit ? due.toB : 0);
            vm.assertEq(balanceOf(a.owner) + balanceOf(b.owner), 0);
            _token.setPaying(Way.Good);
            if (due.bInCredit) withdraw(b.owner);
        }
        assertOthersWhole();
    }

    /// @dev [I8] Balances that shrink leave too little for the last to leave; its due stays in credit.
    function test_ARebaseHurtsTheLastOfThisTokenOnly() external {
        Due memory due = enter(0);
        _token.set(address(hashlane), 7000);
        payOut(0);
        assertDue(a.owner, due.toA, false, "A");
        assertDue(b.owner, due.toB, true, "B");
        assertOthersWhole();
        _token.set(address(hashlane), due.toB);
        withdraw(b.owner);
        assertOthersWhole();
    }

    function test_ARebaseUpwardsGoesToNobody() external {
        Due memory due = enter(0);
        _token.set(address(hashlane), 11_000);
        payOut(0);
        assertAll(due, false);
        vm.assertEq(_token.balanceOf(address(hashlane)), 1000);
        assertOthersWhole();
    }

    function test_RevertWhen_WithdrawingWhileTheTokenRefuses() external {
        bytes memory failed = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, _token);
        bring(a.owner, 50);
        vm.prank(a.owner);
        hashlane.addCredit(params.token, a.owner, 50);
        expectNoWithdrawal(Way.ReturnsFalse, failed);
        expectNoWithdrawal(Way.ReturnsTwo, failed);
        expectNoWithdrawal(Way.ReturnsShort, failed);
        expectNoWithdrawal(Way.RevertsBare, "");
        expectNoWithdrawal(Way.RevertsLong, new bytes(0x4000));
        expectNoWithdrawal(Way.EatsGas, "");
        _token.setPaying(Way.Good);
        withdraw(a.owner);
    }

    function expectNoWithdrawal(Way way, bytes memory reason) private {
        _token.setPaying(way);
        bytes memory call = abi.encodeCall(hashlane.withdrawCredit, (params.token, 50, _REFUGE));
        vm.prank(a.owner);
        (bool done, bytes memory result) = address(hashlane).call{gas: 1_000_000}(call);
        vm.assertTrue(!done, "refused");
        vm.assertEq(keccak256(result), keccak256(reason), "the reason");
        vm.assertEq(creditOf(a.owner), 50);
    }

    function assertAll(Due memory due, bool refused) private view {
        assertDue(a.owner, due.toA, refused, "A");
        assertDue(b.owner, due.toB, refused || due.bInCredit, "B");
        assertDue(tower, due.toTower, refused, "the tower");
    }

    /// @dev Everybody's credit is worth tokens, and nothing of this channel is left behind but what it still holds.
    function comeToRest(Due memory due) private {
        _token.setPaying(Way.Good);
        uint256 before = _token.balanceOf(_REFUGE);
        uint256 owed = creditOf(a.owner) + creditOf(b.owner) + creditOf(tower);
        withdraw(a.owner);
        withdraw(b.owner);
        withdraw(tower);
        vm.assertEq(_token.balanceOf(_REFUGE) - before, owed, "worth of the credits");
        uint256 paid = due.toA + due.toB + due.toTower;
        uint256 held = phase() == OPEN ? A_BRINGS + B_BRINGS - paid : 0;
        vm.assertEq(_token.balanceOf(address(hashlane)), held, "[I1]");
        if (held != 0) {
            IHashlane.Signature memory signature = signClose(b, 0, START);
            vm.prank(a.signer);
            hashlane.closeCooperatively(params, 1, 0, START, signature);
        }
        _token.set(a.owner, 0);
        _token.set(b.owner, 0);
        _token.set(tower, 0);
        if (held != 0) {
            withdraw(a.owner);
            withdraw(b.owner);
        }
    }

    function withdraw(address account) private {
        uint256 amount = creditOf(account);
        vm.prank(account);
        hashlane.withdrawCredit(params.token, amount, _REFUGE);
    }
}
