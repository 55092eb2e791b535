import { add, backward, elementCount, type Graph, mul, sum, type Value } from '@open-chatgpt/autodiff';
import type { Tensor } from '@open-chatgpt/runtime';
import { expectClose } from './expect-close';
import { compileGraph, declareInputs, type Inputs, makeTensors, type Values } from './run-graph';
import { testValues } from './test-values';

export interface GradientCheck<I extends Inputs> {
  /** Name of the function under test, for messages. */
  name: string;
  inputs: I;
  /** The function under test: one output or several, of fixed shapes. */
  build: (graph: Graph, values: Values<I>) => Value | readonly Value[];
  /**
   * Distance h of the finite differences, by default 1e-2. Their truncation error is h²f‴/6 ≈ 2e-5 and the rounding
   * of a float32 result contributes 6e-8 / h ≈ 6e-6: both far below the tolerance. Use a smaller h near kinks.
   */
  step?: number;
  /** Largest allowed error, relative to the largest gradient of the input. A wrong rule exceeds 1e-3 by far. */
  rtol?: number;
}

/**
 * Compares the gradients of `backward` with central finite differences of the same forward graph.
 *
 * The loss is Σ c∘y with fixed coefficients c, so that each output element has its own weight. In the differentiated graph
 * the loss is a node. For the differences, y is read and the loss is summed in float64, which avoids cancellation.
 * @throws Error naming the input and the element that disagree
 */
export function checkGradient<I extends Inputs>(check: GradientCheck<I>): void {
  const { name, inputs, rtol = 1e-3 } = check;
  const expected = finiteDifferences(check);
  const actual = automaticGradients(check);
  for (const [input, gradient] of Object.entries(expected)) {
    const shape = `[${inputs[input].shape.join(', ')}]`;
    const label = `${name}: gradient of "${input}" ${shape}`;
    // If the loss does not depend on the input, the differences contain only rounding errors of numbers around 1.
    const largest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expectClose(actual[input], gradient, { rtol, name: label, scale: largest || 1 });
  }
}

const coefficients = (y: Value, index: number): Float32Array =>
  testValues(elementCount(y.shape), 1000 + index);

const asList = (built: Value | readonly Value[]): readonly Value[] =>
  Array.isArray(built) ? built : [built as Value];

/** d(loss)/d(input) of every float input from `backward`, with sparse rows added to the dense part. */
export function automaticGradients<I extends Inputs>({
  inputs,
  build,
}: Pick<GradientCheck<I>, 'inputs' | 'build'>): Record<string, number[]> {
  const { graph, values } = declareInputs(inputs);
  const losses = asList(build(graph, values)).map((y, index) =>
    sum(mul(y, graph.constant('float32', y.shape.map(Number), coefficients(y, index)))),
  );
  const targets = Object.values<Value>(values).filter(({ requiresGrad }) => requiresGrad);
  const gradients = backward([[losses.reduce(add), graph.scalar(1)]], targets);
  for (const [{ name }, { dense, sparse }] of gradients) {
    if (dense) graph.output(`dense:${name}`, dense);
    sparse.forEach(({ indices, rows }, index) => {
      graph.output(`indices${index}:${name}`, indices);
      graph.output(`rows${index}:${name}`, rows);
    });
  }
  const outputs = graph.outputs.size > 0 ? compileGraph(graph, makeTensors(inputs))() : {};
  return Object.fromEntries(
    [...gradients].map(([{ name, shape }, { sparse }]) => {
      const total = outputs[`dense:${name}`] ?? new Array<number>(elementCount(shape)).fill(0);
      const width = total.length / Number(shape[0] ?? 1);
      sparse.forEach((_, part) => {
        const rows = outputs[`rows${part}:${name}`];
        outputs[`indices${part}:${name}`].forEach((target, row) => {
          for (let j = 0; j < width; j++) total[target * width + j] += rows[row * width + j];
        });
      });
      return [name, total];
    }),
  );
}

/** (loss(x + h) − loss(x − h)) / 2h for every element of every float input that requires a gradient. */
function finiteDifferences<I extends Inputs>({ inputs, build, step = 1e-2 }: GradientCheck<I>) {
  const { graph, values } = declareInputs(inputs);
  const weights = asList(build(graph, values)).map((y, index) => {
    graph.output(`y${index}`, y);
    return coefficients(y, index);
  });
  const tensors = makeTensors(inputs);
  const run = compileGraph(graph, tensors);
  const loss = (): number => {
    const outputs = run();
    return weights.reduce(
      (total, c, index) => outputs[`y${index}`].reduce((part, y, i) => part + c[i] * y, total),
      0,
    );
  };
  const trained = Object.values<Value>(values).filter(({ requiresGrad }) => requiresGrad);
  return Object.fromEntries(trained.map(({ name }) => [name, differences(tensors[name], loss, step)]));
}

function differences(tensor: Tensor, loss: () => number, step: number): number[] {
  return Array.from(tensor.floats, (value, index) => {
    const evaluate = (moved: number): { at: number; loss: number } => {
      // Read for each run: a run may move the elements to a device.
      const x = tensor.floats;
      x[index] = moved;
      return { at: x[index], loss: loss() };
    };
    const [above, below] = [evaluate(value + step), evaluate(value - step)];
    tensor.floats[index] = value;
    // The actual distance after rounding to float32.
    return (above.loss - below.loss) / (above.at - below.at);
  });
}
