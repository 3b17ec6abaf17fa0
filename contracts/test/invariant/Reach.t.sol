// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {ISecretRegistry} from "../../interfaces/ISecretRegistry.sol";
import {Deploying} from "../support/Deploying.t.sol";
import {Vm} from "../support/Vm.t.sol";
import {ChannelHandler} from "./ChannelHandler.t.sol";

/// @title That calls drawn at random reach everything that the invariants speak of
contract ReachTest {
    Vm private constant _VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant _CALLS = 3000;

    event Reached(string what, uint256 times);

    ChannelHandler private _channel;
    uint256 private _drawn;

    function setUp() external {
        _VM.warp(1_800_000_000);
        ISecretRegistry registry = Deploying.registry();
        IHashlane hashlane = Deploying.hashlane(registry, 1 hours, 30 days);
        _channel = new ChannelHandler(hashlane, registry, address(0), "reached");
    }

    function test_EverythingHappens() external {
        for (uint256 i; i < _CALLS; ++i) one();
        if (_channel.faults() != 0) revert(_channel.firstFault());
        string[20] memory all = [
            "open",
            "deposit",
            "resize",
            "end together",
            "open by consent",
            "no deposit while closing",
            "withdraw",
            "honest close",
            "humble close",
            "stale close",
            "invented close",
            "replaced",
            "answer refused",
            "answer counts",
            "convicted",
            "checkpoint",
            "settled",
            "settled to the end",
            "exit alone",
            "replay"
        ];
        for (uint256 i; i < all.length; ++i) {
            uint256 times = _channel.count(all[i]);
            emit Reached(all[i], times);
            _VM.assertGt(times, 0, all[i]);
        }
    }

    function one() private {
        uint256 w = draw();
        uint256 kind = draw() % 17;
        bool x = w & 1 == 1;
        bool y = w & 2 == 2;
        uint8 p = uint8(w >> 8);
        uint8 q = uint8(w >> 16);
        if (kind == 0) _channel.fund(uint64(p) * 10, uint64(q) * 10, uint8(w >> 24));
        else if (kind < 3) _channel.sign(x, p, draw());
        else if (kind == 3) _channel.resize(p, x, y, w & 4 == 4);
        else if (kind == 4 && p < 20) _channel.endTogether(q, uint8(w >> 24));
        else if (kind == 5) _channel.closeHonestly(x, y, p);
        else if (kind == 6) _channel.closeStale(x, y, p, q);
        else if (kind == 7) _channel.closeInvented(x, y, p, q);
        else if (kind == 8) _channel.replaceHumble(p);
        else if (kind == 9) _channel.answerIt(p, q, x);
        else if (kind == 10) _channel.settleIt(p, draw(), q, x);
        else if (kind == 11) _channel.recordIt(p, q, uint8(w >> 24));
        else if (kind == 12) _channel.recordEarly(x, p, q);
        else if (kind == 13) _channel.travel(uint32(w >> 32));
        else if (kind == 14 && p < 50) _channel.exitAlone(x, q);
        else if (kind == 15) _channel.replay(p, q, uint32(w >> 32));
        else if (kind == 16 && y) _channel.withdraw(x);
        else if (kind == 16) _channel.refuse(x);
    }

    function draw() private returns (uint256) {
        ++_drawn;
        return uint256(keccak256(abi.encode("reach", _drawn)));
    }
}
