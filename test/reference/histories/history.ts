import type { Hex } from "../../../src/protocol/types.ts";
import { Dice } from "../../contracts/dice.ts";
import { type Call, execute } from "../calls.ts";
import { paramsIdOf } from "../messages.ts";
import type { Refusal } from "../refusal.ts";
import type { Channel, Params } from "../state.ts";
import { at, type Happened, type Message, type Setting, World } from "../world.ts";
import { ZERO_ADDRESS } from "../words.ts";
import { type Cast, castOf, LEAST_PERIOD, MOST_PERIOD } from "./cast.ts";
import { secretsOf } from "./lanes.ts";
import { chooseMove } from "./moves.ts";
import { type Plan, Scene } from "./scene.ts";
import { nextTime } from "./times.ts";
import { valuesOf, type Watched, watchedOf } from "./watched.ts";

/** One call, and what the model expects of it. */
export interface Step {
  readonly time: bigint;
  readonly message: Message;
  readonly call: Call;
  readonly refusal: Refusal | null;
  readonly events: readonly Happened[];
  readonly heard: readonly Happened[];
  /** After the call, in the order of what is watched. */
  readonly values: readonly bigint[];
}

export interface History {
  readonly seed: number;
  readonly setting: Setting;
  readonly accounts: readonly Account[];
  /** Channels that are not as they begin. */
  readonly presets: ReadonlyMap<Hex, Channel>;
  readonly watched: readonly Watched[];
  readonly initial: readonly bigint[];
  readonly steps: readonly Step[];
}

export interface Account {
  readonly address: Hex;
  readonly eth: bigint;
  readonly tokens: bigint;
  readonly allowance: bigint;
  readonly feeTokens: bigint;
  readonly feeAllowance: bigint;
  readonly ethCredit: bigint;
  readonly tokenCredit: bigint;
}

const START = 1_900_000_000n;
const RICH = 2n ** 100n;
const HOSTILITY = [0, 1, 3, 8, 20] as const;
const NUMBERS_OF_CHANNELS = [1, 1, 1, 2, 2, 3] as const;
const LEAST_CALLS = 8;

interface Snapshot {
  readonly move: Pick<Step, "time" | "message" | "call" | "refusal" | "events" | "heard">;
  readonly state: World;
}

/** The history of a seed: the same calls and expectations each time. */
export function historyOf(seed: number): History {
  const dice = new Dice(seed * 2_654_435_761);
  const cast = castOf(dice);
  const world = new World(cast.setting, START + BigInt(dice.below(1000)));
  const secrets = secretsOf(dice);
  const plans = Array.from({ length: dice.pick(NUMBERS_OF_CHANNELS) }, () => planOf(dice, cast));
  const accounts = accountsOf(dice, cast);
  for (const account of accounts) endow(world, account);
  const presets = presetsOf(dice, cast, plans);
  for (const [id, channel] of presets) world.channels.set(id, channel);
  const scene = new Scene(dice, world, { cast, plans, secrets }, dice.pick(HOSTILITY));

  const before = copyOf(world);
  const snapshots: Snapshot[] = [];
  for (let calls = LEAST_CALLS + dice.below(10); calls > 0; calls--) {
    world.now = nextTime(scene);
    const move = chooseMove(scene);
    const refusal = execute(world, move.message, move.call);
    scene.learn(move);
    const { events, heard, now: time } = world;
    snapshots.push({ move: { ...move, time, refusal, events, heard }, state: copyOf(world) });
  }
  const everybody = accounts.map(({ address }) => address);
  const ids = plans.map(({ params }) => paramsIdOf(cast.setting, params));
  const watched = watchedOf(world, everybody, ids);
  return {
    seed,
    setting: cast.setting,
    accounts,
    presets,
    watched,
    initial: valuesOf(before, watched),
    steps: snapshots.map(({ move, state }) => ({ ...move, values: valuesOf(state, watched) })),
  };
}

function copyOf(world: World): World {
  const copy = new World(world.setting, world.now);
  copy.balances = new Map(world.balances);
  copy.credits = new Map(world.credits);
  copy.channels = new Map(world.channels);
  copy.times = new Map(world.times);
  copy.checkpoints = new Map(world.checkpoints);
  return copy;
}

function planOf(dice: Dice, cast: Cast): Plan {
  const A = dice.pick(cast.parties);
  const B = dice.pick(cast.parties.filter((party) => party !== A));
  const { token, feeToken } = cast.setting;
  const size = dice.chance(5) ? 2n ** 95n - 1n : BigInt(1 + dice.below(10 ** (1 + dice.below(7))));
  const params: Params = {
    ownerA: A.owner,
    ownerB: B.owner,
    signerA: A.signer.address,
    signerB: B.signer.address,
    token: dice.chance(50) ? ZERO_ADDRESS : dice.chance(95) ? token : feeToken,
    challengePeriod: periodOf(dice),
    recoveryPeriod: dice.chance(40) ? 0n : periodOf(dice),
    salt: BigInt(dice.word<Hex>()) % 2n ** 144n,
  };
  const isSound = !dice.chance(2);
  return { params: isSound ? params : { ...params, ...wrongPart(dice, params) }, isSound, A, B, size };
}

