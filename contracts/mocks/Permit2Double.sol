// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Permit2Mock} from "../test/adapter/Permit2Mock.t.sol";

/// @title Permit2 for tests that are not written in Solidity
// solhint-disable-next-line no-empty-blocks
contract Permit2Double is Permit2Mock {}
