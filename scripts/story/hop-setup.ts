import type { Address, ChannelId, Hex } from "../../src/protocol/types.ts";

/** When the process ends itself, by SIGKILL: before the message leaves that it stands for. */
export type Death = "before-paying-on" | "after-carol-paid";

/** What a hop in a process of its own is told, as JSON: amounts are decimal strings of wei. */
export interface HopSetup {
  readonly name: string;
  readonly url: string;
  readonly hashlane: Address;
  readonly firstBlock: number;
  /** Keys of a development chain, 32 bytes. */
  readonly owner: Hex;
  readonly signer: Hex;
  /** Where its node keeps its log. */
  readonly directory: string;
  readonly death: Death;
  /** What it asks for forwarding into this channel. */
  readonly policy: { readonly channel: ChannelId; readonly fee: string; readonly most: string };
}

/** What it answers once it is up and its policy is durable. */
export interface HopReady {
  readonly address: string;
}
