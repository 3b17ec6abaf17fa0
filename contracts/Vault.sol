// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {ICredits} from "./interfaces/ICredits.sol";
import {IHashlane} from "./interfaces/IHashlane.sol";

/// @title Money in, money out, and credit [ST-2] [ST-3]
/// @dev Payments are pushed with a gas allowance. One that fails becomes a credit of the payee, so nobody can block
/// another's exit by refusing its own money.
///
/// Foreign code runs in a push, in a withdrawal and in a pull of tokens. Before the first two all effects are complete,
/// so whatever it calls meets a whole state. A pull comes after the effects too, but the tokens come only with it: what
/// arrived is measured, and only there a second pull within the first would count twice. So a pull is guarded, and
/// nothing else is: a payment that foreign code causes within a pull lowers what is measured by what it lowers the debts.
abstract contract Vault is IHashlane, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev References to it save hashing its place again for writing.
    struct Credit {
        uint256 amount;
    }

    /// @dev Enough for the receiving hooks of the smart accounts in use.
    uint256 private constant _ETH_PUSH_GAS = 50_000;
    /// @dev Enough for tokens behind proxies with hooks.
    uint256 private constant _TOKEN_PUSH_GAS = 200_000;
    /// @dev What a push costs around the call: a cold account, the value, and the credit in case of failure.
    uint256 private constant _PUSH_OVERHEAD_GAS = 45_000;

    mapping(address token => mapping(address account => Credit credit)) private _credits;

    /// @inheritdoc ICredits
    function addCredit(address token, address account, uint256 amount) external payable {
        _pull(token, amount);
        _credit(token, account, amount);
    }

    /// @inheritdoc ICredits
    function withdrawCredit(address token, uint256 amount, address to) external {
        _takeCredit(token, msg.sender, amount);
        emit CreditWithdrawn(token, msg.sender, to, amount);
        if (token == address(0)) {
            (bool paid, ) = to.call{value: amount}("");
            if (!paid) revert PaymentFailed(to, amount);
        } else {
            IERC20(token).safeTransfer(to, amount);
        }
    }

    /// @inheritdoc ICredits
    function creditOf(address token, address account) external view returns (uint256) {
        return _credits[token][account].amount;
    }

    function _spendCredit(address token, address account, uint256 amount) internal {
        _takeCredit(token, account, amount);
        emit CreditSpent(account, amount);
    }

    function _takeCredit(address token, address account, uint256 amount) internal {
        Credit storage credit = _credits[token][account];
        uint256 available = credit.amount;
        if (available < amount) revert NotEnoughCredit(available, amount);
        unchecked {
            credit.amount = available - amount;
        }
    }

    /// @dev Takes exactly this amount from the caller. No foreign code runs for ETH, so only tokens need the guard.
    function _pull(address token, uint256 amount) internal {
        if (token == address(0)) {
            if (msg.value != amount) revert WrongValue(amount, msg.value);
            return;
        }
        if (msg.value != 0) revert WrongValue(0, msg.value);
        _pullToken(token, msg.sender, amount);
    }

    /// @dev Never reverts because of the payee or the token; reverts if the caller brought too little gas.
    function _push(address token, address to, uint256 amount) internal {
        if (amount == 0) return;
        bool paid = token == address(0) ? _pushEth(to, amount) : _pushToken(token, to, amount);
        if (!paid) _credit(token, to, amount);
    }

    /// @dev Takes exactly these amounts from two accounts together.
    function _pullTokens(
        address token,
        address from,
        uint256 amount,
        address second,
        uint256 secondAmount
    ) internal nonReentrant {
        uint256 before = IERC20(token).balanceOf(address(this));
        if (amount != 0) IERC20(token).safeTransferFrom(from, address(this), amount);
        if (secondAmount != 0) IERC20(token).safeTransferFrom(second, address(this), secondAmount);
        uint256 received = IERC20(token).balanceOf(address(this)) - before;
        uint256 expected = amount + secondAmount;
        if (received != expected) revert WrongTokenAmount(expected, received);
    }

    function _credit(address token, address account, uint256 amount) internal {
        _credits[token][account].amount += amount;
        emit Credited(token, account, amount);
    }

    function _pullToken(address token, address from, uint256 amount) private nonReentrant {
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(from, address(this), amount);
        uint256 received = IERC20(token).balanceOf(address(this)) - before;
        if (received != amount) revert WrongTokenAmount(amount, received);
    }

    function _pushEth(address to, uint256 amount) private returns (bool paid) {
        _requireGas(_ETH_PUSH_GAS);
        assembly ("memory-safe") {
            paid := call(_ETH_PUSH_GAS, to, amount, 0, 0, 0, 0)
        }
    }

    /// @dev At most one word is read of what the token returns, whatever its length.
    function _pushToken(address token, address to, uint256 amount) private returns (bool paid) {
        _requireGas(_TOKEN_PUSH_GAS);
        bytes memory data = abi.encodeCall(IERC20.transfer, (to, amount));
        assembly ("memory-safe") {
            mstore(0x00, 0)
            paid := call(_TOKEN_PUSH_GAS, token, 0, add(data, 0x20), mload(data), 0x00, 0x20)
            if paid {
                switch returndatasize()
                case 0 {
                    paid := gt(extcodesize(token), 0)
                }
                default {
                    paid := and(gt(returndatasize(), 0x1f), eq(mload(0x00), 1))
                }
            }
        }
    }

    /// @dev A caller must not be able to starve a push, turning a payment into a credit.
    function _requireGas(uint256 push) private view {
        uint256 needed = push + push / 32 + _PUSH_OVERHEAD_GAS;
        uint256 available = gasleft();
        if (available < needed) revert NotEnoughGas(available, needed);
    }
}
