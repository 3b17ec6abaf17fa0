/** `0x` and lower-case hex digits. The brands below are all hex of a fixed length, told apart by meaning. */
export type Hex = `0x${string}`;

type Branded<Meaning extends string> = Hex & { readonly __meaning: Meaning };

/** 20 bytes, lower case: an account or the address of a signing key. */
export type Address = Branded<"Address">;
/** A node is named by the address of the key that signs its lanes. */
export type NodeId = Address;
/** 32 bytes: `keccak256(abi.encode(chainid, contract, Params))`, the key of the channel's slot [ID-4]. */
export type ParamsId = Branded<"ParamsId">;
/** 32 bytes: `keccak256(abi.encode(paramsId, life))`, what every signature names. */
export type ChannelId = Branded<"ChannelId">;
/** The first 20 bytes of a channel's id: enough for a node to tell its own apart. */
export type ChannelPrefix = Branded<"ChannelPrefix">;
/** 32 bytes: `sha256(secret)`, the commitment of a hash lock. */
export type PaymentHash = Branded<"PaymentHash">;
/** 32 bytes: the first link of a hash chain, the commitment of a chain lock. */
export type ChainCommitment = Branded<"ChainCommitment">;
/** What a lock commits to. */
export type Commitment = PaymentHash | ChainCommitment;
/** 32 bytes: the witness of a hash lock; whoever shows it in time is paid. */
export type Secret = Branded<"Secret">;
/** 32 random bytes from which all that has to be random in one payment is drawn. */
export type Seed = Branded<"Seed">;
/** 32 bytes: root of a lock list, zero if the list is empty. */
export type LocksRoot = Branded<"LocksRoot">;
/** 32 bytes: `keccak256(abi.encode(sent, ack, locksRoot))`. */
export type Body = Branded<"Body">;
/** 32 bytes: an EIP-712 digest, ready to be signed. */
export type Digest = Branded<"Digest">;
/** 64 bytes `r || vs` (EIP-2098), low s: the only accepted encoding of a signature [ID-2]. */
export type Signature = Branded<"Signature">;
/** 32 bytes chosen by the payer, naming one direct payment in receipts. */
export type PaymentTag = Branded<"PaymentTag">;

/** Base units of the channel's token (wei for ETH), never negative unless said. */
export type Amount = bigint;
/** Seconds since 1970 as in `block.timestamp`; every expiry and deadline is judged by the chain's clock. */
export type UnixSeconds = number;
/** Number of a lane state; 0 is the unsigned, empty beginning. */
export type Seq = number;
/** Running number of a lock in its lane, counted by the payer from 1 [LOCK-2]. */
export type LockId = number;

export type Side = "A" | "B";

/** What identifies a channel on chain; never changes during its lives [ID-1..4]. */
export interface Params {
  readonly ownerA: Address;
  readonly ownerB: Address;
  readonly signerA: Address;
  readonly signerB: Address;
  /** The zero address is ETH. */
  readonly token: Address;
  /** Seconds in which a close can be answered. */
  readonly challengePeriod: number;
  /** Seconds of a humble close; 0 = none [CL-7]. */
  readonly recoveryPeriod: number;
  readonly salt: bigint;
}

/** Where signatures are valid: the EIP-712 domain's chain and contract [I7]. */
export interface Domain {
  readonly chainId: bigint;
  readonly contract: Address;
}

/** A payment on the condition that the preimage of `hash` is recorded before `expiry` [LOCK-1]. */
export interface HashLock {
  readonly kind: "hash";
  readonly amount: Amount;
  readonly expiry: UnixSeconds;
  readonly hash: PaymentHash;
}

/**
 * A payment by a position in a hash chain: `unit` for each link beyond `start` that is recorded before `expiry`, `amount`
 * at the most [LOCK-1].
 */
export interface ChainLock {
  readonly kind: "chain";
  readonly amount: Amount;
  readonly expiry: UnixSeconds;
  readonly commitment: ChainCommitment;
  readonly unit: Amount;
  /** Links that are paid for already. */
  readonly start: number;
}

export type Lock = HashLock | ChainLock;

/** A lock as both ends of its lane keep it; `id` never goes on chain. */
export interface LaneLock {
  readonly id: LockId;
  readonly lock: Lock;
}

/** One signed point of a lane: what its payer owes so far and how far it has read the other lane. */
export interface LaneState {
  readonly seq: Seq;
  readonly sent: Amount;
  readonly ack: Seq;
  /** In order of id. */
  readonly locks: readonly LaneLock[];
}

/** The same without the list: what is posted on chain. */
export interface LaneHead {
  readonly seq: Seq;
  readonly sent: Amount;
  readonly ack: Seq;
  readonly locksRoot: LocksRoot;
}

/** Deposits as the chain counts them; a net deposit may be negative after a withdrawal [ST-1]. */
export interface Deposits {
  readonly A: bigint;
  readonly B: bigint;
}

/** What a node asks for holding a lock, whatever becomes of it [FEE-2]. */
export interface RentTerms {
  /** For the place that a lock takes. */
  readonly slotFee: Amount;
  /** Millionths of the amount for each day until the lock's expiry. */
  readonly rentPpm: number;
}

/** The price and limits at which the `node` forwards into `channel` [FEE-1] [HOP-3]. */
export interface Policy {
  readonly channel: ChannelId;
  readonly node: NodeId;
  readonly seq: number;
  readonly feeBase: Amount;
  /** Millionths of the forwarded amount, rounded up. */
  readonly feePpm: number;
  /** Seconds the node wants for getting a record on chain. */
  readonly claimTime: number;
  readonly minAmount: Amount;
  readonly maxAmount: Amount;
  readonly enabled: boolean;
  /** Left out if it asks for none. */
  readonly rent?: RentTerms;
}

export interface SignedPolicy {
  readonly policy: Policy;
  readonly signature: Signature;
}
