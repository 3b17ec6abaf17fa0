// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {ChainLock, Chains} from "../support/Chains.t.sol";
import {ChainTest} from "../support/ChainTest.t.sol";
import {Lock, Locks} from "../support/Locks.t.sol";
import {Records} from "../support/Records.t.sol";

/// @dev See chainLocks.tree.
contract ChainLocksTest is ChainTest {
    using Chains for ChainLock;
    using Locks for Lock[];

    function test_ACheckpointInTimeWinsAtOnce() external whoeverCloses {
        ChainLock memory one = lockOf(fresh());
        closeOwn(one);
        vm.assertEq(advance(fresh(), 20), 1);
        vm.warp(deadline);
        ChainLock memory rest = one.cashed(50, 20);
        IHashlane.Closing memory expected = record;
        expected.own = Records.lane(state(5, 3, 150));
        expected.ownLocks = Chains.root(rest.entry());
        expected.paid = closerIsB() ? paid(1100, 850) : paid(850, 1100);
        IHashlane.Shown memory shown_ = shownLists(one.named(1), "", "");
        vm.expectEmit(address(hashlane));
        emit IHashlane.Settled(channel(), expected);
        hashlane.settle(params, life, record, shown_);
        vm.assertEq(hashlane.slotOf(paramsId()), Records.closingSlot(life, deadline, expected));
        assertOwnLane(150, 200);
    }

    function test_ItIsCashedInAgainAndAgain() external whoeverCloses {
        ChainLock memory one = lockOf(fresh());
        closeOwn(one);
        advance(fresh(), 20);
        vm.warp(deadline);
        settleOwn(one.named(1));
        one = one.cashed(50, 20);
        expectNothingNew(one.named(1));
        expectNothingNew(one.entry());
        vm.assertEq(advance(fresh(), 25), 2);
        expectNothingNew(one.named(1));
        settleOwn(one.named(2));
        assertOwnLane(175, 200);
        one = one.cashed(25, 25);
        vm.warp(EXPIRY - 1);
        vm.assertEq(advance(fresh(), 29), 3);
        settleOwn(one.named(3));
        assertOwnLane(195, 200);
        one = one.cashed(20, 29);
        vm.warp(EXPIRY);
        settleOwn(one.named(3));
        assertOwnLane(195, 195);
    }

    /// @dev From its start: each link above is a unit, up to the amount.
    function test_PaysTheLinksAboveTheStartUpToTheAmount() external whoeverCloses {
        uint256[7] memory index = [uint256(1), 9, 10, 11, 29, 30, 100];
        uint256[7] memory won = [uint256(0), 0, 0, 5, 95, 100, 100];
        for (uint256 i; i < 7; ++i) {
            string memory name = string(abi.encode(closerIsB(), i));
            ChainLock memory one = lockOf(name);
            closeOwn(one);
            advance(name, index[i]);
            vm.warp(deadline);
            if (won[i] == 0) {
                expectNothingNew(one.named(1));
                vm.assertEq(phase(), CLOSING);
            } else {
                settleOwn(one.named(1));
                assertOwnLane(100 + won[i], 200);
            }
        }
    }

    /// @dev An amount that is no multiple of the unit is paid whole in the end.
    function test_TheLastLinkPaysWhatIsLeft() external {
        ChainLock memory one = lockOf("odd");
        one.unit = 70;
        closeOwn(one);
        advance("odd", 11);
        vm.warp(deadline);
        settleOwn(one.named(1));
        assertOwnLane(170, 200);
        advance("odd", 12);
        settleOwn(one.cashed(70, 11).named(2));
        assertOwnLane(200, 200);
    }

    function test_UnitZeroPaysNothing() external {
        ChainLock memory one = lockOf("zero");
        one.unit = 0;
        closeOwn(one);
        advance("zero", 90);
        vm.warp(deadline);
        settleOwn(one.named(1));
        vm.assertEq(record.own, Records.lane(state(5, 3, 100)));
        one = one.cashed(0, 90);
        vm.assertEq(record.ownLocks, Chains.root(one.entry()));
        vm.warp(EXPIRY);
        settleOwn(one.named(1));
        assertOwnLane(100, 100);
    }

    /// @dev No product of any unit and index wraps.
    function test_TheGreatestNumbersThereAre() external {
        uint96 most = type(uint96).max;
        uint40[2] memory starts = [uint40(0), type(uint40).max];
        for (uint256 i; i < 2; ++i) {
            string memory name = string(abi.encode(i));
            ChainLock memory one = lockOf(name);
            (one.amount, one.unit, one.start) = (most, most, starts[i]);
            closeOwn(one);
            advance(name, LINKS);
            vm.warp(EXPIRY);
            settleOwn(one.named(1));
            // Either the whole amount, clamped to all there is, or nothing.
            if (i == 0) assertPaid(0, 2 * DEPOSIT);
            else assertOwnLane(100, 100);
        }
    }

    function test_ACheckpointCountsBeforeTheExpiry() external whoeverCloses {
        closeOwn(lockOf(fresh()));
        vm.warp(EXPIRY - 1);
        advance(fresh(), 20);
        vm.warp(EXPIRY);
        settleOwn(lockOf(fresh()).named(1));
        assertOwnLane(150, 150);
    }

    function test_OneAtTheExpiryIsLate() external whoeverCloses {
        closeOwn(lockOf(fresh()));
        vm.warp(EXPIRY);
        advance(fresh(), 20);
        expectNothingNew(lockOf(fresh()).named(1));
        settleOwn(lockOf(fresh()).entry());
        assertOwnLane(100, 100);
    }

    /// @dev What it gives is won; the rest is lost, because the next one is late.
    function test_TheNextIsLate() external whoeverCloses {
        closeOwn(lockOf(fresh()));
        advance(fresh(), 20);
        vm.warp(EXPIRY);
        vm.assertEq(advance(fresh(), 25), 2);
        expectNothingNew(lockOf(fresh()).named(2));
        settleOwn(lockOf(fresh()).named(1));
        assertOwnLane(150, 150);
    }

    /// @dev Somebody has to name the last one in time; until then the rest waits.
    function test_TheNextIsInTime() external whoeverCloses {
        ChainLock memory one = lockOf(fresh());
        closeOwn(one);
        advance(fresh(), 20);
        vm.warp(EXPIRY - 1);
        advance(fresh(), 25);
        vm.warp(EXPIRY + 100 * CHALLENGE);
        expectNothingNew(one.entry());
        settleOwn(one.named(1));
        assertOwnLane(150, 200);
        one = one.cashed(50, 20);
        expectNothingNew(one.named(1));
        settleOwn(one.named(2));
        assertOwnLane(175, 175);
    }

    function test_ANumberThatIsNotThereDecidesNothing() external {
        ChainLock memory one = lockOf("n");
        closeOwn(one);
        advance("n", 20);
        vm.warp(deadline);
        expectAllNothingNew(one);
        vm.warp(EXPIRY);
        expectAllNothingNew(one);
        settleOwn(one.named(1));
        assertOwnLane(150, 150);
    }

    function test_WithoutANumberItWaitsUntilTheExpiry() external whoeverCloses {
        ChainLock memory one = lockOf(fresh());
        closeOwn(one);
        vm.warp(deadline);
        settleOwn(one.entry());
        assertOwnLane(100, 200);
        vm.warp(EXPIRY - 1);
        expectNothingNew(one.entry());
        // The number 0 is none.
        expectNothingNew(one.named(0));
        vm.warp(EXPIRY);
        settleOwn(one.named(0));
        assertOwnLane(100, 100);
    }

    /// @dev [LOCK-1] Only hash locks are conceded.
    function test_NobodyConcedesIt() external whoeverCloses {
        ChainLock memory one = lockOf(fresh());
        closeOwn(one);
        advance(fresh(), 20);
        vm.warp(EXPIRY);
        expectNothingNewBy(other.owner, one.entry());
        expectNothingNewBy(closer.owner, one.entry());
        settleOwn(one.named(1));
        assertOwnLane(150, 150);
    }

    /// @dev Its records are found whenever somebody looks, so it has no wait.
    function test_LongAfterTheWaitItStillPays() external whoeverCloses {
        closeOwn(lockOf(fresh()));
        advance(fresh(), 20);
        vm.warp(EXPIRY + 10 * CHALLENGE);
        settleOwn(lockOf(fresh()).named(1));
        assertOwnLane(150, 150);
    }

    /// @dev A list that nobody has shown in time counts as empty, whatever it holds.
    function test_InAListShownInTimeAndLate() external whoeverCloses {
        for (uint256 late; late < 2; ++late) {
            string memory name = string(abi.encode(closerIsB(), late));
            closeLists("", lockOf(name).entry());
            advance(name, 20);
            vm.warp(deadline + CHALLENGE - 1 + late);
            settle(shownLists("", lockOf(name).named(1), ""));
            assertPaid(DEPOSIT - 50 + 50 * (1 - late), DEPOSIT + 50 - 50 * (1 - late));
            vm.assertEq(phase(), ENDED);
        }
    }

    function test_InBothLanesAndTheAnsweredState() external whoeverCloses {
        ChainLock memory own = lockOf(fresh());
        ChainLock memory theirs = lockOf("theirs");
        theirs.commitment = Chains.link(secretOf(string.concat(fresh(), "t")), LINKS, 0);
        ChainLock memory more = own.cashed(0, FIRST);
        more.amount = 160;
        closeLists(own.entry(), theirs.entry());
        answer(state(4, 3, 90, more.entry()));
        advance(fresh(), 35);
        advance(string.concat(fresh(), "t"), 14);
        vm.warp(deadline);
        settle(shownLists(own.named(1), theirs.named(1), more.named(1)));
        // Own: 100 + 100; answered: 90 + 125, and 35 open; theirs: 50 + 20, and 80 open.
        assertPaid(DEPOSIT - 250 + 70, DEPOSIT + 215 - 150);
        vm.assertEq(record.answeredLocks, Chains.root(more.cashed(125, 35).entry()));
        vm.assertEq(record.theirLocks, Chains.root(theirs.cashed(20, 14).entry()));
        vm.assertEq(record.ownLocks, bytes32(0));
        vm.warp(EXPIRY);
        settle(shownLists("", theirs.cashed(20, 14).named(1), more.cashed(125, 35).named(1)));
        assertPaid(DEPOSIT - 215 + 70, DEPOSIT + 215 - 70);
        vm.assertEq(phase(), ENDED);
    }

    /// @dev What remains keeps its order, and hash locks their places between.
    function test_AmongHashLocks() external whoeverCloses {
        bytes memory first = hashLock("first", Locks.HIDDEN);
        bytes memory second = hashLock("second", Locks.HIDDEN);
        ChainLock memory one = lockOf(fresh());
        ChainLock memory done = lockOf(string.concat(fresh(), "done"));
        bytes memory list = bytes.concat(first, done.entry(), second, one.entry(), first);
        closeLists(list, "");
        advance(fresh(), 11);
        advance(string.concat(fresh(), "done"), 40);
        vm.warp(deadline);
        bytes memory witness = hashLock("second", Locks.WITNESS);
        settleOwn(bytes.concat(first, done.named(1), witness, one.named(1), first));
        bytes memory left = bytes.concat(first, one.cashed(5, 11).entry(), first);
        vm.assertEq(record.ownLocks, Chains.root(left));
        vm.assertEq(record.own, Records.lane(state(5, 3, 100 + 100 + 7 + 5)));
        assertOwnLane(212, 321);
        left = bytes.concat(hashLock("first", Locks.WITNESS), one.cashed(5, 11).entry(), first);
        settleOwn(left);
        assertOwnLane(219, 321);
    }

    function expectAllNothingNew(ChainLock memory one) private {
        uint256[4] memory numbers = [uint256(2), 3, 2 ** 200, type(uint256).max];
        for (uint256 i; i < 4; ++i) {
            expectNothingNew(one.named(numbers[i]));
        }
        assertOwnLane(100, 200);
    }

    function fresh() private view returns (string memory) {
        return closerIsB() ? "by B" : "by A";
    }

    function hashLock(string memory name, uint8 flag) private pure returns (bytes memory) {
        return Locks.entry(Lock(7, EXPIRY, secretOf(name), flag), flag);
    }

    function paid(uint256 toA, uint256 toB) private pure returns (uint256) {
        return toA + toB * 2 ** 128;
    }
}
