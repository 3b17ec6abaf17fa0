// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title A token of 6 decimals that anybody can mint, with the manners of the oldest ones: it returns nothing, and
/// changes an allowance only from or to zero
contract OldToken {
    /// Whether it moves nothing, as an issuer can decide.
    bool public refuses;
    mapping(address account => uint256 amount) public balanceOf;
    mapping(address owner => mapping(address spender => uint256 amount)) public allowance;

    event Approval(address indexed owner, address indexed spender, uint256 value);
    event Transfer(address indexed from, address indexed to, uint256 value);

    error Refused();
    error AllowanceStands(uint256 allowed, uint256 wanted);

    /// @notice Gives an account exactly this balance.
    function set(address account, uint256 balance) external {
        balanceOf[account] = balance;
    }

    function refuse(bool whether) external {
        refuses = whether;
    }

    function approve(address spender, uint256 amount) external {
        uint256 allowed = allowance[msg.sender][spender];
        if (allowed != 0 && amount != 0) revert AllowanceStands(allowed, amount);
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
    }

    function decimals() external pure returns (uint8) {
        return 6;
    }

    function _move(address from, address to, uint256 amount) private {
        if (refuses) revert Refused();
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
    }
}
