import { setTimeout as pause } from "node:timers/promises";
import { problem } from "../api/problem.ts";
import type { Channel, Closing, Page } from "../api/views.ts";
import type { ChannelView } from "../node/view.ts";
import { parseChannelId } from "../protocol/checked.ts";
import { toProblem } from "./failure.ts";
import type { Parts } from "./parts.ts";

const LOOK_MS = 10;

type How = "together" | "alone" | "humbly";

export function howOf({
  alone = false,
  humble = false,
}: {
  readonly alone?: boolean;
  readonly humble?: boolean;
}): How {
  if (alone && humble)
    throw problem(400, "bad_request", "alone and humble are two ways", "Give one of them.");
  return humble ? "humbly" : alone ? "alone" : "together";
}

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
  async close(id: string, how: How): Promise<Closing> {
    const view = this.mustFind(id);
    const { logger } = this.#parts;
    let refused: unknown = null;
    this.#begin(view, how).then(
      (end) => logger.info("a channel has ended", { channel: view.channel, how: end.how }),
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
  async exit(how: How): Promise<Page<Closing>> {
    const entries: Closing[] = [];
    for (const view of this.#parts.node.channels()) {
      if (canClose(view, how)) await this.close(view.channel, how);
      entries.push(this.#closingOf(view));
    }
    return { entries, next: null };
  }

  #begin({ channel }: ChannelView, how: How): Promise<{ readonly how: string }> {
    const { node } = this.#parts;
    if (how === "humbly") return node.closeHumbly(channel);
    return how === "alone" ? node.closeAlone(channel) : node.closeCooperatively(channel);
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
    const { channel, peer, connected, status, recovery, token } = view;
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
      recovery,
      deposits: sides(view.deposits),
      balance: sides(view.balance),
      locked: sides(view.locked),
      spendable: assets.money(view.spendable, token),
    };
  }
}

/** What is under way already is left alone. */
function canClose({ status, recovery, params }: ChannelView, how: How): boolean {
  if (recovery !== null && recovery !== "helps_peer")
    return how === "humbly" && status === "frozen" && params.recoveryPeriod > 0;
  if (how === "humbly") return false;
  const canAskAgain =
    how === "alone" && (status === "shutdown" || status === "stopped" || status === "frozen");
  return status === "usable" || status === "opening" || canAskAgain;
}
