// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {Closings} from "../../libraries/Closings.sol";
import {Slots} from "../../libraries/Slots.sol";
import {WitnessTree} from "../../libraries/WitnessTree.sol";
import {Words} from "../../libraries/Words.sol";
import {Records} from "../support/Records.t.sol";
import {Signing} from "../support/Signing.t.sol";
import {Trees} from "../support/Trees.t.sol";
import {Vm} from "../support/Vm.t.sol";

/// @title Packed words and trees, each library alone, against the protocol's text
contract PackedTest {
    using Closings for IHashlane.Closing;
    using Slots for uint256;

    Vm private constant _VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant _LEAST = 3600;
    uint256 private constant _MOST = 2_592_000;

    function testFuzz_AnOpenSlotKeepsEachFieldApart(
        uint24 life,
        bool isEth,
        int96 depositA,
        int96 depositB,
        uint8 consents
    ) external pure {
        life %= 1 << 20;
        uint256 slot = Slots.open(life, isEth, depositA, depositB);
        assertOpen(slot, life, isEth, depositA, depositB, 0);
        if (consents & 1 != 0) slot |= Slots.consentMark(false);
        if (consents & 2 != 0) slot |= Slots.consentMark(true);
        slot = slot.resized(depositB, depositA);
        assertOpen(slot, life, isEth, depositB, depositA, 1);
        slot = slot.withDeposits(depositA, depositB);
        assertOpen(slot, life, isEth, depositA, depositB, 1);
        _VM.assertEq((slot >> 225) & 1 == 1, consents & 1 != 0);
        _VM.assertEq((slot >> 226) & 1 == 1, consents & 2 != 0);
    }

    /// @dev The count of resizes reaches 32 bits and touches nothing above.
    function test_ResizesFillTheirBits() external pure {
        uint256 slot = Slots.open(Slots.MAX_LIFE, true, -1, -1);
        slot |= Slots.consentMark(false) | Slots.consentMark(true);
        slot |= uint256(type(uint32).max - 1) << 192;
        slot = slot.resized(-1, -1);
        assertOpen(slot, Slots.MAX_LIFE, true, -1, -1, type(uint32).max);
        _VM.assertEq((slot >> 225) & 3, 3);
    }

    /// @dev Of all phases and lives one pair is that of a slot, whatever more bits the number has.
    function testFuzz_OnePhaseAndLifeIsThatOfASlot(uint24 life, uint8 phase, uint256 given) external pure {
        life %= 1 << 20;
        uint256 slot = Slots.open(life, false, 1, 1);
        if (phase % 3 == 0) slot = Slots.ended(life);
        if (phase % 3 == 2) slot = Slots.closing(life, 1, bytes32(given));
        uint256[4] memory lives = [uint256(life), given, uint256(life) ^ (1 << (given % 256)), 0];
        unchecked {
            lives[3] = uint256(life) - ((given & 3) << 20);
        }
        for (uint256 asked; asked < 3; ++asked) {
            for (uint256 i; i < 4; ++i) {
                _VM.assertEq(slot.isIn(asked, lives[i]), asked == phase % 3 && lives[i] == life);
            }
        }
    }

    function testFuzz_AClosingSlotCommitsTo200Bits(uint24 life, uint40 deadline, bytes32 hash) external pure {
        life %= 1 << 20;
        uint256 slot = Slots.closing(life, deadline % (1 << 34), hash);
        _VM.assertEq(slot.phase(), Slots.CLOSING);
        _VM.assertEq(slot.life(), life);
        _VM.assertEq(slot.deadline(), deadline % (1 << 34));
        _VM.assertTrue(slot.commitsTo(hash));
        for (uint256 bit = 56; bit < 256; ++bit) {
            _VM.assertTrue(!slot.commitsTo(hash ^ bytes32(uint256(1) << bit)), "a bit that is not kept");
        }
        _VM.assertEq(Slots.ended(life), uint256(life) << 234);
    }

    function testFuzz_TheTermsOfARecord(bool isB, bool humble, int96 depositA, int96 depositB) external pure {
        IHashlane.Closing memory record;
        record.terms = Closings.terms(isB, humble, depositA, depositB);
        assertTerms(record, isB, humble, depositA, depositB, false, false);
        record.markAnsweredShown();
        assertTerms(record, isB, humble, depositA, depositB, false, true);
        record.markTheirsShown();
        record.markTheirsShown();
        assertTerms(record, isB, humble, depositA, depositB, true, true);
        if (depositA >= 0 && depositB >= 0) {
            uint256 known = Records.terms(isB, uint96(depositA), uint96(depositB));
            _VM.assertEq(uint192(record.terms), uint192(known));
            _VM.assertEq(record.total(), uint256(int256(depositA)) + uint256(int256(depositB)));
        }
    }

    function testFuzz_RecordsAndLanes(
        IHashlane.Closing calldata record,
        IHashlane.LaneState calldata lane,
        uint128 won
    ) external pure {
        _VM.assertEq(record.hash(), keccak256(abi.encode(record)));
        _VM.assertEq(record.paidA(), uint128(record.paid));
        _VM.assertEq(record.paidB(), record.paid / 2 ** 128);
        uint256 packed = Words.pack(lane);
        _VM.assertEq(packed, Records.lane(lane));
        _VM.assertEq(Closings.seq(packed), lane.seq);
        _VM.assertEq(Closings.ack(packed), lane.ack);
        _VM.assertEq(Closings.sent(packed), lane.sent);
        _VM.assertEq(Closings.bodyOf(packed, lane.locksRoot), Signing.body(lane));
        uint256 sum = uint256(lane.sent) + won;
        uint256 added = Closings.addSent(packed, won);
        _VM.assertEq(Closings.sent(added), sum > type(uint128).max ? type(uint128).max : sum);
        _VM.assertEq(added >> 128, packed >> 128);
    }

    /// @dev Each party is one of four accounts, zero among them, so that they often meet.
    function testFuzz_ParamsAreValid(uint8[4] calldata who, uint32 challenge, uint32 recovery) external view {
        IHashlane.Params memory params;
        params.ownerA = address(uint160(who[0] % 5));
        params.ownerB = address(uint160(who[1] % 5));
        params.signerA = address(uint160(who[2] % 5));
        params.signerB = address(uint160(who[3] % 5));
        uint32[5] memory periods = [
            uint32(0),
            uint32(_LEAST - 1),
            uint32(_LEAST),
            uint32(_MOST),
            uint32(_MOST + 1)
        ];
        params.challengePeriod = challenge % 7 < 5 ? periods[challenge % 7] : challenge;
        params.recoveryPeriod = recovery % 7 < 5 ? periods[recovery % 7] : recovery;
        bool good = params.ownerA != params.ownerB && params.signerA != params.signerB;
        good = good && params.ownerA != params.signerB && params.ownerB != params.signerA;
        good = good && params.ownerA != address(0) && params.ownerB != address(0);
        good = good && params.signerA != address(0) && params.signerB != address(0);
        good = good && params.challengePeriod >= _LEAST && params.challengePeriod <= _MOST;
        bool none = params.recoveryPeriod == 0;
        good = good && (none || (params.recoveryPeriod >= _LEAST && params.recoveryPeriod <= _MOST));
        _VM.assertEq(this.areValid(params), good);
    }

    function testFuzz_IdsAndSides(
        IHashlane.Params calldata params,
        address account,
        uint8 which
    ) external view {
        address[4] memory parties = [params.ownerA, params.signerA, params.ownerB, params.signerB];
        if (which < 4) account = parties[which];
        _VM.assertEq(Words.idOf(params), Signing.paramsId(address(this), params));
        _VM.assertEq(
            Words.isOf(params, false, account),
            account == params.ownerA || account == params.signerA
        );
        _VM.assertEq(
            Words.isOf(params, true, account),
            account == params.ownerB || account == params.signerB
        );
        _VM.assertEq(Words.ownerOf(params, false), params.ownerA);
        _VM.assertEq(Words.ownerOf(params, true), params.ownerB);
        _VM.assertEq(Words.signerOf(params, false), params.signerA);
        _VM.assertEq(Words.signerOf(params, true), params.signerB);
        _VM.assertEq(Words.challengePeriodOf(params), params.challengePeriod);
        _VM.assertEq(Words.tokenOf(params), params.token);
        Words.requireClean(params);
    }

    function testFuzz_HashesAreThoseOfTheEncoder(bytes32 p, bytes32 q, bytes32 r, bytes32 s) external pure {
        _VM.assertEq(WitnessTree.hashPair(p, q), keccak256(abi.encode(p, q)));
        _VM.assertEq(Words.hash(p, q, r), keccak256(abi.encode(p, q, r)));
        _VM.assertEq(Words.hash(p, q, r, s), keccak256(abi.encode(p, q, r, s)));
    }

    function testFuzz_TheTreeOverAnyList(uint256 seed, uint8 count, uint8 place) external view {
        bytes32[] memory list = new bytes32[](uint256(count) + 1);
        for (uint256 i; i < list.length; ++i) list[i] = keccak256(abi.encode(seed, i));
        _VM.assertEq(this.keyOf(list), Trees.key(list));
        uint256 index = place % list.length;
        bytes32[] memory proof = Trees.proof(list, index);
        bytes32[] memory siblings = new bytes32[](proof.length - 1);
        for (uint256 i; i < siblings.length; ++i) siblings[i] = proof[i + 1];
        _VM.assertEq(this.keyOfPath(list[index], index, siblings), Trees.key(list));
        _VM.assertNotEq(this.keyOfPath(list[index] ^ bytes32(uint256(1)), index, siblings), Trees.key(list));
        bytes32[] memory alone = new bytes32[](1);
        alone[0] = list[0];
        _VM.assertEq(WitnessTree.keyOfWitness(list[0]), Trees.key(alone));
    }

    function areValid(IHashlane.Params calldata params) external pure returns (bool) {
        return Words.areValid(params, _LEAST, _MOST);
    }

    function keyOf(bytes32[] calldata list) external pure returns (bytes32) {
        return WitnessTree.keyOf(list);
    }

    function keyOfPath(
        bytes32 witness,
        uint256 index,
        bytes32[] calldata siblings
    ) external pure returns (bytes32) {
        return WitnessTree.keyOfPath(witness, index, siblings);
    }

    function assertOpen(
        uint256 slot,
        uint256 life,
        bool isEth,
        int256 depositA,
        int256 depositB,
        uint256 resizes
    ) private pure {
        _VM.assertEq(slot.phase(), Slots.OPEN);
        _VM.assertEq(slot.life(), life);
        _VM.assertEq(slot.isEth(), isEth);
        _VM.assertEq(slot.depositA(), depositA);
        _VM.assertEq(slot.depositB(), depositB);
        _VM.assertEq(slot.depositOf(false), depositA);
        _VM.assertEq(slot.depositOf(true), depositB);
        _VM.assertEq(slot.resizes(), resizes);
    }

    function assertTerms(
        IHashlane.Closing memory record,
        bool isB,
        bool humble,
        int256 depositA,
        int256 depositB,
        bool theirsShown,
        bool answeredShown
    ) private pure {
        _VM.assertEq(record.closerIsB(), isB);
        _VM.assertEq(record.humble(), humble);
        _VM.assertEq(record.depositA(), depositA);
        _VM.assertEq(record.depositB(), depositB);
        _VM.assertEq(record.theirsShown(), theirsShown);
        _VM.assertEq(record.answeredShown(), answeredShown);
    }
}
