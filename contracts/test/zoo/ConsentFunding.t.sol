// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {CallsBack} from "../support/CallsBack.t.sol";
import {Consents} from "../support/Consents.t.sol";
import {Records} from "../support/Records.t.sol";
import {Vm} from "../support/Vm.t.sol";
import {ExitsTest} from "./Exits.t.sol";
import {OddToken, Way} from "./OddToken.t.sol";

/// @dev See zoo.tree: strange tokens in openBoth, which takes from an owner and from the sender in one call.
contract ConsentFundingTest is ExitsTest {
    address private constant _DATA = address(0xda7a);
    uint256 private constant _CREDIT = 50;

    OddToken private _token;

    function setUp() public override {
        super.setUp();
        _token = new OddToken();
        params.token = address(_token);
    }

    function test_TakesWhatArrivesWhateverTheTokenReturns() external {
        for (uint256 way; way <= uint256(Way.MovesAndReturnsLong); ++way) {
            _token.setPulling(Way(way));
            for (uint256 side; side < 2; ++side) {
                ++params.salt;
                uint256 before = _token.balanceOf(address(hashlane));
                (bool done, ) = fund(60, 40, side == 1);
                vm.assertTrue(done, "taken");
                vm.assertEq(_token.balanceOf(address(hashlane)) - before, 100, "what is held");
                vm.assertEq(hashlane.slotOf(paramsId()), slotAfter(60, 40, side == 1));
            }
        }
        assertOthersWhole();
    }

    function test_RevertWhen_TheTokenRefuses() external {
        bytes memory failed = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, _token);
        expectRefusal(Way.ReturnsFalse, failed);
        expectRefusal(Way.ReturnsTwo, failed);
        expectRefusal(Way.ReturnsShort, failed);
        expectRefusal(Way.RevertsBare, "");
        expectRefusal(Way.RevertsLong, new bytes(0x4000));
        expectRefusal(Way.EatsGas, "");
        assertOthersWhole();
    }

    /// @dev A fee is taken of both transfers.
    function test_RevertWhen_AnotherAmountArrives() external {
        bytes4 name = IHashlaneErrors.WrongTokenAmount.selector;
        expectRefusal(Way.ReturnsTrueOnly, abi.encodeWithSelector(name, 100, 0));
        expectRefusal(Way.KeepsOne, abi.encodeWithSelector(name, 100, 98));
        assertOthersWhole();
    }

    function test_RevertWhen_TheTokenBlocksEitherPayer() external {
        for (uint256 i; i < 4; ++i) {
            bool ofB = i & 1 == 1;
            address payer =
                i < 2
                    ? stranger.owner
                    : ofB
                        ? b.owner
                        : a.owner;
            _token.setBlocked(payer, true);
            (bool done, bytes memory reason) = fund(60, 40, ofB);
            vm.assertTrue(!done, "refused");
            vm.assertEq(reason, abi.encodeWithSelector(OddToken.Blocked.selector, payer));
            _token.setBlocked(payer, false);
        }
    }

    function test_RevertWhen_TheTokenHasNoCode() external {
        bytes memory call = prepared(60, 40, false);
        vm.etch(params.token, "");
        vm.prank(stranger.owner);
        (bool done, bytes memory reason) = address(hashlane).call(call);
        vm.assertTrue(!done, "refused");
        vm.assertEq(reason, "");
        vm.assertEq(phase(), ENDED);
    }

    /// @dev Some tokens refuse to move nothing: neither side is asked for what it does not bring.
    function test_ATokenThatRefusesZeroIsNotAskedForIt() external {
        _token.setPulling(Way.RefusesZero);
        for (uint256 i; i < 4; ++i) {
            ++params.salt;
            (bool done, ) = fund(i < 2 ? 60 : 0, i < 2 ? 0 : 40, i & 1 == 1);
            vm.assertTrue(done, "taken");
        }
        vm.assertEq(_token.balanceOf(address(hashlane)), 200);
    }

    /// @dev A pull within the pull of two would count twice what came once.
    function test_RevertWhen_TokensAreTakenInBetween() external {
        bytes memory call = withCredit();
        bring(params.token, 10);
        vm.etch(_DATA, abi.encodeCall(hashlane.addCredit, (params.token, params.token, 10)));
        vm.recordLogs();
        (bool done, ) = send(call);
        vm.assertTrue(done, "the outer call");
        expectInnerRefusals(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        vm.assertEq(creditOf(params.token), _CREDIT, "credit");
        vm.assertEq(_token.balanceOf(address(hashlane)), _CREDIT + 100, "[I1]");
    }

    /// @dev What is paid out while tokens come in is missing when what came is counted.
    function test_RevertWhen_TokensArePaidOutInBetween() external {
        bytes memory call = withCredit();
        vm.etch(_DATA, abi.encodeCall(hashlane.withdrawCredit, (params.token, 10, stranger.signer)));
        (bool done, bytes memory reason) = send(call);
        vm.assertTrue(!done, "refused");
        // Each withdrawal makes the token ask for another one, until its credit is gone.
        bytes4 name = IHashlaneErrors.WrongTokenAmount.selector;
        vm.assertEq(reason, abi.encodeWithSelector(name, 100, 100 - _CREDIT));
        vm.assertEq(creditOf(params.token), _CREDIT, "credit");
        vm.assertEq(_token.balanceOf(address(hashlane)), _CREDIT, "[I1]");
        vm.assertEq(phase(), ENDED);
    }

    /// @dev The consent is marked before any money moves, so the second call within the first finds it used.
    function test_RevertWhen_TheSameConsentComesInBetween() external {
        bytes memory call = withCredit();
        vm.etch(_DATA, call);
        vm.recordLogs();
        (bool done, ) = send(call);
        vm.assertTrue(done, "the outer call");
        expectInnerRefusals(IHashlaneErrors.ConsentUsed.selector);
        vm.assertEq(hashlane.slotOf(paramsId()), slotAfter(60, 40, false));
    }

    /// @dev [CL-3] All deposits are in the slot before any money moves: a close in between finds them.
    function test_ACloseInBetweenKeepsItsDeadline() external {
        bytes memory call = prepared(60, 40, false);
        IHashlane.LaneState memory idle;
        IHashlane.Signature memory none;
        bytes32 digest = Consents.idleIntent(address(hashlane), channel(), START);
        IHashlane.Intent memory intent = IHashlane.Intent(false, START, sign(a, digest));
        _token.prepare(address(hashlane), 0);
        vm.etch(_DATA, abi.encodeCall(hashlane.closeFor, (params, 1, record, idle, idle, none, "", intent)));
        (bool done, ) = send(call);
        vm.assertTrue(done, "the outer call");
        IHashlane.Closing memory expected = Records.closed(false, 60, 40, idle, idle);
        vm.assertEq(hashlane.slotOf(paramsId()), Records.closingSlot(1, START + CHALLENGE, expected));
        vm.assertEq(_token.balanceOf(address(hashlane)), 100, "[I1]");
    }

    /// @dev Fails, and leaves the consent as good as it was.
    function expectRefusal(Way way, bytes memory reason) private {
        for (uint256 side; side < 2; ++side) {
            ++params.salt;
            _token.setPulling(way);
            (bool done, bytes memory actual) = fund(60, 40, side == 1);
            vm.assertTrue(!done, "refused");
            vm.assertEq(keccak256(actual), keccak256(reason), "the reason");
            vm.assertEq(hashlane.slotOf(paramsId()), 0, "the slot");
            vm.assertEq(_token.balanceOf(stranger.owner), side == 1 ? 60 : 40, "the sender's");
            vm.assertEq(_token.balanceOf(side == 1 ? b.owner : a.owner), side == 1 ? 40 : 60, "the owner's");
            _token.setPulling(Way.Good);
            (done, ) = fund(60, 40, side == 1);
            vm.assertTrue(done, "afterwards");
        }
    }

    function fund(uint256 amountA, uint256 amountB, bool ofB) private returns (bool, bytes memory) {
        return send(prepared(amountA, amountB, ofB));
    }

    function send(bytes memory call) private returns (bool, bytes memory) {
        vm.prank(stranger.owner);
        return address(hashlane).call{gas: 3_000_000}(call);
    }

    /// @dev The token calls in its own name, and has a credit of its own.
    function withCredit() private returns (bytes memory) {
        bring(params.token, _CREDIT);
        vm.prank(params.token);
        hashlane.addCredit(params.token, params.token, _CREDIT);
        _token.prepare(address(hashlane), 0);
        return prepared(60, 40, false);
    }

    /// @dev The call, with the money for it in the hands of an owner and of the sender.
    function prepared(uint256 amountA, uint256 amountB, bool ofB) private returns (bytes memory) {
        (uint256 amount, uint256 brought) = ofB ? (amountB, amountA) : (amountA, amountB);
        bring(ofB ? b.owner : a.owner, amount);
        bring(stranger.owner, brought);
        bytes32 digest = Consents.digest(address(hashlane), params, 1, amount, brought, START);
        bytes memory consent = Consents.compact(Consents.keyOf(ofB ? "b" : "a"), digest);
        return abi.encodeCall(hashlane.openBoth, (params, 1, amountA, amountB, ofB, brought, START, consent));
    }

    /// @dev Of both transfers of the call.
    function expectInnerRefusals(bytes4 name) private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 times;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != CallsBack.CalledBack.selector) continue;
            (bool done, bytes4 refusal) = abi.decode(logs[i].data, (bool, bytes4));
            vm.assertTrue(!done, "the inner call");
            vm.assertEq(bytes32(refusal), bytes32(name), "why");
            ++times;
        }
        vm.assertEq(times, 2, "inner calls");
    }

    function slotAfter(uint256 depositA, uint256 depositB, bool ofB) private pure returns (uint256) {
        return OPEN * 2 ** 254 + 2 ** 234 + 2 ** (ofB ? 226 : 225) + depositB * 2 ** 96 + depositA;
    }
}
