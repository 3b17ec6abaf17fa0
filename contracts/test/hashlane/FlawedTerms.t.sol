// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {LockLists} from "../../libraries/LockLists.sol";
import {ChainLock, Chains} from "../support/Chains.t.sol";
import {ChainTest} from "../support/ChainTest.t.sol";

/// @notice Where a chain lock's zero word belongs stands the number of a checkpoint, if a flag says so, and nothing else:
/// not in a list that was signed with something there either.
contract FlawedTermsTest is ChainTest {
    using Chains for ChainLock;

    function test_RevertWhen_AWordStandsUnflaggedWhereZeroBelongs() external {
        bytes memory list = lockOf("chain").entry();
        list[99] = 0x01;
        closeLists("", list);
        vm.warp(deadline);
        bytes memory reason = abi.encodeWithSelector(LockLists.MalformedLocks.selector, 0);
        expectSettleRevert(reason, stranger.owner, shownLists("", list, ""));
    }
}
