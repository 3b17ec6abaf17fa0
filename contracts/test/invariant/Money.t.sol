// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {ISecretRegistry} from "../../interfaces/ISecretRegistry.sol";
import {TestToken} from "../../mocks/TestToken.sol";
import {Deploying} from "../support/Deploying.t.sol";
import {Vm} from "../support/Vm.t.sol";
import {ChannelHandler} from "./ChannelHandler.t.sol";

/// @title The invariants of section 4 over four channels of two contracts and any calls
contract MoneyInvariants {
    Vm private constant _VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant _CHANNELS = 4;

    IHashlane private _hashlane;
    IHashlane private _another;
    TestToken private _token;
    ChannelHandler[_CHANNELS] private _channels;

    function setUp() external {
        _VM.warp(1_800_000_000);
        ISecretRegistry registry = Deploying.registry();
        _hashlane = Deploying.hashlane(registry, 1 hours, 30 days);
        _another = Deploying.hashlane(registry, 1 hours, 30 days);
        _token = new TestToken();
        _channels[0] = new ChannelHandler(_hashlane, registry, address(0), "first");
        _channels[1] = new ChannelHandler(_hashlane, registry, address(0), "second");
        _channels[2] = new ChannelHandler(_hashlane, registry, address(_token), "third");
        _channels[3] = new ChannelHandler(_another, registry, address(0), "fourth");
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](_CHANNELS);
        for (uint256 i; i < _CHANNELS; ++i) targets[i] = address(_channels[i]);
    }

    /// @dev In one, so that each call is checked for all of them. Handlers note what is against [I2] to [I7].
    function invariant_I1_to_I8() external view {
        _VM.assertEq(address(_hashlane).balance, owed(0) + owed(1), "[I1] [I8] ETH");
        _VM.assertEq(_token.balanceOf(address(_hashlane)), owed(2), "[I1] [I8] tokens");
        _VM.assertEq(address(_another).balance, owed(3), "[I1] [I8] ETH of the other contract");
        for (uint256 i; i < _CHANNELS; ++i) {
            ChannelHandler one = _channels[i];
            if (one.faults() != 0) revert(one.firstFault());
            uint256 paid = one.paidA() + one.paidB() + one.paidTower();
            if (one.currentPhase() == 0) _VM.assertEq(paid, one.totalIn(), "[I2] ended");
            else _VM.assertLe(paid, one.totalIn(), "[I2] not ended");
        }
    }

    function owed(uint256 index) private view returns (uint256) {
        return _channels[index].held() + _channels[index].creditsHeld();
    }
}
