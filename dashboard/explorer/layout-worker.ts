import Graph from "graphology";
import forceAtlas2 from "graphology-layout-forceatlas2";

export interface Order {
  readonly nodes: number;
  readonly edges: readonly (readonly [a: number, b: number])[];
  readonly iterations: number;
}

export interface Places {
  readonly xs: Float32Array;
  readonly ys: Float32Array;
  readonly isLast: boolean;
}

/** Between two looks at what it has so far: each costs the page a new drawing. */
const SHOW_EVERY_MS = 1500;
const STEPS = 5;

/** Finds places in which neighbours are near and others are not, away from the page's own thread. */
onmessage = ({ data: { nodes, edges, iterations } }: MessageEvent<Order>) => {
  const graph = new Graph({ multi: true, type: "undirected" });
  for (let node = 0; node < nodes; node++) {
    const angle = node * 2.399963;
    graph.addNode(node, { x: Math.sqrt(node) * Math.cos(angle), y: Math.sqrt(node) * Math.sin(angle) });
  }
  for (const [a, b] of edges) graph.addEdge(a, b);
  // Parts of the network that are not joined would drift away from each other.
  const settings = { ...forceAtlas2.inferSettings(graph), gravity: 1, barnesHutOptimize: nodes > 500 };
  let shown = performance.now();
  for (let done = 0; done < iterations; done += STEPS) {
    forceAtlas2.assign(graph, { iterations: STEPS, settings });
    if (performance.now() - shown < SHOW_EVERY_MS) continue;
    send(graph, false);
    shown = performance.now();
  }
  send(graph, true);
};

function send(graph: Graph, isLast: boolean): void {
  const [xs, ys] = [new Float32Array(graph.order), new Float32Array(graph.order)];
  let index = 0;
  graph.forEachNode((_, { x, y }) => {
    xs[index] = x as number;
    ys[index] = y as number;
    index++;
  });
  const places: Places = { xs, ys, isLast };
  postMessage(places);
}
