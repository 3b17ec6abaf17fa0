// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {TestToken} from "../../mocks/TestToken.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";
import {Consents} from "../support/Consents.t.sol";
import {Opinion, OwnerContract, TwoOfThree} from "./OwnerContracts.t.sol";

/// @dev See owners.tree: what counts as an owner's consent.
contract ConsentTest is ChannelTest {
    OwnerContract private _owner;
    IHashlane.Consent private _none;

    function setUp() public override {
        super.setUp();
        _owner = new OwnerContract();
        params.ownerA = a.owner = address(_owner);
        giveCredit(a.owner, 100);
    }

    function test_AContractAcceptsWithASignatureOfAnyLength() external {
        fund(60, "?", _none);
        ++params.salt;
        fund(10, new bytes(64), _none);
        ++params.salt;
        fund(10, new bytes(65), _none);
        ++params.salt;
        fund(10, new bytes(1000), _none);
        vm.assertEq(hashlane.creditOf(address(0), a.owner), 10);
    }

    function test_AContractAcceptsInTokens() external {
        TestToken token = useToken();
        bring(a.owner, 60);
        fund(60, "?", _none);
        vm.assertEq(token.balanceOf(address(hashlane)), 60);
    }

    function test_RevertWhen_AContractDoesNotAccept() external {
        for (uint256 i = uint256(Opinion.WrongMagic); i <= uint256(Opinion.EatsGas); ++i) {
            _owner.setOpinion(Opinion(i));
            expectWrongConsent("?");
            expectWrongConsent(new bytes(64));
        }
        _owner.setOpinion(Opinion.AcceptsAtLength);
        fund(60, "?", _none);
    }

    function test_RevertWhen_ItChangedItsMindBefore() external {
        fund(60, "?", _none);
        ++params.salt;
        _owner.setOpinion(Opinion.WrongMagic);
        expectWrongConsent("?");
    }

    function test_ItsMindAfterwardsChangesNothing() external {
        fund(60, "?", _none);
        _owner.setOpinion(Opinion.Reverts);
        IHashlane.Signature memory byA = signClose(a, 20, START);
        IHashlane.Signature memory byB = signClose(b, 20, START);
        hashlane.closeCooperativelyFor(params, 1, 20, START, byA, byB);
        vm.assertEq(a.owner.balance, 40);
        vm.assertEq(b.owner.balance, 20);
    }

    function test_RevertWhen_AContractsConsentIsUsedAgain() external {
        fund(60, "?", _none);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.ConsentUsed.selector, a.owner));
        fund(40, "?", _none);
    }

    function test_TwoOfThreeKeysConsent() external {
        (address first, uint256 firstKey) = key("first");
        (address second, uint256 secondKey) = key("second");
        (address third, ) = key("third");
        TwoOfThree shared = new TwoOfThree([first, second, third]);
        params.ownerA = a.owner = address(shared);
        giveCredit(a.owner, 60);
        bytes32 digest = consentDigest(60);
        bytes memory one = Consents.compact(firstKey, digest);
        expectWrongConsent(bytes.concat(one, one));
        expectWrongConsent(one);
        fund(60, bytes.concat(one, Consents.compact(secondKey, digest)), _none);
        vm.assertEq(phase(), OPEN);
    }

    /// @dev [EIP-7702] Recovery first: code that refuses everything takes nothing away from the key.
    function test_AKeyConsentsWhateverItsCodeSays() external {
        uint256 ownerKey = delegate("delegating", Opinion.Accepts);
        bytes memory signature = Consents.compact(ownerKey, consentDigest(60));
        for (uint256 i; i <= uint256(Opinion.EatsGas); ++i) {
            OwnerContract(payable(a.owner)).setOpinion(Opinion(i));
            giveCredit(a.owner, 60);
            ++params.salt;
            signature = Consents.compact(ownerKey, consentDigest(60));
            fund(60, signature, _none);
        }
    }

    function test_ItsCodeConsentsWhereTheKeyDidNot() external {
        delegate("delegating", Opinion.Accepts);
        giveCredit(a.owner, 60);
        (, uint256 wrongKey) = key("another");
        bytes memory signature = Consents.compact(wrongKey, consentDigest(60));
        OwnerContract(payable(a.owner)).setOpinion(Opinion.WrongMagic);
        expectWrongConsent(signature);
        OwnerContract(payable(a.owner)).setOpinion(Opinion.Accepts);
        fund(60, signature, _none);
        vm.assertEq(phase(), OPEN);
    }

    function test_RevertWhen_NeitherKeyNorCodeConsents() external {
        params.ownerA = a.owner = stranger.owner;
        expectWrongConsent("?");
        expectWrongConsent(new bytes(64));
        expectWrongConsent(Consents.compact(Consents.keyOf("b"), consentDigest(60)));
    }

    /// @dev Makes A's owner a key whose account delegates to an {OwnerContract}.
    function delegate(string memory name, Opinion opinion) private returns (uint256 ownerKey) {
        (params.ownerA, ownerKey) = key(name);
        a.owner = params.ownerA;
        vm.etch(a.owner, bytes.concat(hex"ef0100", bytes20(address(_owner))));
        OwnerContract(payable(a.owner)).setOpinion(opinion);
        vm.assertEq(uint256(OwnerContract(payable(a.owner)).opinion()), uint256(opinion));
    }

    function giveCredit(address account, uint256 amount) private {
        vm.deal(address(this), amount);
        hashlane.addCredit{value: amount}(address(0), account, amount);
    }

    function fund(uint256 amount, bytes memory signature, IHashlane.Consent memory byB) private {
        IHashlane.Consent memory byA = IHashlane.Consent(0, START, signature);
        vm.prank(stranger.owner);
        hashlane.openFor{gas: 5_000_000}(params, 1, amount, 0, byA, byB);
    }

    function expectWrongConsent(bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongConsent.selector, a.owner));
        fund(60, signature, _none);
    }

    function consentDigest(uint256 amount) private view returns (bytes32) {
        return Consents.digest(address(hashlane), params, 1, amount, 0, START);
    }

    function key(string memory name) private pure returns (address account, uint256 secret) {
        secret = uint256(keccak256(bytes(name)));
        account = vm.addr(secret);
    }
}
