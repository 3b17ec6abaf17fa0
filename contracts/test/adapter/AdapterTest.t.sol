// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FundingAdapter} from "../../FundingAdapter.sol";
import {IFundingAdapter} from "../../interfaces/IFundingAdapter.sol";
import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IPermit2} from "../../interfaces/IPermit2.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";
import {Consents} from "../support/Consents.t.sol";
import {Permit2Mock} from "./Permit2Mock.t.sol";
import {SignedToken} from "./SignedToken.t.sol";

/// @title Owners that sign permits and send nothing
/// @dev The digests are computed from the standards' texts and the interface's, without the contracts.
abstract contract AdapterTest is ChannelTest {
    IPermit2 internal constant PERMIT2 = IPermit2(0x000000000022D473030F116dDEE9F6B43aC78BA3);

    FundingAdapter internal adapter;
    SignedToken internal token;

    function setUp() public virtual override {
        super.setUp();
        token = new SignedToken();
        params.token = address(token);
        vm.etch(address(PERMIT2), address(new Permit2Mock()).code);
        adapter = new FundingAdapter(hashlane, PERMIT2);
    }

    function ownerOf(bool forB) internal view returns (address) {
        return forB ? params.ownerB : params.ownerA;
    }

    function keyOf(bool forB) internal pure returns (uint256) {
        return Consents.keyOf(forB ? "b" : "a");
    }

    function compact(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        return Consents.compact(key, digest);
    }

    function consentDigest(
        uint256 amount,
        uint256 otherAmount,
        uint256 validUntil
    ) internal view returns (bytes32) {
        return Consents.digest(address(hashlane), params, life, amount, otherAmount, validUntil);
    }

    function permitDigest(bool forB, uint256 value) internal view returns (bytes32) {
        bytes32 kind = keccak256(
            "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
        );
        address owner = ownerOf(forB);
        bytes memory message = abi.encode(kind, owner, hashlane, value, token.nonces(owner), START);
        return Consents.typed(token.DOMAIN_SEPARATOR(), message);
    }

    function permitted(
        bool forB,
        uint256 amount,
        uint256 otherAmount
    ) internal view returns (IFundingAdapter.Permitted memory side) {
        side.amount = amount;
        bytes memory consent = compact(keyOf(forB), consentDigest(amount, otherAmount, START));
        side.consent = IHashlane.Consent(otherAmount, START, consent);
        bytes memory permit = compact(keyOf(forB), permitDigest(forB, amount));
        side.permit = IFundingAdapter.Permit(amount, START, permit);
    }

    function fundingHash(bool forB, uint256 otherAmount) internal view returns (bytes32) {
        bytes32 kind = keccak256("Funding(bytes32 paramsId,uint256 life,bool forB,uint256 otherAmount)");
        return keccak256(abi.encode(kind, paramsId(), life, forB, otherAmount));
    }

    function nonceOf(bool forB, uint256 otherAmount, uint256 salt) internal view returns (bytes32) {
        return keccak256(abi.encode(fundingHash(forB, otherAmount), salt));
    }

    function authorizationDigest(bool forB, uint256 amount, bytes32 nonce) internal view returns (bytes32) {
        bytes32 kind = keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
        bytes memory message = abi.encode(kind, ownerOf(forB), adapter, amount, START - 1, START + 1, nonce);
        return Consents.typed(token.DOMAIN_SEPARATOR(), message);
    }

    function authorized(
        bool forB,
        uint256 amount,
        uint256 otherAmount,
        uint256 salt
    ) internal view returns (IFundingAdapter.Authorized memory) {
        bytes32 digest = authorizationDigest(forB, amount, nonceOf(forB, otherAmount, salt));
        bytes memory signature = compact(keyOf(forB), digest);
        return IFundingAdapter.Authorized(amount, otherAmount, START - 1, START + 1, salt, signature);
    }

    function permit2Digest(uint256 amount, uint256 nonce, bytes32 funding) internal view returns (bytes32) {
        bytes32 kind = keccak256("TokenPermissions(address token,uint256 amount)");
        bytes32 tokens = keccak256(abi.encode(kind, params.token, amount));
        kind = keccak256(
            "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,Funding witness)Funding(bytes32 paramsId,uint256 life,bool forB,uint256 otherAmount)TokenPermissions(address token,uint256 amount)"
        );
        bytes32 domain = keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)");
        domain = keccak256(abi.encode(domain, keccak256("Permit2"), block.chainid, PERMIT2));
        return Consents.typed(domain, abi.encode(kind, tokens, adapter, nonce, START, funding));
    }

    function transferred(
        bool forB,
        uint256 amount,
        uint256 otherAmount,
        uint256 nonce
    ) internal view returns (IFundingAdapter.Transferred memory) {
        bytes memory signature = compact(
            keyOf(forB),
            permit2Digest(amount, nonce, fundingHash(forB, otherAmount))
        );
        return IFundingAdapter.Transferred(amount, otherAmount, nonce, START, signature);
    }

    /// @dev Leaves an owner with this much, and Permit2 allowed to take it, as owners of any token do once.
    function hold(bool forB, uint256 amount) internal {
        token.set(ownerOf(forB), amount);
        vm.prank(ownerOf(forB));
        token.approve(address(PERMIT2), amount);
    }

    /// @dev Somebody else opens the channel first with as little as there is.
    function openFirst(uint256 amountA, uint256 amountB) internal {
        token.set(stranger.owner, amountA + amountB);
        vm.prank(stranger.owner);
        token.approve(address(hashlane), amountA + amountB);
        vm.prank(stranger.owner);
        hashlane.open(params, life, amountA, amountB);
    }

    /// @dev The channel holds this; the adapter and its allowance are empty.
    function assertHolds(uint256 depositA, uint256 depositB) internal view {
        uint256 slot = hashlane.slotOf(paramsId());
        vm.assertEq(slot >> 254, OPEN, "phase");
        vm.assertEq(uint96(slot), depositA, "deposit of A");
        vm.assertEq(uint96(slot >> 96), depositB, "deposit of B");
        vm.assertEq(token.balanceOf(address(hashlane)), depositA + depositB, "tokens of the channel");
        assertEmpty();
    }

    function assertEmpty() internal view {
        vm.assertEq(token.balanceOf(address(adapter)), 0, "tokens of the adapter");
        vm.assertEq(token.allowance(address(adapter), address(hashlane)), 0, "allowance of the adapter");
        vm.assertEq(address(adapter).balance, 0, "ETH of the adapter");
    }
}
