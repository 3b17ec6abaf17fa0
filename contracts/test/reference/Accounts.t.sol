// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TestToken} from "../../mocks/TestToken.sol";

/// @title A token that says no to some payees
contract ChoosyToken is TestToken {
    mapping(address account => bool blocked) private _blocked;

    function blockAccount(address account) external {
        _blocked[account] = true;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (_blocked[to]) return false;
        return super.transfer(to, amount);
    }
}

/// @title An account that takes no ETH
contract Refuser {
    receive() external payable {
        revert("no");
    }
}

/// @title An account that signs by ERC-1271: with the hash of what is to be signed
contract Wallet {
    receive() external payable {}

    function isValidSignature(bytes32 digest, bytes calldata signature) external pure returns (bytes4) {
        bool isGood = keccak256(signature) == keccak256(abi.encode(keccak256(abi.encode(digest))));
        return isGood ? this.isValidSignature.selector : bytes4(0);
    }
}
