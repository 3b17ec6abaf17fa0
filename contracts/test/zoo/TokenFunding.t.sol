// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {Consents} from "../support/Consents.t.sol";
import {Records} from "../support/Records.t.sol";
import {ExitsTest} from "./Exits.t.sol";
import {OddToken, Way} from "./OddToken.t.sol";

/// @dev See zoo.tree: what happens when channels of strange tokens are opened or topped up.
contract TokenFundingTest is ExitsTest {
    OddToken private _token;

    function setUp() public override {
        super.setUp();
        _token = new OddToken();
        params.token = address(_token);
    }

    function test_TakesWhatArrivesWhateverTheTokenReturns() external {
        for (uint256 way; way <= uint256(Way.MovesAndReturnsLong); ++way) {
            ++params.salt;
            fundEveryWay(Way(way));
        }
        assertOthersWhole();
    }

    function test_RevertWhen_TheTokenRefuses() external {
        bytes memory failed = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, _token);
        expectRefusal(Way.ReturnsFalse, failed);
        expectRefusal(Way.ReturnsTwo, failed);
        expectRefusal(Way.RevertsBare, "");
        expectRefusal(Way.RevertsLong, new bytes(0x4000));
        expectRefusal(Way.EatsGas, "");
        expectRefusal(
            Way.ReturnsTrueOnly,
            abi.encodeWithSelector(IHashlaneErrors.WrongTokenAmount.selector, 100, 0)
        );
        expectRefusal(
            Way.KeepsOne,
            abi.encodeWithSelector(IHashlaneErrors.WrongTokenAmount.selector, 100, 99)
        );
        assertOthersWhole();
    }

    /// @dev One byte too few is no answer, even if all that is there is ones.
    function test_RevertWhen_TheTokenReturnsLessThanAWord() external {
        bytes memory failed = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, _token);
        expectRefusal(Way.ReturnsShort, failed);
    }

    function test_RevertWhen_TheTokenBlocksThePayer() external {
        bring(a.owner, 100);
        _token.setBlocked(a.owner, true);
        vm.expectRevert(abi.encodeWithSelector(OddToken.Blocked.selector, a.owner));
        vm.prank(a.owner);
        hashlane.open(params, 1, 60, 40);
    }

    function test_RevertWhen_TheTokenHasNoCode() external {
        params.token = address(0xc0de);
        vm.expectRevert("");
        hashlane.open(params, 1, 60, 40);
        vm.expectRevert("");
        hashlane.addCredit(params.token, a.owner, 1);
        vm.assertEq(phase(), ENDED);
    }

    function test_AmountsAtTheLimitGoInAndOut() external {
        open(INT96_MAX, INT96_MAX);
        vm.assertEq(_token.balanceOf(address(hashlane)), 2 * INT96_MAX);
        bring(a.owner, 1);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.BadAmount.selector, 1, 0));
        vm.prank(a.owner);
        hashlane.depositToken(params, 1, 1, 0);
        IHashlane.Signature memory signature = signClose(b, int256(INT96_MAX), START);
        vm.prank(a.signer);
        hashlane.closeCooperatively(params, 1, int256(INT96_MAX), START, signature);
        vm.assertEq(_token.balanceOf(b.owner), 2 * INT96_MAX);
        assertOthersWhole();
    }

    /// @dev No money is asked for where none is brought: some tokens refuse to move nothing.
    function test_ATokenThatRefusesZeroIsNotAskedForIt() external {
        _token.setPulling(Way.RefusesZero);
        bring(a.owner, 60);
        IHashlane.Consent memory none;
        IHashlane.Consent memory byA = consentOf("a", 60);
        vm.prank(stranger.owner);
        hashlane.openFor(params, 1, 60, 0, byA, none);
        vm.assertEq(_token.balanceOf(address(hashlane)), 60);
    }

    /// @dev Both consents are in before any money moves, so a close in between finds a slot that nobody writes to.
    function test_ACloseBetweenTwoConsentsKeepsItsDeadline() external {
        bring(a.owner, 60);
        bring(b.owner, 40);
        IHashlane.LaneState memory idle;
        IHashlane.Signature memory none;
        bytes32 digest = Consents.idleIntent(address(hashlane), channel(), START);
        IHashlane.Intent memory intent = IHashlane.Intent(false, START, sign(a, digest));
        _token.prepare(address(hashlane), 0);
        vm.etch(
            address(0xda7a),
            abi.encodeCall(hashlane.closeFor, (params, 1, record, idle, idle, none, "", intent))
        );
        IHashlane.Consent memory byA = consentOf("a", 60);
        IHashlane.Consent memory byB = consentOf("b", 40);
        hashlane.openFor(params, 1, 60, 40, byA, byB);
        IHashlane.Closing memory expected = Records.closed(false, 60, 40, idle, idle);
        vm.assertEq(hashlane.slotOf(paramsId()), Records.closingSlot(1, START + CHALLENGE, expected));
        vm.assertEq(_token.balanceOf(address(hashlane)), 100);
    }

    function fundEveryWay(Way way) private {
        _token.setPulling(way);
        uint256 before = _token.balanceOf(address(hashlane));
        open(60, 40);
        bring(b.owner, 5);
        vm.prank(b.owner);
        hashlane.depositToken(params, 1, 0, 5);
        bring(b.owner, 7);
        vm.prank(b.owner);
        hashlane.addCredit(params.token, b.owner, 7);
        vm.assertEq(_token.balanceOf(address(hashlane)) - before, 112);
    }

    function expectRefusal(Way way, bytes memory reason) private {
        _token.setPulling(way);
        bring(a.owner, 100);
        bytes memory call = abi.encodeCall(hashlane.open, (params, 1, 60, 40));
        vm.prank(a.owner);
        (bool done, bytes memory result) = address(hashlane).call{gas: 1_000_000}(call);
        vm.assertTrue(!done, "refused");
        vm.assertEq(keccak256(result), keccak256(reason), "the reason");
        vm.assertEq(phase(), ENDED);
        vm.assertEq(_token.balanceOf(a.owner), 100);
    }

    function consentOf(string memory name, uint256 amount) private view returns (IHashlane.Consent memory) {
        bytes32 digest = Consents.digest(address(hashlane), params, 1, amount, 0, START);
        return IHashlane.Consent(0, START, Consents.compact(Consents.keyOf(name), digest));
    }
}
