import { problem } from "../api/problem.ts";
import { ExplorerService } from "../indexer/answers.ts";
import { Explorer } from "../indexer/explorer.ts";
import { sendProblem } from "../host/http-server.ts";
import { createExplorerApi, type Answerer } from "../indexer/http.ts";
import { createPages } from "../indexer/pages.ts";
import type { Parts } from "./parts.ts";

/** What a node serves without a token: its pages and, if the config says so, the explorer. */
export interface NodeSite {
  readonly answerers: readonly Answerer[];
  stop(): Promise<void>;
}

export function openSite(parts: Parts): NodeSite {
  const pages = createPages();
  const explorer = parts.config.explorer ? startExplorer(parts) : null;
  if (explorer === null) return { answerers: [withoutExplorer, pages], stop: () => Promise.resolve() };
  const api = createExplorerApi(new ExplorerService(explorer), (reason) =>
    parts.logger.error("a call of the explorer failed", { reason }),
  );
  return { answerers: [api, pages], stop: () => explorer.stop() };
}

/** Null if its index cannot be opened: payments go on without it. */
function startExplorer({ config, contracts, node, places, logger }: Parts): Explorer | null {
  const { pollMs, staleSeconds, alias } = config;
  const aliases = new Map([[node.id, alias]]);
  const gossip = { node: node.id, policies: () => node.policies(), aliases };
  const onProblem = (text: string): void => logger.warn(text);
  try {
    const explorer = new Explorer({
      contracts,
      path: places.index,
      ...{ pollMs, staleSeconds, gossip, onProblem },
    });
    explorer.start();
    return explorer;
  } catch (thrown) {
    logger.warn(`there is no explorer: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    return null;
  }
}

const withoutExplorer: Answerer = (request, response) => {
  if (!(request.url ?? "").startsWith("/v1/explorer/")) return false;
  const next = 'Set "explorer": true in its config and start it again, or run hashlane explorer.';
  sendProblem(response, problem(404, "explorer_off", "this node serves no explorer", next));
  return true;
};
