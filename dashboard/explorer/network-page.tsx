import { useEffect, useRef, useState } from "preact/hooks";
import type { GraphView } from "../../src/api/explorer-views.ts";
import { explorer } from "../parts/client.ts";
import { useOnEvent } from "../parts/live.ts";
import { useLoad } from "../parts/load.ts";
import { go } from "../parts/place.ts";
import { Show } from "../parts/problem.tsx";
import { useSay, useSettings } from "../parts/settings.ts";
import type { Drawing } from "./draw-network.ts";

export function NetworkPage() {
  const say = useSay();
  const [loaded, again] = useLoad("graph", () => explorer.call("graph", {}));
  useOnEvent(({ kind }) => kind === "opened" || kind === "closing" || kind === "ended", again);
  return (
    <>
      <h1>{say("network")}</h1>
      <Show loaded={loaded} retry={again}>
        {(graph) =>
          graph.nodes.length === 0 ? <p class="hint">{say("noChannels")}</p> : <Picture graph={graph} />
        }
      </Show>
    </>
  );
}

function Picture({ graph }: { readonly graph: GraphView }) {
  const say = useSay();
  const { theme } = useSettings();
  const place = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing | null>(null);
  const [state, setState] = useState<"settling" | "ready" | "failed">("settling");
  useEffect(() => {
    let isGone = false;
    const parent = place.current;
    if (parent === null) return undefined;
    setState("settling");
    import("./draw-network.ts")
      .then(({ drawNetwork }) => {
        if (isGone) return;
        const settled = (): void => setState("ready");
        drawing.current = drawNetwork(parent, graph, {
          onNode: (node) => go("node", node),
          onSettled: settled,
        });
      })
      .catch(() => setState("failed"));
    return () => {
      isGone = true;
      drawing.current?.stop();
      drawing.current = null;
    };
  }, [graph, theme]);
  const { nodes, edges } = graph;
  return (
    <>
      <p class="hint">
        {state === "failed" ? say("noWebgl") : say("graphHint", { nodes: nodes.length, edges: edges.length })}{" "}
        {state === "settling" && say("settling")}
      </p>
      <div class="picture" data-state={state}>
        <div ref={place} class="canvas" role="img" aria-label={say("graphLabel")} />
        <div class="zoom">
          <button type="button" aria-label={say("zoomIn")} onClick={() => drawing.current?.zoom(1 / 1.5)}>
            +
          </button>
          <button type="button" aria-label={say("zoomOut")} onClick={() => drawing.current?.zoom(1.5)}>
            −
          </button>
          <button type="button" aria-label={say("zoomAll")} onClick={() => drawing.current?.showAll()}>
            ⤢
          </button>
        </div>
      </div>
    </>
  );
}
