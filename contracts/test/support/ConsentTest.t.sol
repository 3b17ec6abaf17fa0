// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {ChannelTest} from "./ChannelTest.t.sol";
import {Signing} from "./Signing.t.sol";

/// @title Channels that are funded by their owners' consent or credit
abstract contract ConsentTest is ChannelTest {
    uint256 internal constant UNTIL = START + 1 hours;

    /// @dev The owners' own keys, which sign for money and for nothing else.
    Party internal ownerA;
    Party internal ownerB;

    function setUp() public virtual override {
        super.setUp();
        ownerA = ownKey("a");
        ownerB = ownKey("b");
    }

    /// @dev By one consent with the rest brought by the sender, or by both and no value.
    function openFor(
        uint256 value,
        uint256 amountA,
        uint256 amountB,
        IHashlane.Consent memory consentA,
        IHashlane.Consent memory consentB
    ) internal {
        bool ofA = consentA.signature.length != 0;
        bool ofB = consentB.signature.length != 0;
        vm.prank(stranger.owner);
        if (ofA == ofB) {
            hashlane.openFor(params, life, amountA, amountB, consentA, consentB);
            return;
        }
        IHashlane.Consent memory one = ofA ? consentA : consentB;
        hashlane.openBoth{value: value}(
            params,
            life,
            amountA,
            amountB,
            ofB,
            one.otherAmount,
            one.validUntil,
            one.signature
        );
    }

    function deposit(uint256 amount) internal {
        vm.deal(stranger.owner, stranger.owner.balance + amount);
        vm.prank(stranger.owner);
        hashlane.deposit{value: amount}(paramsId(), life, false);
    }

    function resizeBy(int256 changeA, int256 changeB) internal {
        uint256 count = uint32(hashlane.slotOf(paramsId()) >> 192);
        IHashlane.Signature memory signature = signResize(b, count, changeA, changeB, UNTIL);
        vm.prank(a.owner);
        hashlane.resize(params, life, changeA, changeB, UNTIL, signature);
    }

    function endTogether() internal {
        IHashlane.Signature memory signature = signClose(b, 0, UNTIL);
        vm.prank(a.owner);
        hashlane.closeCooperatively(params, life, 0, UNTIL, signature);
    }

    function giveCredit(address account, uint256 amount) internal {
        vm.deal(address(this), amount);
        hashlane.addCredit{value: amount}(address(0), account, amount);
    }

    function consentOf(
        Party memory by,
        uint256 amount,
        uint256 otherAmount
    ) internal view returns (IHashlane.Consent memory) {
        bytes32 separator = Signing.domain(address(hashlane));
        bytes32 digest = Signing.fundingConsent(separator, paramsId(), life, amount, otherAmount, UNTIL);
        IHashlane.Signature memory signature = sign(by, digest);
        return IHashlane.Consent(otherAmount, UNTIL, abi.encode(signature.r, signature.vs));
    }

    function none() internal pure returns (IHashlane.Consent memory consent) {}

    function ownKey(string memory name) internal pure returns (Party memory) {
        uint256 key = uint256(keccak256(abi.encode(name, "owner")));
        return Party(vm.addr(key), vm.addr(key), key);
    }

    function wrongConsent(address owner) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IHashlaneErrors.WrongConsent.selector, owner);
    }

    function slotWith(
        uint256 depositA,
        uint256 depositB,
        bool usedA,
        bool usedB
    ) internal view returns (uint256) {
        uint256 consents = (usedA ? 2 ** 225 : 0) + (usedB ? 2 ** 226 : 0);
        return OPEN * 2 ** 254 + life * 2 ** 234 + 2 ** 224 + consents + depositB * 2 ** 96 + depositA;
    }
}
