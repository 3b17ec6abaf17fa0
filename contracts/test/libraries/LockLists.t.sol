// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {LockLists} from "../../libraries/LockLists.sol";
import {ChainLock, Chains} from "../support/Chains.t.sol";
import {Lock, Locks} from "../support/Locks.t.sol";
import {Vm} from "../support/Vm.t.sol";

/// @dev Lists of both kinds by a seed: as signed, as shown, and what the library must make of them.
contract LockListsTest {
    using Chains for ChainLock;

    Vm private constant _VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    struct Sample {
        bytes signed;
        bytes shown;
        bytes32[] witnesses;
        uint256 weight;
    }

    function testFuzz_RootsAreThoseOfTheText(uint256 seed, uint8 count) external view {
        Sample memory one = sampleOf(seed, count % 40);
        bytes32 root = Chains.root(one.signed);
        _VM.assertEq(this.checkedRoot(one.signed, one.weight), root);
        bytes memory copy = this.withoutWitnesses(one.shown);
        _VM.assertEq(copy, one.signed);
        _VM.assertEq(this.rootOfShown(one.shown), root);
    }

    function testFuzz_GathersTheWitnessesInOrder(uint256 seed, uint8 first, uint8 second) external view {
        Sample memory one = sampleOf(seed, first % 40);
        Sample memory two = sampleOf(~seed, second % 40);
        bytes32[] memory both = this.gather(one.shown, two.shown);
        _VM.assertEq(both.length, one.witnesses.length + two.witnesses.length);
        for (uint256 i; i < both.length; ++i) {
            bool isFirst = i < one.witnesses.length;
            _VM.assertEq(both[i], isFirst ? one.witnesses[i] : two.witnesses[i - one.witnesses.length]);
        }
    }

    function test_RefusesAWeightAboveTheLimit() external {
        Sample memory one = sampleOf(3, 30);
        _VM.assertEq(this.checkedRoot(one.signed, one.weight), Chains.root(one.signed));
        _VM.expectRevert(abi.encodeWithSelector(LockLists.TooManyLocks.selector, one.weight, one.weight - 1));
        this.checkedRoot(one.signed, one.weight - 1);
    }

    function testFuzz_RefusesWhatIsNoWholeNumberOfEntries(uint8 length) external {
        bytes memory list = new bytes(length);
        for (uint256 i; i < length; i += 50) list[i] = 0x01;
        if (length % 50 == 0) {
            _VM.assertEq(this.checkedRoot(list, 255), Chains.root(list));
            return;
        }
        bytes memory reason = abi.encodeWithSelector(LockLists.MalformedLocks.selector, length);
        _VM.expectRevert(reason);
        this.checkedRoot(list, 255);
        _VM.expectRevert(reason);
        this.withoutWitnesses(list);
        _VM.expectRevert(reason);
        this.gather("", list);
    }

    /// @dev Of all first bytes, one may be posted; five may be shown: hash locks with any flags of witnesses, or given up.
    function testFuzz_KnowsOneKindOfSingleEntry(uint8 kind) external {
        bytes memory list = new bytes(50);
        list[0] = bytes1(kind);
        bytes memory reason = abi.encodeWithSelector(LockLists.MalformedLocks.selector, 0);
        if (kind != 1) _VM.expectRevert(reason);
        this.checkedRoot(list, 512);
        if (kind & 0x3f != 1 && kind != 0x21) _VM.expectRevert(reason);
        this.withoutWitnesses(list);
    }

    /// @dev The sum goes on to the first entry that is not won by a witness of this call.
    function testFuzz_SumsUpToTheFirstOther(uint256 seed, uint8 count, uint40 least) external view {
        count = 1 + (count % 20);
        bytes memory list;
        uint256 sum;
        uint256 next;
        bool stopped;
        for (uint256 i; i < count; ++i) {
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            uint8 flag = word % 9 == 0 ? 0x40 : 0x80;
            uint40 expiry = word % 7 == 0 ? least - (least == 0 ? 0 : 1) : least;
            bytes32 secret = word % 11 == 0 ? bytes32(0) : bytes32(word);
            list = bytes.concat(list, Locks.entry(Lock(uint96(word >> 100), expiry, secret, flag), flag));
            if (flag != 0x80 || expiry < least || secret == 0) stopped = true;
            if (stopped) continue;
            sum += uint96(word >> 100);
            next = 50 * (i + 1);
        }
        (uint256 actual, uint256 stop) = this.sumOf(list, 0, list.length, least);
        _VM.assertEq(actual, sum);
        _VM.assertEq(stop, next);
        (actual, stop) = this.sumOf(list, 0, 0, least);
        _VM.assertEq(actual + stop, 0);
    }

    /// @dev Entries that move forward leave their bytes and no others.
    function testFuzz_MovesAChainLockForward(
        uint96 amount,
        uint40 start,
        uint96 newAmount,
        uint40 newStart,
        bool flagged
    ) external view {
        ChainLock memory lock = ChainLock(amount, 77, keccak256("x"), 9, start);
        bytes memory before = Locks.entry(Lock(1, 2, bytes32(uint256(3)), 0), 0);
        bytes memory shown = bytes.concat(before, flagged ? lock.named(5) : lock.entry(), before);
        bytes memory moved = this.moveChain(shown, 50, 0, newAmount, newStart);
        ChainLock memory expected = ChainLock(newAmount, 77, lock.commitment, 9, newStart);
        bytes memory rest = this.part(shown, 100, 200);
        _VM.assertEq(this.part(moved, 0, 100), expected.entry());
        _VM.assertEq(this.part(moved, 150, 200), this.part(rest, 50, 100));
    }

    function test_ReadsTheFieldsOfAnEntry() external view {
        bytes memory list = bytes.concat(
            Locks.entry(Lock(type(uint96).max - 1, type(uint40).max - 2, bytes32(uint256(9)), 0x80), 0x80),
            ChainLock(5, 6, keccak256("c"), 7, 8).entry()
        );
        (uint256 amount, uint256 expiry, bytes32 word) = this.fieldsAt(list, 0);
        _VM.assertEq(amount, type(uint96).max - 1);
        _VM.assertEq(expiry, type(uint40).max - 2);
        _VM.assertEq(word, bytes32(uint256(9)));
        (amount, expiry, word) = this.fieldsAt(list, 50);
        _VM.assertEq(amount + expiry, 11);
        _VM.assertEq(word, keccak256("c"));
        (amount, expiry, word) = this.fieldsAt(list, 100);
        _VM.assertEq(amount + expiry, 15);
        _VM.assertEq(word, bytes32(0));
    }

    function checkedRoot(bytes calldata list, uint256 limit) external pure returns (bytes32) {
        return LockLists.checkedRoot(list, limit);
    }

    function withoutWitnesses(bytes calldata list) external view returns (bytes memory) {
        return LockLists.withoutWitnesses(list);
    }

    function rootOfShown(bytes calldata list) external view returns (bytes32) {
        return LockLists.rootOf(LockLists.withoutWitnesses(list), list.length);
    }

    function gather(
        bytes calldata first,
        bytes calldata second
    ) external pure returns (bytes32[] memory all) {
        all = LockLists.allocateWitnesses(first.length + second.length);
        LockLists.gatherWitnesses(first, all);
        LockLists.gatherWitnesses(second, all);
    }

    function sumOf(
        bytes calldata list,
        uint256 offset,
        uint256 end,
        uint256 least
    ) external pure returns (uint256, uint256) {
        return LockLists.sumOfWitnessed(list, offset, end, least);
    }

    function moveChain(
        bytes calldata list,
        uint256 from,
        uint256 to,
        uint256 amount,
        uint256 start
    ) external view returns (bytes memory entries) {
        entries = LockLists.withoutWitnesses(list);
        LockLists.moveChain(entries, from, to, amount, start);
    }

    function fieldsAt(bytes calldata list, uint256 offset) external pure returns (uint256, uint256, bytes32) {
        uint256 head = LockLists.headAt(list, offset);
        return (LockLists.amountOf(head), LockLists.expiryOf(head), LockLists.witnessAt(list, offset));
    }

    function part(bytes calldata list, uint256 from, uint256 to) external pure returns (bytes memory) {
        return list[from:to];
    }

    function sampleOf(uint256 seed, uint256 count) private pure returns (Sample memory one) {
        bytes32[] memory room = new bytes32[](count);
        uint256 found;
        for (uint256 i; i < count; ++i) {
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            if (word % 3 == 0) {
                ChainLock memory lock = ChainLock(
                    uint96(word >> 100),
                    uint40(word >> 8),
                    bytes32(word),
                    uint96(word >> 9),
                    uint40(word >> 7)
                );
                one.signed = bytes.concat(one.signed, lock.entry());
                one.shown = bytes.concat(one.shown, word & 4 == 0 ? lock.entry() : lock.named(word >> 3));
                one.weight += 4;
            } else {
                uint8[4] memory flags = [0, Locks.WITNESS, Locks.PROVEN, Locks.WITNESS | Locks.PROVEN];
                uint8 flag = flags[(word >> 2) % 4];
                Lock memory lock = Lock(uint96(word >> 100), uint40(word >> 8), bytes32(word), flag);
                one.signed = bytes.concat(one.signed, Locks.entry(lock, 0));
                one.shown = bytes.concat(one.shown, Locks.entry(lock, flag));
                one.weight += 1;
                if (flag & Locks.WITNESS != 0) room[found++] = bytes32(word);
            }
        }
        one.witnesses = new bytes32[](found);
        for (uint256 i; i < found; ++i) one.witnesses[i] = room[i];
    }
}
