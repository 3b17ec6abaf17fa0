// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ICredits} from "./ICredits.sol";
import {IHashlaneErrors} from "./IHashlaneErrors.sol";
import {ISecretRegistry} from "./ISecretRegistry.sol";

/// @title Hashlane, the notary of payment channels
/// @notice Holds the deposits of two-party payment channels in ETH or one ERC-20 token each, and pays them out by
/// what the parties signed off chain. A channel is two lanes, one per direction; the payer of a lane signs its
/// states. The contract believes what a party signed against itself, and takes the whole channel from a closer that
/// hid what it had signed. There is no owner, no upgrade, no pause, no fee.
///
/// Times are Unix seconds (`block.timestamp`). Amounts are in the token's smallest unit. A signature is the pair
/// (r, vs) of EIP-2098 with low s over an EIP-712 message in the domain ("Hashlane", "1", chain id, this contract).
///
/// Warning: tokens that take a fee on transfer are refused at funding. Rebasing tokens are unsupported; they can
/// hurt channels of that token only.
interface IHashlane is ICredits, IHashlaneErrors {
    /// @notice What identifies a channel. Not stored: it travels in calldata and hashes to the slot's key
    /// `paramsId = keccak256(abi.encode(chainid, contract, params))`. The same Params can be opened again after the
    /// end as the next life; the channel that signatures name is `keccak256(abi.encode(paramsId, life))`.
    /// @param ownerA Account that funds side A and is paid; any kind of account.
    /// @param ownerB The same for side B.
    /// @param signerA Address of the secp256k1 key that signs for A off chain. Checked by plain recovery only.
    /// @param signerB The same for side B.
    /// @param token ERC-20 token, or the zero address for ETH.
    /// @param challengePeriod Seconds in which a close can be answered.
    /// @param recoveryPeriod Seconds in which a humble close can be answered or replaced; 0 = no humble closes.
    /// @param salt Any number; lets the same parties have several channels. Its odd width and that of the periods give
    /// the calls in most use the lowest selectors, which are found first: 400 gas a call.
    struct Params {
        address ownerA;
        address ownerB;
        address signerA;
        address signerB;
        address token;
        uint64 challengePeriod;
        uint64 recoveryPeriod;
        uint144 salt;
    }

    /// @notice One state of a lane. Signed by its payer as `Lane(channel, seq, body)` with
    /// `body = keccak256(abi.encode(sent, ack, locksRoot))`. The state of seq 0 is all zero and unsigned.
    /// @param seq Number of the state; only grows.
    /// @param ack Seq of the other lane up to which the payer has read; only grows.
    /// @param sent Everything paid in this lane since the opening; only grows.
    /// @param locksRoot `keccak256(entries || uint32 count)` of the packed lock list, zero if there are no locks.
    struct LaneState {
        uint64 seq;
        uint64 ack;
        uint128 sent;
        bytes32 locksRoot;
    }

    /// @notice An EIP-2098 signature with low s.
    struct Signature {
        bytes32 r;
        bytes32 vs;
    }

    /// @notice The consent of an owner whose money somebody else brings in: its EIP-712 message
    /// `FundingConsent(paramsId, life, amount, otherAmount, validUntil)`. It works once for a side of a life.
    /// @param otherAmount Least net deposit that the other side must have when this money is in.
    /// @param validUntil Last second in which it works.
    /// @param signature 64 bytes (r, vs) by the owner's key, or what the owner's contract accepts by ERC-1271. Empty:
    /// there is no consent, and the amount must be zero.
    struct Consent {
        uint256 otherAmount;
        uint256 validUntil;
        bytes signature;
    }

    /// @notice What a close is declared to be, and by whom.
    /// @param humble Whether it is a humble close [CL-7].
    /// @param validUntil Last second in which the message works; of no meaning without a signature.
    /// @param signature By the closer's signer over
    /// `CloseIntent(channel, ownSeq, ownBody, theirSeq, theirBody, humble, validUntil)`. All zero: the caller, owner or
    /// signer of a side, is the closer.
    struct Intent {
        bool humble;
        uint256 validUntil;
        Signature signature;
    }

