import type { Signer } from "../../../src/protocol/crypto.ts";
import type { Digest, Hex } from "../../../src/protocol/types.ts";
import type { Dice } from "../../contracts/dice.ts";
import type { Call } from "../calls.ts";
import { channelIdOf, NO_SIGNATURE, paramsIdOf } from "../messages.ts";
import { type Channel, type Closing, INITIAL_LANE, type Params } from "../state.ts";
import type { Message, World } from "../world.ts";
import { hexOfNumber } from "../words.ts";
import type { Cast, Party } from "./cast.ts";
import { type Lanes, lanesOf, type Lists, type Secrets } from "./lanes.ts";

/** A channel that a history is about. */
export interface Plan {
  readonly params: Params;
  /** Whether they can be opened [ID-3]. */
  readonly isSound: boolean;
  readonly A: Party;
  readonly B: Party;
  /** About as much as its deposits. */
  readonly size: bigint;
}

export interface Move {
  readonly message: Message;
  readonly call: Call;
}

const EMPTY_RECORD: Closing = {
  depositA: 0n,
  depositB: 0n,
  closerIsB: false,
  humble: false,
  theirsShown: false,
  answeredShown: false,
  spare: 0n,
  paidA: 0n,
  paidB: 0n,
  own: INITIAL_LANE,
  theirs: INITIAL_LANE,
  answered: INITIAL_LANE,
};

/** From the right one: those next to it, and those that differ in bits which a slot has no room for. */
const OTHER_LIVES = [
  1n,
  1n,
  -1n,
  -1n,
  2n ** 20n,
  -(2n ** 20n),
  2n ** 21n,
  3n * 2n ** 20n,
  -(2n ** 22n),
] as const;

/** Just above half of the order of the curve. */
const HIGH_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1n;

/** What moves are chosen from: the world as it stands, what was signed and seen so far. */
export class Scene {
  readonly dice: Dice;
  readonly world: World;
  readonly cast: Cast;
  readonly plans: readonly Plan[];
  readonly secrets: Secrets;
  readonly lists: Lists = new Map();
  /** Witnesses that were recorded, in their lists. */
  readonly recorded: (readonly Hex[])[] = [];
  readonly moves: Move[] = [];
  readonly #hostility: number;
  readonly #signatures: Hex[] = [NO_SIGNATURE];
  readonly #records = new Map<Hex, Closing[]>();
  readonly #lanes = new Map<Hex, Lanes>();

  constructor(
    dice: Dice,
    world: World,
    { cast, plans, secrets }: Pick<Scene, "cast" | "plans" | "secrets">,
    hostility: number,
  ) {
    this.dice = dice;
    this.world = world;
    this.cast = cast;
    this.plans = plans;
    this.secrets = secrets;
    this.#hostility = hostility;
  }

  /** Whether something is to be wrong now. */
  bad(): boolean {
    return this.dice.chance(this.#hostility);
  }

  /** A bound of a time, a number: mostly kept, sometimes just not. */
  atMost(limit: bigint): bigint {
    const below = this.dice.chance(60) ? 0n : this.dice.amount(limit > 0n ? limit : 0n);
    return this.bad() ? limit + 1n : limit - below;
  }

  channelOf(plan: Plan): Channel {
    return this.world.channelAt(this.paramsIdOf(plan));
  }

  paramsIdOf({ params }: Plan): Hex {
    return paramsIdOf(this.world.setting, params);
  }

  channelIdOf(plan: Plan, life: bigint): Hex {
    return channelIdOf(this.paramsIdOf(plan), life);
  }

  /** The life to name in a call that needs this one. */
  lifeIn(life: bigint): bigint {
    return this.bad() ? BigInt.asUintN(256, life + this.dice.pick(OTHER_LIVES)) : life;
  }

  sign(signer: Signer, digest: Hex): Hex {
    return this.#signed(digest, (each) => signer.sign(each as Digest));
  }

  signAsOwner(party: Party, digest: Hex): Hex {
    return this.#signed(digest, party.signAsOwner);
  }

  #signed(digest: Hex, sign: (digest: Hex) => Hex): Hex {
    const { dice } = this;
    if (!this.bad()) {
      const signature = sign(digest);
      if (signature.length === NO_SIGNATURE.length) this.#signatures.push(signature);
      return signature;
    }
    switch (dice.below(4)) {
      case 0:
        return dice.pick(this.#signatures);
      case 1:
        return dice.pick(this.cast.parties).signer.sign(digest as Digest);
      case 2:
        return `0x${dice.word<Hex>().slice(2)}${hexOfNumber(HIGH_S, 32).slice(2)}`;
      default:
        return sign(dice.word<Hex>());
    }
  }

  /** Until when a message is to work. */
  validUntil(): bigint {
    const { now } = this.world;
    if (this.dice.chance(5)) return 2n ** 256n - 1n;
    return this.bad() ? now - 1n : now + BigInt(this.dice.below(3) * this.dice.below(300));
  }

  /** The record to name for a channel. */
  recordOf(plan: Plan): Closing {
    const { phase } = this.channelOf(plan);
    const known = this.#records.get(this.paramsIdOf(plan)) ?? [];
    const record = phase.kind === "closing" ? phase.record : (known.at(-1) ?? EMPTY_RECORD);
    if (!this.bad()) return record;
    switch (this.dice.below(4)) {
      case 0:
        return { ...record, spare: 1n + BigInt(this.dice.below(1 << 20)) };
      case 1:
        return { ...record, paidA: record.paidA + 1n };
      case 2:
        return { ...record, humble: !record.humble };
      default:
        return known.length > 0 ? this.dice.pick(known) : EMPTY_RECORD;
    }
  }

  /** The states that were signed in this life. */
  lanesOf(plan: Plan, life: bigint): Lanes {
    const id = this.channelIdOf(plan, life);
    const { dice, secrets, world, lists } = this;
    const lanes = this.#lanes.get(id) ?? lanesOf(dice, secrets, world.now, plan.size, lists);
    this.#lanes.set(id, lanes);
    return lanes;
  }

  /** What a call taught everybody. */
  learn(move: Move): void {
    this.moves.push(move);
    for (const plan of this.plans) {
      const { phase } = this.channelOf(plan);
      if (phase.kind !== "closing") continue;
      const id = this.paramsIdOf(plan);
      this.#records.set(id, [...(this.#records.get(id) ?? []), phase.record]);
    }
    for (const { name, values } of this.world.events) {
      const [first] = values;
      if (name === "Recorded" && typeof first === "string") this.recorded.push([first]);
      if (name === "ListRecorded" && typeof first === "object" && "list" in first) {
        this.recorded.push(first.list as readonly Hex[]);
      }
    }
  }

  message(sender: Hex, value = 0n): Message {
    return { sender: this.bad() ? this.anybody() : sender, value: this.#wrongly(value), gas: "enough" };
  }

  anybody(): Hex {
    const { dice, cast } = this;
    const party = dice.pick(cast.parties);
    return dice.pick([party.owner, party.signer.address, cast.stranger, cast.tower, cast.funder]);
  }

  /** Owner or signer of a side. */
  eitherOf(party: Party): Hex {
    return this.dice.chance(60) ? party.owner : party.signer.address;
  }

  #wrongly(value: bigint): bigint {
    return this.dice.chance(20) && this.bad() ? value + 1n : value;
  }
}
