// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {Vm} from "../support/Vm.t.sol";
import {ExitsTest} from "./Exits.t.sol";
import {Mood, OddReceiver} from "./OddReceiver.t.sol";
import {OddToken, Way} from "./OddToken.t.sol";

/// @dev See zoo.tree: a caller can neither starve a payee nor a payee's credit, whatever gas it sends.
contract PushGasTest is ExitsTest {
    /// @dev The allowance, 1/32 of it, and 45,000 for what surrounds it.
    uint256 private constant _ETH_NEEDED = 50_000 + 1562 + 45_000;
    uint256 private constant _TOKEN_NEEDED = 200_000 + 6250 + 45_000;

    OddReceiver private _payeeA;
    OddReceiver private _payeeB;

    function setUp() public override {
        super.setUp();
        _payeeA = new OddReceiver();
        _payeeB = new OddReceiver();
        params.ownerA = a.owner = address(_payeeA);
        params.ownerB = b.owner = address(_payeeB);
    }

    /// @dev Even payees that burn all that they are given leave enough to write their credit.
    function test_JustEnoughGasCreditsEthThatPayeesRefuse() external {
        _payeeA.setMood(Mood.EatsGas);
        _payeeB.setMood(Mood.EatsGas);
        for (uint256 exit; exit < EXITS; ++exit) {
            if (isBatch(exit)) continue;
            Due memory due = enter(exit);
            climb(exit, _ETH_NEEDED, payees(due));
            vm.assertEq(creditOf(a.owner), due.toA, "credit of A");
            vm.assertEq(creditOf(b.owner), due.toB, "credit of B");
            withdraw(a.owner);
            withdraw(b.owner);
        }
    }

    function test_JustEnoughGasIsTheFullAllowanceOfEth() external {
        _payeeA.setMood(Mood.WritesTwice);
        _payeeB.setMood(Mood.WritesTwice);
        for (uint256 exit; exit < EXITS; ++exit) {
            if (isBatch(exit)) continue;
            Due memory due = enter(exit);
            climb(exit, _ETH_NEEDED, payees(due));
            // Less what reading its mood cost, which the gas that comes with the value pays for.
            if (due.toA != 0) vm.assertGe(_payeeA.gas(), 50_000 - 500, "gas of A");
            vm.assertEq(a.owner.balance, due.toA, "delivered to A");
            vm.assertEq(b.owner.balance, due.bInCredit ? 0 : due.toB, "delivered to B");
            vm.deal(a.owner, 0);
            vm.deal(b.owner, 0);
        }
    }

    function test_JustEnoughGasCreditsTokensThatAreRefused() external {
        OddToken token = new OddToken();
        params.token = address(token);
        for (uint256 exit; exit < EXITS; ++exit) {
            if (isBatch(exit)) continue;
            Due memory due = enter(exit);
            token.setPaying(Way.EatsGas);
            climb(exit, _TOKEN_NEEDED, payees(due));
            vm.assertEq(creditOf(a.owner), due.toA, "credit of A");
            vm.assertEq(creditOf(b.owner), due.toB, "credit of B");
            token.setPaying(Way.Good);
            withdraw(a.owner);
            withdraw(b.owner);
        }
    }

    /// @dev In a batch too little gas skips the item and changes nothing.
    function test_ABatchSkipsWhatItHasTooLittleGasFor() external {
        for (uint256 exit = 3; exit < 6; exit += 2) {
            enter(exit);
            uint256 before = hashlane.slotOf(paramsId());
            (address sender, bytes memory call) = leaving(exit);
            vm.recordLogs();
            vm.prank(sender);
            (bool done, ) = address(hashlane).call{gas: _ETH_NEEDED + 10_000}(call);
            vm.assertTrue(done, "the batch");
            // The newest: what the item emitted before it failed is recorded, too.
            Vm.Log[] memory logs = vm.getRecordedLogs();
            Vm.Log memory skipped = logs[logs.length - 1];
            vm.assertEq(skipped.topics[0], IHashlane.Skipped.selector);
            (uint256 index, bytes memory reason) = abi.decode(skipped.data, (uint256, bytes));
            vm.assertEq(index, 0);
            (uint256 available, uint256 needed) = tooLittle(reason);
            vm.assertEq(needed, _ETH_NEEDED);
            vm.assertLt(available, needed);
            vm.assertEq(hashlane.slotOf(paramsId()), before);
        }
    }

    /// @dev Sends the call with more and more gas: by what it is told that it lacks, for one payee after the other.
    function climb(uint256 exit, uint256 needed, uint256 count) private {
        (address sender, bytes memory call) = leaving(exit);
        uint256 given = needed;
        for (uint256 i; i < count; ++i) {
            uint256 available = attempt(sender, call, given, needed);
            vm.assertLt(available, needed, "available");
            given += needed - available;
            vm.assertEq(attempt(sender, call, given - 1, needed), needed - 1, "one less");
        }
        vm.prank(sender);
        (bool done, ) = address(hashlane).call{gas: given}(call);
        vm.assertTrue(done, "just enough");
    }

    function attempt(
        address sender,
        bytes memory call,
        uint256 given,
        uint256 needed
    ) private returns (uint256 available) {
        vm.prank(sender);
        (bool done, bytes memory reason) = address(hashlane).call{gas: given}(call);
        vm.assertTrue(!done, "too little");
        uint256 told;
        (available, told) = tooLittle(reason);
        vm.assertEq(told, needed, "needed");
    }

    function withdraw(address account) private {
        uint256 amount = creditOf(account);
        vm.prank(account);
        hashlane.withdrawCredit(params.token, amount, stranger.owner);
    }

    function tooLittle(bytes memory reason) private pure returns (uint256 available, uint256 needed) {
        vm.assertEq(bytes32(bytes4(reason)), bytes32(IHashlaneErrors.NotEnoughGas.selector));
        assembly {
            available := mload(add(reason, 0x24))
            needed := mload(add(reason, 0x44))
        }
    }

    function payees(Due memory due) private pure returns (uint256 count) {
        if (due.toA != 0) ++count;
        if (due.toB != 0 && !due.bInCredit) ++count;
        if (due.toTower != 0) ++count;
    }

    function isBatch(uint256 exit) private pure returns (bool) {
        return exit == 3 || exit == 5;
    }
}
