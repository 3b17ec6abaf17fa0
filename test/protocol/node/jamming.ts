import { expect } from "chai";
import { ZERO_ADDRESS } from "../../../src/protocol/checked.ts";
import { hashOf } from "../../../src/protocol/node/hash-of.ts";
import { HISTORY_AGE, HISTORY_LOCKS } from "../../../src/protocol/node/shares.ts";
import { feeOf } from "../../../src/protocol/route.ts";
import type { Amount, ChannelId, RentTerms } from "../../../src/protocol/types.ts";
import { fastCrypto } from "../fast-crypto.ts";
import { CLAIM_TIME, ETH, freshSecret, freshSeed, Network, pay, type Peer } from "./network.ts";
import { rentAsked } from "./rent-world.ts";

/** As the public profile asks for, and its base fee. */
const RENT: RentTerms = { slotFee: 10n ** 11n, rentPpm: 137 };
const BASE = 10n ** 12n;
const PRICE = { feeBase: BASE, feePpm: 100 };
const HONEST = 10;
/** Payments that the attacker begins in one batch. */
const AT_ONCE = 64;
const MAX_ROUNDS = 9;

interface Defence {
  readonly rent: boolean;
  readonly shares: boolean;
  /** The attacker has behaved before. */
  readonly history?: boolean;
}

interface Outcome {
  /** Locks of the attacker that stand in the lane. */
  readonly held: number;
  /** What the attack has cost the attacker, and brought to the hops. */
  readonly paid: Amount;
  /** Payments of others that went through meanwhile, of {@link HONEST}. */
  readonly passed: number;
}

interface Town {
  readonly net: Network;
  readonly eve: Peer;
  readonly sink: Peer;
  readonly wang: Peer;
  readonly alice: Peer;
  readonly xiaohong: Peer;
  readonly hops: readonly Peer[];
  readonly lane: ChannelId;
}

/** Eve and Wang - Alice - Bob - Eve's sink and Xiaohong: everything goes through the lane from Alice to Bob. */
function town({ rent, shares, history = false }: Defence): Town {
  const net = new Network("unchecked");
  const add = (name: string): Peer => net.add(name);
  const [eve, wang, alice, bob] = [add("Eve"), add("Wang"), add("Alice"), add("Bob")];
  const [sink, xiaohong] = [add("sink"), add("Xiaohong")];
  const open = (a: Peer, b: Peer): ChannelId => net.open(a, b, 20n * ETH, 10n * ETH);
  open(eve, alice);
  open(wang, alice);
  const lane = net.open(alice, bob, 10n * ETH, 10n * ETH);
  const ends = [open(bob, sink), open(bob, xiaohong)];
  net.connectAll();
  net.tick();
  const price = { ...PRICE, ...(rent ? { rent: RENT } : {}) };
  net.setPolicy(alice, lane, price);
  for (const end of ends) net.setPolicy(bob, end, price);
  net.settle();
  for (const hop of [alice, bob])
    hop.state = { ...hop.state, config: { ...hop.state.config, limitsShares: shares } };
  // Bob knows Alice, whatever Eve does over her; who else is known decides what comes so far.
  know(bob, alice);
  if (history) know(alice, eve);
  return { net, eve, sink, wang, alice, xiaohong, hops: [alice, bob], lane };
}

function know(hop: Peer, neighbour: Peer): void {
  const { time } = hop.state.head;
  const history = { since: time - HISTORY_AGE, period: time, won: HISTORY_LOCKS, wonBefore: 0 };
  hop.state = { ...hop.state, histories: hop.state.histories.with(neighbour.id, history) };
}

/** Begins payments that the sink neither takes nor gives back. */
function attack({ net, eve, sink }: Town, count: number, amount: Amount): void {
  const invoices = Array.from({ length: count }, () => ({
    ...({ kind: "createHoldInvoice", hash: hashOf(fastCrypto, freshSecret()), secret: null } as const),
    ...{ paymentSecret: freshSecret(), amount, token: ZERO_ADDRESS, description: "" },
    ...{ validSeconds: 7200, holdSeconds: CLAIM_TIME },
  }));
  const known = net.noticesOf(sink, "invoiceCreated").length;
  net.run(
    sink,
    invoices.map((command) => ({ kind: "command", command }) as const),
  );
  const texts = net.noticesOf(sink, "invoiceCreated").slice(known);
  net.run(
    eve,
    texts.map(({ text }) => {
      const command = { kind: "payInvoice", invoice: text, maxFee: ETH, seed: freshSeed() } as const;
      return { kind: "command", command } as const;
    }),
  );
  net.settle();
}

function standing({ alice, net, eve, lane }: Town): number {
  const { outgoing } = net.channelOf(alice, lane);
  return outgoing.filter(
    ({ origin }) => origin.kind === "forward" && alice.state.channels.get(origin.channel)?.peer === eve.id,
  ).length;
}

