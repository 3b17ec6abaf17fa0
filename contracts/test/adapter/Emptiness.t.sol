// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FundingAdapter} from "../../FundingAdapter.sol";
import {IFundingAdapter} from "../../interfaces/IFundingAdapter.sol";
import {Vm} from "../support/Vm.t.sol";
import {AdapterTest} from "./AdapterTest.t.sol";
import {SignedToken} from "./SignedToken.t.sol";

/// @title Any calls of the adapter, right and wrong, in any order
contract AdapterHandler is AdapterTest {
    uint256 private constant _MOST = 1000;

    /// @dev What the channels should hold, and what was asked of the adapter.
    uint256 public expected;
    uint256 public opened;
    uint256 public refused;

    constructor() {
        AdapterTest.setUp();
        hold(false, INT96_MAX);
        hold(true, INT96_MAX);
    }

    /// @dev Not a call to be made among the others.
    function setUp() public override {}

    function byPermits(uint256 amountA, uint256 amountB, uint256 asked, uint8 salt) external {
        (amountA, amountB, asked) = choose(amountA, amountB, asked, salt);
        IFundingAdapter.Permitted memory sideA;
        IFundingAdapter.Permitted memory sideB;
        if (amountA != 0) sideA = permitted(false, amountA, asked);
        if (amountB != 0) sideB = permitted(true, amountB, 0);
        try adapter.openWithPermits(params, 1, sideA, sideB) {
            count(amountA + amountB);
        } catch {
            ++refused;
        }
    }

    function byAuthorizations(uint256 amountA, uint256 amountB, uint256 asked, uint8 salt) external {
        (amountA, amountB, asked) = choose(amountA, amountB, asked, salt);
        IFundingAdapter.Authorized memory sideA;
        IFundingAdapter.Authorized memory sideB;
        if (amountA != 0) sideA = authorized(false, amountA, asked, opened);
        if (amountB != 0) sideB = authorized(true, amountB, 0, opened);
        try adapter.openWithAuthorizations(params, 1, sideA, sideB) {
            count(amountA + amountB);
        } catch {
            ++refused;
        }
    }

    function byPermit2(uint256 amountA, uint256 amountB, uint256 asked, uint8 salt) external {
        (amountA, amountB, asked) = choose(amountA, amountB, asked, salt);
        IFundingAdapter.Transferred memory sideA;
        IFundingAdapter.Transferred memory sideB;
        if (amountA != 0) sideA = transferred(false, amountA, asked, opened);
        if (amountB != 0) sideB = transferred(true, amountB, 0, opened);
        try adapter.openWithPermit2(params, 1, sideA, sideB) {
            count(amountA + amountB);
        } catch {
            ++refused;
        }
    }

    function tokenOf() external view returns (SignedToken) {
        return token;
    }

    function addresses() external view returns (FundingAdapter, address) {
        return (adapter, address(hashlane));
    }

    function count(uint256 amount) private {
        ++opened;
        expected += amount;
    }

    /// @dev Small amounts, every fifth of them zero; a channel of four; sometimes more asked for than there may be.
    function choose(
        uint256 amountA,
        uint256 amountB,
        uint256 asked,
        uint8 salt
    ) private returns (uint256, uint256, uint256) {
        params.salt = salt % 4;
        amountA = amountA % 5 == 0 ? 0 : amountA % _MOST;
        amountB = amountB % 5 == 0 ? 0 : amountB % _MOST;
        return (amountA, amountB, asked % 2 == 0 ? 0 : asked % _MOST);
    }
}

/// @title The adapter holds nothing between transactions
contract EmptinessInvariants {
    Vm private constant _VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    AdapterHandler private _handler;

    function setUp() external {
        _VM.warp(1_800_000_000);
        _handler = new AdapterHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_HoldsNothingAndAllowsNothing() external view {
        (FundingAdapter adapter, address hashlane) = _handler.addresses();
        SignedToken token = _handler.tokenOf();
        _VM.assertEq(token.balanceOf(address(adapter)), 0, "tokens");
        _VM.assertEq(token.allowance(address(adapter), hashlane), 0, "allowance");
        _VM.assertEq(address(adapter).balance, 0, "ETH");
        _VM.assertEq(token.balanceOf(hashlane), _handler.expected(), "tokens of the channels");
    }
}
