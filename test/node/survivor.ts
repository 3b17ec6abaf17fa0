import { expect } from "chai";
import type { HashlaneNode } from "../../src/node/hashlane-node.ts";
import { decodeRecord } from "../../src/node/record.ts";
import { startNode, type NodeOptions } from "../../src/node/start-node.ts";
import type { Signer } from "../../src/protocol/crypto.ts";
import type { Command } from "../../src/protocol/inputs.ts";
import type { Message } from "../../src/protocol/messages.ts";
import type { Notice } from "../../src/protocol/outputs.ts";
import { createMemoryStore } from "../../src/store/memory-store.ts";
import { CrashPlan, crashingChain, crashingStore, crashingTransport } from "./crash.ts";
import type { World } from "./world.ts";

/** Turns that a dead node stays away: until what it had sent has arrived or is lost. */
const TURNS_AWAY = 5;

export interface Fate {
  /** Point of the first run at which it ends. */
  readonly at: number;
  readonly losesSent: boolean;
}

/** A node whose first run ends at some point; then it is started again from its store, as by a service manager. */
export class Survivor {
  readonly name: string;
  readonly signer: Signer;
  /** Over all runs; one that its process did not live to hear is not among them. */
  readonly notices: Notice[] = [];
  /** Commands that became durable. */
  readonly commands: Command[] = [];
  /** Null while it is dead or starting. */
  node: HashlaneNode | null = null;
  plan: CrashPlan;
  deaths = 0;
  readonly #world: World;
  readonly #losesSent: boolean;
  readonly #store = createMemoryStore();
  /** By channel and seq: what was signed, and the signature that left. */
  readonly #signed = new Map<string, string>();
  readonly #sent = new Map<string, string>();
  readonly #failures: unknown[] = [];
  #away = 0;

  constructor(world: World, name: string, signer: Signer, fate: Fate) {
    this.#world = world;
    this.name = name;
    this.signer = signer;
    this.plan = new CrashPlan(fate.at);
    this.#losesSent = fate.losesSent;
    this.#start();
  }

  /** To be called in each turn. */
  live(): void {
    for (const failure of this.#failures) throw failure as Error;
    if (!this.plan.dead || ++this.#away < TURNS_AWAY) return;
    this.#away = 0;
    this.deaths++;
    this.plan = new CrashPlan(Infinity);
    this.#start();
  }

  #start(): void {
    const { plan } = this;
    this.node = null;
    startNode(this.#options(plan)).then(
      (node) => {
        if (plan === this.plan && !plan.dead) this.node = node;
      },
      (error: unknown) => {
        if (!plan.dead) this.#failures.push(error);
      },
    );
    plan.onDeath(() => (this.node = null));
  }

  #options(plan: CrashPlan): NodeOptions {
    const options = this.#world.optionsOf({
      signer: this.signer,
      store: this.#store,
      notices: this.notices,
      problems: [],
    });
    const onSent = (message: Message): void => this.#onSent(message);
    return {
      ...options,
      store: crashingStore(options.store, plan, (bytes) => this.#onDurable(bytes)),
      transport: crashingTransport(options.transport, plan, { onSent, losesSent: this.#losesSent }),
      chain: crashingChain(options.chain, plan),
      onNotice: (notice) => {
        if (!plan.dead) this.notices.push(notice);
      },
    };
  }

  #onDurable(bytes: Uint8Array): void {
    const { inputs, signed } = decodeRecord(bytes);
    for (const input of inputs) if (input.kind === "command") this.commands.push(input.command);
    for (const { channel, seq, body } of signed) this.#checkOne(this.#signed, `${channel} ${seq}`, body);
  }

  #onSent(message: Message): void {
    if (message.kind !== "update") return;
    const key = `${message.channel} ${message.seq}`;
    this.#checkOne(this.#sent, key, message.signature);
    this.#checkThat(this.#signed.has(key), `[O1] [NODE-1] state ${key} left before it was durable`);
  }

  #checkOne(known: Map<string, string>, key: string, value: string): void {
    this.#checkThat((known.get(key) ?? value) === value, `[O1] ${this.name} signs ${key} twice, differently`);
    known.set(key, value);
  }

  /** Kept for the next turn: a throw in here would only look like a fault of the node. */
  #checkThat(isSo: boolean, what: string): void {
    if (!isSo) this.#failures.push(new Error(what));
  }

  count(kind: Notice["kind"]): number {
    return this.notices.filter((notice) => notice.kind === kind).length;
  }

  /** Each of these is told at most once, however often the node died. */
  expectAtMostOne(...kinds: readonly Notice["kind"][]): void {
    for (const kind of kinds) expect(this.count(kind), `${kind} at ${this.name}`).to.be.at.most(1);
  }
}