    /// @notice One item of {openBatch}: the arguments of {openFromCredit}.
    struct Opening {
        Params params;
        uint256 life;
        uint256 amountA;
        uint256 amountB;
    }

    /// @notice One item of {closeBatch}: the arguments of {closeCooperativelyToCredit}.
    struct CooperativeEnd {
        Params params;
        uint256 life;
        int256 transfer;
        uint256 validUntil;
        Signature signature;
    }

    /// @notice What a closing channel's slot commits to. Emitted in full whenever it changes.
    /// @param terms From the lowest bit: net deposit of A (96 bits, signed), net deposit of B (96 bits, signed),
    /// closer is B (1 bit), humble (1 bit), list of `theirs` was shown (1 bit), list of `answered` was shown (1 bit).
    /// @param paid From the lowest bit: paid to A so far (128 bits), paid to B so far (128 bits).
    /// @param own The closer's lane: sent (128 bits, grows as locks are won), ack (64 bits), seq (64 bits).
    /// @param ownLocks Root of the locks of `own` that are not decided yet. This list was posted at the close.
    /// @param theirs The other side's lane as the closer declared it, packed alike.
    /// @param theirLocks Root of its undecided locks.
    /// @param answered The closer's lane as the other side answered, packed alike; zero if it did not.
    /// @param answeredLocks Root of its undecided locks.
    struct Closing {
        uint256 terms;
        uint256 paid;
        uint256 own;
        bytes32 ownLocks;
        uint256 theirs;
        bytes32 theirLocks;
        uint256 answered;
        bytes32 answeredLocks;
    }

    /// @notice Lock lists shown to a settlement, as packed entries; empty = not shown. See LockLists for the format.
    /// @param own What remains of the closer's list.
    /// @param theirs What remains of the other side's list.
    /// @param answered What remains of the answered state's list.
    /// @param proofs For every entry flagged PROVEN, in order: one word `depth | index << 8`, then `depth` siblings.
    struct Shown {
        bytes own;
        bytes theirs;
        bytes answered;
        bytes32[] proofs;
    }

    /// @notice A channel was opened. Everything about it can be rebuilt from this event and those that follow.
    event Opened(bytes32 indexed channel, uint256 life, Params params, uint256 depositA, uint256 depositB);
    /// @notice Deposits grew to these net totals.
    event Deposited(bytes32 indexed channel, int256 depositA, int256 depositB);
    /// @notice Deposits changed to these net totals by the agreement of both sides. What fell on one side and did not
    /// rise on the other was paid to that side's owner. `count`: resizes of this life so far.
    event Resized(bytes32 indexed channel, uint256 count, int256 depositA, int256 depositB);
    /// @notice A close began. `ownLocks` is the closer's own lock list.
    event CloseStarted(bytes32 indexed channel, uint256 deadline, Closing record, bytes ownLocks);
    /// @notice The other side showed a state of the closer that counts beside the declared one.
    event Answered(bytes32 indexed channel, Closing record);
    /// @notice The closer was convicted, and the channel's life is over: the victim's owner is paid `spoils`, the tower
    /// its reward. No {Ended} follows.
    event Convicted(bytes32 indexed channel, bool closerIsB, uint256 spoils, address tower, uint256 reward);
    /// @notice A settlement decided or paid something; locks remain.
    event Settled(bytes32 indexed channel, Closing record);
    /// @notice The channel's life is over without a conviction; what each owner was paid by closing it.
    event Ended(bytes32 indexed channel, uint256 paidA, uint256 paidB);
    /// @notice An account's credit grew: it was funded, or a payment could not be delivered.
    event Credited(address indexed token, address indexed account, uint256 amount);
    /// @notice Credit went into a channel: that of the {Opened} or {Deposited} before it in the same transaction, whose
    /// token it is of.
    event CreditSpent(address indexed account, uint256 amount);
    /// @notice So much of the {Opened} or {Deposited} before it in the same transaction came by the consent of this owner,
    /// which is used up for this life: ETH out of the owner's credit, a token from the owner.
    event FundedByConsent(address indexed owner, uint256 amount);
    /// @notice An item of a batch changed nothing; what it failed with. Empty: it is no such call, or ran out of gas.
    event Skipped(uint256 index, bytes reason);
    /// @notice Credit was withdrawn.
    event CreditWithdrawn(address indexed token, address indexed account, address to, uint256 amount);

