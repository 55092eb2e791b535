import {
  add,
  backward,
  expand,
  type Gradient,
  type Graph,
  scatterAddRows,
  type Value,
} from '@open-chatgpt/autodiff';
import { currentDevice } from '../device';
import type { ParameterStore } from '../parameters/parameter-store';
import type { Tensor } from '../tensor';
import { type Arrays, Program, type ProgramOptions } from './program';
import { scatterAdd } from './scatter-add';

export interface GradientProgramOptions extends ProgramOptions {
  /** Holds the trained parameters, which are graph inputs of the same names, and receives their gradients. */
  store: ParameterStore;
  /** Add to the existing gradients instead of overwriting them. */
  accumulate?: boolean;
  /** Further graph inputs whose gradients become outputs `gradient:<name>`. */
  gradientsOf?: readonly Value[];
}

/**
 * A forward and backward pass as one program. A run computes the outputs of the graph and writes the gradient of each
 * trained parameter into the arena of the store.
 */
export class GradientProgram {
  private constructor(
    private readonly program: Program,
    private readonly afterRun: readonly (() => void)[],
  ) {}

  /** @param seeds as for `backward`: `[[loss, graph.scalar(1)]]` for a loss */
  static compile(
    graph: Graph,
    seeds: readonly (readonly [Value, Value])[],
    options: GradientProgramOptions,
  ): GradientProgram {
    const { store, accumulate = false, gradientsOf = [] } = options;
    const parameters = graph.inputs.filter((input) => input.requiresGrad && store.has(input.name));
    const gradients = backward(seeds, [...parameters, ...gradientsOf]);

    for (const value of gradientsOf) {
      const { dense } = gradients.get(value)!;
      if (!dense) throw new Error(`the loss does not depend on "${value.name}"`);
      graph.output(`gradient:${value.name}`, dense);
    }
    const inputs: Record<string, Tensor> = { ...options.inputs };
    const outputs: Record<string, Tensor> = { ...options.outputs };
    const scatters: { target: Tensor; indices: string; rows: string }[] = [];
    const cleared: Tensor[] = [];
    const onDevice = currentDevice().engine === 'xla';
    for (const parameter of parameters) {
      const gradient = gradients.get(parameter)!;
      const { dense, sparse } = onDevice
        ? { dense: wholeGradient(parameter, gradient), sparse: [] }
        : gradient;
      const target = store.gradient(parameter.name);
      if (dense) {
        const name = `gradient:${parameter.name}`;
        outputs[name] = target;
        if (accumulate) {
          const previous = graph.input(`previous:${parameter.name}`, 'float32', parameter.shape);
          inputs[previous.name] = target;
          graph.output(name, add(dense, previous));
        } else {
          graph.output(name, dense);
        }
      } else if (!accumulate) {
        cleared.push(target);
      }
      sparse.forEach((part, index) => {
        const scatter = {
          target,
          indices: `indices${index}:${parameter.name}`,
          rows: `rows${index}:${parameter.name}`,
        };
        graph.output(scatter.indices, part.indices);
        graph.output(scatter.rows, part.rows);
        scatters.push(scatter);
      });
    }
    const program = Program.compile(graph, { ...options, inputs, outputs });
    return new GradientProgram(program, [
      ...cleared.map((target) => () => target.clear()),
      ...scatters.map(({ target, indices, rows }) => {
        return () => scatterAdd(target.floats, program.outputs[indices].int64s, program.outputs[rows].floats);
      }),
    ]);
  }

  get inputs(): Program['inputs'] {
    return this.program.inputs;
  }

  get outputs(): Program['outputs'] {
    return this.program.outputs;
  }

  feed(arrays: Arrays): void {
    this.program.feed(arrays);
  }

  scalar(name: string): number {
    return this.program.scalar(name);
  }

  async run(): Promise<void> {
    await this.program.run();
    for (const step of this.afterRun) step();
  }
}

/** The whole gradient of a table as one value: XLA adds repeated rows correctly. */
export function wholeGradient(table: Value, { dense, sparse }: Gradient): Value | undefined {
  if (sparse.length === 0) return dense;
  const start = dense ?? expand(table.graph.constant('float32', [1, 1], new Float32Array(1)), table.shape);
  return sparse.reduce((total, { indices, rows }) => scatterAddRows(total, indices, rows), start);
}
