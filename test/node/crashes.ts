import { expect } from "chai";
import type { HashlaneNode } from "../../src/node/hashlane-node.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import type { Command } from "../../src/protocol/inputs.ts";
import type { ChannelId, PaymentHash, PaymentTag } from "../../src/protocol/types.ts";
import { ETH, loadOnce, memoryParts, POLICY, turn, World } from "./world.ts";
import { Survivor, type Fate } from "./survivor.ts";

const NAMES = ["Alice", "Bob", "Carol"] as const;
type Name = (typeof NAMES)[number];

const LIVES: Fate = { at: Infinity, losesSent: false };
const MOST_TURNS = 8000;
/** A block comes so often whether or not anything waits for it. */
const TURNS_PER_BLOCK = 25;

const tag = (byte: number): PaymentTag => toHex<PaymentTag>(new Uint8Array(32).fill(byte), 32);

/** Alice, Bob and Carol with two channels, and whoever looks after their nodes: it asks again what was not heard. */
class Story {
  readonly world: World;
  readonly people: Readonly<Record<Name, Survivor>>;
  readonly ab: ChannelId;
  readonly bc: ChannelId;
  secondsPerBlock = 12;
  #turns = 0;

  private constructor(world: World, people: Readonly<Record<Name, Survivor>>) {
    this.world = world;
    this.people = people;
    this.ab = world.open(people.Alice, people.Bob, 10n * ETH, 10n * ETH);
    this.bc = world.open(people.Bob, people.Carol, 10n * ETH, 10n * ETH);
  }

  static async begin(victim: Name, fate: Fate): Promise<Story> {
    const parts = memoryParts();
    const suite = await loadOnce();
    const world = await World.create(parts);
    const make = (name: Name, byte: number): Survivor =>
      new Survivor(
        world,
        name,
        suite.createSigner(new Uint8Array(32).fill(byte)),
        name === victim ? fate : LIVES,
      );
    return new Story(world, { Alice: make("Alice", 1), Bob: make("Bob", 2), Carol: make("Carol", 3) });
  }

