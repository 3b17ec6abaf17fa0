import { expect } from "chai";
import type { Message } from "../../src/protocol/messages.ts";
import { must, parseChannelId } from "../../src/protocol/checked.ts";
import type { NodeId } from "../../src/protocol/types.ts";
import type { Transport, TransportListener } from "../../src/transport/port.ts";

export type Event =
  | { readonly kind: "connected" | "disconnected"; readonly peer: NodeId }
  | { readonly kind: "message"; readonly from: NodeId; readonly message: Message }
  | { readonly kind: "problem"; readonly problem: string };

/** Keeps what a transport reported, and lets a test wait for it. */
export class Recorder implements TransportListener {
  readonly events: Event[] = [];
  readonly whys: string[] = [];
  /** Messages are dealt with at once unless this is false. */
  handling = true;
  readonly unhandled: (() => void)[] = [];
  #waiters: (() => void)[] = [];

  onConnected(peer: NodeId): void {
    this.#add({ kind: "connected", peer });
  }
  onDisconnected(peer: NodeId, why: string): void {
    this.whys.push(why);
    this.#add({ kind: "disconnected", peer });
  }
  onMessage(from: NodeId, message: Message, done: () => void): void {
    if (this.handling) done();
    else this.unhandled.push(done);
    this.#add({ kind: "message", from, message });
  }
  onProblem(problem: string): void {
    this.#add({ kind: "problem", problem });
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  count(kind: Event["kind"]): number {
    return this.events.filter((event) => event.kind === kind).length;
  }

  messages(): Message[] {
    return this.events.flatMap((event) => (event.kind === "message" ? [event.message] : []));
  }

  problems(): string[] {
    return this.events.flatMap((event) => (event.kind === "problem" ? [event.problem] : []));
  }

  #add(event: Event): void {
    this.events.push(event);
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}

export const CHANNEL = must(parseChannelId(`0x${"07".repeat(32)}`));

export function stop(lastSeq: number): Message {
  return { kind: "stop", channel: CHANNEL, lastSeq, heldSeq: 0 };
}

export interface TransportWorld {
  /** A transport of node 1, 2 or 3; of the same node again, one that can be reached where the first could. */
  create(node: number): Transport;
}

/** What every transport must do. */
export function describeTransport(name: string, makeWorld: () => TransportWorld): void {
  describe(`${name}: a transport`, () => {
    let world: TransportWorld;
    let running: Transport[];
    beforeEach(() => {
      world = makeWorld();
      running = [];
    });
    afterEach(async () => {
      for (const transport of running) await transport.stop();
    });

    async function start(node: number) {
      const transport = world.create(node);
      const recorder = new Recorder();
      await transport.start(recorder);
      running.push(transport);
      return { transport, recorder, id: transport.id };
    }
    type Started = Awaited<ReturnType<typeof start>>;

    function dial(from: Started, to: Started): void {
      from.transport.connect(to.id, to.transport.address ?? "");
    }
    async function pair() {
      const [one, two] = [await start(1), await start(2)];
      dial(one, two);
      await one.recorder.until(() => one.recorder.count("connected") === 1);
      await two.recorder.until(() => two.recorder.count("connected") === 1);
      return { one, two };
    }

    it("tells both ends once who is connected", async () => {
      const { one, two } = await pair();
      expect(one.recorder.events).to.deep.equal([{ kind: "connected", peer: two.id }]);
      expect(two.recorder.events).to.deep.equal([{ kind: "connected", peer: one.id }]);
    });

    it("brings messages both ways, whole and in order", async () => {
      const { one, two } = await pair();
      const sent = Array.from({ length: 300 }, (_, i) => stop(i));
      for (const message of sent) {
        expect(one.transport.send(two.id, message)).to.equal(true);
        expect(two.transport.send(one.id, message)).to.equal(true);
      }
      await one.recorder.until(() => one.recorder.count("message") === sent.length);
      await two.recorder.until(() => two.recorder.count("message") === sent.length);
      expect(one.recorder.messages()).to.deep.equal(sent);
      expect(two.recorder.messages()).to.deep.equal(sent);
      expect(two.recorder.events.at(-1)).to.have.property("from", one.id);
    });

    it("brings messages that were sent when the connection was reported", async () => {
      const [one, two] = [await start(1), await start(2)];
      dial(one, two);
      await one.recorder.until(() => one.recorder.count("connected") === 1);
      one.transport.send(two.id, stop(1));
      await two.recorder.until(() => two.recorder.count("message") === 1);
      expect(two.recorder.events.map(({ kind }) => kind)).to.deep.equal(["connected", "message"]);
    });

    it("says when a peer is not connected", async () => {
      const { one, two } = await pair();
      const three = await start(3);
      expect(one.transport.send(three.id, stop(1))).to.equal(false);
      await two.transport.stop();
      await one.recorder.until(() => one.recorder.count("disconnected") === 1);
      expect(one.transport.send(two.id, stop(1))).to.equal(false);
      expect(two.transport.send(one.id, stop(1))).to.equal(false);
      expect(one.recorder.whys[0]).to.match(/^[a-z].{5,}/);
    });

    it("connects again when the peer is back, and carries on", async () => {
      const { one, two } = await pair();
      for (let round = 1; round <= 3; round++) {
        await running.at(-1)?.stop();
        await one.recorder.until(() => one.recorder.count("disconnected") === round);
        const again = await start(2);
        await one.recorder.until(() => one.recorder.count("connected") === round + 1);
        one.transport.send(two.id, stop(round));
        await again.recorder.until(() => again.recorder.count("message") === 1);
        expect(again.recorder.messages()).to.deep.equal([stop(round)]);
      }
    });

    it("waits for a peer that is not there yet", async () => {
      const two = await start(2);
      const { address } = two.transport;
      await two.transport.stop();
      const one = await start(1);
      one.transport.connect(two.id, address ?? "");
      const late = await start(2);
      await late.recorder.until(() => late.recorder.count("connected") === 1);
      await one.recorder.until(() => one.recorder.count("connected") === 1);
      expect(one.recorder.count("disconnected")).to.equal(0);
    });

    it("ends with one connection when both dial at once, and loses nothing that is sent then", async () => {
      for (let round = 0; round < 10; round++) {
        world = makeWorld();
        const [one, two] = [await start(1), await start(2)];
        dial(one, two);
        dial(two, one);
        for (const { recorder } of [one, two]) await recorder.until(() => recorder.count("connected") > 0);
        for (let attempt = 0; two.recorder.count("message") === 0; attempt++) {
          one.transport.send(two.id, stop(attempt));
          await new Promise((resolve) => setImmediate(resolve));
        }
        const open = ({ recorder }: Started) => recorder.count("connected") - recorder.count("disconnected");
        expect([open(one), open(two)]).to.deep.equal([1, 1]);
        const received = two.recorder.messages().map((message) => JSON.stringify(message));
        expect(new Set(received).size).to.equal(received.length);
        for (const transport of running.splice(0)) await transport.stop();
      }
    });

    it("keeps several peers apart", async () => {
      const { one, two } = await pair();
      const three = await start(3);
      dial(three, two);
      await two.recorder.until(() => two.recorder.count("connected") === 2);
      await three.recorder.until(() => three.recorder.count("connected") === 1);
      one.transport.send(two.id, stop(1));
      three.transport.send(two.id, stop(3));
      two.transport.send(three.id, stop(2));
      await two.recorder.until(() => two.recorder.count("message") === 2);
      await three.recorder.until(() => three.recorder.count("message") === 1);
      const seen = two.recorder.events.flatMap((event) => (event.kind === "message" ? [event] : []));
      expect(seen).to.have.deep.members([
        { kind: "message", from: one.id, message: stop(1) },
        { kind: "message", from: three.id, message: stop(3) },
      ]);
      expect(one.recorder.count("message")).to.equal(0);
    });

    it("reports nothing after stop", async () => {
      const { one, two } = await pair();
      for (let i = 0; i < 50; i++) two.transport.send(one.id, stop(i));
      await one.transport.stop();
      const before = one.recorder.events.length;
      await two.recorder.until(() => two.recorder.count("disconnected") === 1);
      await two.transport.stop();
      expect(one.recorder.events.length).to.equal(before);
      expect(one.recorder.count("disconnected")).to.equal(0);
    });
  });
}
