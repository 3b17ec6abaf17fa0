import { setTimeout as pause } from "node:timers/promises";
import { problem } from "../api/problem.ts";
import type { Channel, Closing, Page } from "../api/views.ts";
import type { ChannelView } from "../node/view.ts";
import { parseChannelId } from "../protocol/checked.ts";
import { toProblem } from "./failure.ts";
import type { Parts } from "./parts.ts";

const LOOK_MS = 10;

/** Looks at channels and closes them. */
export class Channels {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  list(): Page<Channel> {
    return { entries: this.#parts.node.channels().map((view) => this.#show(view)), next: null };
  }

  mustFind(id: string): ChannelView {
    const parsed = parseChannelId(id);
    const found = parsed.ok
      ? this.#parts.node.channels().find(({ channel }) => channel === parsed.value)
      : undefined;
    if (found !== undefined) return found;
    throw problem(
      404,
      "unknown_channel",
      "this node has no such channel",
      "List the channels and name one of them.",
      {
        channel: id.slice(0, 80),
      },
    );
  }

  /** Resolves when the node has begun; what follows is told by events. */
  async close(id: string, alone: boolean): Promise<Closing> {
    const view = this.mustFind(id);
    const { node, logger } = this.#parts;
    let refused: unknown = null;
    const closing = alone ? node.closeAlone(view.channel) : node.closeCooperatively(view.channel);
    closing.then(
      ({ how }) => logger.info("a channel has ended", { channel: view.channel, how }),
      (thrown: unknown) => (refused = thrown),
    );
    // Its status changes with the command, or the refusal comes.
    while (this.#isAsBefore(view)) {
      if (refused !== null) throw toProblem(refused, { channel: view.channel });
      await pause(LOOK_MS);
    }
    return this.#closingOf(view);
  }

  /** Each that can be closed by now; one that cannot does not keep the others. */
  async exit(alone: boolean): Promise<Page<Closing>> {
    const entries: Closing[] = [];
    for (const view of this.#parts.node.channels()) {
      const canAskAgain = alone && (view.status === "shutdown" || view.status === "stopped");
      if (view.status === "usable" || view.status === "opening" || canAskAgain) {
        await this.close(view.channel, alone);
      }
      entries.push(this.#closingOf(view));
    }
    return { entries, next: null };
  }

  #now({ channel }: ChannelView): ChannelView | undefined {
    return this.#parts.node.channels().find((one) => one.channel === channel);
  }

  #isAsBefore(view: ChannelView): boolean {
    return this.#now(view)?.status === view.status;
  }

  #closingOf(view: ChannelView): Closing {
    const { channel, peer } = view;
    const now = this.#now(view);
    return { channel, peer, connected: now?.connected ?? false, status: now?.status ?? "ended" };
  }

  #show(view: ChannelView): Channel {
    const { channel, peer, connected, status, token } = view;
    const { assets } = this.#parts;
    const sides = ({ ours, theirs }: ChannelView["balance"]): Channel["balance"] => ({
      ours: assets.money(ours, token),
      theirs: assets.money(theirs, token),
    });
    return {
      channel,
      peer,
      connected,
      status,
      deposits: sides(view.deposits),
      balance: sides(view.balance),
      locked: sides(view.locked),
      spendable: assets.money(view.spendable, token),
    };
  }
}