    /// @notice Params that no channel may have: an account or key on both sides or zero, or a period out of bounds.
    error BadParams(Params params);

    /// @notice Opens a channel, or deposits into it if it is open in this life already (so that nobody can make an
    /// opening fail by opening first with a trifle). Usable by both sides after this one transaction.
    ///
    /// Requirements: `life` is the slot's life + 1, or the slot's life if it is open (else {WrongLife}, {WrongPhase},
    /// {LivesExhausted}); valid Params ({BadParams}); amounts that are not both zero and leave each net deposit below
    /// 2^95 ({BadAmount}); the caller brings both: as value for ETH ({WrongValue}), by an allowance for a token, of
    /// which exactly this must arrive ({WrongTokenAmount}).
    ///
    /// Emits {Opened} or {Deposited}.
    /// @param life 1 for Params that were never opened.
    /// @param amountA Deposit for side A, in base units.
    /// @param amountB Deposit for side B.
    function open(Params calldata params, uint256 life, uint256 amountA, uint256 amountB) external payable;

    /// @notice As {open}, paid from the caller's credit ({NotEnoughCredit}), which need not be an owner's.
    ///
    /// Emits {CreditSpent} after the event of {open}.
    function openFromCredit(Params calldata params, uint256 life, uint256 amountA, uint256 amountB) external;

    /// @notice As {openFromCredit} for many channels. An item that fails is skipped and changes nothing.
    ///
    /// Emits what each item emits, or {Skipped}.
    function openBatch(Opening[] calldata items) external;

    /// @notice As {open}, where the caller brings one side's amount and the other owner's comes by its message
    /// `FundingConsent(paramsId, life, amount, otherAmount, validUntil)`: from its credit for ETH ({NotEnoughCredit}),
    /// by its allowance to this contract for a token.
    ///
    /// Requirements: those of {open}; the consent is by the owner ({WrongConsent}), in time ({SignatureExpired}), the
    /// first of its side in this life ({ConsentUsed}), and with all money of the call in it the other side's net
    /// deposit is at least `otherAmount` ({TooLittleBeside}).
    ///
    /// Emits {Opened} or {Deposited}, and {FundedByConsent}.
    /// @param consentOfB Whose consent it is: the other side's amount is what the caller brings.
    /// @param otherAmount As the owner signed it; 0 = whatever the other side has.
    /// @param validUntil As the owner signed it: last second in which it works.
    /// @param signature 64 bytes (r, vs) by the owner's key, or what the owner's contract accepts by ERC-1271.
    function openBoth(
        Params calldata params,
        uint256 life,
        uint256 amountA,
        uint256 amountB,
        bool consentOfB,
        uint256 otherAmount,
        uint256 validUntil,
        bytes calldata signature
    ) external payable;

    /// @notice As {openBoth}, where all money comes by its owners' consents; anybody may send it. A side whose amount
    /// is zero needs none.
    ///
    /// Emits {Opened} or {Deposited}, and {FundedByConsent} for each side whose consent is used.
    function openFor(
        Params calldata params,
        uint256 life,
        uint256 amountA,
        uint256 amountB,
        Consent calldata consentA,
        Consent calldata consentB
    ) external;

    /// @notice Adds the value sent to one side of an open ETH channel. Signed states stay valid, because they hold
    /// amounts sent, not balances. Anybody may send it.
    ///
    /// Requirements: open in this life ({WrongPhase}, {WrongLife}); an ETH channel ({NotEthChannel}); a value above
    /// zero that leaves the net deposit below 2^95 ({BadAmount}).
    ///
    /// Emits {Deposited}.
    /// @param forB Whose deposit grows.
    function deposit(bytes32 paramsId, uint256 life, bool forB) external payable;

