// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title With what {IHashlane} refuses a call, beside {IHashlane-BadParams}
/// @notice Each names the values that it judged by.
interface IHashlaneErrors {
    /// @notice Bounds of periods that no contract may be deployed with: none between them, or one of 2^32 seconds.
    error BadBounds(uint256 least, uint256 most);
    /// @notice The call names another life than the slot allows.
    error WrongLife(uint256 expected, uint256 given);
    /// @notice The channel is in another phase: 0 ended or never opened, 1 open, 2 closing.
    error WrongPhase(uint256 expected, uint256 actual);
    /// @notice All lives of these Params are used up; choose another salt.
    error LivesExhausted(uint256 life);
    /// @notice A deposit of zero, or one that does not fit 95 bits.
    error BadAmount(uint256 amountA, uint256 amountB);
    /// @notice `msg.value` is not what the call needs.
    error WrongValue(uint256 expected, uint256 given);
    /// @notice Only the id is needed to deposit ETH, but this channel holds a token.
    error NotEthChannel(bytes32 paramsId);
    /// @notice The token took a fee on transfer, or moved another amount.
    error WrongTokenAmount(uint256 expected, uint256 received);
    /// @notice Less credit than asked for.
    error NotEnoughCredit(uint256 available, uint256 needed);
    /// @notice The signature is not by this signer; recovered is zero if it is malformed.
    error WrongSigner(address expected, address recovered);
    /// @notice The caller, or who signed in its place, is neither owner nor signer of either side, or of the side that
    /// may call.
    error NotParticipant(address caller);
    /// @notice The message's validity ended.
    error SignatureExpired(uint256 validUntil, uint256 timestamp);
    /// @notice The message that should let this owner's money in is not by the owner.
    error WrongConsent(address owner);
    /// @notice This owner's consent to this life was used before.
    error ConsentUsed(address owner);
    /// @notice The other side has a lower deposit than the consent asks for.
    error TooLittleBeside(uint256 otherAmount, int256 otherDeposit);
    /// @notice These Params have no recovery period, so there is no humble close.
    error NoRecoveryPeriod();
    /// @notice The channel is closing, and this close cannot take the place of that one: only an ordinary close by the
    /// other side can, and only that of a humble close.
    error NotReplaceable();
    /// @notice The changes of a resize add up to more than zero, leave less than nothing in the channel, or give a net
    /// deposit that does not fit 96 bits.
    error BadResize(int256 depositA, int256 depositB, int256 changeA, int256 changeB);
    /// @notice A life has at most 2^32 - 1 resizes; close cooperatively and open the next life.
    error ResizesExhausted(bytes32 channel);
    /// @notice The transfer would leave one side with less than nothing.
    error BadTransfer(int256 partA, int256 partB);
    /// @notice A settlement has paid already, so the parties can no longer close cooperatively.
    error AlreadyPaying(uint256 paidA, uint256 paidB);
    /// @notice A state of seq 0 must be all zero.
    error BadInitialState();
    /// @notice The closer declares an older state of the other lane than its own state acknowledges [CL-2].
    error StaleTheirs(uint256 theirSeq, uint256 ownAck);
    /// @notice The other lane's state acknowledges a newer own state than the closer declares [CL-2].
    error StaleOwn(uint256 ownSeq, uint256 theirAck);
    /// @notice The list does not hash to the root that was signed or that remains.
    error WrongLocks(bytes32 expected, bytes32 actual);
    /// @notice The record given is not the one that the slot commits to.
    error StaleRecord(bytes32 recordHash);
    /// @notice The time for answers is over.
    error DeadlinePassed(uint256 deadline, uint256 timestamp);
    /// @notice A settlement has to wait for the deadline.
    error DeadlineNotReached(uint256 deadline, uint256 timestamp);
    /// @notice This state can no longer count: it is seq 0, acknowledged away, the declared one, or not above the
    /// one answered before [CL-5].
    error UselessAnswer(uint256 seq, uint256 lowest);
    /// @notice The settlement would decide, pay and record nothing.
    error NothingToSettle(bytes32 channel);
    /// @notice A proof is missing or left over.
    error BadProofs(uint256 used, uint256 given);
    /// @notice Too little gas to give every payee its full allowance; send more.
    error NotEnoughGas(uint256 available, uint256 needed);
    /// @notice ETH could not be delivered to the address named.
    error PaymentFailed(address to, uint256 amount);
}
