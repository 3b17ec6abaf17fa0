// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {TestToken} from "../../mocks/TestToken.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";

/// @dev See open.tree.
contract OpenTest is ChannelTest {
    uint256 private constant _MAX_LIFE = 2 ** 20 - 1;
    /// @dev Where the contract keeps its mapping of slots.
    uint256 private constant _SLOTS_AT = 3;

    function test_WhenEth_StoresBothDeposits() external {
        vm.expectEmit(address(hashlane));
        emit IHashlane.Opened(channel(), 1, params, 60, 40);
        open(60, 40);

        vm.assertEq(hashlane.slotOf(paramsId()), OPEN * 2 ** 254 + 2 ** 234 + 2 ** 224 + 40 * 2 ** 96 + 60);
        vm.assertEq(address(hashlane).balance, 100);
        vm.assertEq(a.owner.balance, 0);
    }

    function test_WhenToken_StoresBothDeposits() external {
        TestToken token = useToken();
        bring(a.owner, 100);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Opened(channel(), 1, params, 60, 40);
        openAs(a.owner, 0, 60, 40);

        vm.assertEq(hashlane.slotOf(paramsId()), OPEN * 2 ** 254 + 2 ** 234 + 40 * 2 ** 96 + 60);
        vm.assertEq(token.balanceOf(address(hashlane)), 100);
        vm.assertEq(token.balanceOf(a.owner), 0);
    }

    /// @dev [ID-4] [I7]
    function test_IdsAreThoseOfTheProtocol() external {
        vm.assertEq(hashlane.paramsIdOf(params), paramsId());
        vm.assertEq(hashlane.channelOf(paramsId(), 1), channel());
        vm.chainId(5);
        vm.assertEq(hashlane.paramsIdOf(params), paramsId());
    }

    function test_AnybodyMayBringTheMoney() external {
        vm.deal(stranger.owner, 100);
        openAs(stranger.owner, 100, 60, 40);
        vm.assertEq(phase(), OPEN);
    }

    function test_OneSideMayBeEmpty() external {
        open(0, 1);
        ++params.salt;
        open(1, 0);
    }

    function test_RevertWhen_BothSidesAreEmpty() external {
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.BadAmount.selector, 0, 0));
        open(0, 0);
    }

    function test_AmountsUpTo95Bits() external {
        open(INT96_MAX, INT96_MAX);
        vm.assertEq(address(hashlane).balance, 2 * INT96_MAX);
    }

    function test_RevertWhen_AmountAIsOver95Bits() external {
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.BadAmount.selector, INT96_MAX + 1, 0));
        open(INT96_MAX + 1, 0);
    }

    function test_RevertWhen_AmountBIsOver95Bits() external {
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.BadAmount.selector, 0, INT96_MAX + 1));
        open(0, INT96_MAX + 1);
    }

    function test_RevertWhen_AmountsWouldWrap() external {
        vm.deal(a.owner, 0);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.BadAmount.selector, type(uint256).max, 1));
        openAs(a.owner, 0, type(uint256).max, 1);
    }

    function test_RevertWhen_ValueIsTooLittleOrTooMuch() external {
        vm.deal(a.owner, 101);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongValue.selector, 100, 99));
        openAs(a.owner, 99, 60, 40);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongValue.selector, 100, 101));
        openAs(a.owner, 101, 60, 40);
    }

    function test_RevertWhen_ValueComesWithTokens() external {
        useToken();
        bring(a.owner, 100);
        vm.deal(a.owner, 1);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongValue.selector, 0, 1));
        openAs(a.owner, 1, 60, 40);
    }

    function test_RevertWhen_TokensAreNotAllowed() external {
        useToken();
        bring(a.owner, 99);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, hashlane, 99, 100)
        );
        openAs(a.owner, 0, 60, 40);
    }

    function test_GivenOpen_Deposits() external {
        open(60, 40);
        vm.deal(b.owner, 10);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Deposited(channel(), 63, 47);
        openAs(b.owner, 10, 3, 7);

        vm.assertEq(hashlane.slotOf(paramsId()), OPEN * 2 ** 254 + 2 ** 234 + 2 ** 224 + 47 * 2 ** 96 + 63);
        vm.assertEq(address(hashlane).balance, 110);
    }

    function test_RevertGiven_Open_WhenOtherLife() external {
        open(60, 40);
        life = 2;
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, ENDED, OPEN));
        open(60, 40);
    }

    function test_RevertGiven_Closing() external {
        open(60, 40);
        close(state(0, 0, 0), state(0, 0, 0));
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, ENDED, CLOSING));
        open(60, 40);
    }

    function test_GivenEnded_OpensTheNextLife() external {
        open(60, 40);
        bytes32 first = channel();
        vm.prank(a.owner);
        hashlane.closeCooperatively(params, 1, 0, START, signClose(b, 0, START));

        life = 2;
        vm.expectEmit(address(hashlane));
        emit IHashlane.Opened(channel(), 2, params, 1, 2);
        open(1, 2);
        vm.assertEq(hashlane.slotOf(paramsId()), OPEN * 2 ** 254 + 2 * 2 ** 234 + 2 ** 224 + 2 * 2 ** 96 + 1);
        vm.assertNotEq(channel(), first);
    }

    function test_RevertWhen_LifeIsNotTheNext() external {
        vm.deal(a.owner, 100);
        life = 0;
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongLife.selector, 1, 0));
        openAs(a.owner, 100, 60, 40);
        life = 2;
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongLife.selector, 1, 2));
        openAs(a.owner, 100, 60, 40);
    }

    function test_LivesUpTo20Bits() external {
        setLife(_MAX_LIFE - 1);
        life = _MAX_LIFE;
        open(60, 40);
        vm.assertEq(phase(), OPEN);
    }

    function test_RevertWhen_AllLivesAreUsed() external {
        setLife(_MAX_LIFE);
        life = _MAX_LIFE + 1;
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.LivesExhausted.selector, _MAX_LIFE + 1));
        open(60, 40);
    }

    /// @dev [ID-3]
    function test_RevertWhen_AnAccountIsMissing() external {
        IHashlane.Params memory good = params;
        params.ownerA = address(0);
        expectBadParams();
        params = good;
        params.ownerB = address(0);
        expectBadParams();
        params = good;
        params.signerA = address(0);
        expectBadParams();
        params = good;
        params.signerB = address(0);
        expectBadParams();
    }

    /// @dev [ID-3]
    function test_RevertWhen_AnAccountIsOnBothSides() external {
        IHashlane.Params memory good = params;
        params.ownerB = params.ownerA;
        expectBadParams();
        params = good;
        params.signerB = params.signerA;
        expectBadParams();
        params = good;
        params.signerB = params.ownerA;
        expectBadParams();
        params = good;
        params.signerA = params.ownerB;
        expectBadParams();
    }

    function test_AnOwnerMaySignForItself() external {
        params.signerA = params.ownerA;
        params.signerB = params.ownerB;
        open(60, 40);
        vm.assertEq(phase(), OPEN);
    }

    function test_ChallengePeriodsWithinTheBounds() external {
        (uint256 least, uint256 most) = hashlane.challengePeriodBounds();
        vm.assertEq(least, LEAST_CHALLENGE);
        vm.assertEq(most, MOST_CHALLENGE);
        params.challengePeriod = uint32(LEAST_CHALLENGE);
        open(60, 40);
        params.challengePeriod = uint32(MOST_CHALLENGE);
        open(60, 40);
    }

    function test_RevertWhen_ChallengePeriodIsOutOfBounds() external {
        params.challengePeriod = uint32(LEAST_CHALLENGE - 1);
        expectBadParams();
        params.challengePeriod = uint32(MOST_CHALLENGE + 1);
        expectBadParams();
    }

    function test_RecoveryPeriodsOfZeroOrWithinTheBounds() external {
        uint32[3] memory good = [uint32(0), uint32(LEAST_CHALLENGE), uint32(MOST_CHALLENGE)];
        for (uint256 i; i < 3; ++i) {
            params.recoveryPeriod = good[i];
            open(60, 40);
            vm.assertEq(phase(), OPEN);
        }
    }

    function test_RevertWhen_RecoveryPeriodIsOutOfBounds() external {
        uint32[4] memory bad = [
            uint32(1),
            uint32(LEAST_CHALLENGE - 1),
            uint32(MOST_CHALLENGE + 1),
            type(uint32).max
        ];
        for (uint256 i; i < 4; ++i) {
            params.recoveryPeriod = bad[i];
            expectBadParams();
        }
    }

    function expectBadParams() private {
        vm.expectRevert(abi.encodeWithSelector(IHashlane.BadParams.selector, params));
        open(60, 40);
    }

    function openAs(address sender, uint256 value, uint256 amountA, uint256 amountB) private {
        vm.prank(sender);
        hashlane.open{value: value}(params, life, amountA, amountB);
    }

    /// @dev As if these Params had been opened and ended so many times.
    function setLife(uint256 ended) private {
        bytes32 place = keccak256(abi.encode(paramsId(), _SLOTS_AT));
        vm.store(address(hashlane), place, bytes32(ended * 2 ** 234));
        vm.assertEq(hashlane.slotOf(paramsId()), ended * 2 ** 234);
    }
}
