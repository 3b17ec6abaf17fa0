// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {HashTimelock} from "../../HashTimelock.sol";
import {IHashTimelock} from "../../interfaces/IHashTimelock.sol";
import {TestToken} from "../../mocks/TestToken.sol";
import {FeeToken, HookToken, Reentrant} from "../support/Hostile.t.sol";
import {Vm} from "../support/Vm.t.sol";

/// @dev See hashTimelock.tree.
contract HashTimelockTest {
    Vm private constant _VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant _START = 1_800_000_000;
    uint256 private constant _EXPIRY = _START + 1 hours;
    bytes32 private constant _SECRET = keccak256("secret");
    address private constant _ALICE = address(0xa11ce);
    address private constant _BOB = address(0xb0b);

    HashTimelock private _timelock;
    IHashTimelock.Terms private _terms;

    function setUp() external {
        _VM.warp(_START);
        _timelock = new HashTimelock();
        _terms = IHashTimelock.Terms(_ALICE, _BOB, address(0), 10, hashOf(_SECRET), _EXPIRY, 1);
    }

    function test_LocksAndPaysTheReceiver() external {
        bytes32 id = idOf(_terms);
        _VM.deal(_ALICE, 10);
        _VM.expectEmit(address(_timelock));
        emit IHashTimelock.Locked(id, _ALICE, _BOB, _terms);
        _VM.prank(_ALICE);
        _VM.assertEq(_timelock.lock{value: 10}(_terms), id);
        assertStatus(IHashTimelock.Status.Locked);
        _VM.warp(_EXPIRY - 1);
        _VM.expectEmit(address(_timelock));
        emit IHashTimelock.Claimed(id, _SECRET, _BOB);
        _timelock.claim(_terms, _SECRET);
        _VM.assertEq(_BOB.balance, 10);
        assertStatus(IHashTimelock.Status.Claimed);
        expectNotLocked(IHashTimelock.Status.Claimed);
    }

    function test_RefundsFromTheExpiryOn() external {
        lockIt();
        _VM.warp(_EXPIRY - 1);
        _VM.expectRevert(abi.encodeWithSelector(IHashTimelock.NotExpired.selector, _EXPIRY, _EXPIRY - 1));
        _timelock.refund(_terms);
        _VM.warp(_EXPIRY);
        _VM.expectRevert(abi.encodeWithSelector(IHashTimelock.ExpiryPassed.selector, _EXPIRY, _EXPIRY));
        _timelock.claim(_terms, _SECRET);
        _VM.expectEmit(address(_timelock));
        emit IHashTimelock.Refunded(idOf(_terms));
        _timelock.refund(_terms);
        _VM.assertEq(_ALICE.balance, 10);
        expectNotLocked(IHashTimelock.Status.Refunded);
    }

    function test_MovesTokens() external {
        TestToken token = new TestToken();
        useToken(token);
        lockIt();
        _VM.assertEq(token.balanceOf(address(_timelock)), 10);
        _timelock.claim(_terms, _SECRET);
        _VM.assertEq(token.balanceOf(_BOB), 10);
        ++_terms.salt;
        useToken(token);
        lockIt();
        _VM.warp(_EXPIRY);
        _timelock.refund(_terms);
        _VM.assertEq(token.balanceOf(_ALICE), 10);
    }

    function test_TheReceiverMayNameWhoIsPaid() external {
        lockIt();
        _VM.expectRevert(abi.encodeWithSelector(IHashTimelock.NotReceiver.selector, _BOB, _ALICE));
        _VM.prank(_ALICE);
        _timelock.claimTo(_terms, _SECRET, _ALICE);
        address other = address(0x07e4);
        _VM.prank(_BOB);
        _timelock.claimTo(_terms, _SECRET, other);
        _VM.assertEq(other.balance, 10);
    }

    function test_RevertWhen_TheSecretIsWrong() external {
        lockIt();
        bytes32 wrong = keccak256("wrong");
        bytes32 hash = hashOf(wrong);
        _VM.expectRevert(abi.encodeWithSelector(IHashTimelock.WrongSecret.selector, _terms.hash, hash));
        _timelock.claim(_terms, wrong);
        assertStatus(IHashTimelock.Status.Locked);
    }

    function test_RevertWhen_TheTermsAreUnfit() external {
        IHashTimelock.Terms memory good = _terms;
        IHashTimelock.Terms[4] memory bad = [copy(good), copy(good), copy(good), copy(good)];
        bad[0].sender = _BOB;
        bad[1].receiver = address(0);
        bad[2].receiver = _ALICE;
        bad[3].amount = 0;
        _VM.deal(_ALICE, 100);
        for (uint256 i; i < 4; ++i) {
            _VM.expectRevert(abi.encodeWithSelector(IHashTimelock.BadTerms.selector, bad[i]));
            _VM.prank(_ALICE);
            _timelock.lock{value: bad[i].amount}(bad[i]);
        }
    }

    function test_RevertWhen_TheExpiryIsNotInTheFuture() external {
        _terms.expiry = _START;
        _VM.deal(_ALICE, 10);
        _VM.expectRevert(abi.encodeWithSelector(IHashTimelock.ExpiryPassed.selector, _START, _START));
        _VM.prank(_ALICE);
        _timelock.lock{value: 10}(_terms);
        _terms.expiry = _START + 1;
        lockIt();
        assertStatus(IHashTimelock.Status.Locked);
    }

    function test_RevertGiven_TheSameTermsWereLockedBefore() external {
        lockIt();
        _timelock.claim(_terms, _SECRET);
        _VM.deal(_ALICE, 10);
        _VM.expectRevert(abi.encodeWithSelector(IHashTimelock.AlreadyLocked.selector, idOf(_terms)));
        _VM.prank(_ALICE);
        _timelock.lock{value: 10}(_terms);
    }

    function test_RevertWhen_TheValueDoesNotFit() external {
        _VM.deal(_ALICE, 100);
        for (uint256 value = 9; value < 12; value += 2) {
            _VM.expectRevert(abi.encodeWithSelector(IHashTimelock.WrongValue.selector, 10, value));
            _VM.prank(_ALICE);
            _timelock.lock{value: value}(_terms);
        }
        useToken(new TestToken());
        _VM.deal(_ALICE, 1);
        _VM.expectRevert(abi.encodeWithSelector(IHashTimelock.WrongValue.selector, 0, 1));
        _VM.prank(_ALICE);
        _timelock.lock{value: 1}(_terms);
    }

    function test_RevertWhen_TheTokenTakesAFee() external {
        useToken(new FeeToken());
        _VM.expectRevert(abi.encodeWithSelector(IHashTimelock.WrongTokenAmount.selector, 10, 9));
        _VM.prank(_ALICE);
        _timelock.lock(_terms);
    }

    function test_RevertGiven_NothingWasLocked() external {
        expectNotLocked(IHashTimelock.Status.None);
    }

    function test_RevertWhen_TheReceiverRefuses() external {
        lockIt();
        _VM.etch(_BOB, hex"5f5ffd");
        _VM.expectRevert(abi.encodeWithSelector(IHashTimelock.PaymentFailed.selector, _BOB, 10));
        _timelock.claim(_terms, _SECRET);
        assertStatus(IHashTimelock.Status.Locked);
        _VM.etch(_BOB, "");
        _timelock.claim(_terms, _SECRET);
        _VM.assertEq(_BOB.balance, 10);
    }

    function test_AReceiverThatEntersAgainIsPaidOnce() external {
        Reentrant thief = new Reentrant();
        _terms.receiver = address(thief);
        lockIt();
        IHashTimelock.Terms memory other = copy(_terms);
        other.salt = 2;
        _VM.deal(_ALICE, 10);
        _VM.prank(_ALICE);
        _timelock.lock{value: 10}(other);
        thief.prepare(address(_timelock), abi.encodeCall(_timelock.claim, (_terms, _SECRET)));
        _timelock.claim(_terms, _SECRET);
        _VM.assertEq(address(thief).balance, 10);
        _VM.assertEq(address(_timelock).balance, 10);
    }

    /// @dev What arrives while a token is moved would else count for two locks.
    function test_RevertWhen_ATokenEntersAgain() external {
        HookToken token = new HookToken();
        useToken(token);
        lockIt();
        Reentrant thief = new Reentrant();
        token.set(address(thief), 20);
        thief.prepare(address(token), "");
        thief.act(abi.encodeCall(token.approve, (address(_timelock), 20)));
        thief.prepare(address(_timelock), "");
        IHashTimelock.Terms memory outer = copy(_terms);
        outer.sender = address(thief);
        IHashTimelock.Terms memory inner = copy(outer);
        inner.salt = 2;
        bytes[4] memory calls = [
            abi.encodeCall(_timelock.lock, (inner)),
            abi.encodeCall(_timelock.claim, (_terms, _SECRET)),
            abi.encodeCall(_timelock.claimTo, (_terms, _SECRET, _BOB)),
            abi.encodeCall(_timelock.refund, (_terms))
        ];
        bytes memory call = abi.encodeCall(_timelock.lock, (outer));
        for (uint256 i; i < 4; ++i) {
            token.arm(address(thief), abi.encodeCall(thief.act, (calls[i])));
            _VM.expectRevert(
                abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
            );
            thief.act(call);
        }
        token.disarm();
        thief.act(call);
        _VM.assertEq(token.balanceOf(address(_timelock)), 20);
        assertStatus(IHashTimelock.Status.Locked);
    }

    function lockIt() private {
        bool isEth = _terms.token == address(0);
        if (isEth) _VM.deal(_ALICE, 10);
        _VM.prank(_ALICE);
        _timelock.lock{value: isEth ? 10 : 0}(_terms);
    }

    function useToken(TestToken token) private {
        _terms.token = address(token);
        token.set(_ALICE, 10);
        _VM.prank(_ALICE);
        token.approve(address(_timelock), 10);
    }

    function expectNotLocked(IHashTimelock.Status status) private {
        bytes memory reason = abi.encodeWithSelector(IHashTimelock.NotLocked.selector, idOf(_terms), status);
        _VM.expectRevert(reason);
        _timelock.claim(_terms, _SECRET);
        _VM.expectRevert(reason);
        _timelock.refund(_terms);
        _VM.expectRevert(reason);
        _VM.prank(_terms.receiver);
        _timelock.claimTo(_terms, _SECRET, _ALICE);
    }

    function assertStatus(IHashTimelock.Status status) private view {
        _VM.assertEq(uint256(_timelock.statusOf(idOf(_terms))), uint256(status));
    }

    function copy(IHashTimelock.Terms memory terms) private pure returns (IHashTimelock.Terms memory) {
        return
            IHashTimelock.Terms(
                terms.sender,
                terms.receiver,
                terms.token,
                terms.amount,
                terms.hash,
                terms.expiry,
                terms.salt
            );
    }

    function idOf(IHashTimelock.Terms memory terms) private pure returns (bytes32) {
        return keccak256(abi.encode(terms));
    }

    function hashOf(bytes32 secret) private pure returns (bytes32) {
        return sha256(abi.encode(secret));
    }
}
