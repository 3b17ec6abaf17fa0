/** A field of a call or message as ERC-7730 describes it. */
export interface Field {
  readonly path: string;
  readonly label: string;
  readonly format:
    "raw" | "addressName" | "tokenTicker" | "amount" | "tokenAmount" | "date" | "duration" | "calldata";
  readonly params?: Readonly<Record<string, string>>;
  readonly visible?: "never" | "optional" | { readonly ifNotIn: readonly string[] };
}

/** How a field is shown, wherever its path ends so. */
type Rule = Omit<Field, "path">;

export const ETHER = "0x0000000000000000000000000000000000000000";

const raw = (label: string): Rule => ({ label, format: "raw" });
const account = (label: string): Rule => ({ label, format: "addressName" });
const duration = (label: string): Rule => ({ label, format: "duration" });
const date = (label: string): Rule => ({ label, format: "date", params: { encoding: "timestamp" } });
/** What no person can read, or is checked against the chain. */
const hidden = (label: string): Rule => ({ label, format: "raw", visible: "never" });
const optional = (rule: Rule): Rule => ({ ...rule, visible: "optional" });
/** Shown unless it is ETH, which amounts say by themselves. */
const token: Rule = { label: "Token", format: "tokenTicker", visible: { ifNotIn: [ETHER] } };
/** `tokenPath` stands beside the field. */
const amount = (label: string, tokenPath: string): Rule => ({
  label,
  format: "tokenAmount",
  params: { tokenPath, nativeCurrencyAddress: "$.metadata.constants.ether" },
});

const SIGNATURES = ["signature", "signatureA", "signatureB", "consent"].flatMap((name) => [
  [`${name}.r`, hidden("Signature")] as const,
  [`${name}.vs`, hidden("Signature")] as const,
]);

const RECORD = ["terms", "paid", "own", "ownLocks", "theirs", "theirLocks", "answered", "answeredLocks"].map(
  (name) => [`record.${name}`, hidden("Record of the close")] as const,
);

const consent = (name: string, side: string): readonly (readonly [string, Rule])[] => [
  [`${name}.otherAmount`, amount(`Only if side ${side} deposits`, "params.token")],
  [`${name}.validUntil`, optional(date("Consent valid until"))],
  [`${name}.signature`, hidden("Signature")],
];

const state = (name: string, whose: string): readonly (readonly [string, Rule])[] => [
  [`${name}.seq`, raw(`Number of ${whose} state`)],
  [`${name}.ack`, optional(raw(`Read by ${whose} side up to state`))],
  [`${name}.sent`, amount(`Paid by ${whose} side so far`, "params.token")],
  [`${name}.locksRoot`, hidden("Locks")],
];

/** Rules of the contracts' calls, by the end of a field's path. */
export const CALL_FIELDS: ReadonlyMap<string, Rule> = new Map([
  ["params.ownerA", account("Side A is paid to")],
  ["params.ownerB", account("Side B is paid to")],
  ["params.signerA", account("Side A signs by")],
  ["params.signerB", account("Side B signs by")],
  ["params.token", token],
  ["params.challengePeriod", duration("A close can be answered for")],
  ["params.recoveryPeriod", optional(duration("A humble close can be answered for"))],
  ["params.salt", optional(raw("Salt"))],
  ["life", optional(raw("Life of the channel"))],
  ["paramsId", raw("Channel")],
  ["forB", raw("For side B")],
  ["amountA", amount("Deposit for side A", "params.token")],
  ["amountB", amount("Deposit for side B", "params.token")],
  ["changeA", amount("Change of side A's deposit", "params.token")],
  ["changeB", amount("Change of side B's deposit", "params.token")],
  ["transfer", amount("Side A pays to side B", "params.token")],
  ["validUntil", date("Valid until")],
  ["tower", account("Tower")],
  ["reward", amount("Reward of the tower on conviction", "params.token")],
  ["ownLocks", hidden("Locks")],
  ...state("own", "own"),
  ...state("theirs", "the other"),
  ...state("state", "the shown"),
  ...SIGNATURES,
  ...RECORD,
  ...consent("consentA", "B"),
  ...consent("consentB", "A"),
  ["consentOfB", raw("The consent is side B's")],
  ["otherAmount", amount("Only if the other side deposits", "params.token")],
  ["signature", hidden("Signature")],
  ["intent.humble", raw("Humble: own data was lost")],
  ["intent.validUntil", optional(date("Intent valid until"))],
  // Of settleBatch: each a call of this contract.
  ["items.[]", { label: "Call", format: "calldata", params: { calleePath: "@.to" } }],
  ["shown.own", hidden("Locks")],
  ["shown.theirs", hidden("Locks")],
  ["shown.answered", hidden("Locks")],
  ["shown.proofs.[]", hidden("Proofs")],
  ["token", token],
  ["account", account("Account")],
  ["amount", amount("Amount", "token")],
  ["to", account("To")],
  ["terms.sender", account("From, and back to")],
  ["terms.receiver", account("To")],
  ["terms.token", token],
  ["terms.amount", amount("Amount", "terms.token")],
  ["terms.hash", raw("For the secret with hash")],
  ["terms.expiry", date("Until")],
  ["terms.salt", optional(raw("Salt"))],
  ["secret", raw("Secret that becomes public")],
  ["witness", raw("Witness that becomes public")],
  ["witnesses.[]", raw("Witnesses that become public")],
  ["commitment", raw("Hash chain")],
  ["index", raw("Opened up to")],
  ["hint", hidden("Newest known record")],
]);

/** Rules of the signed messages, by field name. They name no token, so amounts are in its smallest unit. */
export const MESSAGE_FIELDS: ReadonlyMap<string, Rule> = new Map([
  ["channel", raw("Channel")],
  ["paramsId", raw("Channel")],
  ["life", raw("Life of the channel")],
  ["seq", raw("Number of the state")],
  ["body", raw("Hash of the state")],
  ["ownSeq", raw("Number of the own state")],
  ["ownBody", raw("Hash of the own state")],
  ["theirSeq", raw("Number of the other side's state")],
  ["theirBody", raw("Hash of the other side's state")],
  ["humble", raw("Humble: own data was lost")],
  ["tower", account("Tower")],
  ["reward", raw("Reward of the tower on conviction, in the token's smallest unit")],
  ["count", raw("Resizes so far")],
  ["changeA", raw("Change of side A's deposit, in the token's smallest unit")],
  ["changeB", raw("Change of side B's deposit, in the token's smallest unit")],
  ["transfer", raw("Side A pays to side B, in the token's smallest unit")],
  ["amount", raw("Deposit, in the token's smallest unit")],
  ["otherAmount", raw("Only if the other side deposits, in the token's smallest unit")],
  ["validUntil", date("Valid until")],
]);
