// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {LockLists} from "../../libraries/LockLists.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";
import {Lock, Locks} from "../support/Locks.t.sol";

/// @dev See settle.tree: what locks are worth, and when.
contract SettleLocksTest is ChannelTest {
    using Locks for Lock[];

    uint256 private constant _DEPOSIT = 1000;
    /// @dev Between the deadline and the end of the wait for lists.
    uint40 private constant _EXPIRY = uint40(START + 1 days + 6 hours);

    /// @dev Each side has 1000. The closer's lane: sent 100 and the own locks; theirs: sent 50 and their locks.
    function closeWith(Lock[] memory own, Lock[] memory theirs) private {
        vm.warp(START);
        open(_DEPOSIT, _DEPOSIT);
        vm.deal(a.owner, 0);
        vm.deal(b.owner, 0);
        close(state(5, 3, 100, own), state(4, 2, 50, theirs), own);
    }

    function ownLock(uint8 flag) private pure returns (Lock[] memory) {
        return Locks.one(Lock(30, _EXPIRY, secretOf("own"), flag));
    }

    function theirLock(uint8 flag) private pure returns (Lock[] memory) {
        return Locks.one(Lock(40, _EXPIRY, secretOf("theirs"), flag));
    }

    function onlyTheirs(uint8 flag) private pure returns (IHashlane.Shown memory) {
        return shown(Locks.none(), theirLock(flag), Locks.none());
    }

    function onlyOwn(uint8 flag) private pure returns (IHashlane.Shown memory) {
        return shown(ownLock(flag), Locks.none(), Locks.none());
    }

    /// @dev [LOCK-1] [I6]
    function test_AWitnessBeforeTheExpiryWins() external whoeverCloses {
        closeWith(ownLock(0), theirLock(0));
        vm.warp(_EXPIRY - 1);
        settle(shown(ownLock(Locks.WITNESS), theirLock(Locks.WITNESS), Locks.none()));
        assertPaid(_DEPOSIT - 100 - 30 + 50 + 40, _DEPOSIT + 100 + 30 - 50 - 40);
        vm.assertEq(phase(), ENDED);
        vm.assertEq(registry.timeOfWitness(secretOf("own")), 0, "recorded as a list, not alone");
    }

    /// @dev [LOCK-1] A record made at the expiry is late: the lock stays undecided until its wait is over.
    function test_AWitnessAtTheExpiryIsLate() external whoeverCloses {
        closeWith(Locks.none(), theirLock(0));
        vm.warp(_EXPIRY);
        settle(onlyTheirs(Locks.WITNESS));
        assertPaid(_DEPOSIT - 100 + 50, _DEPOSIT + 100 - 50 - 40);
        vm.assertEq(phase(), CLOSING);
        vm.warp(_EXPIRY + CHALLENGE);
        settle(onlyTheirs(Locks.HIDDEN));
        assertPaid(_DEPOSIT - 100 + 50, _DEPOSIT + 100 - 50);
        vm.assertEq(phase(), ENDED);
    }

    /// @dev [PAY-1] A lock that is undecided is paid to nobody yet.
    function test_EachSideIsPaidWhatItIsSureOf() external whoeverCloses {
        closeWith(ownLock(0), theirLock(0));
        vm.warp(deadline);
        settle(shown(ownLock(0), theirLock(0), Locks.none()));
        assertPaid(_DEPOSIT - 100 - 30 + 50, _DEPOSIT + 100 - 50 - 40);
        vm.assertEq(phase(), CLOSING);
        settle(shown(ownLock(0), theirLock(Locks.WITNESS), Locks.none()));
        assertPaid(_DEPOSIT - 100 - 30 + 50 + 40, _DEPOSIT + 100 - 50 - 40);
        settle(onlyOwn(Locks.WITNESS));
        assertPaid(_DEPOSIT - 100 - 30 + 50 + 40, _DEPOSIT + 100 + 30 - 50 - 40);
        vm.assertEq(phase(), ENDED);
    }

    /// @dev [PAY-1] A list that is not shown may hold anything.
    function test_AHiddenListKeepsBothWaiting() external whoeverCloses {
        closeWith(Locks.none(), theirLock(0));
        vm.warp(deadline);
        settle(nothing());
        assertPaid(_DEPOSIT - 100 + 50, 0);
        vm.assertEq(phase(), CLOSING);
    }

    function test_AListThatNobodyShowsIsEmptyAfterTheWait() external whoeverCloses {
        closeWith(Locks.none(), theirLock(0));
        vm.warp(deadline + CHALLENGE - 1);
        settle(nothing());
        vm.assertEq(phase(), CLOSING);
        vm.warp(deadline + CHALLENGE);
        settle(nothing());
        assertPaid(_DEPOSIT - 100 + 50, _DEPOSIT + 100 - 50);
        vm.assertEq(phase(), ENDED);
    }

    /// @dev The list of the closer was posted at the close: it never counts as unshown.
    function test_AListThatWasShownNeverCountsAsEmpty() external whoeverCloses {
        closeWith(ownLock(0), theirLock(0));
        vm.warp(deadline);
        settle(onlyTheirs(0));
        vm.warp(_EXPIRY + CHALLENGE - 1);
        expectSettleRevert(
            abi.encodeWithSelector(IHashlaneErrors.NothingToSettle.selector, channel()),
            stranger.owner,
            nothing()
        );
        vm.warp(_EXPIRY + CHALLENGE);
        settle(shown(ownLock(0), theirLock(0), Locks.none()));
        assertPaid(_DEPOSIT - 100 + 50, _DEPOSIT + 100 - 50);
    }

    /// @dev [LOCK-1] Only a lock's payee concedes, at or after its expiry, and only what it says.
    function test_ThePayeeConcedesAtTheExpiry() external whoeverCloses {
        closeWith(Locks.none(), theirLock(0));
        vm.warp(_EXPIRY - 1);
        settleBy(closer.owner, onlyTheirs(Locks.CONCEDED));
        vm.assertEq(phase(), CLOSING);
        vm.warp(_EXPIRY);
        bytes memory nothing_ = abi.encodeWithSelector(IHashlaneErrors.NothingToSettle.selector, channel());
        address[3] memory others = [other.owner, other.signer, stranger.owner];
        for (uint256 i; i < 3; ++i) expectSettleRevert(nothing_, others[i], onlyTheirs(Locks.CONCEDED));
        expectSettleRevert(nothing_, closer.owner, onlyTheirs(Locks.HIDDEN));
        settleBy(closer.signer, onlyTheirs(Locks.CONCEDED));
        assertPaid(_DEPOSIT - 100 + 50, _DEPOSIT + 100 - 50);
        vm.assertEq(phase(), ENDED);
    }

    function test_TheOtherSideConcedesTheLocksOfTheCloser() external whoeverCloses {
        closeWith(ownLock(0), Locks.none());
        vm.warp(_EXPIRY);
        settleBy(closer.owner, onlyOwn(Locks.CONCEDED));
        vm.assertEq(phase(), CLOSING);
        settleBy(other.owner, onlyOwn(Locks.CONCEDED));
        assertPaid(_DEPOSIT - 100 + 50, _DEPOSIT + 100 - 50);
        vm.assertEq(phase(), ENDED);
    }

    /// @dev [NODE-9] A payee shows a list within the wait while some of its locks are open, and loses none by it: here it
    /// learns of the record only afterwards.
    function test_AListIsShownWithoutConceding() external whoeverCloses {
        closeWith(ownLock(0), Locks.none());
        registry.record(secretOf("own"));
        vm.warp(_EXPIRY);
        bytes memory nothing_ = abi.encodeWithSelector(IHashlaneErrors.NothingToSettle.selector, channel());
        settleBy(other.owner, onlyOwn(Locks.HIDDEN));
        vm.assertEq(phase(), CLOSING);
        expectSettleRevert(nothing_, other.owner, onlyOwn(Locks.HIDDEN));
        settleBy(other.owner, proven(ownLock(Locks.PROVEN)));
        assertPaid(_DEPOSIT - 100 - 30 + 50, _DEPOSIT + 100 + 30 - 50);
    }

    /// @dev No witness can come with what is given up.
    function test_RevertWhen_AConcededLockHasAnotherFlag() external whoeverCloses {
        closeWith(ownLock(0), Locks.none());
        vm.warp(_EXPIRY);
        uint8[3] memory flags = [uint8(0xa0), uint8(0x60), uint8(0xe0)];
        for (uint256 i; i < 3; ++i) {
            expectSettleRevert(
                abi.encodeWithSelector(LockLists.MalformedLocks.selector, 0),
                other.owner,
                onlyOwn(flags[i])
            );
        }
    }

    /// @dev [LOCK-1] After max(deadline, expiry) + challengePeriod a witness is no longer heard.
    function test_AfterTheWaitNoWitnessIsHeard() external whoeverCloses {
        closeWith(ownLock(0), Locks.none());
        registry.record(secretOf("own"));
        vm.warp(_EXPIRY + CHALLENGE - 1);
        settle(proven(ownLock(Locks.PROVEN)));
        assertPaid(_DEPOSIT - 100 - 30 + 50, _DEPOSIT + 100 + 30 - 50);

        ++params.salt;
        closeWith(ownLock(0), Locks.none());
        vm.warp(_EXPIRY + CHALLENGE);
        settle(proven(ownLock(Locks.PROVEN)));
        assertPaid(_DEPOSIT - 100 + 50, _DEPOSIT + 100 - 50);
    }

    /// @dev The wait counts from the deadline if the lock expired before.
    function test_TheWaitOfALockThatExpiredBeforeTheDeadline() external whoeverCloses {
        uint40 early = uint40(START + 1 hours);
        Lock[] memory locks = Locks.one(Lock(30, early, secretOf("early"), Locks.PROVEN));
        closeWith(locks, Locks.none());
        registry.record(secretOf("early"));
        vm.warp(deadline + CHALLENGE - 1);
        settle(proven(locks));
        assertPaid(_DEPOSIT - 100 - 30 + 50, _DEPOSIT + 100 + 30 - 50);
    }

    /// @dev [CL-4] A call that carries witnesses records them even if somebody settled before.
    function test_AWitnessIsRecordedEvenIfTheRecordIsOutOfDate() external whoeverCloses {
        closeWith(ownLock(0), theirLock(0));
        vm.warp(deadline);
        IHashlane.Closing memory old = record;
        settle(shown(ownLock(0), theirLock(0), Locks.none()));
        hashlane.settle(params, life, old, onlyTheirs(Locks.WITNESS));
        vm.assertEq(registry.timeOfWitness(secretOf("theirs")), deadline, "recorded");

        IHashlane.Shown memory silent = onlyTheirs(Locks.HIDDEN);
        bytes32 hash = keccak256(abi.encode(old));
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.StaleRecord.selector, hash));
        hashlane.settle(params, life, old, silent);

        vm.warp(_EXPIRY);
        settle(shown(ownLock(0), theirLock(Locks.WITNESS), Locks.none()));
        assertPaid(_DEPOSIT - 100 - 30 + 50 + 40, _DEPOSIT + 100 - 50 - 40);
    }

    /// @dev [CL-5] What the closer left out counts by the answer.
    function test_TheLocksOfTheAnsweredStateCount() external whoeverCloses {
        vm.warp(START);
        open(_DEPOSIT, _DEPOSIT);
        vm.deal(a.owner, 0);
        vm.deal(b.owner, 0);
        close(state(5, 3, 100), state(4, 2, 50));
        answer(state(4, 3, 90, ownLock(0)));
        vm.warp(deadline);
        settle(shown(Locks.none(), Locks.none(), ownLock(Locks.WITNESS)));
        assertPaid(_DEPOSIT - 120 + 50, _DEPOSIT + 120 - 50);
        vm.assertEq(phase(), ENDED);
    }

    /// @dev [LOCK-2]
    function test_TwoEqualLocksAreTwoPayments() external whoeverCloses {
        Lock memory lock = Lock(30, _EXPIRY, secretOf("own"), Locks.WITNESS);
        closeWith(Locks.two(lock, lock), Locks.none());
        vm.warp(deadline);
        settle(shown(Locks.two(lock, lock), Locks.none(), Locks.none()));
        assertPaid(_DEPOSIT - 100 - 60 + 50, _DEPOSIT + 100 + 60 - 50);
    }

    function test_RevertWhen_TheListIsNotWhatRemains() external whoeverCloses {
        closeWith(ownLock(0), theirLock(0));
        vm.warp(deadline);
        bytes32 own = ownLock(0).root();
        bytes32 theirs = theirLock(0).root();
        IHashlane.Shown memory swapped = shown(theirLock(0), ownLock(0), Locks.none());
        expectSettleRevert(
            abi.encodeWithSelector(IHashlaneErrors.WrongLocks.selector, own, theirs),
            stranger.owner,
            swapped
        );
        IHashlane.Shown memory unasked = shown(Locks.none(), Locks.none(), ownLock(0));
        expectSettleRevert(
            abi.encodeWithSelector(IHashlaneErrors.WrongLocks.selector, bytes32(0), own),
            stranger.owner,
            unasked
        );
        IHashlane.Shown memory broken = onlyOwn(0);
        broken.own = bytes.concat(broken.own, hex"00");
        expectSettleRevert(
            abi.encodeWithSelector(LockLists.MalformedLocks.selector, 51),
            stranger.owner,
            broken
        );

        Lock[] memory wrong = ownLock(Locks.WITNESS);
        wrong[0].secret = secretOf("another");
        IHashlane.Shown memory forged = shown(wrong, Locks.none(), Locks.none());
        bytes32 root = wrong.root();
        expectSettleRevert(
            abi.encodeWithSelector(IHashlaneErrors.WrongLocks.selector, own, root),
            stranger.owner,
            forged
        );
    }

    function test_RevertWhen_NothingIsNew() external whoeverCloses {
        closeWith(ownLock(0), theirLock(0));
        vm.warp(deadline);
        settle(shown(ownLock(0), theirLock(0), Locks.none()));
        expectSettleRevert(
            abi.encodeWithSelector(IHashlaneErrors.NothingToSettle.selector, channel()),
            stranger.owner,
            onlyTheirs(0)
        );
        expectSettleRevert(
            abi.encodeWithSelector(IHashlaneErrors.NothingToSettle.selector, channel()),
            stranger.owner,
            nothing()
        );
    }

    /// @dev [PAY-1] Whoever shows what in which order, both get the same in the end.
    function testFuzz_TheOrderOfSettlesDoesNotMatter(uint256 seed, bool byB) external {
        (closer, other) = byB ? (b, a) : (a, b);
        closeWith(ownLock(0), theirLock(0));
        vm.warp(deadline);
        uint8[2] memory left = [1, 1];
        for (uint256 i; i < 6 && phase() == CLOSING; ++i) {
            uint256 choice = (seed >> (8 * i)) % 4;
            if (choice & 1 == 1 && left[0] == 1) {
                left[0] = 0;
                settle(onlyOwn(Locks.WITNESS));
            }
            if (choice & 2 == 2 && left[1] == 1 && phase() == CLOSING) {
                left[1] = 0;
                settle(onlyTheirs(Locks.WITNESS));
            }
        }
        if (left[0] == 1) settle(onlyOwn(Locks.WITNESS));
        if (left[1] == 1) settle(onlyTheirs(Locks.WITNESS));
        assertPaid(_DEPOSIT - 100 - 30 + 50 + 40, _DEPOSIT + 100 + 30 - 50 - 40);
        vm.assertEq(phase(), ENDED);
    }

    /// @dev The own list with the proof of a witness that was recorded alone.
    function proven(Lock[] memory own) private pure returns (IHashlane.Shown memory shown_) {
        shown_ = shown(own, Locks.none(), Locks.none());
        shown_.proofs = new bytes32[](1);
    }
}
