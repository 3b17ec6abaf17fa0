// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ChainLock, Chains} from "../support/Chains.t.sol";
import {ChainTest} from "../support/ChainTest.t.sol";
import {Lock, Locks} from "../support/Locks.t.sol";

/// @title Any list of both kinds of locks, against the protocol's text
/// @dev Chains grow at three times, of which two lie within a second of an expiry; the settlement is at one of three.
contract MixedListsTest is ChainTest {
    using Chains for ChainLock;

    uint256 private constant _LOCKS = 6;
    uint256 private constant _NEAR = START + 1 days + 2 hours;
    uint256 private constant _FAR = START + 1 days + 8 hours;

    struct Point {
        uint256 time;
        uint256 index;
    }

    uint256 private _seed;
    uint256 private _drawn;
    Point[][_LOCKS] private _points;
    bytes private _list;
    bytes private _shown;
    bytes private _left;
    uint256 private _won;
    uint256 private _open;
    ChainLock[_LOCKS] private _chains;
    Lock[_LOCKS] private _hashes;
    bool[_LOCKS] private _isChain;

    function testFuzz_WinsAndLosesWhatTheTextSays(uint256 seed) external {
        _seed = seed;
        for (uint256 i; i < _LOCKS; ++i) makeLock(i);
        closeLists(_list, "");
        grow(START);
        vm.warp(_NEAR);
        grow(_NEAR);
        vm.warp(_FAR);
        grow(_FAR);
        uint256[3] memory times = [_FAR, _FAR + 1, _FAR + 2 days];
        uint256 time = times[draw(3)];
        vm.warp(time);
        bool concedes = draw(2) == 1;
        for (uint256 i; i < _LOCKS; ++i) {
            if (_isChain[i]) judgeChain(i, time);
            else judgeHash(i, time, concedes);
        }
        settleBy(concedes ? other.signer : stranger.owner, shownLists(_shown, "", ""));
        assertOwnLane(100 + _won, 100 + _won + _open);
        if (phase() == ENDED) return;
        vm.assertEq(uint128(record.own), 100 + _won, "what is won");
        vm.assertEq(record.ownLocks, Chains.root(_left), "what remains");
    }

    function makeLock(uint256 i) private {
        uint40[4] memory expiries = [uint40(_NEAR), uint40(_NEAR + 1), uint40(_FAR), uint40(_FAR + 1)];
        uint40 expiry = expiries[draw(4)];
        _isChain[i] = draw(3) != 0;
        if (_isChain[i]) {
            _chains[i] = ChainLock(
                uint96(1 + draw(60)),
                expiry,
                Chains.link(seedOf(i), LINKS, 0),
                uint96(draw(9)),
                uint40(draw(4))
            );
            _list = bytes.concat(_list, _chains[i].entry());
        } else {
            uint8[3] memory flags = [Locks.HIDDEN, Locks.WITNESS, Locks.CONCEDED];
            uint8 flag = flags[draw(3)];
            _hashes[i] = Lock(uint96(1 + draw(60)), expiry, seedOf(i), flag);
            _list = bytes.concat(_list, Locks.entry(_hashes[i], Locks.HIDDEN));
        }
    }

    /// @dev Opens some of the chains a few links further.
    function grow(uint256 time) private {
        for (uint256 i; i < _LOCKS; ++i) {
            uint256 step = draw(5);
            if (!_isChain[i] || step == 0) continue;
            uint256 count = _points[i].length;
            uint256 index = step + (count == 0 ? 0 : _points[i][count - 1].index);
            registry.recordChain(_chains[i].commitment, index, Chains.link(seedOf(i), LINKS, index), 0);
            _points[i].push(Point(time, index));
        }
    }

    function judgeHash(uint256 i, uint256 time, bool concedes) private {
        Lock memory one = _hashes[i];
        _shown = bytes.concat(_shown, Locks.entry(one, one.flag));
        uint256 end = (one.expiry > deadline ? one.expiry : deadline) + CHALLENGE;
        if (time >= end) return;
        if (one.flag == Locks.WITNESS && time < one.expiry) {
            _won += one.amount;
        } else if (!concedes || one.flag != Locks.CONCEDED || time < one.expiry) {
            _open += one.amount;
            _left = bytes.concat(_left, Locks.entry(one, Locks.HIDDEN));
        }
    }

    function judgeChain(uint256 i, uint256 time) private {
        ChainLock memory one = _chains[i];
        Point[] memory points = _points[i];
        uint256 number = draw(5);
        _shown = bytes.concat(_shown, number == 0 ? one.entry() : one.named(number));
        bool sound = number == 0 || (number <= points.length && points[number - 1].time < one.expiry);
        uint256 won;
        uint40 start = one.start;
        if (sound && number != 0 && points[number - 1].index > start) {
            won = (points[number - 1].index - start) * one.unit;
            if (won > one.amount) won = one.amount;
            start = uint40(points[number - 1].index);
        }
        _won += won;
        bool nextInTime = points.length > number && points[number].time < one.expiry;
        bool lost = sound && time >= one.expiry && !nextInTime;
        if (lost || won == one.amount) return;
        _open += one.amount - won;
        _left = bytes.concat(_left, one.cashed(uint96(won), start).entry());
    }

    function draw(uint256 below) private returns (uint256) {
        ++_drawn;
        return uint256(keccak256(abi.encode(_seed, _drawn))) % below;
    }

    function seedOf(uint256 i) private view returns (bytes32) {
        return keccak256(abi.encode("mixed", _seed, i));
    }
}
