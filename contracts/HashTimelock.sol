// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IHashTimelock} from "./interfaces/IHashTimelock.sol";

/// @title The plain on-chain hash time-locked contract
/// @notice See IHashTimelock, which is the manual.
contract HashTimelock is IHashTimelock, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    mapping(bytes32 id => Status status) private _statuses;

    /// @inheritdoc IHashTimelock
    function lock(Terms calldata terms) external payable nonReentrant returns (bytes32 id) {
        if (
            terms.sender != msg.sender ||
            terms.receiver == address(0) ||
            terms.receiver == terms.sender ||
            terms.amount == 0
        ) revert BadTerms(terms);
        if (terms.expiry <= block.timestamp) revert ExpiryPassed(terms.expiry, block.timestamp);
        id = keccak256(abi.encode(terms));
        if (_statuses[id] != Status.None) revert AlreadyLocked(id);

        _statuses[id] = Status.Locked;
        emit Locked(id, terms.sender, terms.receiver, terms);

        if (terms.token == address(0)) {
            if (msg.value != terms.amount) revert WrongValue(terms.amount, msg.value);
        } else {
            if (msg.value != 0) revert WrongValue(0, msg.value);
            _pull(IERC20(terms.token), terms.amount);
        }
    }

    /// @inheritdoc IHashTimelock
    function claim(Terms calldata terms, bytes32 secret) external nonReentrant {
        _claim(terms, secret, terms.receiver);
    }

    /// @inheritdoc IHashTimelock
    function claimTo(Terms calldata terms, bytes32 secret, address to) external nonReentrant {
        if (msg.sender != terms.receiver) revert NotReceiver(terms.receiver, msg.sender);
        _claim(terms, secret, to);
    }

    /// @inheritdoc IHashTimelock
    function refund(Terms calldata terms) external nonReentrant {
        bytes32 id = _requireLocked(terms);
        if (block.timestamp < terms.expiry) revert NotExpired(terms.expiry, block.timestamp);
        _statuses[id] = Status.Refunded;
        emit Refunded(id);
        _push(terms.token, terms.sender, terms.amount);
    }

    /// @inheritdoc IHashTimelock
    function statusOf(bytes32 id) external view returns (Status) {
        return _statuses[id];
    }

    function _claim(Terms calldata terms, bytes32 secret, address to) private {
        bytes32 id = _requireLocked(terms);
        if (block.timestamp >= terms.expiry) revert ExpiryPassed(terms.expiry, block.timestamp);
        bytes32 given = sha256(abi.encode(secret));
        if (given != terms.hash) revert WrongSecret(terms.hash, given);
        _statuses[id] = Status.Claimed;
        emit Claimed(id, secret, to);
        _push(terms.token, to, terms.amount);
    }

    /// @dev A token that takes a fee would leave less here than the claim pays.
    function _pull(IERC20 token, uint256 amount) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != amount) revert WrongTokenAmount(amount, received);
    }

    function _push(address token, address to, uint256 amount) private {
        if (token == address(0)) {
            (bool paid, ) = to.call{value: amount}("");
            if (!paid) revert PaymentFailed(to, amount);
        } else {
            IERC20(token).safeTransfer(to, amount);
        }
    }

    function _requireLocked(Terms calldata terms) private view returns (bytes32 id) {
        id = keccak256(abi.encode(terms));
        Status status = _statuses[id];
        if (status != Status.Locked) revert NotLocked(id, status);
    }
}
