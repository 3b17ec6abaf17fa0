// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title The plain on-chain hash time-locked contract
/// @notice Money locked for a receiver who shows the preimage of a hash before a time, else returned. For swaps
/// between on-chain and channel money and between chains: it commits with the same sha256 as the channels do.
/// Nobody else can move the money; there is no owner, no pause and no upgrade.
interface IHashTimelock {
    /// @notice What a lock is. Its id commits to all of it.
    /// @param sender Account that brought the money and gets it back.
    /// @param receiver Account that is paid if it (or anybody) shows the secret in time.
    /// @param token ERC-20 token, or the zero address for ETH.
    /// @param amount In the token's smallest unit, above zero.
    /// @param hash sha256 of a secret of exactly 32 bytes.
    /// @param expiry Unix seconds: `claim` works before, `refund` from then on.
    /// @param salt Any number; makes two otherwise equal locks differ.
    struct Terms {
        address sender;
        address receiver;
        address token;
        uint256 amount;
        bytes32 hash;
        uint256 expiry;
        uint256 salt;
    }

    /// @notice State of a lock. `None` is a lock that never was.
    enum Status {
        None,
        Locked,
        Claimed,
        Refunded
    }

    /// @notice Money was locked under these terms.
    event Locked(bytes32 indexed id, address indexed sender, address indexed receiver, Terms terms);
    /// @notice The receiver's side was paid; the secret is public from now on.
    event Claimed(bytes32 indexed id, bytes32 secret, address to);
    /// @notice The money went back to the sender.
    event Refunded(bytes32 indexed id);

    /// @notice A lock with the same terms was made before.
    error AlreadyLocked(bytes32 id);
    /// @notice The lock is not waiting: it never was, or is claimed or refunded.
    error NotLocked(bytes32 id, Status status);
    /// @notice Amount zero, receiver zero, receiver equal to the sender, or the caller is not the sender named.
    error BadTerms(Terms terms);
    /// @notice The expiry is not in the future.
    error ExpiryPassed(uint256 expiry, uint256 timestamp);
    /// @notice Too early to refund.
    error NotExpired(uint256 expiry, uint256 timestamp);
    /// @notice The secret's sha256 is not the lock's hash.
    error WrongSecret(bytes32 expected, bytes32 given);
    /// @notice `msg.value` does not fit the terms.
    error WrongValue(uint256 expected, uint256 given);
    /// @notice The token took a fee on transfer, or moved another amount.
    error WrongTokenAmount(uint256 expected, uint256 received);
    /// @notice Only the receiver may name another account to be paid.
    error NotReceiver(address receiver, address caller);
    /// @notice ETH was refused by the account to be paid.
    error PaymentFailed(address to, uint256 amount);

    /// @notice Locks the caller's money.
    ///
    /// Requirements: `terms.sender` is the caller; expiry in the future; terms never used before; ETH is sent as
    /// value, a token is allowed beforehand.
    ///
    /// Emits {Locked}.
    /// @return id `keccak256(abi.encode(terms))`.
    function lock(Terms calldata terms) external payable returns (bytes32 id);

    /// @notice Pays the receiver. Anybody may send it.
    ///
    /// Requirements: locked; before the expiry; right secret.
    ///
    /// Emits {Claimed}.
    function claim(Terms calldata terms, bytes32 secret) external;

    /// @notice As {claim}, but the receiver names the account that is paid.
    function claimTo(Terms calldata terms, bytes32 secret, address to) external;

    /// @notice Pays the sender back. Anybody may send it.
    ///
    /// Requirements: locked; at or after the expiry.
    ///
    /// Emits {Refunded}.
    function refund(Terms calldata terms) external;

    /// @notice State of the lock with this id.
    function statusOf(bytes32 id) external view returns (Status);
}
