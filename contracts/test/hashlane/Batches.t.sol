// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {ConsentTest} from "../support/ConsentTest.t.sol";
import {Caller} from "../support/Hostile.t.sol";
import {Lock, Locks} from "../support/Locks.t.sol";

/// @dev See batches.tree. The sender is a hub, which owns side A of all its channels.
contract BatchesTest is ConsentTest {
    using Locks for Lock[];

    uint40 private constant _EXPIRY = uint40(START + 10 days);

    function test_Open_SkipsWhatFails() external {
        giveCredit(a.owner, 250);
        IHashlane.Opening[] memory items = new IHashlane.Opening[](5);
        for (uint256 i; i < 5; ++i) items[i] = opening(i, 60, 40);
        items[1].life = 2;
        items[3].params.challengePeriod = 0;

        expectSkipped(1, abi.encodeWithSelector(IHashlaneErrors.WrongLife.selector, 1, 2));
        expectSkipped(3, abi.encodeWithSelector(IHashlane.BadParams.selector, items[3].params));
        expectSkipped(4, abi.encodeWithSelector(IHashlaneErrors.NotEnoughCredit.selector, 50, 100));
        vm.prank(a.owner);
        hashlane.openBatch(items);

        for (uint256 i; i < 5; ++i) {
            bytes32 id = hashlane.paramsIdOf(items[i].params);
            bool done = i == 0 || i == 2;
            vm.assertEq(hashlane.slotOf(id), done ? slotWith(60, 40, false, false) : 0);
        }
        vm.assertEq(credit(a), 50);
        vm.assertEq(address(hashlane).balance, 250);
    }

    /// @dev The credit that is spent is the sender's.
    function test_Open_EmitsWhatEachItemDoes() external {
        giveCredit(stranger.owner, 100);
        IHashlane.Opening[] memory items = new IHashlane.Opening[](1);
        items[0] = opening(0, 60, 40);
        vm.expectEmit(address(hashlane));
        emit IHashlane.Opened(channel(), 1, params, 60, 40);
        vm.expectEmit(address(hashlane));
        emit IHashlane.CreditSpent(stranger.owner, 100);
        vm.prank(stranger.owner);
        hashlane.openBatch(items);
        vm.assertEq(credit(stranger), 0);
    }

    function test_Close_SkipsWhatFails() external {
        IHashlane.CooperativeEnd[] memory items = new IHashlane.CooperativeEnd[](4);
        for (uint256 i; i < 4; ++i) {
            ++params.salt;
            open(60, 40);
            items[i] = ending(i == 0 ? a : b, 25);
        }
        items[2].validUntil = START - 1;
        bytes memory wrongSigner = abi.encodeWithSelector(
            IHashlaneErrors.WrongSigner.selector,
            b.signer,
            a.signer
        );

        expectSkipped(0, wrongSigner);
        expectSkipped(2, abi.encodeWithSelector(IHashlaneErrors.SignatureExpired.selector, START - 1, START));
        vm.prank(a.owner);
        hashlane.closeBatch(items);

        vm.assertEq(credit(a), 70);
        vm.assertEq(b.owner.balance, 130);
        for (uint256 i; i < 4; ++i) {
            uint256 slot = hashlane.slotOf(hashlane.paramsIdOf(items[i].params));
            vm.assertEq(slot, i % 2 == 0 ? slotWith(60, 40, false, false) : 2 ** 234);
        }
    }

    function test_Close_ByAStrangerDoesNothing() external {
        open(60, 40);
        IHashlane.CooperativeEnd[] memory items = new IHashlane.CooperativeEnd[](1);
        items[0] = ending(b, 0);
        expectSkipped(0, abi.encodeWithSelector(IHashlaneErrors.NotParticipant.selector, stranger.owner));
        vm.prank(stranger.owner);
        hashlane.closeBatch(items);
        vm.assertEq(phase(), OPEN);
    }

    /// @dev Also witnesses that a skipped item shows are not recorded.
    function test_Settle_SkipsWhatFails() external {
        bytes[] memory items = new bytes[](3);
        items[0] = settlement("first");
        items[1] = settlement("second");
        settlement("third");
        bytes32 root = locks("third", 0).root();
        // Its list does not hash to the root that the record commits to.
        items[2] = abi.encodeCall(hashlane.settle, (params, life, record, shownOwn("other")));
        bytes32 actual = locks("other", 0).root();
        vm.warp(deadline);

        expectSkipped(2, abi.encodeWithSelector(IHashlaneErrors.WrongLocks.selector, root, actual));
        vm.prank(stranger.owner);
        hashlane.settleBatch(items);

        vm.assertEq(a.owner.balance, 2 * 30);
        vm.assertEq(b.owner.balance, 2 * 70);
        vm.assertEq(phase(), CLOSING);
        vm.assertEq(registry.timeOfWitness(secretOf("first")), deadline);
        vm.assertEq(registry.timeOfWitness(secretOf("second")), deadline);
        vm.assertEq(registry.timeOfWitness(secretOf("other")), 0);
    }

    /// @dev The sender counts as if it had sent each item alone: it concedes.
    function test_Settle_IsInTheNameOfTheSender() external {
        bytes[] memory items = new bytes[](1);
        settlement("first");
        IHashlane.Shown memory list = shown(locks("first", Locks.CONCEDED), Locks.none(), Locks.none());
        items[0] = abi.encodeCall(hashlane.settle, (params, life, record, list));
        vm.warp(_EXPIRY);
        vm.prank(b.owner);
        hashlane.settleBatch(items);
        vm.assertEq(phase(), ENDED);
        vm.assertEq(a.owner.balance, 40);
    }

    /// @dev A call that takes value must not be reached: its value would be counted for every item.
    function test_Settle_ReachesNoOtherFunction() external {
        vm.deal(address(hashlane), 1000);
        giveCredit(a.owner, 100);
        IHashlane.Signature memory signature = signClose(b, 0, UNTIL);
        bytes[] memory items = new bytes[](12);
        items[0] = abi.encodeCall(hashlane.open, (params, 1, 60, 40));
        items[1] = abi.encodeCall(hashlane.openFor, (params, 1, 60, 40, none(), none()));
        items[2] = abi.encodeCall(hashlane.deposit, (paramsId(), 1, false));
        items[3] = abi.encodeCall(hashlane.addCredit, (address(0), a.owner, 0));
        items[4] = abi.encodeCall(hashlane.withdrawCredit, (address(0), 100, a.owner));
        items[5] = abi.encodeCall(hashlane.openFromCredit, (params, 1, 60, 40));
        items[6] = abi.encodeCall(hashlane.closeCooperatively, (params, 1, 0, UNTIL, signature));
        items[7] = abi.encodeCall(hashlane.settleBatch, (new bytes[](0)));
        items[8] = "";
        items[9] = hex"010203";
        items[10] = abi.encodePacked(hashlane.settle.selector);
        items[11] = abi.encodeCall(hashlane.openBoth, (params, 1, 60, 40, false, 0, UNTIL, ""));
        for (uint256 i; i < items.length; ++i) expectSkipped(i, "");
        vm.prank(a.owner);
        hashlane.settleBatch(items);
        vm.assertEq(phase(), ENDED);
        vm.assertEq(credit(a), 100);
        vm.assertEq(a.owner.balance, 0);
    }

    function test_RevertWhen_ValueIsSent() external {
        vm.deal(address(this), 3);
        bytes[3] memory calls = [
            abi.encodeCall(hashlane.openBatch, (new IHashlane.Opening[](0))),
            abi.encodeCall(hashlane.closeBatch, (new IHashlane.CooperativeEnd[](0))),
            abi.encodeCall(hashlane.settleBatch, (new bytes[](0)))
        ];
        for (uint256 i; i < 3; ++i) {
            (bool done, ) = address(hashlane).call{value: 1}(calls[i]);
            vm.assertTrue(!done, "took value");
            (done, ) = address(hashlane).call(calls[i]);
            vm.assertTrue(done, "an empty batch");
        }
    }

    /// @dev In the middle of a batch a payee calls again, and gets nothing twice.
    function test_APayeeThatCallsAgainGetsNothingTwice() external {
        for (uint256 kind; kind < 3; ++kind) {
            Caller payee = new Caller();
            params.ownerB = address(payee);
            giveCredit(address(payee), 10);
            IHashlane.CooperativeEnd[] memory items = new IHashlane.CooperativeEnd[](2);
            for (uint256 i; i < 2; ++i) {
                ++params.salt;
                open(60, 40);
                items[i] = ending(b, 0);
            }
            payee.prepare(address(hashlane), callAgain(kind, address(payee)));
            uint256 before = credit(a);
            uint256 heldBefore = address(hashlane).balance;
            vm.prank(a.owner);
            hashlane.closeBatch(items);
            uint256 toHub = credit(a) - before;
            uint256 left = hashlane.creditOf(address(0), address(payee));
            uint256 inChannel = phaseOf(2) == OPEN ? 2 : 0;
            vm.assertEq(toHub, 120, "the hub");
            vm.assertEq(address(payee).balance + left + inChannel, 90, "the payee");
            vm.assertEq(heldBefore - address(hashlane).balance, address(payee).balance, "what is held");
            vm.assertEq(uint256(hashlane.slotOf(paramsId())) >> 234, inChannel == 0 ? 1 : 2 ** 20 + 2);
        }
    }

    /// @dev To withdraw its credit, to open the next life of the last channel with it, and a batch of that.
    function callAgain(uint256 kind, address payee) private view returns (bytes memory) {
        if (kind == 0) return abi.encodeCall(hashlane.withdrawCredit, (address(0), 10, payee));
        if (kind == 1) return abi.encodeCall(hashlane.openFromCredit, (params, 2, 1, 1));
        IHashlane.Opening[] memory inner = new IHashlane.Opening[](1);
        inner[0] = IHashlane.Opening(params, 2, 1, 1);
        return abi.encodeCall(hashlane.openBatch, (inner));
    }

    function phaseOf(uint256 life_) private view returns (uint256) {
        uint256 slot = hashlane.slotOf(paramsId());
        return (slot >> 234) % 2 ** 20 == life_ ? slot >> 254 : ENDED;
    }

    function expectSkipped(uint256 index, bytes memory reason) private {
        vm.expectEmit(address(hashlane));
        emit IHashlane.Skipped(index, reason);
    }

    /// @dev Closes a new channel as A, with one lock of 10 to B, and gives the call that settles it.
    function settlement(string memory name) private returns (bytes memory) {
        ++params.salt;
        open(60, 40);
        vm.deal(a.owner, 0);
        vm.deal(b.owner, 0);
        close(state(5, 0, 20, locks(name, 0)), state(0, 0, 0), locks(name, 0));
        return abi.encodeCall(hashlane.settle, (params, life, record, shownOwn(name)));
    }

    function ending(
        Party memory signer,
        int256 transfer
    ) private view returns (IHashlane.CooperativeEnd memory) {
        IHashlane.Signature memory signature = signClose(signer, transfer, UNTIL);
        return IHashlane.CooperativeEnd(params, life, transfer, UNTIL, signature);
    }

    function opening(
        uint256 i,
        uint256 amountA,
        uint256 amountB
    ) private view returns (IHashlane.Opening memory item) {
        item = IHashlane.Opening(params, 1, amountA, amountB);
        item.params.salt += uint64(i);
    }

    function credit(Party memory side) private view returns (uint256) {
        return hashlane.creditOf(address(0), side.owner);
    }

    function locks(string memory name, uint8 flag) private pure returns (Lock[] memory) {
        return Locks.one(Lock(10, _EXPIRY, secretOf(name), flag));
    }

    function shownOwn(string memory name) private pure returns (IHashlane.Shown memory) {
        return shown(locks(name, Locks.WITNESS), Locks.none(), Locks.none());
    }
}
