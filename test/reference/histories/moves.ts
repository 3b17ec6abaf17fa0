import type { Phase } from "../state.ts";
import { answer, close, closeFor } from "./closing-moves.ts";
import {
  addCredit,
  approve,
  deposit,
  open,
  openBatch,
  openBoth,
  openFor,
  openFromCredit,
  withdrawCredit,
} from "./funding-moves.ts";
import type { Move, Plan, Scene } from "./scene.ts";
import { record, recordChain, recordList, settle, settleBatch } from "./settling-moves.ts";
import { closeBatch, closeCooperatively, closeWhileClosing, resize } from "./together-moves.ts";

type Make = (scene: Scene, plan: Plan) => Move;
type Weights = readonly (readonly [Make, number])[];

const ALWAYS: Weights = [
  [record, 4],
  [recordList, 4],
  [recordChain, 10],
  [addCredit, 5],
  [withdrawCredit, 4],
  [approve, 1],
  [again, 5],
];

/** What makes sense in a phase. */
const FITTING: Readonly<Record<Phase["kind"], Weights>> = {
  ended: [
    [open, 40],
    [openBoth, 20],
    [openFor, 15],
    [openFromCredit, 15],
    [openBatch, 8],
  ],
  open: [
    [open, 2],
    [openBoth, 4],
    [openFor, 4],
    [openBatch, 1],
    [deposit, 8],
    [resize, 14],
    [closeCooperatively, 12],
    [closeBatch, 4],
    [close, 30],
    [closeFor, 30],
  ],
  closing: [
    [answer, 40],
    [settle, 12],
    [settleBatch, 3],
    [closeWhileClosing, 6],
    [closeFor, 12],
  ],
};

/** When the time for answers is over. */
const AFTER_DEADLINE: Weights = [
  [settle, 60],
  [settleBatch, 10],
  [answer, 2],
  [closeWhileClosing, 5],
  [closeFor, 1],
];

const ANYTHING: Weights = [...ALWAYS, ...Object.values(FITTING).flat(), ...AFTER_DEADLINE];

function fittingOf(scene: Scene, plan: Plan): Weights {
  const { phase } = scene.channelOf(plan);
  const isOver = phase.kind === "closing" && phase.deadline <= scene.world.now;
  return isOver ? AFTER_DEADLINE : FITTING[phase.kind];
}

export function chooseMove(scene: Scene): Move {
  const { dice } = scene;
  const plan = dice.pick(scene.plans);
  const weights = scene.bad() ? ANYTHING : dice.chance(20) ? ALWAYS : fittingOf(scene, plan);
  const sum = weights.reduce((total, [, weight]) => total + weight, 0);
  let rest = dice.below(sum);
  for (const [make, weight] of weights) {
    if (rest < weight) return make(scene, plan);
    rest -= weight;
  }
  throw new RangeError("the weights do not add up");
}

/** What was sent before, by the same or by somebody else. */
function again(scene: Scene, plan: Plan): Move {
  const { dice, moves } = scene;
  if (moves.length === 0) return open(scene, plan);
  const { message, call } = dice.pick(moves);
  return { message: dice.chance(70) ? message : { ...message, sender: scene.anybody() }, call };
}
