// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";
import {Signing} from "../support/Signing.t.sol";

/// @title [ID-2] Whom any two words are a signature of, against OpenZeppelin's ECDSA
/// @dev The contract names whom it recovered when it refuses a signature.
contract RecoveryTest is ChannelTest {
    uint256 private constant _ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint256 private constant _FIELD = 2 ** 256 - 2 ** 32 - 977;
    /// @dev The x of the group's generator: an r for which every s recovers somebody.
    uint256 private constant _GOOD_R = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798;
    uint256 private constant _PARITY = 2 ** 255;

    function setUp() public override {
        super.setUp();
        open(60, 40);
    }

    function testFuzz_AnyTwoWords(bytes32 r, bytes32 vs, int256 transfer) external {
        expectSame(transfer, r, vs);
    }

    function testFuzz_ASignature(uint256 key, int256 transfer, bool flip) external {
        key = 1 + (key % (_ORDER - 1));
        Party memory by;
        by.key = key;
        if (vm.addr(key) == b.signer) return;
        IHashlane.Signature memory signature = sign(by, digestOf(transfer));
        bytes32 parity = flip ? bytes32(_PARITY) : bytes32(0);
        address recovered = expectSame(transfer, signature.r, signature.vs ^ parity);
        vm.assertEq(recovered == vm.addr(key), !flip);
    }

    /// @dev Just below and just above the greatest s that is low, and the bounds of r.
    function test_TheBoundsOfBothNumbers() external {
        uint256[6] memory s = [uint256(0), 1, _ORDER / 2, _ORDER / 2 + 1, _ORDER / 2 + 2, _PARITY - 1];
        uint256[6] memory r = [uint256(0), _GOOD_R, _ORDER - 1, _ORDER, _FIELD, type(uint256).max];
        for (uint256 i; i < 6; ++i) {
            for (uint256 j; j < 6; ++j) {
                expectSame(5, bytes32(r[i]), bytes32(s[j]));
                expectSame(5, bytes32(r[i]), bytes32(s[j] | _PARITY));
            }
        }
        vm.assertTrue(expectSame(5, bytes32(_GOOD_R), bytes32(_ORDER / 2)) != address(0), "low");
        vm.assertTrue(
            recover(digestOf(5), signatureOf(_ORDER / 2 + 1)) != address(0),
            "high, and recoverable"
        );
        vm.assertEq(expectSame(5, bytes32(_GOOD_R), bytes32(_ORDER / 2 + 1)), address(0));
    }

    function testFuzz_HighS(uint256 s, bool parity, int256 transfer) external {
        s = _ORDER / 2 + 1 + (s % (_PARITY - _ORDER / 2 - 1));
        bytes32 vs = bytes32(s | (parity ? _PARITY : 0));
        vm.assertEq(expectSame(transfer, bytes32(_GOOD_R), vs), address(0));
    }

    function expectSame(int256 transfer, bytes32 r, bytes32 vs) private returns (address expected) {
        (expected, , ) = ECDSA.tryRecover(digestOf(transfer), r, vs);
        IHashlane.Signature memory signature = IHashlane.Signature(r, vs);
        vm.expectRevert(abi.encodeWithSelector(IHashlaneErrors.WrongSigner.selector, b.signer, expected));
        vm.prank(a.owner);
        hashlane.closeCooperatively(params, 1, transfer, START, signature);
    }

    function digestOf(int256 transfer) private view returns (bytes32) {
        bytes32 separator = Signing.domain(address(hashlane));
        return Signing.cooperativeClose(separator, channel(), transfer, START);
    }

    function signatureOf(uint256 s) private pure returns (IHashlane.Signature memory) {
        return IHashlane.Signature(bytes32(_GOOD_R), bytes32(s));
    }
}
