// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A well-behaved token that anybody can mint
contract TestToken is ERC20 {
    constructor() ERC20("Test token", "TEST") {}

    /// @notice Gives an account exactly this balance.
    function set(address account, uint256 balance) external {
        uint256 before = balanceOf(account);
        if (before > balance) _burn(account, before - balance);
        else _mint(account, balance - before);
    }
}