/** Fills the lane as far as it gives way, with locks of this amount; then others try to pay. */
function jam(made: Town, amount: Amount, atOnce = AT_ONCE): Outcome {
  const { net, eve, wang, xiaohong, hops } = made;
  const before = hops.map((hop) => net.wealth(hop));
  for (let round = 0, held = -1; held !== standing(made) && round < MAX_ROUNDS; round++) {
    held = standing(made);
    attack(made, atOnce, amount);
  }
  const held = standing(made);
  const paid = hops.reduce((sum, hop, at) => sum + net.wealth(hop) + lockedOf(hop) - (before[at] ?? 0n), 0n);
  const done = net.noticesOf(wang, "paymentSucceeded").length;
  for (let at = 0; at < HONEST; at++) {
    pay(net, wang, xiaohong, ETH / 100n);
    net.settle();
  }
  expect(net.noticesOf(eve, "paymentSucceeded"), "the attacker buys nothing").to.deep.equal([]);
  return { held, paid, passed: net.noticesOf(wang, "paymentSucceeded").length - done };
}

/** What a hop has in locks of its own is still its money. */
function lockedOf(hop: Peer): Amount {
  return [...hop.state.channels.values()].reduce((sum, { own }) => sum + own.locked, 0n);
}

function say(name: string, { held, paid, passed }: Outcome): void {
  console.log(`      ${name}: ${held} locks held for ${paid} wei, ${passed} of ${HONEST} others passed`);
}

describe("node: jamming of a lane [FEE-2] [FEE-3]", () => {
  it("without a defence one neighbour fills every slot for nothing, and nobody else passes", () => {
    const outcome = jam(town({ rent: false, shares: false }), 10n ** 12n);
    say("no defence", outcome);
    expect(outcome).to.deep.equal({ held: 512, paid: 0n, passed: 0 });
  });

  it("with rent it pays for every slot, as much as the fees that the hops miss for many payments", () => {
    const amount = 10n ** 12n;
    const outcome = jam(town({ rent: true, shares: false }), amount);
    say("rent", outcome);
    const { held, paid, passed } = outcome;
    expect([held, passed]).to.deep.equal([512, 0]);
    const least = 512n * 2n * rentAsked(RENT, amount, 3 * CLAIM_TIME);
    expect(paid >= least, `${paid} is at least ${least}`).to.equal(true);
    const missed = paid / (2n * BASE);
    console.log(`      as much as the base fees of ${missed} payments bring both hops`);
    expect(missed).to.equal(51n);
  });

  it("with shares a stranger holds 51 of 512 slots, one with history 256, and everybody else passes", () => {
    const stranger = jam(town({ rent: false, shares: true }), 10n ** 12n);
    say("shares, a stranger", stranger);
    expect(stranger).to.deep.equal({ held: 51, paid: 0n, passed: HONEST });
    const known = jam(town({ rent: false, shares: true, history: true }), 10n ** 12n);
    say("shares, one with history", known);
    expect(known).to.deep.equal({ held: 256, paid: 0n, passed: HONEST });
  });

  it("with both it pays for what it holds and for what is refused, and everybody else passes", () => {
    const outcome = jam(town({ rent: true, shares: true }), 10n ** 12n);
    say("rent and shares", outcome);
    expect([outcome.held, outcome.passed]).to.deep.equal([51, HONEST]);
    const tried = 2n * BigInt(AT_ONCE);
    expect(outcome.paid >= tried * RENT.slotFee, `${outcome.paid}`).to.equal(true);
  });

  it("one lock takes the whole amount of a lane for nothing; with both a tenth of it, for its rent", () => {
    const room = 10n * ETH - ETH / 5n;
    const all = room - ETH / 100n;
    const free = jam(town({ rent: false, shares: false }), all, 1);
    say("no defence, amount", free);
    expect(free).to.deep.equal({ held: 1, paid: 0n, passed: 0 });
    const both = town({ rent: true, shares: true });
    const refused = jam(both, all, 1);
    say("rent and shares, amount", refused);
    expect([refused.held, refused.passed]).to.deep.equal([0, HONEST]);
    const amount = room / 10n - ETH / 1000n;
    const tenth = jam(town({ rent: true, shares: true }), amount, 1);
    say("rent and shares, a tenth", tenth);
    expect([tenth.held, tenth.passed]).to.deep.equal([1, HONEST]);
    const toBob = amount + feeOf(PRICE, amount);
    const rents = [toBob, amount].map((one) => rentAsked(RENT, one, 3 * CLAIM_TIME));
    const each = rents.reduce((sum, one) => sum + one, 0n);
    expect(tenth.paid, "for the one that stands and for one more, which is refused").to.equal(2n * each);
  });
});
