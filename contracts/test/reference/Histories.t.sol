// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {ISecretRegistry} from "../../interfaces/ISecretRegistry.sol";
import {TestToken} from "../../mocks/TestToken.sol";
import {Deploying} from "../support/Deploying.t.sol";
import {FeeToken} from "../support/Hostile.t.sol";
import {Vm} from "../support/Vm.t.sol";
import {ChoosyToken, Refuser, Wallet} from "./Accounts.t.sol";
import {Reader} from "./Reader.t.sol";

/// @dev What these tests need beyond {Vm}.
interface Files {
    function exists(string calldata path) external view returns (bool);
    function readFileBinary(string calldata path) external view returns (bytes memory);
    function revertToStateAndDelete(uint256 snapshot) external returns (bool);
    function snapshotState() external returns (uint256);
    function toString(bytes calldata value) external pure returns (string memory);
    function toString(uint256 value) external pure returns (string memory);
}

/// @title The contract against the reference model
/// @notice Carries out the calls of random histories, which test/reference/ wrote with what the model expects of them:
/// `npm run histories`. After every call: the same success or the same error with the same values, the same logs, slots,
/// balances, credits, recorded times and checkpoints. The format is that of test/reference/history-file.ts.
contract HistoriesTest {
    using Reader for Reader.Cursor;

    struct Watched {
        uint256 kind;
        address token;
        bytes32 key;
        uint256 expected;
    }

    struct Step {
        uint256 time;
        address sender;
        address target;
        uint256 value;
        /// Zero: enough.
        uint256 gas;
        bytes input;
        uint256 outcome;
        bytes output;
        uint256 logs;
    }

    Vm private constant _VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    Files private constant _FILES = Files(address(uint160(uint256(keccak256("hevm cheat code")))));

    address private constant _DEPLOYER = address(0xd0);
    uint256 private constant _LEAST_PERIOD = 100;
    uint256 private constant _MOST_PERIOD = 10_000;
    uint256 private constant _SLOTS_AT = 3;

    uint256 private constant _REFUSED_LACKING_GAS = 2;

    ISecretRegistry private _registry;
    IHashlane private _hashlane;
    ChoosyToken private _token;
    FeeToken private _feeToken;
    bytes private _refuserCode;
    bytes private _walletCode;

    function setUp() external {
        // The addresses, which all that is signed names, are those of the deployer's first contracts.
        _VM.prank(_DEPLOYER);
        _registry = Deploying.registry();
        _VM.prank(_DEPLOYER);
        _hashlane = Deploying.hashlane(_registry, _LEAST_PERIOD, _MOST_PERIOD);
        _VM.prank(_DEPLOYER);
        _token = new ChoosyToken();
        _VM.prank(_DEPLOYER);
        _feeToken = new FeeToken();
        _refuserCode = address(new Refuser()).code;
        _walletCode = address(new Wallet()).code;
    }

    function testEveryCallAsTheModelExpects() external {
        require(_FILES.exists(_pathOf(0)), "no histories: `npm run histories` writes them");
        for (uint256 i; _FILES.exists(_pathOf(i)); ++i) this.replayFile(_pathOf(i));
    }

    /// @dev Calls to itself give memory back.
    function replayFile(string calldata path) external {
        this.replayAll(_FILES.readFileBinary(path));
    }

    function replayAll(bytes calldata data) external {
        Reader.Cursor memory cursor;
        require(cursor.account(data) == address(_hashlane), "written for another address");
        while (cursor.place < data.length) {
            uint256 snapshot = _FILES.snapshotState();
            this.replay(cursor.chunk(data));
            require(_FILES.revertToStateAndDelete(snapshot), "not reverted");
        }
    }

    function replay(bytes calldata data) external {
        Reader.Cursor memory cursor;
        uint256 history = cursor.number(data, 6);
        for (uint256 count = cursor.number(data, 1); count != 0; --count) _prepareAccount(cursor, data);
        for (uint256 count = cursor.number(data, 1); count != 0; --count) _presetSlot(cursor, data);
        Watched[] memory watched = _readWatched(cursor, data);
        _compare(watched, string.concat("history ", _FILES.toString(history), ", before its calls"));
        uint256 calls = cursor.number(data, 2);
        for (uint256 i; i < calls; ++i) {
            string memory place = _placeOf(history, i);
            _carryOut(_readStep(cursor, data), place);
            _readChanges(cursor, data, watched);
            _compare(watched, place);
        }
    }

    function _prepareAccount(Reader.Cursor memory cursor, bytes calldata data) private {
        address account = cursor.account(data);
        uint256 kind = cursor.number(data, 1);
        if (kind == 1) _VM.etch(account, _refuserCode);
        if (kind == 2) _VM.etch(account, _walletCode);
        if (cursor.number(data, 1) == 1) _token.blockAccount(account);
        _VM.deal(account, cursor.number(data, 16));
        _prepareToken(_token, account, cursor.number(data, 16), cursor.number(data, 16));
        _prepareToken(_feeToken, account, cursor.number(data, 16), cursor.number(data, 16));
        _prepareCredits(account, cursor.number(data, 16), cursor.number(data, 16));
    }

    function _prepareToken(TestToken token, address account, uint256 balance, uint256 allowance) private {
        if (balance != 0) token.set(account, balance);
        _VM.prank(account);
        token.approve(address(_hashlane), allowance);
    }

    function _prepareCredits(address account, uint256 eth, uint256 tokens) private {
        _VM.deal(address(this), eth);
        _hashlane.addCredit{value: eth}(address(0), account, eth);
        _token.set(address(this), tokens);
        _token.approve(address(_hashlane), tokens);
        _hashlane.addCredit(address(_token), account, tokens);
    }

    /// @dev As if the Params had been opened, or resized, so many times.
    function _presetSlot(Reader.Cursor memory cursor, bytes calldata data) private {
        bytes32 place = keccak256(abi.encode(cursor.number(data, 32), _SLOTS_AT));
        _VM.store(address(_hashlane), place, bytes32(cursor.number(data, 32)));
    }

    function _readStep(
        Reader.Cursor memory cursor,
        bytes calldata data
    ) private view returns (Step memory step) {
        step.time = cursor.number(data, 5);
        step.sender = cursor.account(data);
        step.target = _targetOf(cursor.number(data, 1));
        step.value = cursor.number(data, 16);
        step.gas = cursor.number(data, 4);
        step.input = cursor.chunk(data);
        step.outcome = cursor.number(data, 1);
        step.output = cursor.chunk(data);
        step.logs = cursor.number(data, 32);
    }

    function _carryOut(Step memory step, string memory place) private {
        _VM.warp(step.time);
        _VM.recordLogs();
        (bool done, bytes memory output) = _call(step);
        uint256 logs = _hashOfLogs();
        if (step.outcome == 0) {
            if (!done) revert(string.concat(place, ": refused with ", _FILES.toString(output)));
            _same(place, "hash of the logs", abi.encode(step.logs), abi.encode(logs));
        } else {
            if (done) revert(string.concat(place, ": not refused with ", _FILES.toString(step.output)));
            // How much gas was left, the first value of this error, is nothing that a model knows.
            if (step.outcome == _REFUSED_LACKING_GAS && output.length > 35) _clearFirstValue(output);
            _same(place, "refused with", step.output, output);
        }
    }

    function _call(Step memory step) private returns (bool done, bytes memory output) {
        uint256 gas_ = step.gas == 0 ? gasleft() : step.gas;
        address target = step.target;
        _VM.prank(step.sender);
        (done, output) = target.call{value: step.value, gas: gas_}(step.input);
    }

    function _compare(Watched[] memory watched, string memory place) private view {
        for (uint256 i; i < watched.length; ++i) {
            uint256 actual = _valueOf(watched[i]);
            if (actual == watched[i].expected) continue;
            string memory what = string.concat("watched value ", _FILES.toString(i));
            _same(place, what, abi.encode(watched[i].expected), abi.encode(actual));
        }
    }

    function _valueOf(Watched memory watched) private view returns (uint256) {
        address account = address(uint160(uint256(watched.key)));
        if (watched.kind == 0) return _hashlane.slotOf(watched.key);
        if (watched.kind == 1) return _balanceOf(watched.token, account);
        if (watched.kind == 2) return _hashlane.creditOf(watched.token, account);
        if (watched.kind == 3) return _registry.timeOf(watched.key);
        // The token's place holds a number.
        (uint256 time, uint256 index) = _registry.checkpointOf(watched.key, uint160(watched.token));
        return (time << 16) | index;
    }

    function _balanceOf(address token, address account) private view returns (uint256) {
        return token == address(0) ? account.balance : TestToken(token).balanceOf(account);
    }

    function _targetOf(uint256 target) private view returns (address) {
        if (target == 0) return address(_hashlane);
        if (target == 1) return address(_registry);
        return target == 2 ? address(_token) : address(_feeToken);
    }

    /// @dev Tokens' logs say nothing that balances do not.
    function _hashOfLogs() private returns (uint256 hash) {
        Vm.Log[] memory logs = _VM.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            address emitter = logs[i].emitter;
            if (emitter != address(_hashlane) && emitter != address(_registry)) continue;
            hash = uint256(keccak256(abi.encodePacked(hash, emitter, logs[i].topics, logs[i].data)));
        }
    }

    function _readChanges(
        Reader.Cursor memory cursor,
        bytes calldata data,
        Watched[] memory watched
    ) private pure {
        for (uint256 count = cursor.number(data, 1); count != 0; --count) {
            uint256 index = cursor.number(data, 2);
            watched[index].expected = cursor.number(data, 32);
        }
    }

    function _readWatched(
        Reader.Cursor memory cursor,
        bytes calldata data
    ) private pure returns (Watched[] memory watched) {
        watched = new Watched[](cursor.number(data, 2));
        for (uint256 i; i < watched.length; ++i) {
            watched[i].kind = cursor.number(data, 1);
            watched[i].token = cursor.account(data);
            watched[i].key = bytes32(cursor.number(data, 32));
            watched[i].expected = cursor.number(data, 32);
        }
    }

    function _clearFirstValue(bytes memory output) private pure {
        assembly ("memory-safe") {
            mstore(add(output, 0x24), 0)
        }
    }

    function _same(
        string memory place,
        string memory what,
        bytes memory expected,
        bytes memory actual
    ) private pure {
        if (keccak256(expected) == keccak256(actual)) return;
        string memory values = string.concat(
            " expected ",
            _FILES.toString(expected),
            ", is ",
            _FILES.toString(actual)
        );
        revert(string.concat(place, ": ", what, values));
    }

    function _placeOf(uint256 history, uint256 index) private pure returns (string memory) {
        return string.concat("history ", _FILES.toString(history), ", call ", _FILES.toString(index));
    }

    function _pathOf(uint256 index) private pure returns (string memory) {
        return string.concat("cache/histories/", _FILES.toString(index), ".bin");
    }
}
