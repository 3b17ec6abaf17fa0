import Graph from "graphology";
import Sigma from "sigma";
import type { GraphView } from "../../src/api/explorer-views.ts";
import { shortId } from "../parts/show.tsx";
import type { Order, Places } from "./layout-worker.ts";

export interface Drawing {
  zoom(factor: number): void;
  showAll(): void;
  stop(): void;
}

export interface Listener {
  readonly onNode: (node: string) => void;
  /** When every node has its place. */
  readonly onSettled: () => void;
}

const MOST_ITERATIONS = 400;
/** Many nodes need fewer steps to look right than a few do, and each step takes longer. */
const WORK = 600_000;

/** Draws with WebGL; places are found in a worker. Throws where there is no WebGL. */
export function drawNetwork(parent: HTMLElement, view: GraphView, listener: Listener): Drawing {
  const style = getComputedStyle(parent);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const graph = graphOf(view, colour("--node"), colour("--edge"));
  const sigma = new Sigma(graph, parent, {
    labelColor: { color: colour("--text") },
    labelDensity: 0.4,
    labelRenderedSizeThreshold: isSmall(view) ? 0 : 9,
    hideEdgesOnMove: view.edges.length > 20_000,
    zIndex: false,
  });
  sigma.on("clickNode", ({ node }) => listener.onNode(node));
  const worker = new Worker(new URL("./layout-worker.ts", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<Places>) => {
    const { xs, ys, isLast } = data;
    let index = 0;
    graph.updateEachNodeAttributes(
      (_, attributes) => {
        const at = { x: xs[index] ?? 0, y: ys[index] ?? 0 };
        index++;
        return { ...attributes, ...at };
      },
      { attributes: ["x", "y"] },
    );
    if (isLast) {
      worker.terminate();
      listener.onSettled();
    }
  };
  const iterations = Math.min(MOST_ITERATIONS, Math.max(60, Math.round(WORK / view.nodes.length)));
  const order: Order = { nodes: view.nodes.length, edges: view.edges, iterations };
  worker.postMessage(order);
  return {
    zoom: (factor) =>
      void sigma.getCamera().animate({ ratio: sigma.getCamera().ratio * factor }, { duration: 200 }),
    showAll: () => void sigma.getCamera().animatedReset({ duration: 300 }),
    stop: () => {
      worker.terminate();
      sigma.kill();
    },
  };
}

/** Few enough for all names. */
function isSmall({ nodes }: Pick<GraphView, "nodes">): boolean {
  return nodes.length <= 150;
}

function graphOf({ nodes, aliases, edges }: GraphView, nodeColour: string, edgeColour: string): Graph {
  const graph = new Graph({ multi: true, type: "undirected" });
  const degrees = new Uint32Array(nodes.length);
  for (const [a, b] of edges) {
    degrees[a] = (degrees[a] ?? 0) + 1;
    degrees[b] = (degrees[b] ?? 0) + 1;
  }
  for (const [index, node] of nodes.entries()) {
    const angle = index * 2.399963;
    const [x, y] = [Math.sqrt(index) * Math.cos(angle), Math.sqrt(index) * Math.sin(angle)];
    const size = Math.min(16, (isSmall({ nodes }) ? 5 : 2) + Math.sqrt(degrees[index] ?? 0) * 1.2);
    graph.addNode(node, { x, y, size, color: nodeColour, label: aliases[index] ?? shortId(node) });
  }
  for (const [a, b] of edges) {
    graph.addEdge(nodes[a], nodes[b], { size: 0.6, color: edgeColour });
  }
  return graph;
}
