import type { Message, SignedState } from "./messages.ts";
import type { LaneLock, Signature } from "./types.ts";
import { readLock, writeLock } from "./wire-change.ts";
import type { WireReader } from "./wire-reader.ts";
import type { WireWriter } from "./wire-writer.ts";

type Recover = Extract<Message, { kind: "recover" }>;

const FLAG = 1;
const NUMBER = 8;
const AMOUNT = 16;
const COUNT = 2;
const SIGNATURE = 64;

export function writeRecover(to: WireWriter, { lost, own, held }: Recover): void {
  to.uint(FLAG, lost ? 1 : 0);
  writeSigned(to, own);
  writeSigned(to, held);
}

export function readRecover(from: WireReader, channel: Recover["channel"]): Recover {
  const lost = from.flag("loss of data");
  const own = readSigned(from, "the sender's lane");
  return { kind: "recover", channel, lost, own, held: readSigned(from, "the receiver's lane") };
}

function writeSigned(to: WireWriter, signed: SignedState | null): void {
  to.uint(FLAG, signed === null ? 0 : 1);
  if (signed === null) return;
  const { seq, sent, ack, locks } = signed.state;
  to.uint(NUMBER, seq);
  to.uint(AMOUNT, sent);
  to.uint(NUMBER, ack);
  to.uint(COUNT, locks.length);
  for (const { id, lock } of locks) {
    to.uint(NUMBER, id);
    writeLock(to, lock);
  }
  to.hex(signed.signature);
}

function readSigned(from: WireReader, whose: string): SignedState | null {
  if (!from.flag(`a state of ${whose}`)) return null;
  const seq = from.number(NUMBER, "seq");
  const sent = from.uint(AMOUNT, "sent");
  const ack = from.number(NUMBER, "ack");
  const count = from.number(COUNT, "count of locks");
  const locks: LaneLock[] = [];
  while (locks.length < count && !from.failed) {
    const id = from.number(NUMBER, "lock id");
    locks.push({ id, lock: readLock(from) });
  }
  return { state: { seq, sent, ack, locks }, signature: from.hex<Signature>(SIGNATURE, "signature") };
}
