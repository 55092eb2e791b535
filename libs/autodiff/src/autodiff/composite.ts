import type { Graph } from '../graph/graph';

/**
 * Runs `build` and takes off the tape what its ops recorded there. An op made of other ops whose own rule covers the
 * whole needs this: otherwise both its rule and theirs would be walked, and gradients would count twice.
 */
export function composite<T>(graph: Graph, build: () => T): T {
  const recorded = graph.tape.length;
  try {
    return build();
  } finally {
    graph.tape.length = recorded;
  }
}
