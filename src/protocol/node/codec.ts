import { fromHex, toHex } from "../bytes.ts";
import { Table } from "../table.ts";
import type { Hex } from "../types.ts";
import type { NodeState } from "./state.ts";

const FORMAT = 5;

/** JSON cannot hold these; an object with one of the marks stands for each. Nothing of ours has such a field. */
const BIGINT = "$int";
const BYTES = "$bytes";
const TABLE = "$table";

/** `value` is what `toJSON` made of it, if there is one, as a Buffer has: the mark needs the bytes themselves. */
function pack(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const own = this[key];
  if (typeof value === "bigint") return { [BIGINT]: value.toString() };
  if (own instanceof Uint8Array) return { [BYTES]: toHex(own) };
  if (value instanceof Table) return { [TABLE]: [...value.entries()] };
  return value;
}

function unpack(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (BIGINT in value) return BigInt(value[BIGINT] as string);
  if (BYTES in value) return fromHex(value[BYTES] as Hex);
  if (TABLE in value) return Table.of(value[TABLE] as [Hex, unknown][]);
  return value;
}

/** The whole state as text, for a snapshot. */
export function encodeNode(state: NodeState): string {
  return JSON.stringify({ format: FORMAT, state }, pack);
}

type Old = Readonly<Record<string, unknown>>;

/** What turns a state of a format into one of the next: a node goes on from the snapshot of an older version. */
const MIGRATIONS: Readonly<Record<number, (state: Old) => Old>> = {
  // 5: rent, histories of neighbours.
  4: (state) => ({
    ...state,
    histories: Table.empty(),
    payments: (state.payments as Table<Hex, Old>).map(withoutRent),
    attempts: (state.attempts as Table<Hex, Old>).map((attempt) => ({
      ...withoutRent(attempt),
      parts: (attempt.parts as readonly Old[]).map((part) => ({
        ...withoutRent(part),
        hops: (part.hops as readonly Old[]).map(withoutRent),
      })),
    })),
  }),
  // 4: restore marks, stale views, payments in parts, hold invoices, resizes, agreed openings.
  3: (state) => ({
    isViewStale: false,
    ...state,
    restored: null,
    openings: Table.empty(),
    gatherings: Table.empty(),
    invoices: (state.invoices as Table<Hex, Old>).map(withoutHold),
    attempts: (state.attempts as Table<Hex, Old>).map(inOnePart),
    channels: (state.channels as Table<Hex, Old>).map((channel) => ({
      ...withoutMark(channel),
      ...{ resizes: 0, resize: null, outgoing: withPart(channel, state.attempts as Table<Hex, Old>) },
    })),
  }),
};

function withoutRent(old: Old): Old {
  return { ...old, rent: 0n };
}

function withoutHold(invoice: Old): Old {
  const received = invoice.status === "paid" ? invoice.amount : 0n;
  return { ...invoice, isHold: false, received, text: null };
}

/** There was one route at a time: the number of its packet counts the tries. */
function inOnePart({ text, number, hops, keys, avoid, ...kept }: Old): Old {
  const amounts = (hops as readonly { readonly amount: bigint }[]).map(({ amount }) => amount);
  const [first = 0n, last = 0n] = [amounts[0], amounts.at(-1)];
  const part = { number, share: null, amount: last, fee: first - last, hops, keys };
  return {
    ...kept,
    goal: { kind: "invoice", text },
    avoid: { ...(avoid as Old), scarce: [] },
    ...{ made: number, failures: (number as number) - 1, parts: [part], givenUp: null },
  };
}

function withPart({ outgoing }: Old, attempts: Table<Hex, Old>): readonly Old[] {
  return (outgoing as readonly { readonly lock: { readonly hash: Hex }; readonly origin: Old }[]).map(
    (out) => {
      if (out.origin.kind !== "payment") return out;
      return { ...out, origin: { ...out.origin, part: attempts.get(out.lock.hash)?.number ?? 1 } };
    },
  );
}

function withoutMark(channel: Old): Old {
  const phase = channel.phase as Old;
  if (phase.kind === "leaving") return { ...channel, lost: null, phase: { ...phase, humble: false } };
  if (phase.kind !== "frozen") return { ...channel, lost: null };
  const { why } = phase;
  const lost = { why, handed: false, signature: null };
  return { ...channel, lost, phase: { ...phase, asked: true, ours: null, theirs: null, signedAt: null } };
}

/** Reads what {@link encodeNode} of this or an older version wrote; throws on anything else. */
export function decodeNode(text: string): NodeState {
  const read = JSON.parse(text, unpack) as { readonly format?: unknown; readonly state?: unknown };
  let state = read.state as Old;
  for (let format = typeof read.format === "number" ? read.format : NaN; format !== FORMAT; format++) {
    const migrate = MIGRATIONS[format];
    // A node must not start from half a state.
    if (migrate === undefined)
      throw new TypeError(`a node's state must have format ${FORMAT}; given: ${String(read.format)}`);
    state = migrate(state);
  }
  return state as unknown as NodeState;
}
