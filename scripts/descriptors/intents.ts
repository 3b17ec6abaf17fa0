import type { ContractName } from "../../src/chain/deploy.ts";
import type { Field } from "./fields.ts";

export interface Intent {
  /** What the person is about to do. */
  readonly intent: string;
  /** The same as a sentence with values, for wallets that have room for it. */
  readonly interpolatedIntent?: string;
  /** Values of the transaction itself that are to be shown. */
  readonly more?: readonly Field[];
}

const only = (intent: string): Intent => ({ intent });

/** By function; a new function needs a line here. */
export const CALL_INTENTS: Readonly<Record<ContractName, Readonly<Record<string, Intent>>>> = {
  registry: {
    record: only("Make a secret public"),
    recordList: only("Make secrets public"),
    recordChain: only("Make a link of a hash chain public"),
  },
  hashlane: {
    open: {
      intent: "Open a payment channel, or deposit into it",
      interpolatedIntent:
        "Open a payment channel of {params.ownerA} with {amountA} and {params.ownerB} with {amountB}",
    },
    openFromCredit: {
      intent: "Open a payment channel from credit",
      interpolatedIntent:
        "Open a payment channel of {params.ownerA} with {amountA} and {params.ownerB} with {amountB} from credit",
    },
    openBatch: only("Open payment channels from credit"),
    openBoth: only("Open a payment channel with your money and, by its consent, the other side's"),
    openFor: only("Open a payment channel with money of its owners, by their consent"),
    deposit: {
      intent: "Deposit into a payment channel",
      more: [{ path: "@.value", label: "Deposit", format: "amount" }],
    },
    depositToken: {
      intent: "Deposit into a payment channel",
      interpolatedIntent:
        "Deposit {amountA} for {params.ownerA} and {amountB} for {params.ownerB} into their channel",
    },
    resize: only("Change the deposits of a payment channel"),
    resizeFor: only("Change the deposits of a payment channel, both sides having agreed"),
    closeCooperatively: only("Close a payment channel together"),
    closeCooperativelyFor: only("Close a payment channel, both sides having agreed"),
    closeCooperativelyToCredit: only("Close a payment channel together, your side being paid in credit"),
    closeBatch: only("Close payment channels together, your sides being paid in credit"),
    closeCooperativelyWhileClosing: only("Close together a payment channel that is closing"),
    closeCooperativelyForWhileClosing: only(
      "Close a payment channel that is closing, both sides having agreed",
    ),
    close: only("Close a payment channel alone: an old state loses all of it"),
    closeFor: only("Close a payment channel alone, for the side that signed: an old state loses all of it"),
    answer: only("Answer the close of a payment channel"),
    answerFor: only("Answer the close of a payment channel for one side"),
    settle: only("Pay out a closed payment channel"),
    settleBatch: only("Pay out closed payment channels"),
    addCredit: { intent: "Give credit", interpolatedIntent: "Give {amount} of credit to {account}" },
    withdrawCredit: { intent: "Withdraw credit", interpolatedIntent: "Withdraw {amount} of credit to {to}" },
  },
  hashTimelock: {
    lock: {
      intent: "Lock money for who shows a secret",
      interpolatedIntent: "Lock {terms.amount} for {terms.receiver} until {terms.expiry}",
    },
    claim: {
      intent: "Claim locked money by its secret",
      interpolatedIntent: "Claim {terms.amount} for {terms.receiver}",
    },
    claimTo: {
      intent: "Claim locked money by its secret",
      interpolatedIntent: "Claim {terms.amount}, paid to {to}",
    },
    refund: {
      intent: "Give locked money back",
      interpolatedIntent: "Give {terms.amount} back to {terms.sender}",
    },
  },
};

/** By the name of the EIP-712 type. */
export const MESSAGE_INTENTS: Readonly<Record<string, Intent>> = {
  Lane: only("Pay in a payment channel: its new state, of which only a hash is shown"),
  Answer: only("Let a tower answer a close in your name"),
  CooperativeClose: only("Close a payment channel together"),
  Resize: only("Change the deposits of a payment channel"),
  CloseIntent: only("Let somebody close a payment channel in your name: an old state loses all of it"),
  FundingConsent: only("Let somebody deposit your money into a payment channel"),
};
