import type { Graph } from '../graph/graph';

/**
 * Runs `build` and removes the entries that its ops record on the tape. An op that is composed of other ops and has a
 * separate gradient rule needs this: otherwise its rule and theirs would both apply and the gradient would count twice.
 */
export function composite<T>(graph: Graph, build: () => T): T {
  const recorded = graph.tape.length;
  try {
    return build();
  } finally {
    graph.tape.length = recorded;
  }
}
