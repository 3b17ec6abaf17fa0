import {
  MAX_UINT128,
  MAX_UINT144,
  parseAddress,
  parseSecret,
  parseSignature,
  parseWord,
  type Checked,
} from "../protocol/checked.ts";
import type { Appointment, WitnessDue } from "../protocol/tower.ts";
import type { Address, Hex, LaneHead, LocksRoot, Side, Signature } from "../protocol/types.ts";
import type { Read } from "./fields.ts";
import { problem } from "./problem.ts";
import type { TOWER_ROUTES, TowerRecord } from "./tower-routes.ts";

type Fields = Read<(typeof TOWER_ROUTES)["appoint"]["fields"]>;

function read<T>(name: string, text: string, parse: (text: string) => Checked<T>): T {
  const parsed = parse(text);
  if (parsed.ok) return parsed.value;
  throw problem(400, "bad_request", `${name} does not do: ${parsed.problem}`, "Correct it.", { field: name });
}

function whole(most: bigint) {
  return (text: string): Checked<bigint> => {
    const value = /^(0|[1-9][0-9]{0,43})$/.test(text) ? BigInt(text) : null;
    if (value !== null && value <= most) return { ok: true, value };
    return { ok: false, problem: `it must be a whole number from 0 to ${most}; given: ${text}` };
  };
}

export function readSide(text: string): Side {
  return read("side", text, (given) =>
    given === "A" || given === "B"
      ? { ok: true, value: given }
      : { ok: false, problem: `it must be A or B; given: ${given}` },
  );
}

export const readAddress = (name: string, text: string): Address => read(name, text, parseAddress);
export const readWord = (name: string, text: string): Hex => read(name, text, parseWord);
export const readSignature = (name: string, text: string): Signature => read(name, text, parseSignature);

/** Throws a problem for what no appointment can be made of; signatures are not checked here. */
export function readAppointment(fields: Fields): Appointment {
  const address = (name: "ownerA" | "ownerB" | "signerA" | "signerB" | "token") =>
    readAddress(name, fields[name]);
  const { challengePeriod, recoveryPeriod, life, reward } = fields;
  return {
    params: {
      ownerA: address("ownerA"),
      ownerB: address("ownerB"),
      signerA: address("signerA"),
      signerB: address("signerB"),
      token: address("token"),
      ...{ challengePeriod, recoveryPeriod, salt: read("salt", fields.salt, whole(MAX_UINT144)) },
    },
    life,
    side: readSide(fields.side),
    ...readState(fields),
    reward: read("reward", reward, whole(MAX_UINT128)),
    consent: readSignature("consent", fields.consent),
  };
}

function readState({
  seq,
  ack,
  sent,
  locksRoot,
  signature,
}: Pick<Fields, "seq" | "ack" | "sent" | "locksRoot" | "signature">): {
  readonly state: LaneHead;
  readonly signature: Signature;
} {
  const state = {
    ...{ seq, ack, sent: read("sent", sent, whole(MAX_UINT128)) },
    locksRoot: readWord("locksRoot", locksRoot) as LocksRoot,
  };
  return { state, signature: readSignature("signature", signature) };
}

/** What a tower gave back: as {@link readAppointment}, without what its reader knows. */
export function readRecord(
  record: TowerRecord,
): Pick<Appointment, "state" | "signature" | "reward" | "consent"> {
  return {
    ...readState(record),
    reward: read("reward", record.reward, whole(MAX_UINT128)),
    consent: readSignature("consent", record.consent),
  };
}

/** The inverse of {@link readAppointment}. */
export function showAppointment(appointment: Appointment): Fields {
  const { params, life, side } = appointment;
  return { ...params, salt: params.salt.toString(), life, side, ...showRecord(appointment) };
}

export function showRecord({
  state: { seq, ack, sent, locksRoot },
  signature,
  reward,
  consent,
}: Pick<Appointment, "state" | "signature" | "reward" | "consent">): TowerRecord {
  return { seq, ack, sent: sent.toString(), locksRoot, signature, reward: reward.toString(), consent };
}

export function readWitnesses(text: string): readonly WitnessDue[] {
  if (text === "") return [];
  return text.split(",").map((pair) => {
    const [secret = "", time = ""] = pair.split(":");
    const before = Number(read("witnesses", time, whole(BigInt(2 ** 40))));
    return { secret: read("witnesses", secret, parseSecret), before };
  });
}

export function showWitnesses(witnesses: readonly WitnessDue[]): string {
  return witnesses.map(({ secret, before }) => `${secret}:${before}`).join(",");
}
