// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {ISecretRegistry} from "../../interfaces/ISecretRegistry.sol";
import {ChannelTest} from "../support/ChannelTest.t.sol";
import {Lock, Locks} from "../support/Locks.t.sol";
import {Trees} from "../support/Trees.t.sol";
import {Expected} from "./Expected.t.sol";

/// @title Everything that can be done with one channel, life after life, in any order
/// @dev Knows from the protocol's text what each side is owed at any time, and counts where the contract differs.
contract ChannelHandler is ChannelTest {
    using Expected for Expected.Close;
    using Locks for Lock[];

    uint96 private constant _OWN_AMOUNT = 30;
    uint96 private constant _THEIR_AMOUNT = 40;

    /// @notice What went into the present life, and what its owners have got out of it.
    uint256 public totalIn;
    uint256 public paidA;
    uint256 public paidB;
    /// @notice How often the contract did otherwise than the text says, and the last time.
    uint256 public faults;
    string public lastFault;
    /// @notice Lives that ended, by how: cooperative, convicted, settled.
    uint256[3] public endings;

    int256 private _depositA;
    Expected.Close private _expected;
    bytes32 private _ownSecret;
    bytes32 private _theirSecret;
    uint256 private _count;

    constructor(IHashlane hashlane_, ISecretRegistry registry_, address token, string memory name) {
        hashlane = hashlane_;
        registry = registry_;
        a = party(string.concat(name, " A"));
        b = party(string.concat(name, " B"));
        stranger = party(string.concat(name, " stranger"));
        params = IHashlane.Params({
            ownerA: a.owner,
            ownerB: b.owner,
            signerA: a.signer,
            signerB: b.signer,
            token: token,
            challengePeriod: CHALLENGE,
            recoveryPeriod: 0,
            salt: 7
        });
        life = 0;
    }

    /// @dev The fuzzer may call everything: this must not deploy anew.
    function setUp() public override {}

    /// @dev Counts what both owners get, as money or as credit.
    modifier measured() {
        uint256 beforeA = worthOf(a.owner);
        uint256 beforeB = worthOf(b.owner);
        _;
        paidA += worthOf(a.owner) - beforeA;
        paidB += worthOf(b.owner) - beforeB;
        check(paidA + paidB <= totalIn, "paid more than came in");
    }

    function open(uint64 amountA, uint64 amountB) external measured {
        if (phase() != ENDED || uint256(amountA) + amountB == 0) return;
        ++life;
        (totalIn, paidA, paidB) = (uint256(amountA) + amountB, 0, 0);
        _depositA = int256(uint256(amountA));
        uint256 value = bring(stranger.owner, totalIn);
        vm.prank(stranger.owner);
        hashlane.open{value: value}(params, life, amountA, amountB);
    }

    function deposit(uint64 amount, bool forB) external measured {
        if (phase() != OPEN || amount == 0) return;
        totalIn += amount;
        if (!forB) _depositA += int256(uint256(amount));
        uint256 value = bring(stranger.owner, amount);
        vm.prank(stranger.owner);
        hashlane.open{value: value}(params, life, forB ? 0 : amount, forB ? amount : 0);
    }

    /// @dev [CL-3] Takes out a part by both signatures.
    function resize(uint64 less, bool ofB) external measured {
        if (phase() != OPEN || totalIn == 0) return;
        uint256 amount = less % (totalIn + 1);
        (int256 changeA, int256 changeB) = ofB ? (int256(0), -int256(amount)) : (-int256(amount), int256(0));
        uint256 count = uint32(hashlane.slotOf(paramsId()) >> 192);
        IHashlane.Signature memory signature = signResize(b, count, changeA, changeB, type(uint256).max);
        uint256 beforeA = worthOf(a.owner);
        uint256 beforeB = worthOf(b.owner);
        vm.prank(a.signer);
        hashlane.resize(params, life, changeA, changeB, type(uint256).max, signature);
        check(worthOf(a.owner) - beforeA == (ofB ? 0 : amount), "a resize paid A another amount");
        check(worthOf(b.owner) - beforeB == (ofB ? amount : 0), "a resize paid B another amount");
        _depositA += changeA;
        // The modifier counts what was paid out of this life; what was taken out of the deposits is none of it.
        totalIn -= amount;
        if (ofB) paidB -= amount;
        else paidA -= amount;
    }

    function closeTogether(uint64 share) external measured {
        if (phase() != OPEN) return;
        uint256 toA = share % (totalIn + 1);
        int256 transfer = _depositA - int256(toA);
        IHashlane.Signature memory signature = signClose(b, transfer, type(uint256).max);
        (uint256 beforeA, uint256 beforeB) = (worthOf(a.owner), worthOf(b.owner));
        vm.prank(a.owner);
        hashlane.closeCooperatively(params, life, transfer, type(uint256).max, signature);
        check(worthOf(a.owner) - beforeA == toA, "a cooperative close paid A another amount");
        check(worthOf(b.owner) - beforeB == totalIn - toA, "a cooperative close paid B another amount");
        ++endings[0];
    }

    /// @dev The closer declares what it likes; each lane may hold one lock.
    function closeAlone(
        bool byB,
        uint64 sentOwn,
        uint64 sentTheirs,
        uint8 shape,
        uint32 life_
    ) external measured {
        if (phase() != OPEN) return;
        closer = byB ? b : a;
        other = byB ? a : b;
        uint40 expiry = uint40(block.timestamp + 1 + (life_ % (4 * CHALLENGE)));
        ++_count;
        _ownSecret = keccak256(abi.encode(address(this), _count, "own"));
        _theirSecret = keccak256(abi.encode(address(this), _count, "theirs"));
        delete _expected;
        _expected.sentOwn = shape & 4 == 0 ? sentOwn % (totalIn + 2) : sentOwn;
        _expected.sentTheirs = shape & 8 == 0 ? sentTheirs % (totalIn + 2) : sentTheirs;
        _expected.own = Expected.lock(shape & 1 != 0 ? _OWN_AMOUNT : 0, expiry);
        _expected.theirs = Expected.lock(shape & 2 != 0 ? _THEIR_AMOUNT : 0, expiry);
        _expected.deadline = block.timestamp + CHALLENGE;
        _expected.challenge = CHALLENGE;
        Lock[] memory own = ownLocks(0);
        close(
            state(5, 3, uint128(_expected.sentOwn), own),
            state(4, 2, uint128(_expected.sentTheirs), theirLocks(0)),
            own
        );
    }

    /// @dev [CL-5] A contradiction convicts; an older state counts beside the declared one.
    function answerIt(bool contradicts, uint64 sent, bool bySigner) external measured {
        if (phase() != CLOSING || block.timestamp >= deadline) return;
        uint256 seq = uint256(record.answered >> 192) + 1;
        if (seq < 2) seq = 2;
        if (!contradicts && seq > 4) return;
        uint128 value = contradicts ? sent : uint128(sent % (_expected.sentOwn + 1));
        IHashlane.LaneState memory lane = state(contradicts ? 6 : uint64(seq), 3, value);
        IHashlane.Signature memory signature = signLane(closer, lane);
        uint256 before = worthOf(other.owner);
        vm.recordLogs();
        vm.prank(bySigner ? other.signer : other.owner);
        hashlane.answer(params, life, record, lane, signature);
        readRecord();
        if (!contradicts) {
            _expected.sentAnswered = value;
            return;
        }
        check(phase() == ENDED, "a conviction did not end the channel");
        check(worthOf(other.owner) - before == totalIn, "a conviction paid another amount");
        ++endings[1];
    }

    function recordOne(bool own) external {
        registry.record(own ? _ownSecret : _theirSecret);
    }

    /// @dev `mode` of a list: 0 not shown, 1 shown, 2 with its witness, 3 with a proof of its witness.
    function settleIt(uint8 ownMode, uint8 theirMode, uint8 sender) external {
        settleOnce(ownMode, theirMode, sender);
        compare();
    }

    function settleOnce(uint8 ownMode, uint8 theirMode, uint8 sender) private measured {
        if (phase() != CLOSING || block.timestamp < deadline) return;
        ownMode = _expected.own.amount == 0 || _expected.own.fate != Expected.UNDECIDED ? 0 : ownMode % 4;
        theirMode =
            _expected.theirs.amount == 0 || _expected.theirs.fate != Expected.UNDECIDED ? 0 : theirMode % 4;
        IHashlane.Shown memory shown_ = shown(ownLocks(ownMode), theirLocks(theirMode), Locks.none());
        if (ownMode == 0) shown_.own = "";
        if (theirMode == 0) shown_.theirs = "";
        shown_.proofs = new bytes32[]((ownMode == 3 ? 1 : 0) + (theirMode == 3 ? 1 : 0));
        (uint256 ownTime, uint256 theirTime) = timesOf(ownMode, theirMode);
        bool byCloser = sender % 3 == 0;
        bool byOther = sender % 3 == 1;
        address by =
            byCloser
                ? closer.owner
                : byOther
                    ? other.signer
                    : stranger.owner;
        vm.recordLogs();
        vm.prank(by);
        try hashlane.settle(params, life, record, shown_) {
            readRecord();
            _expected.settle(
                Expected.Call(
                    block.timestamp,
                    ownMode != 0,
                    theirMode != 0,
                    ownTime,
                    theirTime,
                    byOther,
                    byCloser
                )
            );
        } catch (bytes memory reason) {
            check(bytes4(reason) == IHashlane.NothingToSettle.selector, "a settlement was refused");
        }
    }

    function travel(uint32 seconds_) external {
        vm.warp(block.timestamp + 1 + (seconds_ % (CHALLENGE / 2)));
    }

    function withdraw(bool ofB) external measured {
        address owner = ofB ? b.owner : a.owner;
        uint256 credit = hashlane.creditOf(params.token, owner);
        if (credit == 0 || owner.code.length != 0) return;
        vm.prank(owner);
        hashlane.withdrawCredit(params.token, credit, owner);
    }

    /// @dev [ST-2] An owner that refuses ETH for a while.
    function refuse(bool ofB) external {
        address owner = ofB ? b.owner : a.owner;
        vm.etch(owner, owner.code.length == 0 ? bytes(hex"5f5ffd") : bytes(""));
    }

    /// @notice What the contract must hold for this channel.
    function held() external view returns (uint256) {
        return phase() == ENDED ? 0 : totalIn - paidA - paidB;
    }

    function creditsHeld() external view returns (uint256) {
        return hashlane.creditOf(params.token, a.owner) + hashlane.creditOf(params.token, b.owner);
    }

    function currentPhase() external view returns (uint256) {
        return phase();
    }

    /// @dev What each side has got is what the text says.
    function compare() private {
        if (_expected.settles == 0 || _expected.compared) return;
        (uint256 toA, uint256 toB) = _expected.paid(closerIsB(), _depositA, totalIn);
        check(paidA == toA, "A was paid another amount");
        check(paidB == toB, "B was paid another amount");
        check((phase() == ENDED) == (toA + toB == totalIn), "ended too early or too late");
        if (phase() != ENDED) return;
        _expected.compared = true;
        ++endings[2];
    }

    function worthOf(address owner) private view returns (uint256) {
        return balanceOf(owner) + hashlane.creditOf(params.token, owner);
    }

    function timesOf(uint8 ownMode, uint8 theirMode) private view returns (uint256 own, uint256 theirs) {
        uint256 count = (ownMode == 2 ? 1 : 0) + (theirMode == 2 ? 1 : 0);
        bytes32[] memory list = new bytes32[](count);
        if (ownMode == 2) list[0] = _ownSecret;
        if (theirMode == 2) list[count - 1] = _theirSecret;
        uint256 now_ = count == 0 ? 0 : registry.timeOf(Trees.key(list));
        if (now_ == 0) now_ = block.timestamp;
        own =
            ownMode == 2
                ? now_
                : ownMode == 3
                    ? registry.timeOfWitness(_ownSecret)
                    : 0;
        theirs =
            theirMode == 2
                ? now_
                : theirMode == 3
                    ? registry.timeOfWitness(_theirSecret)
                    : 0;
    }

    function ownLocks(uint8 mode) private view returns (Lock[] memory) {
        if (_expected.own.amount == 0) return Locks.none();
        return Locks.one(Lock(_OWN_AMOUNT, uint40(_expected.own.expiry), _ownSecret, flagOf(mode)));
    }

    function theirLocks(uint8 mode) private view returns (Lock[] memory) {
        if (_expected.theirs.amount == 0) return Locks.none();
        return Locks.one(Lock(_THEIR_AMOUNT, uint40(_expected.theirs.expiry), _theirSecret, flagOf(mode)));
    }

    function flagOf(uint8 mode) private pure returns (uint8) {
        return
            mode == 2
                ? Locks.WITNESS
                : mode == 3
                    ? Locks.PROVEN
                    : Locks.HIDDEN;
    }

    function check(bool holds, string memory fault) private {
        if (holds) return;
        ++faults;
        lastFault = fault;
    }
}
