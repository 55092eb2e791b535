import { type DType, elementCount, type Graph } from '@open-chatgpt/autodiff';
import type { ParameterStore } from '../parameters/parameter-store';
import { type BoundRun, createSession } from '../session';
import type { Sharding } from '../sharding';
import { Tensor } from '../tensor';

export interface ProgramOptions {
  /** Graph inputs with the name of a parameter read that parameter. */
  parameters?: readonly ParameterStore[];
  /** Memory for further inputs and outputs by name; missing memory is allocated. */
  inputs?: Readonly<Record<string, Tensor>>;
  outputs?: Readonly<Record<string, Tensor>>;
  /** How an input that is allocated here lies on devices, by its shape; null where it is whole. */
  shardingOf?: (shape: readonly number[]) => Sharding | null;
}

/** Data for inputs by name, each in the dtype of its input. */
export type Arrays = Readonly<Record<string, Float32Array | BigInt64Array | Int32Array | Uint8Array>>;

/** A compiled graph of fixed shapes with its memory: write `inputs`, run, read `outputs`. */
export class Program {
  private constructor(
    readonly inputs: Readonly<Record<string, Tensor>>,
    readonly outputs: Readonly<Record<string, Tensor>>,
    private readonly bound: BoundRun,
  ) {}

  static compile(graph: Graph, options: ProgramOptions = {}): Program {
    const session = createSession(graph);
    const inputs: Record<string, Tensor> = {};
    const bindings: Record<string, Tensor> = {};
    for (const [name, { dtype, shape }] of session.inputs) {
      const store = options.parameters?.find((candidate) => candidate.has(name));
      if (store) {
        bindings[name] = store.get(name).tensor;
      } else {
        inputs[name] = options.inputs?.[name] ?? allocateInput(dtype, shape.map(Number), options.shardingOf);
        bindings[name] = inputs[name];
      }
    }
    const outputs: Record<string, Tensor> = {};
    for (const [name, { dtype, shape }] of session.outputs) {
      outputs[name] = options.outputs?.[name] ?? Tensor.zeros(dtype, shape.map(Number));
    }
    return new Program(inputs, outputs, session.bind(bindings, outputs));
  }

  run(): Promise<void> {
    return this.bound.run();
  }

  runSync(): void {
    this.bound.runSync();
  }

  feed(arrays: Arrays): void {
    Program.feed(this.inputs, arrays);
  }

  /** Copies arrays into inputs by name. @throws Error naming an unknown input or a wrong length */
  static feed(inputs: Readonly<Record<string, Tensor>>, arrays: Arrays): void {
    for (const [name, array] of Object.entries(arrays)) {
      const input = inputs[name];
      if (!input)
        throw new Error(`the program has no input "${name}"; it has ${Object.keys(inputs).join(', ')}`);
      if (array.length !== elementCount(input.shape)) {
        throw new Error(`input "${name}" takes ${elementCount(input.shape)} elements, got ${array.length}`);
      }
      (input.data as Float32Array).set(array as Float32Array);
    }
  }

  /** The value of a scalar output. */
  scalar(name: string): number {
    return this.outputs[name].floats[0];
  }
}

function allocateInput(
  dtype: DType,
  shape: readonly number[],
  shardingOf: ProgramOptions['shardingOf'],
): Tensor {
  const tensor = Tensor.zeros(dtype, shape);
  tensor.shard(shardingOf?.(shape) ?? null);
  return tensor;
}
