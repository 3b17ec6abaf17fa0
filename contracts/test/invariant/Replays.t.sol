// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {Signing} from "../support/Signing.t.sol";
import {Disputes} from "./Disputes.t.sol";
import {Funds} from "./Funds.t.sol";

/// @title [I7] What was signed for another life, channel or contract, sent here in whatever phase
abstract contract Replays is Funds, Disputes {
    /// @dev `where`: another life, another channel, another contract.
    function replay(uint8 kind, uint8 where, uint32 number) external {
        if (life == 0) return;
        (bytes32 separator, bytes32 elsewhere) = otherContext(where % 3);
        bytes memory call = foreignCall(kind % 5, separator, elsewhere, number);
        bytes32 before = bytes32(hashlane.slotOf(paramsId()));
        vm.prank(kind % 5 == 3 ? other.owner : a.owner);
        (bool taken, ) = address(hashlane).call(call);
        check(!taken, "[I7] a foreign message was taken");
        check(bytes32(hashlane.slotOf(paramsId())) == before, "[I7] a foreign message changed something");
        happened("replay");
    }

    function foreignCall(
        uint256 kind,
        bytes32 separator,
        bytes32 elsewhere,
        uint32 number
    ) private view returns (bytes memory) {
        IHashlane.LaneState memory big = state(type(uint64).max - number, 0, type(uint128).max);
        IHashlane.LaneState memory zero = state(0, 0, 0);
        IHashlane.Signature memory unused;
        if (kind == 0) {
            IHashlane.Signature memory s = sign(
                b,
                Signing.cooperativeClose(separator, elsewhere, depositA, FOREVER)
            );
            return abi.encodeCall(hashlane.closeCooperatively, (params, life, depositA, FOREVER, s));
        }
        if (kind == 1) {
            uint256 count_ = uint32(hashlane.slotOf(paramsId()) >> 192);
            IHashlane.Signature memory s = sign(
                b,
                Signing.resize(separator, elsewhere, count_, 0, 0, FOREVER)
            );
            return abi.encodeCall(hashlane.resize, (params, life, 0, 0, FOREVER, s));
        }
        if (kind == 2) {
            IHashlane.Intent memory intent;
            intent.validUntil = FOREVER;
            intent.signature = sign(b, Signing.closeIntent(separator, elsewhere, zero, zero, false, FOREVER));
            return abi.encodeCall(hashlane.closeFor, (params, life, record, zero, zero, unused, "", intent));
        }
        if (kind == 3) {
            IHashlane.Signature memory s = sign(closer, Signing.lane(separator, elsewhere, big));
            return abi.encodeCall(hashlane.answer, (params, life, record, big, s));
        }
        IHashlane.Signature memory lane = sign(b, Signing.lane(separator, elsewhere, big));
        return abi.encodeCall(hashlane.close, (params, life, zero, big, lane, ""));
    }

    function otherContext(uint256 where) private view returns (bytes32 separator, bytes32 elsewhere) {
        separator = Signing.domain(address(hashlane));
        elsewhere = channel();
        if (where == 0) elsewhere = Signing.channel(paramsId(), life - 1);
        if (where == 1) {
            IHashlane.Params memory twin = params;
            ++twin.salt;
            elsewhere = Signing.channel(Signing.paramsId(address(hashlane), twin), life);
        }
        if (where == 2) separator = Signing.domain(address(registry));
    }
}
