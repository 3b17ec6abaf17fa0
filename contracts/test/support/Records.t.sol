// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {Vm} from "./Vm.t.sol";

/// @title Closing records: packed by hand, and as events tell them
library Records {
    function terms(bool closerIsB, uint256 depositA, uint256 depositB) internal pure returns (uint256) {
        return depositA + depositB * 2 ** 96 + (closerIsB ? 2 ** 192 : 0);
    }

    function lane(IHashlane.LaneState memory state) internal pure returns (uint256) {
        return state.sent + uint256(state.ack) * 2 ** 128 + uint256(state.seq) * 2 ** 192;
    }

    function closed(
        bool closerIsB,
        uint256 depositA,
        uint256 depositB,
        IHashlane.LaneState memory own,
        IHashlane.LaneState memory theirs
    ) internal pure returns (IHashlane.Closing memory record) {
        record.terms = terms(closerIsB, depositA, depositB);
        record.own = lane(own);
        record.ownLocks = own.locksRoot;
        record.theirs = lane(theirs);
        record.theirLocks = theirs.locksRoot;
    }

    function closingSlot(
        uint256 life,
        uint256 deadline,
        IHashlane.Closing memory record
    ) internal pure returns (uint256) {
        uint256 digest = uint256(keccak256(abi.encode(record))) / 2 ** 56;
        return 2 * 2 ** 254 + life * 2 ** 234 + deadline * 2 ** 200 + digest;
    }

    function newest(
        Vm.Log[] memory logs
    ) internal pure returns (bool found, IHashlane.Closing memory record) {
        for (uint256 i = logs.length; i > 0 && !found; --i) {
            bytes32 kind = logs[i - 1].topics[0];
            found = true;
            if (kind == IHashlane.CloseStarted.selector) {
                (, record, ) = abi.decode(logs[i - 1].data, (uint256, IHashlane.Closing, bytes));
            } else if (kind == IHashlane.Answered.selector || kind == IHashlane.Settled.selector) {
                record = abi.decode(logs[i - 1].data, (IHashlane.Closing));
            } else {
                found = false;
            }
        }
    }
}
