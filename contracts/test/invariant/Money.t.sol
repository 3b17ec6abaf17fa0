// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {ISecretRegistry} from "../../interfaces/ISecretRegistry.sol";
import {TestToken} from "../../mocks/TestToken.sol";
import {Deploying} from "../support/Deploying.t.sol";
import {Vm} from "../support/Vm.t.sol";
import {ChannelHandler} from "./ChannelHandler.t.sol";

/// @title The invariants of section 4 over three channels and any calls
contract MoneyInvariants {
    Vm private constant _VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    IHashlane private _hashlane;
    TestToken private _token;
    ChannelHandler[3] private _channels;

    function setUp() external {
        _VM.warp(1_800_000_000);
        ISecretRegistry registry = Deploying.registry();
        _hashlane = Deploying.hashlane(registry, 1 hours, 30 days);
        _token = new TestToken();
        _channels[0] = new ChannelHandler(_hashlane, registry, address(0), "first");
        _channels[1] = new ChannelHandler(_hashlane, registry, address(0), "second");
        _channels[2] = new ChannelHandler(_hashlane, registry, address(_token), "third");
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](3);
        for (uint256 i; i < 3; ++i) targets[i] = address(_channels[i]);
    }

    /// @dev [I1] [I8] Per token: what is held is what open channels and credits are owed, exactly.
    function invariant_I1_HoldsWhatIsOwed() external view {
        uint256 eth = owed(0) + owed(1);
        _VM.assertEq(address(_hashlane).balance, eth, "[I1] ETH");
        _VM.assertEq(_token.balanceOf(address(_hashlane)), owed(2), "[I1] tokens");
    }

    /// @dev [I2] A life that has ended has paid exactly its total.
    function invariant_I2_EachLifePaysItsTotalOnce() external view {
        for (uint256 i; i < 3; ++i) {
            ChannelHandler one = _channels[i];
            uint256 paid = one.paidA() + one.paidB();
            if (one.currentPhase() == 0) _VM.assertEq(paid, one.totalIn(), "[I2] ended");
            else _VM.assertLe(paid, one.totalIn(), "[I2] not ended");
        }
    }

    /// @dev [I4] [I6] Convictions pay everything, locks pay once and only by a record in time, whatever the order.
    function invariant_I6_PaysWhatTheTextSays() external view {
        for (uint256 i; i < 3; ++i) {
            if (_channels[i].faults() != 0) revert(_channels[i].lastFault());
        }
    }

    function owed(uint256 index) private view returns (uint256) {
        return _channels[index].held() + _channels[index].creditsHeld();
    }
}
