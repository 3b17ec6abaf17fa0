// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ISecretRegistry} from "../../interfaces/ISecretRegistry.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";
import {Deploying} from "../support/Deploying.t.sol";
import {Lock, Locks} from "../support/Locks.t.sol";

contract RefusingRegistry {
    error Refused(bytes32[] witnesses);

    function record(bytes32 witness) external pure returns (uint256) {
        bytes32[] memory witnesses = new bytes32[](1);
        witnesses[0] = witness;
        revert Refused(witnesses);
    }

    function recordList(bytes32[] calldata witnesses) external pure returns (uint256) {
        revert Refused(witnesses);
    }
}

/// @dev See settle.tree: the registry of a deployment never refuses, but what one says must not be lost.
contract RefusingRegistryTest is ChannelTest {
    using Locks for Lock[];

    function setUp() public override {
        super.setUp();
        registry = ISecretRegistry(address(new RefusingRegistry()));
        hashlane = Deploying.hashlane(registry, LEAST_CHALLENGE, MOST_CHALLENGE);
    }

    function test_ASettlementStopsWithItsReason() external {
        Lock memory first = Lock(30, uint40(START + 3 days), secretOf("first"), Locks.WITNESS);
        Lock memory second = Lock(20, uint40(START + 3 days), secretOf("second"), Locks.WITNESS);
        open(600, 400);
        expectReason(Locks.one(first));
        expectReason(Locks.two(first, second));
        close(state(1, 0, 0), state(1, 0, 0, Locks.two(first, second)));
        vm.warp(deadline);
        expectReason(Locks.two(first, second));
        vm.assertEq(phase(), CLOSING);
    }

    function expectReason(Lock[] memory locks) private {
        bytes32[] memory witnesses = new bytes32[](locks.length);
        for (uint256 i; i < locks.length; ++i) witnesses[i] = locks[i].secret;
        bytes memory reason = abi.encodeWithSelector(RefusingRegistry.Refused.selector, witnesses);
        expectSettleRevert(reason, stranger.owner, shown(Locks.none(), locks, Locks.none()));
    }
}