  /** Asks in every turn until it is so. */
  async until(what: string, isSo: () => boolean, ask: () => void = () => undefined): Promise<void> {
    for (let turns = 0; !isSo(); turns++) {
      if (turns === MOST_TURNS) throw new Error(`waited ${turns} turns in vain for ${what}`);
      for (const person of Object.values(this.people)) person.live();
      if (++this.#turns % TURNS_PER_BLOCK === 0) this.world.ledger.mine(this.secondsPerBlock);
      ask();
      await turn();
    }
  }

  /** Asks again only if the node died before it had written the command down. */
  async command(
    name: Name,
    isOurs: (command: Command) => boolean,
    ask: (node: HashlaneNode) => Promise<unknown>,
  ): Promise<void> {
    const person = this.people[name];
    let asked: HashlaneNode | null = null;
    await this.until(
      `a command of ${name}`,
      () => person.commands.some(isOurs),
      () => {
        const { node } = person;
        if (node === null || node === asked) return;
        asked = node;
        // What becomes of it is seen in the state: the answer may come to a dead process.
        ask(node).catch(() => undefined);
      },
    );
  }

  balance(name: Name, id: ChannelId): bigint | null {
    return this.people[name].node?.channels().find(({ channel }) => channel === id)?.balance.ours ?? null;
  }

  async open(): Promise<void> {
    const { Alice, Bob, Carol } = this.people;
    const isUsable = ({ node }: Survivor, count: number): boolean =>
      node?.channels().filter(({ status, connected }) => status === "usable" && connected).length === count;
    await this.until(
      "usable channels",
      () => isUsable(Alice, 1) && isUsable(Bob, 2) && isUsable(Carol, 1),
      () => {
        for (const peer of [Alice, Carol]) Bob.node?.connect(peer.signer.address, "");
      },
    );
    await this.command(
      "Bob",
      ({ kind }) => kind === "setPolicy",
      (node) => node.setPolicy({ channel: this.bc, ...POLICY }),
    );
  }

  async pay(): Promise<PaymentHash> {
    const { Alice, Carol } = this.people;
    const invoices: { readonly hash: PaymentHash; readonly text: string }[] = [];
    let asked: HashlaneNode | null = null;
    await this.until(
      "an invoice",
      () => invoices.length > 0,
      () => {
        const { node } = Carol;
        if (node === null || node === asked) return;
        asked = node;
        node.createInvoice({ amount: ETH }).then(
          (invoice) => invoices.push(invoice),
          () => undefined,
        );
      },
    );
    const [invoice] = invoices;
    if (invoice === undefined) throw new Error("no invoice");
    const statusOf = (): string | undefined => Alice.node?.payment(invoice.hash)?.status;
    await this.until(
      "the end of the payment",
      () => statusOf() === "succeeded" || statusOf() === "failed",
      // Refused as long as there is no route, and once it is under way.
      () => void Alice.node?.pay({ invoice: invoice.text, maxFee: ETH }).catch(() => undefined),
    );
    return invoice.hash;
  }

  async payDirectly(): Promise<void> {
    const payments = [
      { by: "Alice", channel: this.ab, amount: 5n, tag: tag(1) },
      { by: "Bob", channel: this.ab, amount: 30n, tag: tag(2) },
      { by: "Bob", channel: this.bc, amount: 700n, tag: tag(3) },
      { by: "Carol", channel: this.bc, amount: 11_000n, tag: tag(4) },
    ] as const;
    for (const { by, ...request } of payments) {
      const isOurs = (command: Command): boolean =>
        command.kind === "payDirect" && command.tag === request.tag;
      await this.command(by, isOurs, (node) => node.payDirect(request));
    }
  }

  /** The one channel by agreement, the other alone. */
  async close(): Promise<void> {
    const { chain } = this.world.ledger;
    await this.command(
      "Alice",
      ({ kind }) => kind === "closeCooperatively",
      (node) => node.closeCooperatively(this.ab),
    );
    await this.until("the cooperative close", () => !chain.isOpen(this.ab));
    await this.command(
      "Carol",
      ({ kind }) => kind === "closeAlone",
      (node) => node.closeAlone(this.bc),
    );
    await this.until("the close", () => chain.isClosing(this.bc) || !chain.isOpen(this.bc));
    this.secondsPerBlock = 300;
    await this.until("the settlement", () => !chain.isOpen(this.bc));
    const isDone = ({ node }: Survivor): boolean => node?.channels().length === 0;
    await this.until("all nodes to know", () => Object.values(this.people).every(isDone));
  }

  /** Everything that must not depend on who died when. */
  end(hash: PaymentHash) {
    const { Alice, Bob, Carol } = this.people;
    const { chain } = this.world.ledger;
    for (const person of [Alice, Bob, Carol]) {
      person.expectAtMostOne("paymentSucceeded", "paymentFailed", "invoicePaid");
      const tags = person.notices.flatMap((notice) => (notice.kind === "directReceived" ? [notice.tag] : []));
      expect(new Set(tags).size, `direct payments to ${person.name}`).to.equal(tags.length);
    }
    return {
      paid: [Alice, Bob, Carol].map(({ signer }) => chain.paid.get(signer.address)),
      payment: Alice.node?.payment(hash)?.status,
      fee: Alice.node?.payment(hash)?.fee,
      invoice: Carol.node?.invoiceStatus(hash),
      mined: chain.mined.map(({ kind }) => kind),
    };
  }
}

interface Told {
  readonly end: ReturnType<Story["end"]>;
  readonly points: number;
  readonly deaths: number;
}

async function tell(victim: Name, fate: Fate): Promise<Told> {
  const story = await Story.begin(victim, fate);
  const { plan } = story.people[victim];
  try {
    await story.open();
    const hash = await story.pay();
    await story.payDirectly();
    await story.close();
    return { end: story.end(hash), points: plan.points, deaths: story.people[victim].deaths };
  } finally {
    for (const { node } of Object.values(story.people)) await node?.stop();
  }
}

describe("a node that dies", () => {
  const fee = 10n ** 15n;
  const expected = {
    paid: [9n * ETH - fee + 25n, 20n * ETH + fee - 25n + 10_300n, 11n * ETH - 10_300n],
    payment: "succeeded",
    fee,
    invoice: "paid",
    mined: ["closeCooperatively", "close", "settle"],
  };

  it("tells the story without a death first", async () => {
    const { end, deaths } = await tell("Bob", LIVES);
    expect(deaths).to.equal(0);
    expect(end).to.deep.equal(expected);
  });

  for (const name of NAMES) {
    for (const losesSent of [true, false]) {
      const how = losesSent ? "and what it sent last is lost" : "and what it sent last arrives";
      it(`[O8] [O1] ${name}, at any point, ${how}`, async () => {
        const { points } = await tell(name, LIVES);
        expect(points).to.be.greaterThan(30);
        const failed: string[] = [];
        for (let at = 1; at <= points; at++) {
          try {
            const { end, deaths } = await tell(name, { at, losesSent });
            expect(deaths, "deaths").to.equal(1);
            expect(end).to.deep.equal(expected);
          } catch (error) {
            failed.push(`${at} of ${points}: ${error instanceof Error ? error.message : String(error)}`);
          }
        }
        expect(failed).to.deep.equal([]);
      });
    }
  }
});
