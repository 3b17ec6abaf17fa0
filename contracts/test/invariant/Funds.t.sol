// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHashlane} from "../../interfaces/IHashlane.sol";
import {Signing} from "../support/Signing.t.sol";
import {Parties} from "./Parties.t.sol";

/// @title Money in, and what both sides do together, by every call that there is for it
abstract contract Funds is Parties {
    /// @dev The next life, or a deposit into an open one; in a closing one everything must be refused.
    function fund(uint64 amountA, uint64 amountB, uint8 way) external measured {
        uint256 sum = uint256(amountA) + amountB;
        if (sum == 0) return;
        bool isOpen = phase() == OPEN;
        if (phase() == CLOSING) return fundWhileClosing(sum);
        if (!isOpen) {
            ++life;
            beginLife(amountA, amountB);
        } else {
            totalIn += sum;
            depositA += int256(uint256(amountA));
        }
        way %= 4;
        if (way == 0) {
            uint256 value = bring(stranger.owner, sum);
            vm.prank(stranger.owner);
            hashlane.open{value: value}(params, life, amountA, amountB);
        } else if (way == 1) {
            giveCredit(stranger.owner, sum);
            vm.prank(stranger.owner);
            hashlane.openFromCredit(params, life, amountA, amountB);
        } else if (way == 2) {
            openInABatch(amountA, amountB);
        } else if (!openByConsent(amountA, amountB)) {
            uint256 value = bring(stranger.owner, sum);
            vm.prank(stranger.owner);
            hashlane.open{value: value}(params, life, amountA, amountB);
        }
        check(phase() == OPEN, "an opening opened nothing");
        happened(isOpen ? "deposit" : "open");
    }

    /// @dev One to four states, of both sides in turn.
    function sign(bool byB, uint16 more, uint256 seed) external {
        if (phase() != OPEN) return;
        for (uint256 i; i <= seed >> 254; ++i) {
            signNext(byB, more % 512, uint256(keccak256(abi.encode(seed, i))));
            byB = !byB;
        }
    }

    /// @dev Takes out a part by both signatures, or moves it to the other side.
    function resize(uint64 less, bool ofB, bool moves, bool relayed) external {
        if (phase() != OPEN || totalIn == 0) return;
        uint256 amount = less % (totalIn + 1);
        int256 taken = -int256(amount);
        int256 given = moves ? int256(amount) : int256(0);
        (int256 changeA, int256 changeB) = ofB ? (given, taken) : (taken, given);
        uint256 count_ = uint32(hashlane.slotOf(paramsId()) >> 192);
        (uint256 beforeA, uint256 beforeB, ) = worths();
        IHashlane.Signature memory byA = signResize(a, count_, changeA, changeB, FOREVER);
        IHashlane.Signature memory byB = signResize(b, count_, changeA, changeB, FOREVER);
        vm.prank(relayed ? stranger.owner : a.signer);
        if (relayed) hashlane.resizeFor(params, life, changeA, changeB, FOREVER, byA, byB);
        else hashlane.resize(params, life, changeA, changeB, FOREVER, byB);
        (uint256 afterA, uint256 afterB, ) = worths();
        uint256 out = moves ? 0 : amount;
        check(afterA - beforeA == (ofB ? 0 : out), "a resize paid A another amount");
        check(afterB - beforeB == (ofB ? out : 0), "a resize paid B another amount");
        depositA += changeA;
        // What is taken out of the deposits was never in, as far as the end of this life is concerned.
        totalIn -= out;
        happened("resize");
    }

    function endTogether(uint64 share, uint8 way) external measured {
        if (phase() == ENDED || (phase() == CLOSING && record.paid != 0)) return;
        uint256 toA = share % (totalIn + 1);
        int256 transfer = depositA - int256(toA);
        IHashlane.Signature memory byA = signClose(a, transfer, FOREVER);
        IHashlane.Signature memory byB = signClose(b, transfer, FOREVER);
        (uint256 beforeA, uint256 beforeB, ) = worths();
        way %= 4;
        if (phase() == CLOSING) {
            vm.prank(way % 2 == 0 ? a.owner : stranger.owner);
            if (way % 2 == 0) {
                hashlane.closeCooperativelyWhileClosing(params, life, record, transfer, FOREVER, byB);
            } else {
                hashlane.closeCooperativelyForWhileClosing(params, life, record, transfer, FOREVER, byA, byB);
            }
        } else if (way == 0) {
            vm.prank(a.owner);
            hashlane.closeCooperatively(params, life, transfer, FOREVER, byB);
        } else if (way == 1) {
            vm.prank(stranger.owner);
            hashlane.closeCooperativelyFor(params, life, transfer, FOREVER, byA, byB);
        } else if (way == 2) {
            vm.prank(b.owner);
            hashlane.closeCooperativelyToCredit(params, life, transfer, FOREVER, byA);
        } else {
            IHashlane.CooperativeEnd[] memory items = new IHashlane.CooperativeEnd[](3);
            for (uint256 i; i < 3; ++i) {
                items[i] = IHashlane.CooperativeEnd(params, life, transfer, FOREVER, byB);
            }
            items[0].transfer += 1;
            vm.prank(a.owner);
            hashlane.closeBatch(items);
        }
        (uint256 afterA, uint256 afterB, ) = worths();
        check(phase() == ENDED, "[I2] a cooperative close did not end it");
        check(afterA - beforeA == toA, "[I2] a cooperative close paid A another amount");
        check(afterB - beforeB == totalIn - toA, "[I2] a cooperative close paid B another amount");
        happened("end together");
    }

    function withdraw(bool ofB) external {
        address owner = ofB ? b.owner : a.owner;
        uint256 credit = creditOf(owner);
        if (credit == 0 || owner.code.length != 0) return;
        uint256 before = balanceOf(owner);
        vm.prank(owner);
        hashlane.withdrawCredit(params.token, credit, owner);
        check(balanceOf(owner) - before == credit, "[I1] a withdrawal paid another amount");
        happened("withdraw");
    }

    /// @dev [ST-2] An owner that refuses ETH for a while.
    function refuse(bool ofB) external {
        address owner = ofB ? b.owner : a.owner;
        vm.etch(owner, owner.code.length == 0 ? bytes(hex"5f5ffd") : bytes(""));
    }

    /// @dev [CL-3]
    function fundWhileClosing(uint256 sum) private {
        uint256 value = bring(stranger.owner, sum);
        vm.prank(stranger.owner);
        try hashlane.open{value: value}(params, life, sum, 0) {
            check(false, "[CL-3] a deposit while closing");
        } catch {
            happened("no deposit while closing");
        }
    }

    /// @dev Between an item of another life and one that nobody can pay.
    function openInABatch(uint256 amountA, uint256 amountB) private {
        giveCredit(stranger.owner, amountA + amountB);
        IHashlane.Opening[] memory items = new IHashlane.Opening[](3);
        for (uint256 i; i < 3; ++i) items[i] = IHashlane.Opening(params, life, amountA, amountB);
        items[0].life += 1;
        items[2].amountA += 1;
        vm.prank(stranger.owner);
        hashlane.openBatch(items);
        check(creditOf(stranger.owner) == 0, "a batch took another amount");
    }

    /// @dev A's by its consent, from its credit or by its allowance; B's is brought. Once in a life.
    function openByConsent(uint256 amountA, uint256 amountB) private returns (bool) {
        bytes memory consent = consentOf(life, amountA);
        bool used = (hashlane.slotOf(paramsId()) >> 225) & 1 == 1;
        if (params.token == address(0)) giveCredit(a.owner, amountA);
        else bringMore(a.owner, amountA);
        uint256 value = bring(stranger.owner, amountB);
        vm.prank(stranger.owner);
        try hashlane.openBoth{value: value}(params, life, amountA, amountB, false, 0, FOREVER, consent) {
            check(!used, "[I7] a consent worked twice");
            happened("open by consent");
            return true;
        } catch {
            check(used, "a consent was refused");
            unbring(amountA);
            return false;
        }
    }

    function consentOf(uint256 life_, uint256 amount) internal view returns (bytes memory) {
        bytes32 separator = Signing.domain(address(hashlane));
        bytes32 digest = Signing.fundingConsent(separator, paramsId(), life_, amount, 0, FOREVER);
        IHashlane.Signature memory s = sign(ownerA, digest);
        return abi.encode(s.r, s.vs);
    }

    /// @dev So that what was brought in vain is no payment.
    function unbring(uint256 amount) private {
        if (params.token != address(0)) {
            bring(a.owner, balanceOf(a.owner) - amount);
        } else if (amount != 0) {
            vm.prank(a.owner);
            hashlane.withdrawCredit(address(0), amount, address(1));
        }
    }
}
