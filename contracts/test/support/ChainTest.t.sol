// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {ChainLock, Chains} from "./Chains.t.sol";
import {ChannelTest} from "./ChannelTest.t.sol";

/// @title A channel whose lanes hold chain locks over one hash chain each
abstract contract ChainTest is ChannelTest {
    using Chains for ChainLock;

    uint256 internal constant DEPOSIT = 1000;
    /// @dev Between the deadline and the end of the wait for lists.
    uint40 internal constant EXPIRY = uint40(START + 1 days + 6 hours);
    uint256 internal constant LINKS = 100;
    uint96 internal constant AMOUNT = 100;
    uint96 internal constant UNIT = 5;
    uint40 internal constant FIRST = 10;

    /// @dev Each side has 1000. The closer's lane: sent 100 and the own list; theirs: sent 50 and their list.
    function closeLists(bytes memory own, bytes memory theirs) internal {
        vm.warp(START);
        ++params.salt;
        open(DEPOSIT, DEPOSIT);
        vm.deal(a.owner, 0);
        vm.deal(b.owner, 0);
        closeWithList(state(5, 3, 100, own), state(4, 2, 50, theirs), own);
    }

    function closeOwn(ChainLock memory own) internal {
        closeLists(own.entry(), "");
    }

    /// @dev Opens the chain of that name up to this link.
    function advance(string memory name, uint256 index) internal returns (uint256 number) {
        bytes32 seed = secretOf(name);
        bytes32 commitment = Chains.link(seed, LINKS, 0);
        return registry.recordChain(commitment, index, Chains.link(seed, LINKS, index), 0);
    }

    function settleOwn(bytes memory list) internal {
        settle(shownLists(list, "", ""));
    }

    function expectNothingNew(bytes memory list) internal {
        expectNothingNewBy(stranger.owner, list);
    }

    /// @dev The list decides nothing, so that it can be shown again. The first settlement pays what was sure before.
    function expectNothingNewBy(address sender, bytes memory list) internal {
        if (record.paid == 0) settleBy(sender, shownLists(list, "", ""));
        bytes memory reason = abi.encodeWithSelector(IHashlaneErrors.NothingToSettle.selector, channel());
        expectSettleRevert(reason, sender, shownLists(list, "", ""));
    }

    /// @dev Given what the own lane is worth at the least and at the most.
    function assertOwnLane(uint256 low, uint256 high) internal view {
        assertPaid(DEPOSIT + 50 - high, DEPOSIT + low - 50);
        vm.assertEq(phase(), low == high ? ENDED : CLOSING);
    }

    /// @dev 5 a link from link 10 on, 100 at most, over a chain that the test knows.
    function lockOf(string memory name) internal pure returns (ChainLock memory) {
        return ChainLock(AMOUNT, EXPIRY, Chains.link(secretOf(name), LINKS, 0), UNIT, FIRST);
    }
}