    /// @notice Adds tokens to an open channel, by the caller's allowance. Anybody may send it.
    ///
    /// Requirements: open in this life; amounts as for {open}; exactly these arrive ({WrongTokenAmount}).
    ///
    /// Emits {Deposited}.
    function depositToken(Params calldata params, uint256 life, uint256 amountA, uint256 amountB) external;

    /// @notice Withdraws from an open channel, or moves deposits between its sides, by the message `Resize(channel,
    /// count, changeA, changeB, validUntil)`, where count is the number of resizes of this life so far: each message
    /// works once and in its turn. The caller is one side's owner or signer ({NotParticipant}): its transaction counts
    /// as its signature. States of lanes stay valid, because they hold amounts sent, not balances.
    ///
    /// Requirements: open in this life; `changeA + changeB <= 0` and the channel holds what is taken out ({BadResize});
    /// in time ({SignatureExpired}); signed by the other side's signer for the present count ({WrongSigner}); fewer
    /// than 2^32 resizes ({ResizesExhausted}). A net deposit may become negative: a side can withdraw what it received
    /// in the channel.
    ///
    /// Emits {Resized}. One side's fall first covers the other's rise; the rest is paid to its owner, or becomes its
    /// credit ({Credited}) if it cannot be delivered. A resize by nothing voids one that was signed and not sent.
    ///
    /// Warning: the contract cannot see what the lanes say. Sign only if both sides keep enough for what they owe.
    /// @param changeA Change of A's net deposit, in base units.
    /// @param changeB Change of B's net deposit.
    /// @param validUntil Last second in which the message works.
    /// @param signature By the signer of the other side.
    function resize(
        Params calldata params,
        uint256 life,
        int256 changeA,
        int256 changeB,
        uint256 validUntil,
        Signature calldata signature
    ) external;

    /// @notice As {resize}, sent by anybody with both signatures.
    /// @param signatureA By the signer of A.
    /// @param signatureB By the signer of B.
    function resizeFor(
        Params calldata params,
        uint256 life,
        int256 changeA,
        int256 changeB,
        uint256 validUntil,
        Signature calldata signatureA,
        Signature calldata signatureB
    ) external;

    /// @notice Ends an open channel at once by the message `CooperativeClose(channel, transfer, validUntil)`. The
    /// caller is one side's owner or signer ({NotParticipant}): its transaction counts as its signature.
    ///
    /// Requirements: open in this life; in time ({SignatureExpired}); signed by the other side's signer
    /// ({WrongSigner}); neither part negative ({BadTransfer}).
    ///
    /// Emits {Ended}. What cannot be delivered becomes the owner's credit ({Credited}).
    /// @param transfer Net amount that A pays to B, in base units; negative if B pays A.
    /// @param validUntil Last second in which the message works.
    /// @param signature By the signer of the other side.
    function closeCooperatively(
        Params calldata params,
        uint256 life,
        int256 transfer,
        uint256 validUntil,
        Signature calldata signature
    ) external;

    /// @notice As {closeCooperatively}, sent by anybody with both signatures.
    /// @param signatureA By the signer of A.
    /// @param signatureB By the signer of B.
    function closeCooperativelyFor(
        Params calldata params,
        uint256 life,
        int256 transfer,
        uint256 validUntil,
        Signature calldata signatureA,
        Signature calldata signatureB
    ) external;

    /// @notice As {closeCooperatively}, but the caller's side is paid in credit: a hub's way to end many channels.
    ///
    /// Emits {Ended} and {Credited}.
    function closeCooperativelyToCredit(
        Params calldata params,
        uint256 life,
        int256 transfer,
        uint256 validUntil,
        Signature calldata signature
    ) external;

