import type { Constant, Graph, Node } from './graph';
import type { Value } from './value';

/**
 * The nodes, inputs and constants that the outputs need. Gradient rules may build unused nodes, such as the gradient of a
 * frozen weight or the forward result in a backward graph. They are removed here and cost nothing.
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
