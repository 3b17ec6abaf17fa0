// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {Signing} from "./Signing.t.sol";
import {Vm} from "./Vm.t.sol";

/// @title What owners and closers sign for others to send, from the protocol's text
library Consents {
    Vm private constant _VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev The key of a party's owner, as ChannelTest makes it.
    function keyOf(string memory name) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(name, "owner")));
    }

    /// @dev The two words of EIP-2098 in one piece.
    function compact(uint256 key, bytes32 message) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = _VM.sign(key, message);
        return abi.encode(r, uint256(s) | (uint256(v - 27) << 255));
    }

    function digest(
        address hashlane,
        IHashlane.Params memory params,
        uint256 life,
        uint256 amount,
        uint256 otherAmount,
        uint256 validUntil
    ) internal view returns (bytes32) {
        bytes32 id = Signing.paramsId(hashlane, params);
        bytes32 separator = Signing.domain(hashlane);
        return Signing.fundingConsent(separator, id, life, amount, otherAmount, validUntil);
    }

    /// @dev The intent to close where nothing was ever paid.
    function idleIntent(
        address hashlane,
        bytes32 channel,
        uint256 validUntil
    ) internal view returns (bytes32) {
        IHashlane.LaneState memory idle;
        return Signing.closeIntent(Signing.domain(hashlane), channel, idle, idle, false, validUntil);
    }

    function typed(bytes32 separator, bytes memory message) internal pure returns (bytes32) {
        return keccak256(bytes.concat(hex"1901", separator, keccak256(message)));
    }
}