    /// @notice As {closeCooperativelyToCredit} for many channels. An item that fails is skipped and changes nothing.
    ///
    /// Emits what each item emits, or {Skipped}.
    function closeBatch(CooperativeEnd[] calldata items) external;

    /// @notice As {closeCooperatively}, while the channel is closing and no settlement has paid ({AlreadyPaying}).
    /// @param record What the slot commits to ({StaleRecord}).
    function closeCooperativelyWhileClosing(
        Params calldata params,
        uint256 life,
        Closing calldata record,
        int256 transfer,
        uint256 validUntil,
        Signature calldata signature
    ) external;

    /// @notice As {closeCooperativelyWhileClosing}, sent by anybody with both signatures.
    function closeCooperativelyForWhileClosing(
        Params calldata params,
        uint256 life,
        Closing calldata record,
        int256 transfer,
        uint256 validUntil,
        Signature calldata signatureA,
        Signature calldata signatureB
    ) external;

    /// @notice Starts to close alone. Only the closer itself, owner or signer of a side, can ({NotParticipant}).
    ///
    /// Requirements: open in this life; both states consistent [CL-2]: `theirs.seq >= own.ack` ({StaleTheirs}),
    /// `theirs.ack <= own.seq` ({StaleOwn}), all zero if of seq 0 ({BadInitialState}); `theirs` signed by the other
    /// side's signer ({WrongSigner}); the own lock list hashes to its root ({WrongLocks}), is made of whole known locks
    /// ({LockLists.MalformedLocks}) and weighs at most 512, a hash lock 1, a chain lock 4 ({LockLists.TooManyLocks}).
    ///
    /// Emits {CloseStarted}; the deadline is the block's time plus the challenge period.
    ///
    /// Warning: declare the newest own state. If the other side shows one that contradicts it, the closer loses the
    /// whole channel.
    /// @param own The closer's newest own state; its act of closing stands for its signature.
    /// @param theirs The newest state of the other side that the closer holds.
    /// @param signature By the other side's signer over `theirs`; ignored for seq 0.
    /// @param ownLocks The packed lock list of `own`; see LockLists for the format.
    function close(
        Params calldata params,
        uint256 life,
        LaneState calldata own,
        LaneState calldata theirs,
        Signature calldata signature,
        bytes calldata ownLocks
    ) external;

    /// @notice As {close}, sent by anybody with the closer's message, or by the closer itself. The only way to close
    /// humbly [CL-7], and to close while the other side's humble close can be answered, which this replaces.
    ///
    /// A humble close is for a party that lost data and whose peer is gone: the recovery period stands in place of the
    /// challenge period, nothing convicts, any state of the closer that the other side has not acknowledged away
    /// counts, and locks in the other side's lane are given up.
    ///
    /// Requirements: those of {close}; the intent is by one side's signer ({NotParticipant}) and in time
    /// ({SignatureExpired}); if humble, the Params have a recovery period ({NoRecoveryPeriod}); if the channel is
    /// closing, `record` is what the slot commits to ({StaleRecord}), a humble close of the other side, and this one is
    /// not humble ({NotReplaceable}), before the deadline ({DeadlinePassed}).
    ///
    /// Emits {CloseStarted}.
    ///
    /// Warning: what the other side had answered to the humble close that it replaces is void.
    /// @param record The record of the humble close to replace; of no meaning if the channel is open.
    /// @param intent What the close is declared to be, and the closer's signature.
    function closeFor(
        Params calldata params,
        uint256 life,
        Closing calldata record,
        LaneState calldata own,
        LaneState calldata theirs,
        Signature calldata signature,
        bytes calldata ownLocks,
        Intent calldata intent
    ) external;

