import type { Attributes } from './attribute';
import type { DType, TypedArray } from './dtype';
import { GraphError } from './error';
import { formatShape, type Shape } from './shape';
import { Value } from './value';

/** Domain of ONNX Runtime's own operators. */
export const MICROSOFT = 'com.microsoft';

export interface Node {
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
  /** Part of the backward pass. */
  readonly backward: boolean;
}

export interface Constant {
  readonly value: Value;
  readonly data: TypedArray;
}

export interface OutputType {
  readonly shape: Shape;
  readonly dtype?: DType;
}

/** The gradient rule of one op: takes d(loss)/d(outputs), returns d(loss)/d(inputs). Undefined means no gradient. */
export type GradientRule = (
  outputGradients: readonly (Value | undefined)[],
) => readonly (Value | TableGradient | undefined)[];

/** The gradient of an embedding table: a dense part, sparse rows to add to it, or both. */
export interface TableGradient {
  readonly dense?: Value;
  readonly sparse?: SparseGradient;
}

/**
 * A gradient that touches few rows of a table: `d table[indices[i]] += rows[i]`.
 * Rows may repeat an index, so the sum is computed outside the graph: ONNX Runtime's ScatterND with reduction=add has a
 * data race on repeated indices.
 */
export interface SparseGradient {
  readonly indices: Value;
  readonly rows: Value;
}

export interface TapeEntry {
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly rule: GradientRule;
}

/** A computation under construction: inputs, constants, nodes in execution order, and the tape of gradient rules. */
export class Graph {
  readonly inputs: Value[] = [];
  readonly constants: Constant[] = [];
  readonly nodes: Node[] = [];
  readonly outputs = new Map<string, Value>();
  readonly tape: TapeEntry[] = [];
  /**
   * The type in which products of matrices are computed; their sums and everything else are float32. Only XLA computes in
   * bfloat16.
   */
  matmulType: 'float32' | 'bfloat16' = 'float32';
  /** Causal attention is a call of cuDNN, in bfloat16. Only XLA for NVIDIA's GPUs has it. */
  cudnnAttention = false;
  /**
   * Equal parts of the rows of a batch, one on each device. A graph that computes some rows at a time takes these from every part, so
   * that no row moves to another device.
   */
  rowParts = 1;
  private readonly constantCache = new Map<string, Value>();
  private readonly memos = new Map<string, Value>();
  private readonly recipes = new Map<Value, () => Value>();
  private counter = 0;
  private inBackward = false;

  /**
   * A value that is fed at each run.
   * @param requiresGrad true for trained parameters and for activations that need a gradient
   */
  input(name: string, dtype: DType, shape: Shape, requiresGrad = false): Value {
    this.claim('input', name);
    const value = new Value(this, name, dtype, shape, requiresGrad);
    this.inputs.push(value);
    return value;
  }

  /** Constant data. Small constants with equal content are shared. */
  constant(dtype: DType, shape: readonly number[], data: TypedArray): Value {
    const size = shape.reduce((product, dim) => product * dim, 1);
    if (size !== data.length) {
      throw new GraphError('constant', `${data.length} elements do not fill shape ${formatShape(shape)}`);
    }
    // Compares bytes: as numbers, 0 and −0 would be equal.
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = data.length <= 64 ? `${dtype}|${shape}|${bytes.join()}` : null;
    const known = key === null ? undefined : this.constantCache.get(key);
    if (known) return known;
    const value = new Value(this, `constant_${this.counter++}`, dtype, shape);
    this.constants.push({ value, data });
    if (key !== null) this.constantCache.set(key, value);
    return value;
  }

  /** A value that is built once a graph, such as the mask that every layer adds. */
  memo(key: string, make: () => Value): Value {
    const value = this.memos.get(key) ?? make();
    this.memos.set(key, value);
    return value;
  }

  /**
   * Declares that the backward pass recomputes `value` with `recipe` instead of keeping it in memory. The recipe must use
   * other nodes than the forward pass: ONNX Runtime would merge equal nodes and keep the value after all.
   */
  recomputable(value: Value, recipe: () => Value): void {
    this.recipes.set(value, recipe);
  }

  /** Marks the nodes that `build` adds as a part of the backward pass. */
  backwardPass<T>(build: () => T): T {
    const before = this.inBackward;
    this.inBackward = true;
    try {
      return build();
    } finally {
      this.inBackward = before;
    }
  }

  /** The value for use in a gradient rule. A recomputable value is recomputed once for all rules that use it. */
  forBackward(value: Value): Value {
    const recipe = this.recipes.get(value);
    return recipe ? this.memo(`recomputed|${value.name}`, recipe) : value;
  }

  scalar(value: number): Value {
    return this.constant('float32', [], Float32Array.of(value));
  }

  int64s(values: readonly number[]): Value {
    return this.constant('int64', [values.length], BigInt64Array.from(values.map(BigInt)));
  }

  /** Adds one ONNX operator. The caller checks the operands and declares the types of the outputs. */
  node(
    opType: string,
    inputs: readonly (Value | null)[],
    attributes: Attributes,
    outputs: readonly OutputType[],
    domain = '',
  ): Value[] {
    for (const input of inputs) {
      if (input && input.graph !== this)
        throw new GraphError(opType, `"${input.name}" belongs to another graph`);
    }
    const requiresGrad = inputs.some((input) => input?.requiresGrad);
    const id = this.counter++;
    const values = outputs.map(
      ({ shape, dtype = 'float32' }, index) =>
        new Value(this, `${opType}_${id}_${index}`, dtype, shape, requiresGrad && dtype === 'float32'),
    );
    this.nodes.push({ opType, domain, inputs, outputs: values, attributes, backward: this.inBackward });
    return values;
  }

  /** Declares an output: `value` can be read as `name` after a run. */
  output(name: string, value: Value): void {
    if (value.graph !== this) throw new GraphError('output', `"${value.name}" belongs to another graph`);
    this.claim('output', name);
    this.outputs.set(name, value);
  }

  /** ONNX has one name space for inputs and outputs. */
  private claim(kind: 'input' | 'output', name: string): void {
    if (this.inputs.some((input) => input.name === name))
      throw new GraphError(kind, `an input is already named "${name}"`);
    if (this.outputs.has(name)) throw new GraphError(kind, `an output is already named "${name}"`);
  }
}
