// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {ISecretRegistry} from "../../interfaces/ISecretRegistry.sol";
import {Vm} from "./Vm.t.sol";

/// @title The contracts as they are deployed
/// @dev From their own artifacts: `new` would compile them as a part of the test, with other settings of the optimizer.
library Deploying {
    Vm private constant _VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function registry() internal returns (ISecretRegistry) {
        return ISecretRegistry(_deploy(_VM.getCode("contracts/SecretRegistry.sol:SecretRegistry")));
    }

    function hashlane(
        ISecretRegistry registry_,
        uint256 leastChallenge,
        uint256 mostChallenge
    ) internal returns (IHashlane) {
        bytes memory arguments = abi.encode(registry_, leastChallenge, mostChallenge);
        bytes memory code = _VM.getCode("contracts/Hashlane.sol:Hashlane");
        return IHashlane(_deploy(bytes.concat(code, arguments)));
    }

    function _deploy(bytes memory code) private returns (address deployed) {
        assembly ("memory-safe") {
            deployed := create(0, add(code, 0x20), mload(code))
        }
        _VM.assertTrue(deployed != address(0), "not deployed");
    }
}
