// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {Vm} from "../support/Vm.t.sol";
import {ExitsTest} from "./Exits.t.sol";
import {Mood, NoReceiver, OddReceiver} from "./OddReceiver.t.sol";

/// @dev See zoo.tree: owners and towers that are contracts and do not just take their ETH.
contract ReceiversTest is ExitsTest {
    address private constant _REFUGE = address(0x4ef06e);

    OddReceiver private _odd;

    function setUp() public override {
        super.setUp();
        _odd = new OddReceiver();
    }

    function test_WhoTakesItIsPaid() external {
        for (uint256 mood; mood <= uint256(Mood.ReturnsLong); ++mood) {
            _odd.setMood(Mood(mood));
            payInEveryWay(false);
        }
        vm.assertGe(_odd.gas(), 50_000 - 500, "gas of a payee");
        assertOthersWhole();
    }

    function test_WhoRefusesHasCreditAndTheOthersArePaid() external {
        for (uint256 mood = uint256(Mood.Reverts); mood <= uint256(Mood.NeedsMore); ++mood) {
            _odd.setMood(Mood(mood));
            payInEveryWay(true);
        }
        assertOthersWhole();
    }

    function test_WhoCannotBePaidHasCredit() external {
        _odd = OddReceiver(payable(address(new NoReceiver())));
        payInEveryWay(true);
        assertOthersWhole();
    }

    /// @dev Not even a credit of nothing: it would refuse the call.
    function test_WhoIsDueNothingIsNotCalled() external {
        _odd.setMood(Mood.Reverts);
        params.ownerA = a.owner = address(_odd);
        enter(0);
        IHashlane.Signature memory signature = signClose(b, int256(A_BRINGS), START);
        vm.recordLogs();
        vm.prank(a.signer);
        hashlane.closeCooperatively(params, life, int256(A_BRINGS), START, signature);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            vm.assertNotEq(logs[i].topics[0], IHashlane.Credited.selector);
        }
    }

    function test_RevertWhen_WithdrawingToWhoRefuses() external {
        vm.deal(address(this), 50);
        hashlane.addCredit{value: 50}(address(0), a.owner, 50);
        for (uint256 mood = uint256(Mood.Reverts); mood <= uint256(Mood.EatsGas); ++mood) {
            _odd.setMood(Mood(mood));
            bytes memory call = abi.encodeCall(hashlane.withdrawCredit, (address(0), 50, address(_odd)));
            vm.prank(a.owner);
            (bool done, bytes memory result) = address(hashlane).call{gas: 1_000_000}(call);
            vm.assertTrue(!done, "refused");
            bytes memory reason = abi.encodeWithSelector(IHashlaneErrors.PaymentFailed.selector, _odd, 50);
            vm.assertEq(result, reason);
            vm.assertEq(creditOf(a.owner), 50);
        }
        // Its own withdrawal has no gas limit.
        _odd.setMood(Mood.NeedsMore);
        vm.prank(a.owner);
        hashlane.withdrawCredit(address(0), 50, address(_odd));
        vm.assertEq(address(_odd).balance, 50);
    }

    function payInEveryWay(bool refused) private {
        for (uint256 exit; exit < EXITS; ++exit) {
            for (uint256 who; who < 3; ++who) payTo(exit, who, refused);
        }
    }

    function payTo(uint256 exit, uint256 who, bool refused) private {
        address normalTower = tower;
        (address ownerA, address ownerB) = (params.ownerA, params.ownerB);
        if (who == 0) params.ownerA = a.owner = address(_odd);
        else if (who == 1) params.ownerB = b.owner = address(_odd);
        else tower = address(_odd);
        Due memory due = enter(exit);
        payOut(exit);
        assertDue(params.ownerA, due.toA, refused && who == 0, "A");
        assertDue(params.ownerB, due.toB, (refused && who == 1) || due.bInCredit, "B");
        assertDue(tower, due.toTower, refused && who == 2, "the tower");
        comeToRest(due);
        tower = normalTower;
        (params.ownerA, a.owner, params.ownerB, b.owner) = (ownerA, ownerA, ownerB, ownerB);
    }

    /// @dev Credits are worth ETH, and nothing of this channel is left behind but what it still holds.
    function comeToRest(Due memory due) private {
        withdraw(params.ownerA);
        withdraw(params.ownerB);
        withdraw(tower);
        uint256 held = phase() == OPEN ? A_BRINGS + B_BRINGS - due.toA - due.toB - due.toTower : 0;
        vm.assertEq(address(hashlane).balance, 300 + held, "[I1]");
        if (held != 0) {
            IHashlane.Signature memory signature = signClose(b, 0, START);
            vm.prank(a.signer);
            hashlane.closeCooperatively(params, 1, 0, START, signature);
            withdraw(params.ownerA);
            withdraw(params.ownerB);
        }
        vm.deal(params.ownerA, 0);
        vm.deal(params.ownerB, 0);
        vm.deal(tower, 0);
    }

    function withdraw(address account) private {
        uint256 amount = creditOf(account);
        uint256 before = _REFUGE.balance;
        vm.prank(account);
        hashlane.withdrawCredit(address(0), amount, _REFUGE);
        vm.assertEq(_REFUGE.balance - before, amount, "worth of the credit");
    }
}
