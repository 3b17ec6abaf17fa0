// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {ChannelTest} from "./ChannelTest.t.sol";

/// @title A channel that may be closed humbly, and closes by message
abstract contract HumbleTest is ChannelTest {
    uint256 internal constant UNTIL = START + 1 hours;
    uint32 internal constant RECOVERY = 3 days;

    function setUp() public virtual override {
        super.setUp();
        params.recoveryPeriod = RECOVERY;
    }

    /// @dev Of the states below.
    function closeBy(address sender, IHashlane.Intent memory intent) internal {
        closeStates(sender, ownState(), theirState(), "", intent);
    }

    function closeStates(
        address sender,
        IHashlane.LaneState memory own,
        IHashlane.LaneState memory theirs,
        bytes memory list,
        IHashlane.Intent memory intent
    ) internal {
        IHashlane.Signature memory signature = signLane(other, theirs);
        vm.recordLogs();
        vm.prank(sender);
        hashlane.closeFor(params, life, record, own, theirs, signature, list, intent);
        deadline = vm.getBlockTimestamp() + (intent.humble ? params.recoveryPeriod : params.challengePeriod);
        readRecord();
    }

    function endTogether() internal {
        IHashlane.Signature memory signature = signClose(b, 0, UNTIL);
        vm.prank(a.owner);
        hashlane.closeCooperatively(params, life, 0, UNTIL, signature);
    }

    /// @dev For the states below.
    function signedBy(Party memory by, bool humble) internal view returns (IHashlane.Intent memory) {
        return intentOf(by, ownState(), theirState(), humble);
    }

    function intentOf(
        Party memory by,
        IHashlane.LaneState memory own,
        IHashlane.LaneState memory theirs,
        bool humble
    ) internal view returns (IHashlane.Intent memory) {
        return IHashlane.Intent(humble, UNTIL, signIntent(by, own, theirs, humble, UNTIL));
    }

    function callWith(IHashlane.Intent memory intent) internal view returns (bytes memory) {
        IHashlane.Signature memory signature = signLane(other, theirState());
        return
            abi.encodeCall(
                hashlane.closeFor,
                (params, life, record, ownState(), theirState(), signature, "", intent)
            );
    }

    function swapped() internal view returns (Party memory, Party memory) {
        return (other, closer);
    }

    function ownState() internal pure returns (IHashlane.LaneState memory) {
        return state(5, 3, 20);
    }

    function theirState() internal pure returns (IHashlane.LaneState memory) {
        return state(4, 2, 10);
    }
}
