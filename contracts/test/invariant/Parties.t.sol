// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {ISecretRegistry} from "../../interfaces/ISecretRegistry.sol";
import {ChainLock, Chains} from "../support/Chains.t.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";
import {Lock, Locks} from "../support/Locks.t.sol";
import {Verdict} from "./Verdict.t.sol";

/// @title Two parties of one channel: what they signed in this life, what they know, and what they got
abstract contract Parties is ChannelTest {
    using Chains for ChainLock;

    uint256 internal constant LINKS = 8;
    uint32 internal constant RECOVERY = 2 days;
    uint256 internal constant FOREVER = type(uint256).max;
    uint256 private constant _MOST_STATES = 5;

    /// @dev A state that was signed and delivered.
    struct Signed {
        uint64 seq;
        uint64 ack;
        uint128 sent;
        Verdict.Item[] items;
    }

    struct Point {
        uint256 time;
        uint256 index;
    }

    /// @notice What went into the present life, and what came out of it to A, to B and to the tower.
    uint256 public totalIn;
    uint256 public paidA;
    uint256 public paidB;
    uint256 public paidTower;
    /// @notice How often the contract did otherwise than the text says, and the first time.
    uint256 public faults;
    string public firstFault;
    /// @notice How often each thing happened, so that a run that reaches nothing is seen.
    mapping(bytes32 what => uint256 times) public done;

    int256 internal depositA;
    Party internal ownerA;
    Party internal ownerB;
    address internal tower;

    Signed[] private _laneA;
    Signed[] private _laneB;
    uint256 private _secrets;
    mapping(bytes32 key => uint256 time) internal recordedAt;
    mapping(bytes32 secret => Point[] points) internal checkpoints;

    constructor(IHashlane hashlane_, ISecretRegistry registry_, address token, string memory name) {
        hashlane = hashlane_;
        registry = registry_;
        (a, b) = (party(string.concat(name, " A")), party(string.concat(name, " B")));
        closer = a;
        other = b;
        (ownerA, ownerB) = (ownKey(string.concat(name, " A")), ownKey(string.concat(name, " B")));
        stranger = party(string.concat(name, " stranger"));
        tower = party(string.concat(name, " tower")).owner;
        params = IHashlane.Params({
            ownerA: a.owner,
            ownerB: b.owner,
            signerA: a.signer,
            signerB: b.signer,
            token: token,
            challengePeriod: CHALLENGE,
            recoveryPeriod: RECOVERY,
            salt: 7
        });
        life = 0;
    }

    /// @dev The fuzzer may call everything: this must not deploy anew.
    function setUp() public override {}

    /// @dev Counts what both owners and the tower get, as money or as credit.
    modifier measured() {
        (uint256 beforeA, uint256 beforeB, uint256 beforeT) = worths();
        _;
        (uint256 afterA, uint256 afterB, uint256 afterT) = worths();
        paidA += afterA - beforeA;
        paidB += afterB - beforeB;
        paidTower += afterT - beforeT;
        check(paidA + paidB + paidTower <= totalIn, "[I2] paid more than came in");
    }

    /// @notice What the contract must hold for this channel.
    function held() external view returns (uint256) {
        return phase() == ENDED ? 0 : totalIn - paidA - paidB - paidTower;
    }

    function creditsHeld() external view returns (uint256) {
        return creditOf(a.owner) + creditOf(b.owner) + creditOf(tower) + creditOf(stranger.owner);
    }

    function currentPhase() external view returns (uint256) {
        return phase();
    }

    function beginLife(uint256 amountA, uint256 amountB) internal {
        (totalIn, paidA, paidB, paidTower) = (amountA + amountB, 0, 0, 0);
        depositA = int256(amountA);
        delete _laneA;
        delete _laneB;
        _laneA.push();
        _laneB.push();
    }

    /// @dev The next state of a lane, as an honest payer signs it: nothing shrinks, and it acknowledges the newest.
    function signNext(bool ofB, uint128 more, uint256 seed) internal {
        Signed[] storage lane = laneOf(ofB);
        if (lane.length > _MOST_STATES) return;
        Signed storage last = lane[lane.length - 1];
        Signed storage next = lane.push();
        (next.seq, next.ack, next.sent) = (last.seq + 1, last.ack, last.sent + more);
        if (seed & 1 == 0) next.ack = newest(!ofB).seq;
        seed >>= 1;
        if (seed & 3 == 0) return;
        if (seed & 3 == 1) for (uint256 i; i < last.items.length; ++i) next.items.push(last.items[i]);
        if (seed & 3 != 1) next.items.push(freshItem(seed >> 2));
        if (seed & 3 == 3) next.items.push(freshItem(seed >> 20));
    }

    function check(bool holds, string memory fault) internal {
        if (holds) return;
        if (faults == 0) firstFault = fault;
        ++faults;
    }

    function happened(string memory what) internal {
        ++done[keccak256(bytes(what))];
    }

    /// @notice How often this happened.
    function count(string calldata what) external view returns (uint256) {
        return done[keccak256(bytes(what))];
    }

    /// @dev Leaves the account with so many more tokens, and lets the contract take them.
    function bringMore(address account, uint256 amount) internal {
        bring(account, balanceOf(account) + amount);
    }

    function giveCredit(address account, uint256 amount) internal {
        uint256 value = bring(address(this), amount);
        hashlane.addCredit{value: value}(params.token, account, amount);
    }

    function worths() internal view returns (uint256, uint256, uint256) {
        return (worthOf(a.owner), worthOf(b.owner), worthOf(tower));
    }

    function worthOf(address account) internal view returns (uint256) {
        return balanceOf(account) + creditOf(account);
    }

    function creditOf(address account) internal view returns (uint256) {
        return hashlane.creditOf(params.token, account);
    }

    function laneOf(bool ofB) internal view returns (Signed[] storage) {
        return ofB ? _laneB : _laneA;
    }

    function newest(bool ofB) internal view returns (Signed storage) {
        Signed[] storage lane = laneOf(ofB);
        return lane[lane.length - 1];
    }

    function stateOf(Signed storage signed) internal view returns (IHashlane.LaneState memory) {
        return IHashlane.LaneState(signed.seq, signed.ack, signed.sent, Chains.root(listOf(signed.items)));
    }

    function listOf(Verdict.Item[] storage items) internal view returns (bytes memory list) {
        for (uint256 i; i < items.length; ++i) list = bytes.concat(list, entryOf(items[i]));
    }

    function entryOf(Verdict.Item memory item) internal pure returns (bytes memory) {
        if (item.isChain) return chainOf(item).entry();
        return Locks.entry(Lock(item.amount, item.expiry, item.secret, Locks.HIDDEN), Locks.HIDDEN);
    }

    function chainOf(Verdict.Item memory item) internal pure returns (ChainLock memory) {
        bytes32 commitment = Chains.link(item.secret, LINKS, 0);
        return ChainLock(item.amount, item.expiry, commitment, item.unit, item.start);
    }

    function ownKey(string memory name) internal pure returns (Party memory) {
        uint256 key = uint256(keccak256(abi.encode(name, "owner")));
        return Party(vm.addr(key), vm.addr(key), key);
    }

    function freshItem(uint256 seed) private returns (Verdict.Item memory item) {
        ++_secrets;
        item.isChain = seed & 1 == 1;
        item.amount = uint96(1 + ((seed >> 1) & 63));
        item.expiry = uint40(vm.getBlockTimestamp() + ((seed >> 7) & 7) * 9 hours);
        item.secret = keccak256(abi.encode(address(this), _secrets));
        if (!item.isChain) return item;
        item.unit = uint96((seed >> 10) & 15);
        item.start = uint40((seed >> 14) & 3);
    }
}