function periodOf(dice: Dice): bigint {
  if (dice.chance(10)) return dice.pick([LEAST_PERIOD, MOST_PERIOD]);
  return LEAST_PERIOD + BigInt(dice.below(1000));
}

/** [ID-3] */
function wrongPart(dice: Dice, params: Params): Partial<Params> {
  const { ownerA, ownerB, signerA, signerB } = params;
  const wrong = [LEAST_PERIOD - 1n, MOST_PERIOD + 1n, 0n];
  return dice.pick<Partial<Params>>([
    { ownerA: ownerB },
    { ownerB: ZERO_ADDRESS },
    { ownerA: signerB },
    { ownerB: signerA },
    { signerB: signerA },
    { signerA: ZERO_ADDRESS },
    { ownerA: ZERO_ADDRESS },
    { signerB: ZERO_ADDRESS, ownerB: ownerA },
    { challengePeriod: dice.pick(wrong) },
    { recoveryPeriod: dice.pick(wrong.slice(0, 2)) },
  ]);
}

function accountsOf(dice: Dice, { setting, parties, funder, tower, stranger }: Cast): readonly Account[] {
  const tokens = { tokens: RICH, allowance: RICH, feeTokens: RICH, feeAllowance: RICH };
  const noTokens = { tokens: 1000n, allowance: 0n, feeTokens: 0n, feeAllowance: 0n };
  const creditOf = (): bigint => (dice.chance(30) ? 0n : dice.amount(10n ** 8n));
  const credits = (): Pick<Account, "ethCredit" | "tokenCredit"> => ({
    ethCredit: creditOf(),
    tokenCredit: creditOf(),
  });
  const noCredit = { ethCredit: 0n, tokenCredit: 0n };
  const owners = new Set(parties.map(({ owner }) => owner));
  const signers = parties.map(({ signer }) => signer.address).filter((address) => !owners.has(address));
  return [
    // It holds what presets say that it holds.
    { address: setting.notary, eth: RICH, ...noTokens, tokens: RICH, ...noCredit },
    { address: funder, eth: RICH, ...tokens, ...credits() },
    ...[...owners].map((address) => {
      return { address, eth: RICH, ...(dice.chance(80) ? tokens : noTokens), ...credits() };
    }),
    ...[...signers, tower, stranger].map((address) => ({ address, eth: RICH, ...noTokens, ...noCredit })),
  ];
}

function endow({ setting, balances, allowances, credits }: World, account: Account): void {
  const { address, eth, tokens, allowance, feeTokens, feeAllowance, ethCredit, tokenCredit } = account;
  const { notary, token, feeToken } = setting;
  const add = (map: Map<string, bigint>, key: string, amount: bigint): void => {
    map.set(key, (map.get(key) ?? 0n) + amount);
  };
  add(balances, at(ZERO_ADDRESS, address), eth);
  add(balances, at(token, address), tokens);
  add(balances, at(feeToken, address), feeTokens);
  allowances.set(at(token, address), allowance);
  allowances.set(at(feeToken, address), feeAllowance);
  add(credits, at(ZERO_ADDRESS, address), ethCredit);
  add(credits, at(token, address), tokenCredit);
  add(balances, at(ZERO_ADDRESS, notary), ethCredit);
  add(balances, at(token, notary), tokenCredit);
}

/** Channels near the end of their lives or resizes, which nobody can wait for. */
function presetsOf(dice: Dice, { setting }: Cast, plans: readonly Plan[]): ReadonlyMap<Hex, Channel> {
  const presets = new Map<Hex, Channel>();
  for (const { params, isSound, size } of plans) {
    if (!dice.chance(3)) continue;
    const life = 2n ** 20n - 1n - BigInt(dice.below(3));
    const isEth = params.token === ZERO_ADDRESS;
    // With the token that keeps a part of what it moves, nothing can come in.
    const canBeOpen = isSound && params.token !== setting.feeToken;
    const consented = { consentedA: dice.chance(50), consentedB: false };
    const resizes = 2n ** 32n - 1n - BigInt(dice.below(3));
    const deposits = { depositA: size, depositB: -(size / 2n) };
    const phase = { kind: "open", isEth, resizes, ...deposits, ...consented } as const;
    const ended = { life, phase: { kind: "ended" } } as const;
    presets.set(paramsIdOf(setting, params), !canBeOpen || dice.chance(60) ? ended : { life, phase });
  }
  return presets;
}
