// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {Chains} from "../support/Chains.t.sol";
import {Verdict} from "./Verdict.t.sol";
import {Parties} from "./Parties.t.sol";

/// @title Closing alone, honestly or not, and answering [CL-2] [CL-5] [CL-7]
abstract contract Disputes is Parties {
    enum Outcome {
        Refused,
        Counts,
        Convicts
    }

    /// @dev What the closer declared, and whether it is the newest that it signed.
    struct Declared {
        bool humble;
        bool honest;
        uint64 seq;
        uint64 ack;
        uint128 sent;
        bytes32 root;
        uint64 theirAck;
        uint64 answeredSeq;
        uint256 since;
    }

    Verdict.Case internal verdict;
    Declared internal declared;

    /// @dev The newest states that both sides signed.
    function closeHonestly(bool byB, bool humble, uint8 way) public measured {
        if (phase() != OPEN) return;
        setSides(byB);
        Signed[] storage own = laneOf(byB);
        submit(own[own.length - 1], newest(!byB), humble, way);
        declared.honest = true;
        happened(humble ? "humble close" : "honest close");
    }

    /// @dev An older state of its own, with the newest of the other side that goes with it.
    function closeStale(bool byB, bool humble, uint8 which, uint8 way) external measured {
        if (phase() != OPEN) return;
        setSides(byB);
        Signed[] storage own = laneOf(byB);
        Signed[] storage theirs = laneOf(!byB);
        uint256 i = which % own.length;
        uint256 t;
        for (uint256 j; j < theirs.length; ++j) if (theirs[j].ack <= own[i].seq) t = j;
        submit(own[i], theirs[t], humble, way);
        declared.honest = i + 1 == own.length;
        happened("stale close");
    }

    /// @dev A state that the other side never saw: it drops the locks of the newest, or pays less.
    function closeInvented(bool byB, bool humble, uint8 less, uint8 way) external measured {
        if (phase() != OPEN) return;
        setSides(byB);
        Signed[] storage own = laneOf(byB);
        Signed storage last = own[own.length - 1];
        Signed storage invented = own.push();
        uint128 hidden = less % 2 == 0 || last.sent < less ? 0 : uint128(less);
        (invented.seq, invented.ack, invented.sent) = (last.seq + 1, last.ack, last.sent - hidden);
        submit(invented, newest(!byB), humble, way);
        declared.honest = false;
        // Nobody but the closer has it.
        own.pop();
        happened("invented close");
    }

    /// @dev [CL-7] An ordinary close of the other side in place of a humble one.
    function replaceHumble(uint8 way) external measured {
        if (phase() != CLOSING || vm.getBlockTimestamp() >= deadline) return;
        bool byB = !closerIsB();
        bool mayBe = declared.humble;
        (Party memory oldCloser, Party memory oldOther) = (closer, other);
        setSides(byB);
        Signed[] storage own = laneOf(byB);
        bytes memory call = closeCall(own[own.length - 1], newest(!byB), false, 1 + (way % 2));
        vm.recordLogs();
        vm.prank(way % 2 == 0 ? closer.owner : stranger.owner);
        (bool taken, bytes memory reason) = address(hashlane).call(call);
        check(taken == mayBe, "[CL-7] replaced what it must not, or not what it may");
        if (!taken) {
            check(bytes4(reason) == IHashlaneErrors.NotReplaceable.selector, "[CL-7] refused otherwise");
            closer = oldCloser;
            other = oldOther;
            return;
        }
        readRecord();
        note(own[own.length - 1], newest(!byB), false);
        declared.honest = true;
        happened("replaced");
    }

    /// @dev Any state that the closer signed, by the other side or a tower.
    function answerIt(uint8 which, uint8 reward, bool byTower) external measured {
        if (phase() != CLOSING || vm.getBlockTimestamp() >= deadline) return;
        Signed[] storage lane = laneOf(closerIsB());
        answerWith(lane[which % lane.length], reward, byTower);
    }

    function answerWith(Signed storage signed, uint256 reward, bool byTower) internal {
        IHashlane.LaneState memory state_ = stateOf(signed);
        Outcome expected = outcomeOf(signed, state_.locksRoot);
        IHashlane.Signature memory signature = signLane(closer, state_);
        IHashlane.Signature memory consent = signAnswer(other, state_, tower, reward);
        bytes memory call =
            byTower
                ? abi.encodeCall(
                    hashlane.answerFor,
                    (params, life, record, state_, signature, tower, reward, consent)
                )
                : abi.encodeCall(hashlane.answer, (params, life, record, state_, signature));
        (, , uint256 towerBefore) = worths();
        uint256 before = worthOf(other.owner);
        vm.recordLogs();
        vm.prank(byTower ? stranger.owner : other.signer);
        (bool taken, ) = address(hashlane).call(call);
        readRecord();
        check(taken == (expected != Outcome.Refused), "[CL-5] took what is useless, or refused what counts");
        if (!taken) return happened("answer refused");
        bool convicted = phase() == ENDED;
        check(!convicted || !declared.honest, "[I3] an honest closer was convicted");
        check(convicted == (expected == Outcome.Convicts), "[I4] a hider went free, or was no hider");
        if (!convicted) {
            verdict.answered.exists = true;
            verdict.answered.sent = signed.sent;
            copy(signed.items, verdict.answered);
            declared.answeredSeq = signed.seq;
            return happened("answer counts");
        }
        uint256 most = byTower ? totalIn / 100 : 0;
        if (reward < most) most = reward;
        (, , uint256 towerAfter) = worths();
        check(towerAfter - towerBefore == most, "[CL-6] a tower was paid another reward");
        check(worthOf(other.owner) - before == totalIn - most, "[I4] a victim was paid another amount");
        happened("convicted");
    }

    /// @dev The text's order of judgement.
    function outcomeOf(Signed storage signed, bytes32 root) internal view returns (Outcome) {
        if (signed.seq == 0) return Outcome.Refused;
        bool same =
            signed.seq == declared.seq &&
                signed.ack == declared.ack &&
                signed.sent == declared.sent &&
                root == declared.root;
        bool contradicts = signed.seq > declared.seq || (signed.seq == declared.seq && !same);
        if (signed.seq < declared.seq) {
            contradicts = signed.sent > declared.sent || signed.ack > declared.ack;
        }
        if (contradicts && !declared.humble) return Outcome.Convicts;
        if (same || signed.seq < declared.theirAck) return Outcome.Refused;
        return signed.seq > declared.answeredSeq ? Outcome.Counts : Outcome.Refused;
    }

    function setSides(bool byB) internal {
        closer = byB ? b : a;
        other = byB ? a : b;
    }

    /// @dev `way`: by close, by closeFor of its own, or by its message.
    function submit(Signed storage own, Signed storage theirs, bool humble, uint8 way) internal {
        way %= 3;
        if (humble && way == 0) way = 1;
        bytes memory call = closeCall(own, theirs, humble, way);
        vm.recordLogs();
        vm.prank(way == 2 ? stranger.owner : closer.signer);
        (bool taken, ) = address(hashlane).call(call);
        check(taken, "[CL-2] a close was refused");
        readRecord();
        note(own, theirs, humble);
    }

    function closeCall(
        Signed storage own,
        Signed storage theirs,
        bool humble,
        uint8 way
    ) internal view returns (bytes memory) {
        IHashlane.LaneState memory mine = stateOf(own);
        IHashlane.LaneState memory its = stateOf(theirs);
        IHashlane.Signature memory signature = signLane(other, its);
        bytes memory list = listOf(own.items);
        if (way == 0) return abi.encodeCall(hashlane.close, (params, life, mine, its, signature, list));
        IHashlane.Intent memory intent;
        (intent.humble, intent.validUntil) = (humble, FOREVER);
        if (way == 2) intent.signature = signIntent(closer, mine, its, humble, FOREVER);
        return abi.encodeCall(hashlane.closeFor, (params, life, record, mine, its, signature, list, intent));
    }

    /// @dev What the text makes of it.
    function note(Signed storage own, Signed storage theirs, bool humble) internal {
        uint256 period = humble ? RECOVERY : CHALLENGE;
        deadline = vm.getBlockTimestamp() + period;
        declared = Declared({
            humble: humble,
            honest: false,
            seq: own.seq,
            ack: own.ack,
            sent: own.sent,
            root: Chains.root(listOf(own.items)),
            theirAck: theirs.ack,
            answeredSeq: 0,
            since: vm.getBlockTimestamp()
        });
        verdict.deposit = closerIsB() ? int256(totalIn) - depositA : depositA;
        verdict.total = totalIn;
        verdict.deadline = deadline;
        verdict.challenge = CHALLENGE;
        (verdict.toCloser, verdict.toOther) = (0, 0);
        (verdict.own.shown, verdict.own.sent) = (true, own.sent);
        (verdict.theirs.shown, verdict.theirs.sent) = (false, theirs.sent);
        (verdict.answered.exists, verdict.answered.shown, verdict.answered.sent) = (false, false, 0);
        copy(own.items, verdict.own);
        copy(theirs.items, verdict.theirs);
        if (humble) delete verdict.theirs.items;
        delete verdict.answered.items;
    }

    function copy(Verdict.Item[] storage from, Verdict.Lane storage into) private {
        delete into.items;
        for (uint256 i; i < from.length; ++i) into.items.push(from[i]);
    }
}
