import type { Graph } from './graph';
import { liveNodes } from './live-nodes';
import { elementCount } from './shape';

/** Floating-point operations of all products of matrices in a graph of fixed sizes: two for each product of elements. */
export function matmulFlops(graph: Graph): number {
  return liveNodes(graph)
    .nodes.filter(({ opType }) => opType === 'FusedMatMul')
    .reduce((total, { inputs: [a], outputs: [y], attributes }) => {
      const transposed = attributes.transA?.kind === 'int' && attributes.transA.value === 1;
      const contracted = Number(a!.shape.at(transposed ? -2 : -1));
      return total + 2 * contracted * elementCount(y.shape);
    }, 0);
}
