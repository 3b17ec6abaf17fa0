// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {IHashlaneErrors} from "../../interfaces/IHashlaneErrors.sol";
import {ConsentTest} from "../support/ConsentTest.t.sol";
import {Signing} from "../support/Signing.t.sol";

/// @title [I7] Each signed message works for one type, channel, life, contract and chain
/// @dev Owners are their own signers here, so that a consent is by the same key as all else. For each place that asks
/// for a signature the right words are signed under every other type, for another channel, life, contract and chain;
/// all are refused by name of whom they recover to; then the right one is taken.
contract ReplayTest is ConsentTest {
    uint256 private constant _KINDS = 7;
    uint256 private constant _LANE_IN_CLOSE = 0;
    uint256 private constant _ANSWER = 1;
    uint256 private constant _COOPERATIVE = 2;
    uint256 private constant _RESIZE = 3;
    uint256 private constant _INTENT = 4;
    uint256 private constant _CONSENT = 5;
    uint256 private constant _LANE_IN_ANSWER = 6;

    function setUp() public override {
        super.setUp();
        (a, b) = (ownKey("a"), ownKey("b"));
        (params.ownerA, params.ownerB) = (a.owner, b.owner);
        (params.signerA, params.signerB) = (a.signer, b.signer);
        (closer, other) = (a, b);
    }

    function test_EachMessageWorksForOnePurposeOnly() external {
        for (uint256 kind; kind < _KINDS; ++kind) {
            prepare(kind);
            bytes32 own = Signing.domain(address(hashlane));
            for (uint256 i; i < 6; ++i) {
                if (i == kind || (i == 0 && kind == _LANE_IN_ANSWER)) continue;
                expectRefused(kind, digest(own, typeOf(i), wordsOf(kind, channel(), paramsId(), life)));
            }
            expectRefused(kind, digest(own, typeOf(kind), wordsElsewhere(kind, 1, 0)));
            expectRefused(kind, digest(own, typeOf(kind), wordsElsewhere(kind, 0, 1)));
            bytes memory words = wordsOf(kind, channel(), paramsId(), life);
            bytes32[4] memory elsewhere = [
                domainOf("Hashlane", "1", block.chainid, address(registry)),
                domainOf("Hashlane", "1", block.chainid + 1, address(hashlane)),
                domainOf("Hashlane", "2", block.chainid, address(hashlane)),
                domainOf("hashlane", "1", block.chainid, address(hashlane))
            ];
            for (uint256 i; i < 4; ++i) expectRefused(kind, digest(elsewhere[i], typeOf(kind), words));
            (bool done, ) = attempt(kind, digest(own, typeOf(kind), words));
            vm.assertTrue(done, "the right one is refused");
        }
    }

    /// @dev The same bytes to a contract on another chain: its ids are others, and so is its domain.
    function test_OnAnotherChainNothingIsTheSame() external {
        prepare(_COOPERATIVE);
        IHashlane.Signature memory signature = signClose(b, 25, UNTIL);
        vm.chainId(block.chainid + 1);
        vm.prank(a.owner);
        (bool done, bytes memory reason) = address(hashlane).call(
            abi.encodeCall(hashlane.closeCooperatively, (params, 1, 25, UNTIL, signature))
        );
        vm.assertTrue(!done, "taken");
        vm.assertEq(reason, abi.encodeWithSelector(IHashlaneErrors.WrongPhase.selector, OPEN, ENDED));
    }

    /// @dev Once used, a message does nothing more.
    function test_NoMessageWorksTwice() external {
        for (uint256 kind; kind < _KINDS; ++kind) {
            prepare(kind);
            bytes32 own = Signing.domain(address(hashlane));
            bytes32 digest_ = digest(own, typeOf(kind), wordsOf(kind, channel(), paramsId(), life));
            bool done;
            (done, ) = attempt(kind, digest_);
            vm.assertTrue(done, "the first time");
            (done, ) = attempt(kind, digest_);
            vm.assertTrue(!done, "the second time");
        }
    }

    /// @dev A new channel in the phase in which this message is asked for.
    function prepare(uint256 kind) private {
        ++params.salt;
        giveCredit(a.owner, 60);
        vm.deal(stranger.owner, 0);
        if (kind == _CONSENT) {
            open(0, 40);
            return;
        }
        open(60, 40);
        if (kind == _ANSWER || kind == _LANE_IN_ANSWER) close(ownState(), theirState());
    }

    function expectRefused(uint256 kind, bytes32 digest_) private {
        Party memory by = signerOf(kind);
        bytes32 right = digest(
            Signing.domain(address(hashlane)),
            typeOf(kind),
            wordsOf(kind, channel(), paramsId(), life)
        );
        address recovered = recover(right, sign(by, digest_));
        vm.assertTrue(recovered != by.signer, "the same message");
        bytes memory expected = abi.encodeWithSelector(
            IHashlaneErrors.WrongSigner.selector,
            by.signer,
            recovered
        );
        if (kind == _CONSENT) expected = wrongConsent(by.owner);
        if (kind == _INTENT)
            expected = abi.encodeWithSelector(IHashlaneErrors.NotParticipant.selector, recovered);
        uint256 before = hashlane.slotOf(paramsId());
        (bool done, bytes memory reason) = attempt(kind, digest_);
        vm.assertTrue(!done, "taken");
        vm.assertEq(reason, expected);
        vm.assertEq(hashlane.slotOf(paramsId()), before);
    }

    function attempt(uint256 kind, bytes32 digest_) private returns (bool, bytes memory) {
        bytes memory call = callOf(kind, sign(signerOf(kind), digest_));
        address sender = a.owner;
        if (kind == _LANE_IN_ANSWER) sender = b.owner;
        if (kind == _ANSWER || kind == _INTENT || kind == _CONSENT) sender = stranger.owner;
        vm.prank(sender);
        return address(hashlane).call(call);
    }

    /// @dev All else in it is right.
    function callOf(uint256 kind, IHashlane.Signature memory s) private view returns (bytes memory) {
        IHashlane.Closing memory closing = record;
        if (kind == _LANE_IN_CLOSE) {
            return abi.encodeCall(hashlane.close, (params, life, ownState(), theirState(), s, ""));
        }
        if (kind == _LANE_IN_ANSWER) {
            return abi.encodeCall(hashlane.answer, (params, life, closing, older(), s));
        }
        if (kind == _ANSWER) {
            IHashlane.Signature memory lane = signLane(a, older());
            return
                abi.encodeCall(
                    hashlane.answerFor,
                    (params, life, closing, older(), lane, stranger.owner, 1, s)
                );
        }
        if (kind == _COOPERATIVE) {
            return abi.encodeCall(hashlane.closeCooperatively, (params, life, 25, UNTIL, s));
        }
        if (kind == _RESIZE) return abi.encodeCall(hashlane.resize, (params, life, -10, 10, UNTIL, s));
        if (kind == _INTENT) {
            IHashlane.Intent memory intent = IHashlane.Intent(false, UNTIL, s);
            IHashlane.Signature memory lane = signLane(b, theirState());
            return
                abi.encodeCall(
                    hashlane.closeFor,
                    (params, life, closing, ownState(), theirState(), lane, "", intent)
                );
        }
        IHashlane.Consent memory consent = IHashlane.Consent(40, UNTIL, abi.encode(s.r, s.vs));
        return abi.encodeCall(hashlane.openFor, (params, life, 60, 0, consent, none()));
    }

    /// @dev What follows the type's hash in the message.
    function wordsOf(
        uint256 kind,
        bytes32 channel_,
        bytes32 paramsId_,
        uint256 life_
    ) private view returns (bytes memory) {
        IHashlane.LaneState memory own = ownState();
        IHashlane.LaneState memory theirs = theirState();
        if (kind == _LANE_IN_CLOSE) return abi.encode(channel_, theirs.seq, Signing.body(theirs));
        if (kind == _LANE_IN_ANSWER) return abi.encode(channel_, older().seq, Signing.body(older()));
        if (kind == _ANSWER) {
            return abi.encode(channel_, older().seq, Signing.body(older()), stranger.owner, 1);
        }
        if (kind == _COOPERATIVE) return abi.encode(channel_, int256(25), UNTIL);
        if (kind == _RESIZE) return abi.encode(channel_, 0, int256(-10), int256(10), UNTIL);
        if (kind == _CONSENT) return abi.encode(paramsId_, life_, 60, 40, UNTIL);
        bytes memory states = abi.encode(own.seq, Signing.body(own), theirs.seq, Signing.body(theirs));
        return bytes.concat(abi.encode(channel_), states, abi.encode(false, UNTIL));
    }

    function wordsElsewhere(
        uint256 kind,
        uint64 otherSalt,
        uint256 otherLife
    ) private view returns (bytes memory) {
        IHashlane.Params memory elsewhere = params;
        elsewhere.salt += otherSalt;
        bytes32 id = Signing.paramsId(address(hashlane), elsewhere);
        return wordsOf(kind, Signing.channel(id, life + otherLife), id, life + otherLife);
    }

    function signerOf(uint256 kind) private view returns (Party memory) {
        return kind == _INTENT || kind == _CONSENT || kind == _LANE_IN_ANSWER ? a : b;
    }

    function domainOf(
        string memory name,
        string memory version,
        uint256 chain,
        address verifier
    ) private pure returns (bytes32) {
        bytes32 kind = keccak256(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
        );
        bytes32 nameHash = keccak256(bytes(name));
        return keccak256(abi.encode(kind, nameHash, keccak256(bytes(version)), chain, verifier));
    }

    function digest(bytes32 separator, bytes32 kind, bytes memory words) private pure returns (bytes32) {
        return keccak256(bytes.concat(hex"1901", separator, keccak256(bytes.concat(kind, words))));
    }

    function typeOf(uint256 kind) private pure returns (bytes32) {
        if (kind == _ANSWER) {
            return keccak256("Answer(bytes32 channel,uint64 seq,bytes32 body,address tower,uint256 reward)");
        }
        if (kind == _COOPERATIVE) {
            return keccak256("CooperativeClose(bytes32 channel,int256 transfer,uint256 validUntil)");
        }
        if (kind == _RESIZE) {
            return
                keccak256(
                    "Resize(bytes32 channel,uint256 count,int256 changeA,int256 changeB,uint256 validUntil)"
                );
        }
        if (kind == _INTENT) {
            return
                keccak256(
                    "CloseIntent(bytes32 channel,uint64 ownSeq,bytes32 ownBody,uint64 theirSeq,bytes32 theirBody,bool humble,uint256 validUntil)"
                );
        }
        if (kind == _CONSENT) {
            return
                keccak256(
                    "FundingConsent(bytes32 paramsId,uint256 life,uint256 amount,uint256 otherAmount,uint256 validUntil)"
                );
        }
        return keccak256("Lane(bytes32 channel,uint64 seq,bytes32 body)");
    }

    function ownState() private pure returns (IHashlane.LaneState memory) {
        return state(5, 3, 20);
    }

    function theirState() private pure returns (IHashlane.LaneState memory) {
        return state(4, 2, 10);
    }

    /// @dev Counts beside the closer's.
    function older() private pure returns (IHashlane.LaneState memory) {
        return state(4, 3, 20);
    }
}
