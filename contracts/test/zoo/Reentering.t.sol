// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {CallsBack} from "../support/CallsBack.t.sol";
import {Signing} from "../support/Signing.t.sol";
import {Vm} from "../support/Vm.t.sol";
import {ExitsTest} from "./Exits.t.sol";
import {Meddler} from "./OddReceiver.t.sol";
import {OddToken} from "./OddToken.t.sol";

/// @dev See zoo.tree: whoever is called in between calls again. A owns, beside what the outer call is about, a credit of
/// 50 and 60 of an open channel of 100; whatever the inner call does, the debts are covered and A has what it had.
contract ReenteringTest is ExitsTest {
    address private constant _DATA = address(0xda7a);
    uint256 private constant _CALLS = 15;
    uint256 private constant _CREDIT = 50;

    OddToken private _token;
    Meddler private _meddler;
    /// @dev The open channel beside, and one to open from credit.
    IHashlane.Params private _beside;
    IHashlane.Params private _next;
    uint256[_CALLS] private _done;
    uint256 private _current;

    function setUp() public override {
        super.setUp();
        _token = new OddToken();
        _token.prepare(address(hashlane), 0);
        _meddler = new Meddler();
        _meddler.prepare(address(hashlane), 0);
    }

    /// @dev In ETH: A is called when it is paid by any of the ways.
    function test_AReceiverThatCallsAgainGetsNothingThatIsNotItsOwn() external {
        params.ownerA = a.owner = address(_meddler);
        for (uint256 i; i < EXITS * _CALLS; ++i) {
            Due memory due = begin(i / _CALLS);
            if (due.toA == 0) continue;
            during(i % _CALLS);
            payOut(i / _CALLS);
            assertCovered(A_BRINGS, i / _CALLS == RESIZE ? 5000 : due.toA);
        }
        assertOthersWhole();
    }

    /// @dev A withdrawal gives all gas that there is.
    function test_AReceiverOfCreditThatCallsAgainGetsNothingThatIsNotItsOwn() external {
        params.ownerA = a.owner = address(_meddler);
        for (uint256 i; i < _CALLS; ++i) {
            begin(0);
            during(i);
            vm.prank(a.owner);
            hashlane.withdrawCredit(address(0), 20, a.owner);
            assertCovered(A_BRINGS, 5000);
        }
        vm.assertGt(_done[0], 0, "withdrawCredit");
        vm.assertGt(_done[1], 0, "openFromCredit");
        vm.assertGt(_done[2], 0, "openBatch");
        vm.assertGt(_done[3], 0, "closeCooperatively");
        vm.assertGt(_done[4], 0, "closeCooperativelyToCredit");
        vm.assertGt(_done[5], 0, "closeBatch");
        vm.assertGt(_done[6], 0, "resize");
        assertOthersWhole();
    }

    /// @dev A token is called whenever it moves.
    function test_ATokenThatCallsAgainWhenItPaysGetsNothingOut() external {
        params.token = address(_token);
        params.ownerA = a.owner = address(_token);
        for (uint256 i; i < EXITS * _CALLS; ++i) {
            Due memory due = begin(i / _CALLS);
            during(i % _CALLS);
            payOut(i / _CALLS);
            assertCovered(A_BRINGS, i / _CALLS == RESIZE ? 5000 : due.toA);
        }
        assertOthersWhole();
    }

    /// @dev What is paid out while tokens come in is missing when what came is counted.
    function test_ATokenThatCallsAgainWhenItIsTakenGetsNothingOut() external {
        params.token = address(_token);
        params.ownerA = a.owner = address(_token);
        uint256 refused;
        for (uint256 i; i < 2 * _CALLS; ++i) {
            begin(0);
            bring(a.owner, 30);
            during(i % _CALLS);
            bytes memory call =
                i < _CALLS
                    ? abi.encodeCall(hashlane.depositToken, (params, 1, 10, 20))
                    : abi.encodeCall(hashlane.addCredit, (params.token, a.owner, 30));
            vm.prank(a.owner);
            (bool done, bytes memory reason) = address(hashlane).call{gas: 5_000_000}(call);
            if (!done) {
                ++refused;
                // The other reason: less is there than before.
                bool isPanic =
                    keccak256(reason) == keccak256(abi.encodeWithSignature("Panic(uint256)", 0x11));
                vm.assertTrue(
                    isPanic || bytes4(reason) == IHashlaneErrors.WrongTokenAmount.selector,
                    "the reason"
                );
            }
            // B owns the 20.
            assertCovered(A_BRINGS + (done && i < _CALLS ? 10 : 30), 0);
        }
        vm.assertGt(refused, 0, "refused");
        vm.assertLt(refused, 2 * _CALLS, "refused");
        assertOthersWhole();
    }

    /// @dev No state is half done when it is called: it opens the next life with what it was just paid.
    function test_AReceiverMayOpenTheNextLife() external {
        params.ownerA = a.owner = address(_meddler);
        enter(0);
        _meddler.prepare(address(hashlane), 5000);
        vm.etch(_DATA, abi.encodeCall(hashlane.open, (params, 2, 5000, 0)));
        payOut(0);
        vm.assertEq(hashlane.slotOf(paramsId()), OPEN * 2 ** 254 + 2 * 2 ** 234 + 2 ** 224 + 5000);
        vm.assertEq(b.owner.balance, 5000);
        vm.assertEq(address(hashlane).balance, 5300);
        vm.etch(_DATA, "");
        assertOthersWhole();
    }

    /// @dev A pull within a pull would count twice what came once.
    function test_RevertWhen_TokensAreTakenInBetween() external {
        params.token = address(_token);
        params.ownerA = a.owner = address(_token);
        begin(0);
        bring(a.owner, 30);
        vm.etch(_DATA, abi.encodeCall(hashlane.addCredit, (params.token, a.owner, 10)));
        vm.recordLogs();
        vm.prank(a.owner);
        hashlane.addCredit(params.token, a.owner, 20);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != CallsBack.CalledBack.selector) continue;
            (bool done, bytes4 name) = abi.decode(logs[i].data, (bool, bytes4));
            vm.assertTrue(!done, "the inner pull");
            vm.assertEq(bytes32(name), bytes32(bytes4(keccak256("ReentrancyGuardReentrantCall()"))));
        }
        vm.assertEq(creditOf(a.owner), _CREDIT + 20);
    }

    /// @dev The outer channel, and A's own beside it; B's and the tower's hands are empty.
    function begin(uint256 exit) private returns (Due memory due) {
        vm.etch(_DATA, "");
        clear();
        due = enter(exit);
        IHashlane.Params memory outer = params;
        params.salt += 1_000_000;
        open(60, 40);
        _beside = params;
        params.salt += 1_000_000;
        _next = params;
        params = outer;
        uint256 value = bring(a.owner, _CREDIT);
        vm.prank(a.owner);
        hashlane.addCredit{value: value}(params.token, a.owner, _CREDIT);
    }

    function clear() private {
        address[3] memory accounts = [a.owner, b.owner, tower];
        for (uint256 i; i < 3; ++i) {
            uint256 credit = creditOf(accounts[i]);
            if (credit == 0) continue;
            vm.prank(accounts[i]);
            hashlane.withdrawCredit(params.token, credit, address(0x4ef06e));
        }
        for (uint256 i; i < 3; ++i) {
            if (params.token == address(0)) vm.deal(accounts[i], 0);
            else _token.set(accounts[i], 0);
        }
        // What earlier channels still hold is nobody's in these counts.
        if (params.token == address(0)) vm.deal(address(hashlane), 300);
        else _token.set(address(hashlane), 0);
    }

    function during(uint256 index) private {
        vm.etch(_DATA, calls(index));
        vm.recordLogs();
        _current = index;
    }

    /// @dev What the contract holds is what it owes. What A has is its part of the outer channel, which depends on
    /// whether that is over, and what it had beside.
    function assertCovered(uint256 partOfOpen, uint256 partOfEnded) private {
        vm.etch(_DATA, "");
        count();
        uint256 owedToA = creditOf(a.owner);
        uint256 owedToOthers = creditOf(b.owner) + creditOf(tower);
        for (uint256 i; i < 3; ++i) {
            (uint256 ofA, uint256 ofB) = depositsOf(
                i == 0
                    ? params
                    : i == 1
                        ? _beside
                        : _next
            );
            owedToA += ofA;
            owedToOthers += ofB;
        }
        uint256 held = balanceOf(address(hashlane)) - (params.token == address(0) ? 300 : 0);
        vm.assertEq(held, owedToA + owedToOthers, "[I1]");
        uint256 part = phase() == OPEN ? partOfOpen : partOfEnded;
        vm.assertEq(balanceOf(a.owner) + owedToA, part + 60 + _CREDIT, "what A has");
    }

    /// @dev Which inner calls went through.
    function count() private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != CallsBack.CalledBack.selector) continue;
            (bool done, ) = abi.decode(logs[i].data, (bool, bytes4));
            if (done) ++_done[_current];
        }
    }

    function depositsOf(IHashlane.Params memory of_) private view returns (uint256, uint256) {
        uint256 slot = hashlane.slotOf(Signing.paramsId(address(hashlane), of_));
        return slot >> 254 == OPEN ? (uint96(slot), uint96(slot >> 96)) : (0, 0);
    }

    /// @dev Calls that A may make; those of the outer channel are the outer call again.
    function calls(uint256 index) private view returns (bytes memory) {
        if (index == 0) return abi.encodeCall(hashlane.withdrawCredit, (params.token, 10, a.owner));
        if (index == 1) return abi.encodeCall(hashlane.openFromCredit, (_next, 1, 10, 0));
        if (index == 2) {
            IHashlane.Opening[] memory openings = new IHashlane.Opening[](1);
            openings[0] = IHashlane.Opening(_next, 1, 10, 0);
            return abi.encodeCall(hashlane.openBatch, (openings));
        }
        if (index < 7) return callsBeside(index);
        // Of the ways out of the outer channel all but the batches.
        uint256 exit = index - 7;
        (, bytes memory call) = leaving(
            exit == 3
                ? 8
                : exit == 5
                    ? 9
                    : exit
        );
        return call;
    }

    function callsBeside(uint256 index) private view returns (bytes memory) {
        bytes32 beside = Signing.channel(Signing.paramsId(address(hashlane), _beside), 1);
        bytes32 separator = Signing.domain(address(hashlane));
        bytes32 ending = Signing.cooperativeClose(separator, beside, 0, START * 2);
        IHashlane.Signature memory byB = sign(b, ending);
        if (index == 3) return abi.encodeCall(hashlane.closeCooperatively, (_beside, 1, 0, START * 2, byB));
        if (index == 4) {
            return abi.encodeCall(hashlane.closeCooperativelyToCredit, (_beside, 1, 0, START * 2, byB));
        }
        if (index == 5) {
            IHashlane.CooperativeEnd[] memory ends = new IHashlane.CooperativeEnd[](1);
            ends[0] = IHashlane.CooperativeEnd(_beside, 1, 0, START * 2, byB);
            return abi.encodeCall(hashlane.closeBatch, (ends));
        }
        byB = sign(b, Signing.resize(separator, beside, 0, -30, 0, START * 2));
        return abi.encodeCall(hashlane.resize, (_beside, 1, -30, 0, START * 2, byB));
    }
}
