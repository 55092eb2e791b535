import { add, type Dim, linear, matmul, mul, type Value } from '@open-chatgpt/autodiff';

/** Inputs of the graph: the factors of all adapters in use, and which of their ranks each token has. */
export const MASK = 'adapterMask';
export const stackedA = (module: string): string => `${module}.adapters_A`;
export const stackedB = (module: string): string => `${module}.adapters_B`;

/** Adds the adapters in use to the output y [N, out] of a linear layer with the input x [N, in]. */
export function adaptedLayer(x: Value, y: Value, module: string, tokens: Dim): Value {
  const { graph } = x;
  const stacked = (name: string, width: Dim) => graph.input(name, 'float32', ['K', width]);
  const mask = graph.memo(MASK, () => graph.input(MASK, 'float32', [tokens, 'K']));
  const low = mul(linear(x, stacked(stackedA(module), x.shape[1])), mask);
  return add(y, matmul(low, stacked(stackedB(module), y.shape[1])));
}
