// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {TestToken} from "../../mocks/TestToken.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";

/// @title Every way in which money leaves a channel of 6,000 and 4,000, beside two channels that must not notice
abstract contract ExitsTest is ChannelTest {
    /// @dev What an exit owes to whom; `bInCredit`: B asked for credit.
    struct Due {
        uint256 toA;
        uint256 toB;
        uint256 toTower;
        bool bInCredit;
    }

    uint256 internal constant EXITS = 13;
    uint256 internal constant RESIZE = 8;
    /// @dev Settling a humble close; the next one: settling the ordinary close that took its place [CL-7].
    uint256 internal constant HUMBLE = 11;
    uint256 internal constant A_BRINGS = 6000;
    uint256 internal constant B_BRINGS = 4000;

    uint256 private constant _ALWAYS = type(uint256).max;

    address internal tower = address(0x7077e4);
    TestToken internal goodToken;
    IHashlane.Params private _ethBeside;
    IHashlane.Params private _tokensBeside;

    function setUp() public virtual override {
        super.setUp();
        goodToken = new TestToken();
        _ethBeside = params;
        _ethBeside.salt = 1_000_001;
        _tokensBeside = params;
        _tokensBeside.salt = 1_000_002;
        _tokensBeside.token = address(goodToken);
        vm.deal(address(this), 300);
        hashlane.open{value: 300}(_ethBeside, 1, 100, 200);
        goodToken.set(address(this), 700);
        goodToken.approve(address(hashlane), 700);
        hashlane.open(_tokensBeside, 1, 300, 400);
    }

    /// @dev [I1] [I8] The channels beside hold what they held, and can pay it.
    function assertOthersWhole() internal {
        vm.assertEq(goodToken.balanceOf(address(hashlane)), 700, "[I8] other tokens");
        if (params.token != address(0)) vm.assertEq(address(hashlane).balance, 300, "[I8] ETH");
        IHashlane.Params memory mine = params;
        params = _ethBeside;
        endAndGoBack(100, 200);
        params = _tokensBeside;
        endAndGoBack(300, 400);
        params = mine;
    }

    /// @dev Ends the channel in `params` and opens its next life with what was paid.
    function endAndGoBack(uint256 amountA, uint256 amountB) private {
        uint256 mine = life;
        life = (hashlane.slotOf(paramsId()) >> 234) & (2 ** 20 - 1);
        uint256 beforeA = balanceOf(params.ownerA);
        uint256 beforeB = balanceOf(params.ownerB);
        IHashlane.Signature memory byA = signClose(a, 0, _ALWAYS);
        IHashlane.Signature memory byB = signClose(b, 0, _ALWAYS);
        hashlane.closeCooperativelyFor(params, life, 0, _ALWAYS, byA, byB);
        vm.assertEq(balanceOf(params.ownerA) - beforeA, amountA, "[I8] beside, to A");
        vm.assertEq(balanceOf(params.ownerB) - beforeB, amountB, "[I8] beside, to B");
        if (params.token == address(0)) {
            vm.deal(params.ownerA, beforeA);
            vm.deal(params.ownerB, beforeB);
            vm.deal(address(this), amountA + amountB);
            hashlane.open{value: amountA + amountB}(params, life + 1, amountA, amountB);
        } else {
            goodToken.set(params.ownerA, beforeA);
            goodToken.set(params.ownerB, beforeB);
            goodToken.set(address(this), amountA + amountB);
            goodToken.approve(address(hashlane), amountA + amountB);
            hashlane.open(params, life + 1, amountA, amountB);
        }
        life = mine;
    }

    /// @dev A new channel, ready for {payOut}.
    function enter(uint256 exit) internal returns (Due memory due) {
        vm.warp(START);
        ++params.salt;
        closer = a;
        other = b;
        params.recoveryPeriod = exit < HUMBLE ? 0 : 2 days;
        open(A_BRINGS, B_BRINGS);
        if (exit == 4 || exit == 5) {
            close(state(1, 0, 1000), state(0, 0, 0));
            vm.warp(deadline);
        } else if (exit >= HUMBLE) {
            beginHumbly(exit == HUMBLE);
        } else if (exit == 6 || exit == 7 || exit >= 9) {
            close(state(1, 0, 1000), state(0, 0, 0));
        }
        if (exit == 6) return Due(0, 10_000, 0, false);
        if (exit == 7) return Due(0, 9900, 100, false);
        if (exit == RESIZE) return Due(2000, 1000, 0, false);
        return Due(5000, 5000, 0, exit == 2 || exit == 3);
    }

    function beginHumbly(bool stays) private {
        closeHumbly(state(1, 0, 1000), state(0, 0, 0), "");
        if (!stays) {
            IHashlane.Intent memory ordinary;
            IHashlane.Signature memory byA = signLane(a, state(1, 0, 1000));
            vm.recordLogs();
            vm.prank(b.owner);
            hashlane.closeFor(params, life, record, state(0, 0, 0), state(1, 0, 1000), byA, "", ordinary);
            deadline = vm.getBlockTimestamp() + params.challengePeriod;
            readRecord();
        }
        vm.warp(deadline);
    }

    /// @dev The call that pays, and who sends it.
    function leaving(uint256 exit) internal view returns (address sender, bytes memory call) {
        IHashlane.Signature memory ending = signClose(a, 1000, START);
        if (exit == 0) {
            return (
                params.signerB,
                abi.encodeCall(hashlane.closeCooperatively, (params, life, 1000, START, ending))
            );
        }
        if (exit == 1) {
            IHashlane.Signature memory byB = signClose(b, 1000, START);
            call = abi.encodeCall(hashlane.closeCooperativelyFor, (params, life, 1000, START, ending, byB));
            return (stranger.owner, call);
        }
        if (exit == 2) {
            call = abi.encodeCall(hashlane.closeCooperativelyToCredit, (params, life, 1000, START, ending));
            return (params.signerB, call);
        }
        if (exit == 3) {
            IHashlane.CooperativeEnd[] memory ends = new IHashlane.CooperativeEnd[](1);
            ends[0] = IHashlane.CooperativeEnd(params, life, 1000, START, ending);
            return (params.signerB, abi.encodeCall(hashlane.closeBatch, (ends)));
        }
        if (exit == 4 || exit >= HUMBLE) {
            return (stranger.owner, abi.encodeCall(hashlane.settle, (params, life, record, nothing())));
        }
        if (exit == 5) {
            bytes[] memory items = new bytes[](1);
            items[0] = abi.encodeCall(hashlane.settle, (params, life, record, nothing()));
            return (stranger.owner, abi.encodeCall(hashlane.settleBatch, (items)));
        }
        if (exit == 6 || exit == 7) return convicting(exit == 7);
        if (exit == RESIZE) {
            IHashlane.Signature memory byB = signResize(b, 0, -2000, -1000, START);
            call = abi.encodeCall(hashlane.resize, (params, life, -2000, -1000, START, byB));
            return (params.signerA, call);
        }
        if (exit == 9) {
            call = abi.encodeCall(
                hashlane.closeCooperativelyWhileClosing,
                (params, life, record, 1000, START, ending)
            );
            return (params.signerB, call);
        }
        call = abi.encodeCall(
            hashlane.closeCooperativelyForWhileClosing,
            (params, life, record, 1000, START, ending, signClose(b, 1000, START))
        );
        return (stranger.owner, call);
    }

    function convicting(bool byTower) private view returns (address sender, bytes memory call) {
        IHashlane.LaneState memory hidden = state(2, 0, 3000);
        IHashlane.Signature memory byCloser = signLane(a, hidden);
        if (!byTower) {
            return (
                params.signerB,
                abi.encodeCall(hashlane.answer, (params, life, record, hidden, byCloser))
            );
        }
        IHashlane.Signature memory byVictim = signAnswer(b, hidden, tower, 100);
        call = abi.encodeCall(
            hashlane.answerFor,
            (params, life, record, hidden, byCloser, tower, 100, byVictim)
        );
        return (stranger.owner, call);
    }

    function payOut(uint256 exit) internal {
        (address sender, bytes memory call) = leaving(exit);
        vm.prank(sender);
        (bool done, bytes memory result) = address(hashlane).call{gas: 2_000_000}(call);
        if (!done) {
            assembly {
                revert(add(result, 0x20), mload(result))
            }
        }
    }

    function creditOf(address account) internal view returns (uint256) {
        return hashlane.creditOf(params.token, account);
    }

    /// @dev Everything went to where it is expected: delivered, or in credit.
    function assertDue(address account, uint256 amount, bool inCredit, string memory who) internal view {
        vm.assertEq(balanceOf(account), inCredit ? 0 : amount, string.concat("delivered to ", who));
        vm.assertEq(creditOf(account), inCredit ? amount : 0, string.concat("credit of ", who));
    }
}
