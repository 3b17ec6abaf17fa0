// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {ChainLock, Chains} from "../support/Chains.t.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";

/// @title [LOCK-3] What lanes as full as can be cost
/// @dev Gas of whole transactions: what the call takes, 21,000, and 16 for each byte that is not zero, 4 for each zero
/// (or the floor of 40 and 10 a byte, if that is more).
contract LargestListsTest is ChannelTest {
    using Chains for ChainLock;

    uint256 private constant _EACH = 5_000_000;
    /// @dev EIP-7825.
    uint256 private constant _CAP = 16_777_216;
    uint256 private constant _WEIGHT = 512;
    uint256 private constant _PROVEN = 140;
    uint40 private constant _EXPIRY = uint40(START + 10 days);

    event Gas(string what, uint256 gas, uint256 bytesOfCalldata);

    struct Lists {
        bytes own;
        bytes theirs;
        bytes answered;
    }

    enum Kind {
        Hidden,
        Witness,
        Proven,
        Chain,
        NamedChain
    }

    function test_Close() external {
        reportClose("close, 512 hash locks", Kind.Hidden);
        reportClose("close, 128 chain locks", Kind.Chain);
    }

    function test_Answer() external {
        open(1e18, 1e18);
        bytes memory list = listOf(Kind.Hidden, 0);
        closeWithList(state(9, 0, 1, list), state(0, 0, 0), list);
        bytes memory other_ = listOf(Kind.Hidden, 1);
        IHashlane.LaneState memory lane = state(8, 0, 1, other_);
        bytes memory data = abi.encodeCall(
            hashlane.answer,
            (params, life, record, lane, signLane(closer, lane))
        );
        vm.assertLe(gasOf("answer", other.owner, data), _EACH);
    }

    /// @dev [I5] Witnesses that stand in foreign lists: 140 of them in a transaction, whatever else is shown with them.
    function test_Settle140ProvenAtATime() external {
        closed(Kind.Proven, true);
        vm.warp(deadline);
        bytes memory theirs = listOf(Kind.Hidden, 1);
        bytes memory answered = listOf(Kind.Hidden, 2);
        for (uint256 done; done < _WEIGHT; done += _PROVEN) {
            uint256 left = _WEIGHT - done;
            uint256 now_ = left < _PROVEN ? left : _PROVEN;
            bytes memory own = bytes.concat(
                hashList(Kind.Proven, 0, done, now_),
                hashList(Kind.Hidden, 0, done + now_, left - now_)
            );
            IHashlane.Shown memory shown_ = shownLists(own, theirs, answered);
            shown_.proofs = proofsOf(0, done, now_);
            bytes memory data = abi.encodeCall(hashlane.settle, (params, life, record, shown_));
            vm.recordLogs();
            vm.assertLe(gasOf("settle three lists, 140 proven", stranger.owner, data), _EACH);
            readRecord();
        }
        vm.assertEq(record.ownLocks, bytes32(0));
    }

    function test_SettleThreeLists() external {
        string[5] memory names = ["no witness", "witnesses", "proven", "chain", "named chain"];
        for (uint256 kind; kind < 5; ++kind) {
            if (Kind(kind) == Kind.Proven) continue;
            closed(Kind(kind), true);
            vm.warp(kind == 0 || kind == 3 ? _EXPIRY : deadline);
            Lists memory lists = Lists(listOf(Kind(kind), 0), listOf(Kind(kind), 1), listOf(Kind(kind), 2));
            IHashlane.Shown memory shown_ = shownLists(lists.own, lists.theirs, lists.answered);
            bytes memory data = abi.encodeCall(hashlane.settle, (params, life, record, shown_));
            string memory what = string.concat("settle three lists, ", names[kind]);
            vm.assertLe(gasOf(what, other.owner, data), _EACH, names[kind]);
        }
    }

    function reportClose(string memory what, Kind kind) private {
        ++params.salt;
        open(1e18, 1e18);
        bytes memory list = listOf(kind, 0);
        IHashlane.Signature memory unused;
        IHashlane.LaneState memory own = state(9, 0, 1, list);
        bytes memory data = abi.encodeCall(hashlane.close, (params, life, own, state(0, 0, 0), unused, list));
        vm.assertLe(gasOf(what, closer.owner, data), _EACH);
        vm.assertEq(phase(), CLOSING);
    }

    /// @dev Own list 0; if all, also theirs 1 and answered 2.
    function closed(Kind kind, bool all) private {
        vm.warp(START);
        ++params.salt;
        open(1e18, 1e18);
        Kind posted = kind == Kind.Chain || kind == Kind.NamedChain ? Kind.Chain : Kind.Hidden;
        bytes memory own = listOf(posted, 0);
        bytes memory theirs = all ? listOf(posted, 1) : bytes("");
        closeWithList(state(9, 0, 1, own), state(1, 0, 1, theirs), own);
        if (all) answer(state(8, 0, 1, listOf(posted, 2)));
        if (kind == Kind.Proven) for (uint256 i; i < (all ? 3 : 1); ++i) recordForeign(i, _WEIGHT);
        if (kind == Kind.NamedChain) for (uint256 i; i < (all ? 3 : 1); ++i) recordChains(i);
    }

    function gasOf(string memory what, address sender, bytes memory data) private returns (uint256 gas) {
        uint256 zeros;
        for (uint256 i; i < data.length; ++i) if (data[i] == 0) ++zeros;
        uint256 tokens = zeros + 4 * (data.length - zeros);
        address to = address(hashlane);
        // As in a transaction of its own: nothing was read before.
        vm.cool(to);
        vm.cool(address(registry));
        vm.prank(sender);
        uint256 before = gasleft();
        (bool done, bytes memory reason) = to.call(data);
        gas = before - gasleft();
        if (!done) {
            assembly {
                revert(add(reason, 0x20), mload(reason))
            }
        }
        gas += 21_000 + 4 * tokens;
        uint256 floor = 21_000 + 10 * tokens;
        if (floor > gas) gas = floor;
        vm.assertLe(gas, _CAP, what);
        emit Gas(what, gas, data.length);
    }

    /// @dev Lists of 256 that somebody else recorded, with ours among them.
    function recordForeign(uint256 which, uint256 count) private {
        for (uint256 from; from < count; from += 256) registry.recordList(foreign(which, from));
    }

    function recordChains(uint256 which) private {
        for (uint256 i; i < _WEIGHT / 4; ++i) {
            bytes32 seed = secret(which, i);
            bytes32 witness = Chains.link(seed, 3, 2);
            registry.recordChain(Chains.link(seed, 3, 0), 2, witness, 0);
        }
    }

    /// @dev Of the witnesses from `first` on, which may stand in two of the lists.
    function proofsOf(
        uint256 which,
        uint256 first,
        uint256 count
    ) private pure returns (bytes32[] memory proofs) {
        proofs = new bytes32[](9 * count);
        bytes32[][9][2] memory trees = [
            treeOver(foreign(which, (first / 256) * 256)),
            treeOver(foreign(which, (first / 256) * 256 + 256))
        ];
        for (uint256 i; i < count; ++i) {
            bytes32[][9] memory levels = trees[(first + i) / 256 - first / 256];
            uint256 index = (first + i) % 256;
            proofs[9 * i] = bytes32(8 | (index << 8));
            for (uint256 level; level < 8; ++level) {
                proofs[9 * i + 1 + level] = levels[level][(index >> level) ^ 1];
            }
        }
    }

    function treeOver(bytes32[] memory leaves) private pure returns (bytes32[][9] memory levels) {
        levels[0] = leaves;
        for (uint256 level; level < 8; ++level) levels[level + 1] = above(levels[level]);
    }

    function above(bytes32[] memory nodes) private pure returns (bytes32[] memory up) {
        up = new bytes32[](nodes.length / 2);
        for (uint256 i; i < up.length; ++i) up[i] = keccak256(abi.encode(nodes[2 * i], nodes[2 * i + 1]));
    }

    function foreign(uint256 which, uint256 from) private pure returns (bytes32[] memory list) {
        list = new bytes32[](256);
        for (uint256 i; i < 256; ++i) list[i] = secret(which, from + i);
    }

    function listOf(Kind kind, uint256 which) private pure returns (bytes memory) {
        if (kind == Kind.Chain || kind == Kind.NamedChain) return chainList(kind, which);
        return hashList(kind, which, 0, _WEIGHT);
    }

    function hashList(
        Kind kind,
        uint256 which,
        uint256 first,
        uint256 count
    ) private pure returns (bytes memory list) {
        bytes1[3] memory kinds = [bytes1(0x01), 0x81, 0x41];
        list = new bytes(50 * count);
        for (uint256 i; i < count; ++i) {
            bytes32 witness = secret(which, first + i);
            bytes32 tail = kind == Kind.Hidden ? sha256(abi.encode(witness)) : witness;
            write(list, 50 * i, kinds[uint256(kind)], 1e12, _EXPIRY, tail);
        }
    }

    function chainList(Kind kind, uint256 which) private pure returns (bytes memory list) {
        bool named = kind == Kind.NamedChain;
        list = new bytes(25 * _WEIGHT);
        for (uint256 i; i < _WEIGHT / 4; ++i) {
            bytes32 commitment = Chains.link(secret(which, i), 3, 0);
            write(list, 100 * i, 0x02, 1e12 + uint96(i), _EXPIRY, commitment);
            write(
                list,
                100 * i + 50,
                named ? bytes1(0x43) : bytes1(0x03),
                1e9,
                1,
                bytes32(uint256(named ? 1 : 0))
            );
        }
    }

    function write(
        bytes memory list,
        uint256 place,
        bytes1 kind,
        uint96 amount,
        uint40 number,
        bytes32 tail
    ) private pure {
        bytes32 head = bytes32(abi.encodePacked(kind, amount, number, bytes14(0)));
        assembly ("memory-safe") {
            mstore(add(add(list, 0x20), place), head)
            mstore(add(add(list, 0x32), place), tail)
        }
    }

    function secret(uint256 which, uint256 i) private pure returns (bytes32) {
        return keccak256(abi.encode("largest", which, i));
    }
}
