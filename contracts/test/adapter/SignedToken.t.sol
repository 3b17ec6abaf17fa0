// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title A token with EIP-2612 and EIP-3009, also for signatures of contracts, that anybody can mint
contract SignedToken is ERC20Permit, ERC3009 {
    bytes32 private constant _PERMIT_TYPE = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );

    /// @dev What each transfer takes from what arrives.
    uint256 public fee;

    bool public permits = true;

    constructor() ERC20("Signed", "SIGN") ERC20Permit("Signed") {}

    function set(address account, uint256 balance) external {
        _burn(account, balanceOf(account));
        _mint(account, balance);
    }

    function setFee(uint256 fee_) external {
        fee = fee_;
    }

    function setPermits(bool permits_) external {
        permits = permits_;
    }

    function permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        bytes calldata signature
    ) external {
        require(permits, "no permits");
        bytes32 message = keccak256(
            abi.encode(_PERMIT_TYPE, owner, spender, value, _useNonce(owner), deadline)
        );
        require(SignatureChecker.isValidSignatureNow(owner, _hashTypedDataV4(message), signature), "permit");
        _approve(owner, spender, value);
    }

    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        bytes32 message = keccak256(
            abi.encode(RECEIVE_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce)
        );
        require(
            SignatureChecker.isValidSignatureNow(from, _hashTypedDataV4(message), signature),
            "authorization"
        );
        require(to == msg.sender, "payee");
        _transferWithAuthorization(from, to, value, validAfter, validBefore, nonce);
    }

    function _update(address from, address to, uint256 value) internal virtual override {
        super._update(from, to, value);
        if (fee != 0 && from != address(0) && to != address(0)) super._update(to, address(0), fee);
    }
}