    /// @notice Shows a state that the closer signed [CL-5]. Sent by the other side's owner or signer
    /// ({NotParticipant}).
    ///
    /// Convicts, unless the close is humble, if the state contradicts the declared one: a higher seq; the same seq with
    /// another body; or a lower seq with more sent or a higher ack. The closer then loses the whole channel. Else the
    /// state counts beside the declared one, and the lane is worth the better of the two to its payee.
    ///
    /// Requirements: closing in this life, `record` as the slot commits to it ({StaleRecord}), before the deadline
    /// ({DeadlinePassed}); signed by the closer's signer ({WrongSigner}); unless it convicts, not of seq 0, not
    /// acknowledged away, not the declared state, above the one answered before ({UselessAnswer}).
    ///
    /// Emits {Answered} or {Convicted}.
    /// @param state A state of the closer's lane.
    /// @param signature By the closer's signer over `state`.
    function answer(
        Params calldata params,
        uint256 life,
        Closing calldata record,
        LaneState calldata state,
        Signature calldata signature
    ) external;

    /// @notice As {answer}, sent by anybody who holds the message `Answer(channel, seq, body, tower, reward)` of the
    /// other side's signer ({WrongSigner}).
    /// @param tower Who gets the reward, whoever sends; zero: nobody.
    /// @param reward Paid on conviction only, out of the channel, at most 1 % of it.
    /// @param consent By the other side's signer over the `Answer`.
    function answerFor(
        Params calldata params,
        uint256 life,
        Closing calldata record,
        LaneState calldata state,
        Signature calldata signature,
        address tower,
        uint256 reward,
        Signature calldata consent
    ) external;

    /// @notice Pays what is decided after the deadline; may be called again for the rest [PAY-1] [LOCK-1]. Anybody may
    /// send it.
    ///
    /// Witnesses are recorded in the registry first, even if the rest of the call has become impossible because
    /// somebody else settled before. A hash lock is won if its witness was recorded before its expiry and is shown
    /// within the wait; it is lost once its payee concedes it (by its own call that shows it with the flag CONCEDED at or after
    /// expiry),
    /// or when the wait until `max(deadline, expiry) + challengePeriod` is over. A list that nobody has shown counts as
    /// empty from `deadline + challengePeriod`.
    ///
    /// A chain lock is judged by a checkpoint in the registry whose number comes with it (none: 0). What that
    /// checkpoint gives is won at once if it is in time; the rest is lost at expiry unless the next checkpoint is in
    /// time too.
    ///
    /// Requirements: closing in this life, `record` as the slot commits to it ({StaleRecord}), at or after the deadline
    /// ({DeadlineNotReached}); lists that hash to the roots in the record ({WrongLocks}), proofs used to the last word
    /// ({BadProofs}); something is decided, paid or recorded, or the channel is empty ({NothingToSettle}); enough gas to
    /// give every payee its full allowance ({NotEnoughGas}).
    ///
    /// Emits {Settled} or {Ended}. What cannot be delivered becomes the owner's credit ({Credited}).
    ///
    /// Warning: a payee that concedes a lock gives it up for good, even if a record in time turns up.
    /// @param shown The lists with their witnesses; what is not shown stays undecided.
    function settle(
        Params calldata params,
        uint256 life,
        Closing calldata record,
        Shown calldata shown
    ) external;

    /// @notice As {settle} for many channels. An item that fails is skipped and changes nothing.
    ///
    /// Emits what each item emits, or {Skipped}.
    /// @param items Whole calls of {settle}, selector and arguments, as if each were sent alone; others are skipped.
    function settleBatch(bytes[] calldata items) external;

    /// @notice Key of the slot of these Params: `keccak256(abi.encode(chainid, contract, params))`.
    function paramsIdOf(Params calldata params) external view returns (bytes32);

    /// @notice What signatures name: `keccak256(abi.encode(paramsId, life))`.
    function channelOf(bytes32 paramsId, uint256 life) external pure returns (bytes32);

    /// @notice The slot of a channel as it stands; see Slots for the layout.
    function slotOf(bytes32 paramsId) external view returns (uint256);

    /// @notice The registry that decides locks.
    function registry() external view returns (ISecretRegistry);

    /// @notice Bounds of `challengePeriod`, and of `recoveryPeriod` unless that is 0, in seconds.
    function challengePeriodBounds() external view returns (uint256 least, uint256 most);
}
