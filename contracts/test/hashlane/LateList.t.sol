// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";
import {Lock, Locks} from "../support/Locks.t.sol";

/// @title A list that is shown for the first time after the wait [PAY-1]
contract LateListTest is ChannelTest {
    uint128 private constant DEPOSIT = 1000;
    uint40 private constant EXPIRY = uint40(START + 1000 days);

    function test_TheLastMomentOfTheWaitIsInTime() external whoeverCloses {
        _closed();
        vm.warp(deadline + CHALLENGE - 1);
        settle(shown(Locks.none(), _theirs(), _answered()));
        assertPaid(DEPOSIT, DEPOSIT);
        vm.assertEq(phase(), ENDED, "phase");
    }

    function test_AListCountsAsEmptyWhetherItIsShownOrNot() external whoeverCloses {
        for (uint256 shows; shows < 4; ++shows) {
            ++params.salt;
            _closed();
            vm.warp(deadline + CHALLENGE);
            Lock[] memory theirs = shows & 1 == 0 ? Locks.none() : _theirs();
            Lock[] memory answered = shows & 2 == 0 ? Locks.none() : _answered();
            settle(shown(Locks.none(), theirs, answered));
            assertPaid(DEPOSIT - 100, DEPOSIT + 100);
            vm.assertEq(phase(), ENDED, "phase");
        }
    }

    /// @dev Worth 300 to the closer, while its time is not over.
    function _theirs() private pure returns (Lock[] memory) {
        return Locks.one(Lock(300, EXPIRY, secretOf("theirs"), Locks.WITNESS));
    }

    /// @dev Worth 200 to the other side.
    function _answered() private pure returns (Lock[] memory) {
        return Locks.one(Lock(200, EXPIRY, secretOf("answered"), Locks.WITNESS));
    }

    function _closed() private {
        open(DEPOSIT, DEPOSIT);
        vm.deal(a.owner, 0);
        vm.deal(b.owner, 0);
        close(state(9, 0, 100), state(1, 0, 0, _theirs()));
        answer(state(1, 0, 100, _answered()));
    }
}
