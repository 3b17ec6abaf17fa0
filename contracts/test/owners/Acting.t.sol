// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";
import {Opinion, OwnerContract, TwoOfThree} from "./OwnerContracts.t.sol";

/// @dev See owners.tree: contracts that call in their own name, and keys that gain code [ID-1] [ID-2].
contract ActingTest is ChannelTest {
    OwnerContract private _owner;
    OwnerContract private _other;
    IHashlane.Signature private _none;

    function setUp() public override {
        super.setUp();
        _owner = new OwnerContract();
        _other = new OwnerContract();
        params.ownerA = a.owner = address(_owner);
        params.ownerB = b.owner = address(_other);
        closer = a;
        other = b;
    }

    function test_AContractClosesAnswersAndIsPaid() external {
        open(60, 40);
        vm.recordLogs();
        _owner.act(address(hashlane), closing(state(1, 0, 10)));
        readRecord();
        vm.assertEq(phase(), CLOSING);
        vm.assertEq(record.terms >> 192, 0, "closer is A");
        IHashlane.LaneState memory hidden = state(2, 0, 30);
        IHashlane.Signature memory byA = signLane(a, hidden);
        _other.act(address(hashlane), abi.encodeCall(hashlane.answer, (params, 1, record, hidden, byA)));
        vm.assertEq(b.owner.balance, 100);
    }

    function test_AContractOnTheOtherSideCloses() external {
        open(60, 40);
        vm.recordLogs();
        _other.act(address(hashlane), closing(state(1, 0, 10)));
        readRecord();
        vm.assertEq(record.terms >> 192, 1, "closer is B");
    }

    function test_RevertWhen_AnotherContractCloses() external {
        open(60, 40);
        OwnerContract nobody = new OwnerContract();
        bytes memory call = closing(state(1, 0, 10));
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.NotParticipant.selector, nobody));
        nobody.act(address(hashlane), call);
        vm.assertEq(phase(), OPEN);
    }

    function test_AContractsCallStandsForItsSignersSignature() external {
        open(60, 40);
        IHashlane.Signature memory byB = signResize(b, 0, -10, 0, START);
        bytes memory call = abi.encodeCall(hashlane.resize, (params, 1, -10, 0, START, byB));
        _owner.act(address(hashlane), call);
        vm.assertEq(a.owner.balance, 10);
        IHashlane.Signature memory byA = signClose(a, 20, START);
        call = abi.encodeCall(hashlane.closeCooperatively, (params, 1, 20, START, byA));
        _other.act(address(hashlane), call);
        vm.assertEq(a.owner.balance, 40);
        vm.assertEq(b.owner.balance, 60);
    }

    function test_RevertWhen_ItsCallIsToStandForBothSides() external {
        open(60, 40);
        IHashlane.Signature memory byA = signClose(a, 20, START);
        bytes memory call = abi.encodeCall(hashlane.closeCooperatively, (params, 1, 20, START, byA));
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, b.signer, a.signer));
        _owner.act(address(hashlane), call);
        vm.assertEq(phase(), OPEN);
    }

    function test_TwoOfThreeKeysClose() external {
        address[3] memory keys = [address(0x1001), address(0x1002), address(0x1003)];
        TwoOfThree shared = new TwoOfThree(keys);
        params.ownerA = a.owner = address(shared);
        open(60, 40);
        bytes memory call = closing(state(1, 0, 10));
        vm.prank(keys[2]);
        shared.confirm(address(hashlane), call);
        vm.prank(keys[2]);
        shared.confirm(address(hashlane), call);
        vm.assertEq(phase(), OPEN);
        vm.prank(keys[0]);
        shared.confirm(address(hashlane), call);
        vm.assertEq(phase(), CLOSING);
    }

    function test_ASignersCodeTakesNothingBack() external {
        for (uint256 i; i <= uint256(Opinion.EatsGas); ++i) {
            ++params.salt;
            vm.etch(a.signer, "");
            vm.warp(START);
            open(60, 40);
            IHashlane.LaneState memory hidden = state(2, 0, 30);
            IHashlane.Signature memory byA = signLane(a, hidden);
            close(state(1, 0, 10), state(0, 0, 0));
            gainCode(a.signer, Opinion(i));
            uint256 before = b.owner.balance;
            vm.prank(b.signer);
            hashlane.answer(params, 1, record, hidden, byA);
            vm.assertEq(b.owner.balance - before, 100);
        }
    }

    function test_RevertWhen_OnlyASignersCodeAccepts() external {
        open(60, 40);
        IHashlane.LaneState memory invented = state(2, 0, 30);
        IHashlane.Signature memory byB = signLane(b, invented);
        close(state(1, 0, 10), state(0, 0, 0));
        gainCode(a.signer, Opinion.Accepts);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, a.signer, b.signer));
        vm.prank(b.signer);
        hashlane.answer(params, 1, record, invented, byB);
        IHashlane.Signature memory byStranger = signClose(stranger, 0, START);
        vm.expectRevert(
            abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, a.signer, stranger.signer)
        );
        vm.prank(b.signer);
        hashlane.closeCooperativelyWhileClosing(params, 1, record, 0, START, byStranger);
    }

    /// @dev [ID-1] Code of a key that does not take ETH costs it nothing but a withdrawal.
    function test_AnOwnerThatGainsRefusingCodeHasCredit() external {
        address wall = address(0x3a11);
        vm.etch(wall, hex"5f5ffd");
        (params.ownerA, a.owner) = (stranger.owner, stranger.owner);
        open(60, 40);
        vm.etch(a.owner, bytes.concat(hex"ef0100", bytes20(wall)));
        IHashlane.Signature memory byB = signClose(b, 0, START);
        vm.prank(a.owner);
        hashlane.closeCooperatively(params, 1, 0, START, byB);
        vm.assertEq(hashlane.creditOf(address(0), a.owner), 60);
        vm.prank(a.owner);
        hashlane.withdrawCredit(address(0), 60, b.signer);
        vm.assertEq(b.signer.balance, 60);
    }

    function gainCode(address account, Opinion opinion) private {
        vm.etch(account, bytes.concat(hex"ef0100", bytes20(address(_owner))));
        OwnerContract(payable(account)).setOpinion(opinion);
        vm.assertEq(uint256(OwnerContract(payable(account)).opinion()), uint256(opinion));
        vm.assertEq(uint256(_owner.opinion()), 0);
    }

    function closing(IHashlane.LaneState memory own) private view returns (bytes memory) {
        IHashlane.LaneState memory idle;
        return abi.encodeCall(hashlane.close, (params, 1, own, idle, _none, ""));
    }
}
