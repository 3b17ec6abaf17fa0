// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {LockLists} from "../../libraries/LockLists.sol";
import {ChainLock, Chains} from "../support/Chains.t.sol";
import {ChainTest} from "../support/ChainTest.t.sol";
import {Lock, Locks} from "../support/Locks.t.sol";

/// @dev See chainLocks.tree: what lists are well formed, and how many locks a lane may carry.
contract ChainListsTest is ChainTest {
    using Chains for ChainLock;

    /// @dev [LOCK-3] 512 at most: a chain lock weighs 4.
    function test_WeighFourEach() external {
        open(60, 40);
        expectWeight(many(128, 1), 513);
        expectWeight(many(129, 0), 516);
        expectWeight(many(127, 5), 513);
        expectWeight(many(0, 513), 513);
        bytes[3] memory most = [many(128, 0), many(127, 4), many(0, 512)];
        for (uint256 i; i < 3; ++i) {
            ++params.salt;
            open(60, 40);
            closeWithList(state(1, 0, 0, most[i]), state(0, 0, 0), most[i]);
            vm.assertEq(phase(), CLOSING);
        }
    }

    function test_RevertWhen_APostedPairIsBroken() external {
        open(60, 40);
        bytes memory hash = Locks.entry(Lock(7, EXPIRY, secretOf("h"), 0), 0);
        bytes memory pair = lockOf("pair").entry();
        expectMalformed(bytes.concat(hash, half(pair, 0)), 50);
        expectMalformed(bytes.concat(half(pair, 0), hash), 0);
        expectMalformed(bytes.concat(half(pair, 0), pair), 0);
        expectMalformed(bytes.concat(pair, half(pair, 1)), 100);
        expectMalformed(bytes.concat(half(pair, 1), half(pair, 0)), 0);
        expectMalformed(bytes.concat(pair, hash, half(pair, 0)), 150);
        for (uint256 bit; bit < 8; ++bit) {
            bytes memory flagged = bytes.concat(pair);
            flagged[50] ^= bytes1(uint8(1 << bit));
            expectMalformed(bytes.concat(hash, flagged), 50);
            flagged = bytes.concat(pair);
            // The kind 3 is known, but not as a first entry.
            flagged[0] ^= bytes1(uint8(1 << bit));
            expectMalformed(bytes.concat(hash, flagged), 50);
        }
        for (uint256 i; i < 32; ++i) {
            bytes memory dirty = bytes.concat(pair);
            dirty[68 + i] = 0x01;
            expectMalformed(dirty, 0);
        }
        closeWithList(state(1, 0, 0, pair), state(0, 0, 0), pair);
    }

    /// @dev Without a flag a word in place of zero is another list; with one it is a number.
    function test_RevertWhen_AShownPairIsBroken() external {
        bytes memory hash = Locks.entry(Lock(7, EXPIRY, secretOf("h"), 0), 0);
        bytes memory pair = lockOf("pair").entry();
        bytes memory list = bytes.concat(hash, pair);
        closeLists(list, "");
        vm.warp(deadline);
        expectShownMalformed(bytes.concat(hash, half(pair, 0)), 50);
        expectShownMalformed(bytes.concat(hash, half(pair, 0), hash), 50);
        expectShownMalformed(bytes.concat(hash, half(pair, 1), half(pair, 0)), 50);
        for (uint256 bit; bit < 8; ++bit) {
            bytes memory flagged = bytes.concat(list);
            flagged[50] ^= bytes1(uint8(1 << bit));
            expectShownMalformed(flagged, 50);
            flagged = bytes.concat(list);
            flagged[100] ^= bytes1(uint8(1 << bit));
            if (bit != 6) expectShownMalformed(flagged, 50);
        }
        bytes memory dirty = bytes.concat(list);
        dirty[149] = 0x01;
        expectShownMalformed(dirty, 50);
        settleOwn(bytes.concat(hash, lockOf("pair").named(5)));
    }

    /// @dev Half a pair more: a list that ends within it.
    function test_RevertWhen_AShownListIsCut() external {
        bytes memory pair = lockOf("pair").entry();
        closeLists(pair, "");
        vm.warp(deadline);
        bytes memory cut = new bytes(99);
        for (uint256 i; i < 99; ++i) cut[i] = pair[i];
        expectShownMalformed(cut, 99);
    }

    function expectWeight(bytes memory list, uint256 weight) private {
        bytes memory reason = abi.encodeWithSelector(LockLists.TooManyLocks.selector, weight, 512);
        expectRefused(list, reason);
    }

    function expectMalformed(bytes memory list, uint256 position) private {
        expectRefused(list, abi.encodeWithSelector(LockLists.MalformedLocks.selector, position));
    }

    function expectRefused(bytes memory list, bytes memory reason) private {
        IHashlane.Signature memory unused;
        IHashlane.LaneState memory own = state(1, 0, 0, list);
        vm.expectRevert(reason);
        vm.prank(a.owner);
        hashlane.close(params, life, own, state(0, 0, 0), unused, list);
    }

    function expectShownMalformed(bytes memory list, uint256 position) private {
        expectSettleRevert(
            abi.encodeWithSelector(LockLists.MalformedLocks.selector, position),
            stranger.owner,
            shownLists(list, "", "")
        );
    }

    function many(uint256 chains, uint256 hashes) private pure returns (bytes memory list) {
        bytes memory pair = lockOf("pair").entry();
        bytes memory hash = Locks.entry(Lock(7, EXPIRY, secretOf("h"), 0), 0);
        for (uint256 i; i < chains; ++i) list = bytes.concat(list, pair);
        for (uint256 i; i < hashes; ++i) list = bytes.concat(list, hash);
    }

    function half(bytes memory pair, uint256 which) private pure returns (bytes memory part) {
        part = new bytes(50);
        for (uint256 i; i < 50; ++i) part[i] = pair[50 * which + i];
    }
}
