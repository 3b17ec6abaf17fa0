// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";

import {PermitToken} from "./PermitToken.sol";

/// @title A token that anybody can mint, with permits [EIP-2612] and authorizations [EIP-3009]
// solhint-disable-next-line no-empty-blocks
contract SignableToken is PermitToken, ERC3009 {}
