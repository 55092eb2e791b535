import type { Constant, Graph, Node } from '../graph/graph';
import type { Value } from '../graph/value';

/**
 * What the outputs need, and no more: gradient rules may build what nobody asked for (the gradient of a frozen
 * weight, the forward result in a backward graph), and it costs nothing because it is left out here.
 */
export function liveNodes(graph: Graph): { nodes: Node[]; inputs: Value[]; constants: Constant[] } {
  const needed = new Set<Value>(graph.outputs.values());
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    nodes.push(node);
    for (const input of node.inputs) if (input) needed.add(input);
  }
  return {
    nodes: nodes.reverse(),
    inputs: graph.inputs.filter((input) => needed.has(input)),
    constants: graph.constants.filter((constant) => needed.has(constant.value)),
  };
}
