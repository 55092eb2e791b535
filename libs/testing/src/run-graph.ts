import { type DType, elementCount, Graph, type TypedArray, type Value } from '@open-chatgpt/autodiff';
import { allocate, createSession, Tensor } from '@open-chatgpt/runtime';
import { testValues } from './test-values';

/** A graph input and its data. Without data, floats come from `testValues`. */
export interface InputSpec {
  shape: readonly number[];
  /** float32 by default. */
  dtype?: DType;
  /** Plain numbers, also for int64 and bool. */
  data?: ArrayLike<number>;
  /** false for a frozen float input; integers never require a gradient. */
  requiresGrad?: boolean;
}

export type Inputs = Readonly<Record<string, InputSpec>>;
export type Values<I extends Inputs> = { readonly [name in keyof I]: Value };

/** A graph with one input value for each of `inputs`. */
export function declareInputs<I extends Inputs>(inputs: I): { graph: Graph; values: Values<I> } {
  const graph = new Graph();
  const entries = Object.entries(inputs).map(([name, { dtype = 'float32', shape, requiresGrad }]) => [
    name,
    graph.input(name, dtype, shape, dtype === 'float32' && (requiresGrad ?? true)),
  ]);
  return { graph, values: Object.fromEntries(entries) as Values<I> };
}

/** Copies the data of each input into separate memory. */
export function makeTensors(inputs: Inputs): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input], index) => [name, makeTensor(name, input, index)]),
  );
}

function makeTensor(name: string, { dtype = 'float32', shape, data }: InputSpec, salt: number): Tensor {
  const count = elementCount(shape);
  if (!data && dtype !== 'float32') throw new Error(`input "${name}" is ${dtype}: give its data`);
  const numbers = data ?? testValues(count, salt);
  if (numbers.length !== count) {
    throw new Error(`input "${name}" of shape [${shape.join(', ')}] has ${numbers.length} elements of data`);
  }
  const array = allocate(dtype, count);
  fill(array, dtype, numbers);
  return new Tensor(dtype, shape, array);
}

function fill(array: TypedArray, dtype: DType, numbers: ArrayLike<number>): void {
  for (let i = 0; i < numbers.length; i++) array[i] = dtype === 'int64' ? BigInt(numbers[i]) : numbers[i];
}

/**
 * Compiles `graph` and binds those of `tensors` that it needs; a run returns the outputs as plain numbers.
 * `run()` may be called again after a tensor's data has changed.
 */
export function compileGraph(
  graph: Graph,
  tensors: Readonly<Record<string, Tensor>>,
): () => Record<string, number[]> {
  const session = createSession(graph);
  const outputs = Object.fromEntries(
    [...session.outputs].map(([name, { dtype, shape }]) => [name, Tensor.zeros(dtype, shape.map(Number))]),
  );
  const needed = Object.fromEntries([...session.inputs.keys()].map((name) => [name, tensors[name]]));
  const bound = session.bind(needed, outputs);
  return () => {
    bound.runSync();
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { data }]) => [
        name,
        Array.from(data as ArrayLike<number>, Number),
      ]),
    );
  };
}

/**
 * Builds a graph over `inputs`, runs it once and returns its outputs as plain numbers.
 * @param build returns the values to read by name
 */
export function runGraph<I extends Inputs, K extends string>(
  build: (graph: Graph, values: Values<I>) => Readonly<Record<K, Value>>,
  inputs: I,
): Record<K, number[]> {
  const { graph, values } = declareInputs(inputs);
  for (const [name, value] of Object.entries<Value>(build(graph, values))) graph.output(name, value);
  return compileGraph(graph, makeTensors(inputs))() as Record<K, number[]>;
}
