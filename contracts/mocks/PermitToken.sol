// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title A token that anybody can mint, whose owners can sign permits [EIP-2612]
contract PermitToken is ERC20Permit {
    constructor() ERC20("Permit token", "PERM") ERC20Permit("Permit token") {}

    /// @notice Gives an account exactly this balance.
    function set(address account, uint256 balance) external {
        _burn(account, balanceOf(account));
        _mint(account, balance);
    }
}
