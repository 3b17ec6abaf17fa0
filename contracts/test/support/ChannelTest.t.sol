// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {ISecretRegistry} from "../../interfaces/ISecretRegistry.sol";
import {TestToken} from "../../mocks/TestToken.sol";
import {Chains} from "./Chains.t.sol";
import {Deploying} from "./Deploying.t.sol";
import {Lock, Locks} from "./Locks.t.sol";
import {Records} from "./Records.t.sol";
import {Signing} from "./Signing.t.sol";
import {Vm} from "./Vm.t.sol";

/// @title One channel between A and B, and short words for what can be done with it
abstract contract ChannelTest {
    using Locks for Lock[];

    struct Party {
        address owner;
        address signer;
        uint256 key;
    }

    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint256 internal constant START = 1_800_000_000;
    uint32 internal constant CHALLENGE = 1 days;
    uint256 internal constant LEAST_CHALLENGE = 1 hours;
    uint256 internal constant MOST_CHALLENGE = 30 days;
    uint256 internal constant INT96_MAX = uint256(int256(type(int96).max));

    uint256 internal constant ENDED = 0;
    uint256 internal constant OPEN = 1;
    uint256 internal constant CLOSING = 2;

    ISecretRegistry internal registry;
    IHashlane internal hashlane;
    IHashlane.Params internal params;
    uint256 internal life = 1;
    Party internal a;
    Party internal b;
    Party internal stranger;

    /// @dev Who closes alone, and the other side.
    Party internal closer;
    Party internal other;
    /// @dev As the last event told it.
    IHashlane.Closing internal record;
    uint256 internal deadline;

    function setUp() public virtual {
        vm.warp(START);
        registry = Deploying.registry();
        hashlane = Deploying.hashlane(registry, LEAST_CHALLENGE, MOST_CHALLENGE);
        a = party("a");
        b = party("b");
        stranger = party("stranger");
        params = IHashlane.Params({
            ownerA: a.owner,
            ownerB: b.owner,
            signerA: a.signer,
            signerB: b.signer,
            token: address(0),
            challengePeriod: CHALLENGE,
            recoveryPeriod: 0,
            salt: 7
        });
        closer = a;
        other = b;
    }

    /// @dev The test once with A as the closer, once with B, each in a new channel.
    modifier whoeverCloses() {
        for (uint256 i; i < 2; ++i) {
            closer = i == 0 ? a : b;
            other = i == 0 ? b : a;
            ++params.salt;
            _;
        }
    }

    function party(string memory name) internal pure returns (Party memory) {
        uint256 key = uint256(keccak256(bytes(name)));
        return Party(vm.addr(uint256(keccak256(abi.encode(name, "owner")))), vm.addr(key), key);
    }

    function useToken() internal returns (TestToken token) {
        token = new TestToken();
        params.token = address(token);
    }

    function paramsId() internal view returns (bytes32) {
        return Signing.paramsId(address(hashlane), params);
    }

    function channel() internal view returns (bytes32) {
        return Signing.channel(paramsId(), life);
    }

    function closerIsB() internal view returns (bool) {
        return closer.owner == params.ownerB;
    }

    function phase() internal view returns (uint256) {
        return hashlane.slotOf(paramsId()) >> 254;
    }

    /// @dev What an account holds of the channel's money outside the contract.
    function balanceOf(address account) internal view returns (uint256) {
        return params.token == address(0) ? account.balance : TestToken(params.token).balanceOf(account);
    }

    /// @dev Opens, or deposits, with A's money; afterwards neither owner holds anything.
    function open(uint256 amountA, uint256 amountB) internal {
        uint256 value = bring(a.owner, amountA + amountB);
        vm.prank(a.owner);
        hashlane.open{value: value}(params, life, amountA, amountB);
    }

    /// @dev Leaves the account with exactly this much and lets the contract take it.
    /// @return value What to send along.
    function bring(address account, uint256 amount) internal returns (uint256 value) {
        if (params.token == address(0)) {
            vm.deal(account, amount);
            return amount;
        }
        TestToken(params.token).set(account, amount);
        vm.prank(account);
        TestToken(params.token).approve(address(hashlane), amount);
    }

    function state(uint64 seq, uint64 ack, uint128 sent) internal pure returns (IHashlane.LaneState memory) {
        return IHashlane.LaneState(seq, ack, sent, bytes32(0));
    }

    function state(
        uint64 seq,
        uint64 ack,
        uint128 sent,
        Lock[] memory locks
    ) internal pure returns (IHashlane.LaneState memory) {
        return IHashlane.LaneState(seq, ack, sent, locks.root());
    }

    /// @dev With the root of any packed list.
    function state(
        uint64 seq,
        uint64 ack,
        uint128 sent,
        bytes memory list
    ) internal pure returns (IHashlane.LaneState memory) {
        return IHashlane.LaneState(seq, ack, sent, Chains.root(list));
    }

    function sign(Party memory by, bytes32 digest) internal pure returns (IHashlane.Signature memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(by.key, digest);
        return IHashlane.Signature(r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
    }

    function signLane(
        Party memory by,
        IHashlane.LaneState memory lane
    ) internal view returns (IHashlane.Signature memory) {
        return sign(by, Signing.lane(Signing.domain(address(hashlane)), channel(), lane));
    }

    /// @dev Whom a signature over this state in this channel's present life comes from.
    function recover(
        IHashlane.LaneState memory lane,
        IHashlane.Signature memory signature
    ) internal view returns (address) {
        return recover(Signing.lane(Signing.domain(address(hashlane)), channel(), lane), signature);
    }

    function recover(bytes32 digest, IHashlane.Signature memory signature) internal pure returns (address) {
        uint8 v = uint8(27 + (uint256(signature.vs) >> 255));
        return ecrecover(digest, v, signature.r, (signature.vs << 1) >> 1);
    }

    function signAnswer(
        Party memory by,
        IHashlane.LaneState memory lane,
        address tower,
        uint256 reward
    ) internal view returns (IHashlane.Signature memory) {
        bytes32 separator = Signing.domain(address(hashlane));
        return sign(by, Signing.answer(separator, channel(), lane, tower, reward));
    }

    function signClose(
        Party memory by,
        int256 transfer,
        uint256 validUntil
    ) internal view returns (IHashlane.Signature memory) {
        bytes32 separator = Signing.domain(address(hashlane));
        return sign(by, Signing.cooperativeClose(separator, channel(), transfer, validUntil));
    }

    function signResize(
        Party memory by,
        uint256 count,
        int256 changeA,
        int256 changeB,
        uint256 validUntil
    ) internal view returns (IHashlane.Signature memory) {
        bytes32 separator = Signing.domain(address(hashlane));
        return sign(by, Signing.resize(separator, channel(), count, changeA, changeB, validUntil));
    }

    function signIntent(
        Party memory by,
        IHashlane.LaneState memory own,
        IHashlane.LaneState memory theirs,
        bool humble,
        uint256 validUntil
    ) internal view returns (IHashlane.Signature memory) {
        bytes32 separator = Signing.domain(address(hashlane));
        return sign(by, Signing.closeIntent(separator, channel(), own, theirs, humble, validUntil));
    }

    function close(IHashlane.LaneState memory own, IHashlane.LaneState memory theirs) internal {
        close(own, theirs, Locks.none());
    }

    function close(
        IHashlane.LaneState memory own,
        IHashlane.LaneState memory theirs,
        Lock[] memory ownLocks
    ) internal {
        closeWithList(own, theirs, ownLocks.list());
    }

    function closeWithList(
        IHashlane.LaneState memory own,
        IHashlane.LaneState memory theirs,
        bytes memory list
    ) internal {
        IHashlane.Signature memory signature = signLane(other, theirs);
        vm.recordLogs();
        vm.prank(closer.owner);
        hashlane.close(params, life, own, theirs, signature, list);
        deadline = vm.getBlockTimestamp() + params.challengePeriod;
        readRecord();
    }

    /// @dev [CL-7] By the closer itself.
    function closeHumbly(
        IHashlane.LaneState memory own,
        IHashlane.LaneState memory theirs,
        bytes memory list
    ) internal {
        IHashlane.Closing memory none;
        IHashlane.Intent memory intent;
        intent.humble = true;
        IHashlane.Signature memory signature = signLane(other, theirs);
        vm.recordLogs();
        vm.prank(closer.owner);
        hashlane.closeFor(params, life, none, own, theirs, signature, list, intent);
        deadline = vm.getBlockTimestamp() + params.recoveryPeriod;
        readRecord();
    }

    function answer(IHashlane.LaneState memory lane) internal {
        IHashlane.Signature memory signature = signLane(closer, lane);
        vm.recordLogs();
        vm.prank(other.owner);
        hashlane.answer(params, life, record, lane, signature);
        readRecord();
    }

    function settleBy(address sender, IHashlane.Shown memory shown_) internal {
        vm.recordLogs();
        vm.prank(sender);
        hashlane.settle(params, life, record, shown_);
        readRecord();
    }

    function settle(IHashlane.Shown memory shown_) internal {
        settleBy(stranger.owner, shown_);
    }

    /// @dev Arguments are made before this is called: making a lock's hash is a call, too.
    function expectSettleRevert(bytes memory reason, address sender, IHashlane.Shown memory shown_) internal {
        vm.expectRevert(reason);
        vm.prank(sender);
        hashlane.settle(params, life, record, shown_);
    }

    function shown(
        Lock[] memory own,
        Lock[] memory theirs,
        Lock[] memory answered
    ) internal pure returns (IHashlane.Shown memory) {
        return
            IHashlane.Shown({
                own: own.shown(),
                theirs: theirs.shown(),
                answered: answered.shown(),
                proofs: new bytes32[](0)
            });
    }

    function shownLists(
        bytes memory own,
        bytes memory theirs,
        bytes memory answered
    ) internal pure returns (IHashlane.Shown memory) {
        return IHashlane.Shown(own, theirs, answered, new bytes32[](0));
    }

    function nothing() internal pure returns (IHashlane.Shown memory) {
        return shown(Locks.none(), Locks.none(), Locks.none());
    }

    function secretOf(string memory name) internal pure returns (bytes32) {
        return keccak256(bytes(name));
    }

    /// @dev Keeps the record of the newest event since `vm.recordLogs`, if one carries a record.
    function readRecord() internal {
        (bool found, IHashlane.Closing memory newest) = Records.newest(vm.getRecordedLogs());
        if (found) record = newest;
    }

    function assertPaid(uint256 toCloser, uint256 toOther) internal view {
        vm.assertEq(balanceOf(closer.owner), toCloser, "paid to the closer");
        vm.assertEq(balanceOf(other.owner), toOther, "paid to the other side");
    }
}
