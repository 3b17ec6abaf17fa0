import { readUint, toHex, writeHex, writeUint } from "../protocol/bytes.ts";
import type { Appointment } from "../protocol/tower.ts";
import type { Address, Hex, LocksRoot, Signature } from "../protocol/types.ts";

/** Width of each part of a record, in order. */
const WIDTHS = [20, 20, 20, 20, 20, 5, 5, 18, 3, 1, 8, 8, 16, 32, 64, 16, 64] as const;

/** What one guarded side takes, whatever its channel has been through. */
export const RECORD_BYTES = WIDTHS.reduce<number>((sum, width) => sum + width, 0);

export function packAppointment(appointment: Appointment): Uint8Array {
  const { params, life, side, state, signature, reward, consent } = appointment;
  const { ownerA, ownerB, signerA, signerB, token, challengePeriod, recoveryPeriod, salt } = params;
  const values: readonly (Hex | bigint | number)[] = [
    ...[ownerA, ownerB, signerA, signerB, token, challengePeriod, recoveryPeriod, salt, life],
    ...[side === "A" ? 0 : 1, state.seq, state.ack, state.sent, state.locksRoot, signature],
    ...[reward, consent],
  ];
  const bytes = new Uint8Array(RECORD_BYTES);
  let at = 0;
  values.forEach((value, index) => {
    const width = WIDTHS[index] ?? 0;
    at = typeof value === "string" ? writeHex(bytes, at, value) : writeUint(bytes, at, width, value);
  });
  return bytes;
}

export function unpackAppointment(bytes: Uint8Array): Appointment {
  if (bytes.length !== RECORD_BYTES)
    throw new RangeError(`a record has ${RECORD_BYTES} bytes, not ${bytes.length}`);
  let at = 0;
  let index = 0;
  const take = (): Uint8Array => {
    const width = WIDTHS[index++] ?? 0;
    at += width;
    return bytes.subarray(at - width, at);
  };
  const address = (): Address => toHex<Address>(take(), 20);
  const big = (): bigint => {
    const part = take();
    return readUint(part, 0, part.length);
  };
  const number = (): number => Number(big());
  // In the order of WIDTHS: fields of a literal are made one after the other.
  const params = {
    ...{ ownerA: address(), ownerB: address(), signerA: address(), signerB: address(), token: address() },
    ...{ challengePeriod: number(), recoveryPeriod: number(), salt: big() },
  };
  const [life, side] = [number(), number() === 0 ? ("A" as const) : ("B" as const)];
  const state = { seq: number(), ack: number(), sent: big(), locksRoot: toHex<LocksRoot>(take(), 32) };
  const signature = toHex<Signature>(take(), 64);
  return { params, life, side, state, signature, reward: big(), consent: toHex<Signature>(take(), 64) };
}
