// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {TestToken} from "../../mocks/TestToken.sol";
import {ConsentTest} from "../support/ConsentTest.t.sol";
import {FeeToken, Wallet} from "../support/Hostile.t.sol";

/// @dev See openFor.tree: openBoth, by one consent, and openFor, by both.
contract OpenForTest is ConsentTest {
    bytes4 private constant _MAGIC = 0x1626ba7e;

    /// @dev A side whose amount is zero needs no consent; no other comes in without.
    function test_WithBoth_OnlyZeroNeedsNoConsent() external {
        giveCredit(a.owner, 200);
        IHashlane.Consent memory consent = consentOf(ownerA, 60, 0);
        IHashlane.Consent memory nothing_;
        vm.prank(stranger.owner);
        hashlane.openFor(params, life, 60, 0, consent, nothing_);
        vm.assertEq(hashlane.slotOf(paramsId()), slotWith(60, 0, true, false));
        ++params.salt;
        consent = consentOf(ownerA, 60, 0);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.SignatureExpired.selector, 0, START));
        hashlane.openFor(params, life, 60, 1, consent, nothing_);
        nothing_.validUntil = UNTIL;
        vm.expectRevert(wrongConsent(b.owner));
        hashlane.openFor(params, life, 60, 1, consent, nothing_);
        vm.expectRevert(wrongConsent(a.owner));
        hashlane.openFor(params, life, 1, 0, nothing_, nothing_);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.BadAmount.selector, 0, 0));
        hashlane.openFor(params, life, 0, 0, nothing_, nothing_);
    }

    /// @dev What the other side has beside it is judged with both amounts in.
    function test_WithBoth_EachIsJudgedByWhatTheOtherBrings() external {
        giveCredit(a.owner, 200);
        giveCredit(b.owner, 200);
        IHashlane.Consent memory first = consentOf(ownerA, 60, 41);
        IHashlane.Consent memory second = consentOf(ownerB, 40, 60);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.TooLittleBeside.selector, 41, 40));
        openFor(0, 60, 40, first, second);
        first = consentOf(ownerA, 60, 40);
        second = consentOf(ownerB, 40, 61);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.TooLittleBeside.selector, 61, 60));
        openFor(0, 60, 40, first, second);
        second = consentOf(ownerB, 40, 60);
        openFor(0, 60, 40, first, second);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.ConsentUsed.selector, a.owner));
        openFor(0, 60, 40, first, second);
        vm.deal(address(this), 1);
        (bool done, ) = address(hashlane).call{value: 1}(
            abi.encodeCall(hashlane.openFor, (params, life, 60, 40, first, second))
        );
        vm.assertTrue(!done, "took value");
    }

    /// @dev Who pays nothing may still say what must stand beside it, and that counts as its consent to this life.
    function test_WithBoth_AConsentToNothingCounts() external {
        giveCredit(a.owner, 60);
        giveCredit(b.owner, 40);
        expectBeside(41, 40, 0, 40, consentOf(ownerA, 0, 41), consentOf(ownerB, 40, 0));
        expectBeside(61, 60, 60, 0, consentOf(ownerA, 60, 0), consentOf(ownerB, 0, 61));
        IHashlane.Consent memory others = consentOf(stranger, 0, 0);
        IHashlane.Consent memory own = consentOf(ownerB, 40, 0);
        vm.expectRevert(wrongConsent(a.owner));
        openFor(0, 0, 40, others, own);
        own = consentOf(ownerA, 60, 0);
        vm.expectRevert(wrongConsent(b.owner));
        openFor(0, 60, 0, own, others);

        openFor(0, 0, 40, consentOf(ownerA, 0, 40), consentOf(ownerB, 40, 0));
        vm.assertEq(hashlane.slotOf(paramsId()), slotWith(0, 40, true, true));
        vm.assertEq(hashlane.creditOf(address(0), a.owner), 60);
        vm.assertEq(hashlane.creditOf(address(0), b.owner), 0);
        own = consentOf(ownerA, 60, 0);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.ConsentUsed.selector, a.owner));
        openFor(0, 60, 0, own, none());

        ++params.salt;
        openFor(0, 60, 0, consentOf(ownerA, 60, 0), consentOf(ownerB, 0, 60));
        vm.assertEq(hashlane.slotOf(paramsId()), slotWith(60, 0, true, true));
        vm.assertEq(hashlane.creditOf(address(0), a.owner), 0);
        own = consentOf(ownerB, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.ConsentUsed.selector, b.owner));
        openFor(0, 0, 1, none(), own);
    }

    function test_WithA_ItsCreditPays() external {
        giveCredit(a.owner, 70);
        vm.deal(stranger.owner, 40);
        IHashlane.Consent memory consent = consentOf(ownerA, 60, 40);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Opened(channel(), 1, params, 60, 40);
        vm.expectEmit(address(hashlane));
        emit IHashlane.FundedByConsent(a.owner, 60);
        openFor(40, 60, 40, consent, none());
        vm.assertEq(hashlane.slotOf(paramsId()), slotWith(60, 40, true, false));
        vm.assertEq(hashlane.creditOf(address(0), a.owner), 10);
        vm.assertEq(address(hashlane).balance, 110);
    }

    function test_WithB_ItsCreditPays() external {
        giveCredit(b.owner, 40);
        vm.deal(stranger.owner, 60);
        IHashlane.Consent memory consent = consentOf(ownerB, 40, 60);
        vm.expectEmit(address(hashlane));
        emit IHashlane.FundedByConsent(b.owner, 40);
        openFor(60, 60, 40, none(), consent);
        vm.assertEq(hashlane.slotOf(paramsId()), slotWith(60, 40, false, true));
        vm.assertEq(hashlane.creditOf(address(0), b.owner), 0);
    }

    function test_WithBoth_AnybodySends() external {
        giveCredit(a.owner, 60);
        giveCredit(b.owner, 40);
        IHashlane.Consent memory first = consentOf(ownerA, 60, 40);
        IHashlane.Consent memory second = consentOf(ownerB, 40, 60);
        vm.expectEmit(address(hashlane));
        emit IHashlane.FundedByConsent(a.owner, 60);
        vm.expectEmit(address(hashlane));
        emit IHashlane.FundedByConsent(b.owner, 40);
        openFor(0, 60, 40, first, second);
        vm.assertEq(hashlane.slotOf(paramsId()), slotWith(60, 40, true, true));
        vm.assertEq(hashlane.creditOf(address(0), a.owner), 0);
        vm.assertEq(hashlane.creditOf(address(0), b.owner), 0);
        vm.assertEq(address(hashlane).balance, 100);
    }

    function test_InTokens_AllowancesPay() external {
        TestToken token = useToken();
        bring(a.owner, 60);
        bring(stranger.owner, 40);
        IHashlane.Consent memory consent = consentOf(ownerA, 60, 40);
        vm.expectEmit(address(hashlane));
        emit IHashlane.FundedByConsent(a.owner, 60);
        openFor(0, 60, 40, consent, none());
        vm.assertEq(token.balanceOf(address(hashlane)), 100);
        vm.assertEq(token.balanceOf(a.owner) + token.balanceOf(stranger.owner), 0);

        ++params.salt;
        bring(a.owner, 60);
        bring(b.owner, 40);
        openFor(0, 60, 40, consentOf(ownerA, 60, 40), consentOf(ownerB, 40, 60));
        vm.assertEq(token.balanceOf(address(hashlane)), 200);
        vm.assertEq(token.balanceOf(b.owner), 0);
    }

    function test_RevertWhen_TheValueIsNotTheRest() external {
        giveCredit(a.owner, 60);
        giveCredit(b.owner, 40);
        vm.deal(stranger.owner, 200);
        IHashlane.Consent memory first = consentOf(ownerA, 60, 40);
        IHashlane.Consent memory second = consentOf(ownerB, 40, 60);
        expectRefusal(abi.encodeWithSelector(IHashlaneErrors.WrongValue.selector, 40, 39), 39, first, none());
        expectRefusal(abi.encodeWithSelector(IHashlaneErrors.WrongValue.selector, 40, 41), 41, first, none());
        expectRefusal(
            abi.encodeWithSelector(IHashlaneErrors.WrongValue.selector, 60, 59),
            59,
            none(),
            second
        );
        vm.assertEq(phase(), ENDED);
    }

    function test_RevertWhen_ValueComesWithTokens() external {
        useToken();
        bring(a.owner, 60);
        vm.deal(stranger.owner, 1);
        IHashlane.Consent memory consent = consentOf(ownerA, 60, 40);
        expectRefusal(abi.encodeWithSelector(IHashlaneErrors.WrongValue.selector, 0, 1), 1, consent, none());
    }

    function test_RevertWhen_TheCreditIsTooLow() external {
        giveCredit(a.owner, 59);
        vm.deal(stranger.owner, 40);
        IHashlane.Consent memory consent = consentOf(ownerA, 60, 40);
        expectRefusal(
            abi.encodeWithSelector(IHashlaneErrors.NotEnoughCredit.selector, 59, 60),
            40,
            consent,
            none()
        );
    }

    function test_RevertWhen_TheAllowanceIsTooLowOrTheTokenTakesAFee() external {
        useToken();
        bring(a.owner, 59);
        bytes memory reason = abi.encodeWithSelector(
            IERC20Errors.ERC20InsufficientAllowance.selector,
            hashlane,
            59,
            60
        );
        expectRefusal(reason, 0, consentOf(ownerA, 60, 40), none());
        params.token = address(new FeeToken());
        bring(a.owner, 60);
        bring(stranger.owner, 40);
        reason = abi.encodeWithSelector(IHashlaneErrors.WrongTokenAmount.selector, 100, 98);
        expectRefusal(reason, 0, consentOf(ownerA, 60, 40), none());
    }

    function test_UntilItsLastSecond() external {
        giveCredit(a.owner, 60);
        vm.deal(stranger.owner, 40);
        IHashlane.Consent memory consent = consentOf(ownerA, 60, 40);
        vm.warp(UNTIL + 1);
        bytes memory reason = abi.encodeWithSelector(
            IHashlaneErrors.SignatureExpired.selector,
            UNTIL,
            UNTIL + 1
        );
        expectRefusal(reason, 40, consent, none());
        vm.warp(UNTIL);
        openFor(40, 60, 40, consent, none());
        vm.assertEq(phase(), OPEN);
    }

    function test_TheOtherSideMustHaveEnough() external {
        giveCredit(a.owner, 60);
        giveCredit(b.owner, 40);
        vm.deal(stranger.owner, 100);
        uint256[3] memory tooMuch = [uint256(41), uint256(type(int256).max), uint256(1) << 255];
        for (uint256 i; i < 3; ++i) {
            bytes memory reason = abi.encodeWithSelector(
                IHashlaneErrors.TooLittleBeside.selector,
                tooMuch[i],
                40
            );
            expectRefusal(reason, 40, consentOf(ownerA, 60, tooMuch[i]), none());
        }
        bytes memory low = abi.encodeWithSelector(IHashlaneErrors.TooLittleBeside.selector, 61, 60);
        expectRefusal(low, 60, none(), consentOf(ownerB, 40, 61));
        openFor(40, 60, 40, consentOf(ownerA, 60, 40), none());
        vm.assertEq(phase(), OPEN);
    }

    /// @dev What the other side holds already counts.
    function test_GivenOpen_DepositsBesideWhatIsThere() external {
        open(0, 50);
        giveCredit(a.owner, 60);
        IHashlane.Consent memory consent = consentOf(ownerA, 60, 50);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Deposited(channel(), 60, 50);
        openFor(0, 60, 0, consent, none());
        vm.assertEq(hashlane.slotOf(paramsId()), slotWith(60, 50, true, false));
    }

    /// @dev A side that has withdrawn more than its deposit is below any amount.
    function test_RevertGiven_TheOtherSideIsBelowZero() external {
        open(50, 0);
        resizeBy(0, -1);
        giveCredit(a.owner, 60);
        bytes memory reason = abi.encodeWithSelector(IHashlaneErrors.TooLittleBeside.selector, 1, -1);
        IHashlane.Consent memory consent = consentOf(ownerA, 60, 1);
        vm.expectRevert(reason);
        openFor(0, 60, 0, consent, none());
        // It asks for nothing beside it.
        openFor(0, 60, 0, consentOf(ownerA, 60, 0), none());
    }

    function test_OnceInALife() external {
        giveCredit(a.owner, 1000);
        vm.deal(stranger.owner, 1000);
        IHashlane.Consent memory consent = consentOf(ownerA, 60, 40);
        openFor(40, 60, 40, consent, none());
        expectUsed(consent);
        expectUsed(consentOf(ownerA, 60, 41));
        deposit(1);
        expectUsed(consent);
        resizeBy(-1, 0);
        expectUsed(consent);
        vm.assertEq(hashlane.creditOf(address(0), a.owner), 940);

        giveCredit(b.owner, 40);
        openFor(60, 60, 40, none(), consentOf(ownerB, 40, 60));
        bytes memory reason = abi.encodeWithSelector(IHashlaneErrors.ConsentUsed.selector, b.owner);
        expectRefusal(reason, 60, none(), consentOf(ownerB, 40, 60));
    }

    /// @dev [I7] The next life needs a consent of its own.
    function test_GivenTheNextLife_OnlyANewConsentWorks() external {
        giveCredit(a.owner, 1000);
        vm.deal(stranger.owner, 1000);
        IHashlane.Consent memory consent = consentOf(ownerA, 60, 40);
        openFor(40, 60, 40, consent, none());
        endTogether();
        life = 2;
        expectRefusal(wrongConsent(a.owner), 40, consent, none());
        openFor(40, 60, 40, consentOf(ownerA, 60, 40), none());
        vm.assertEq(hashlane.creditOf(address(0), a.owner), 880);
    }

    function test_RevertWhen_AnythingSignedIsChanged() external {
        giveCredit(a.owner, 1000);
        vm.deal(stranger.owner, 1000);
        IHashlane.Consent memory good = consentOf(ownerA, 60, 40);
        IHashlane.Consent memory changed = IHashlane.Consent(39, UNTIL, good.signature);
        expectRefusal(wrongConsent(a.owner), 40, changed, none());
        changed = IHashlane.Consent(40, UNTIL + 1, good.signature);
        expectRefusal(wrongConsent(a.owner), 40, changed, none());
        vm.expectRevert(wrongConsent(a.owner));
        openFor(40, 61, 40, good, none());
        ++params.salt;
        expectRefusal(wrongConsent(a.owner), 40, good, none());
        --params.salt;
        openFor(40, 60, 40, good, none());
    }

    function test_RevertWhen_SomebodyElseSigned() external {
        giveCredit(a.owner, 1000);
        giveCredit(b.owner, 1000);
        vm.deal(stranger.owner, 1000);
        Party[3] memory others = [a, ownerB, stranger];
        for (uint256 i; i < 3; ++i) {
            expectRefusal(wrongConsent(a.owner), 40, consentOf(others[i], 60, 40), none());
        }
        expectRefusal(wrongConsent(b.owner), 60, none(), consentOf(ownerA, 40, 60));
    }

    /// @dev [ID-2] One encoding only.
    function test_RevertWhen_TheSignatureIsMalformed() external {
        giveCredit(a.owner, 1000);
        vm.deal(stranger.owner, 1000);
        IHashlane.Consent memory consent = consentOf(ownerA, 60, 40);
        bytes memory good = consent.signature;
        bytes[4] memory bad = [bytes.concat(good, hex"00"), new bytes(64), new bytes(63), hex"01"];
        for (uint256 i; i < 4; ++i) {
            consent.signature = bad[i];
            expectRefusal(wrongConsent(a.owner), 40, consent, none());
        }
        consent.signature = good;
        openFor(40, 60, 40, consent, none());
    }

    /// @dev [ID-1] An account with a key keeps it when it gains code by EIP-7702.
    function test_ARecoveredOwnerWithCodeIsNotAsked() external {
        giveCredit(a.owner, 60);
        vm.deal(stranger.owner, 40);
        vm.etch(a.owner, hex"5f5ffd");
        openFor(40, 60, 40, consentOf(ownerA, 60, 40), none());
        vm.assertEq(phase(), OPEN);
    }

    function test_AContractDecidesForItself() external {
        Wallet wallet = new Wallet(stranger.signer, _MAGIC);
        params.ownerA = address(wallet);
        giveCredit(address(wallet), 60);
        vm.deal(stranger.owner, 40);
        IHashlane.Consent memory consent = consentOf(stranger, 60, 40);
        expectRefusal(wrongConsent(address(wallet)), 40, consent, none());
        consent.signature = bytes.concat(consent.signature, hex"00");
        openFor(40, 60, 40, consent, none());
        vm.assertEq(hashlane.slotOf(paramsId()), slotWith(60, 40, true, false));
        vm.assertEq(hashlane.creditOf(address(0), address(wallet)), 0);
    }

    function test_RevertWhen_AContractSaysAnythingElse() external {
        bytes4[2] memory answers = [bytes4(0xffffffff), bytes4(0)];
        vm.deal(stranger.owner, 40);
        for (uint256 i; i < 2; ++i) {
            params.ownerA = address(new Wallet(stranger.signer, answers[i]));
            giveCredit(params.ownerA, 60);
            IHashlane.Consent memory consent = consentOf(stranger, 60, 40);
            consent.signature = bytes.concat(consent.signature, hex"00");
            expectRefusal(wrongConsent(params.ownerA), 40, consent, none());
        }
    }

    function test_RevertGiven_WhatOpenRefuses() external {
        giveCredit(a.owner, 1000);
        vm.deal(stranger.owner, 1000);
        life = 2;
        bytes memory reason = abi.encodeWithSelector(IHashlaneErrors.WrongLife.selector, 1, 2);
        expectRefusal(reason, 40, consentOf(ownerA, 60, 40), none());
        life = 1;
        params.challengePeriod = uint32(LEAST_CHALLENGE - 1);
        reason = abi.encodeWithSelector(IHashlane.BadParams.selector, params);
        expectRefusal(reason, 40, consentOf(ownerA, 60, 40), none());
        params.challengePeriod = CHALLENGE;
        IHashlane.Consent memory nothing_ = consentOf(ownerA, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.BadAmount.selector, 0, 0));
        openFor(0, 0, 0, nothing_, none());
        open(60, 40);
        close(state(0, 0, 0), state(0, 0, 0));
        reason = abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, ENDED, CLOSING);
        expectRefusal(reason, 40, consentOf(ownerA, 60, 40), none());
    }

    function expectUsed(IHashlane.Consent memory consent) private {
        bytes memory reason = abi.encodeWithSelector(IHashlaneErrors.ConsentUsed.selector, a.owner);
        expectRefusal(reason, 40, consent, none());
    }

    function expectBeside(
        uint256 otherAmount,
        int256 beside,
        uint256 amountA,
        uint256 amountB,
        IHashlane.Consent memory consentA,
        IHashlane.Consent memory consentB
    ) private {
        vm.expectRevert(
            abi.encodeWithSelector(IHashlaneErrors.TooLittleBeside.selector, otherAmount, beside)
        );
        openFor(0, amountA, amountB, consentA, consentB);
    }

    function expectRefusal(
        bytes memory reason,
        uint256 value,
        IHashlane.Consent memory consentA,
        IHashlane.Consent memory consentB
    ) private {
        vm.expectRevert(reason);
        openFor(value, 60, 40, consentA, consentB);
    }
}
