import type { Attributes } from './attribute';
import type { DType, TypedArray } from './dtype';
import { GraphError } from './error';
import { formatShape, type Shape } from './shape';
import { Value } from './value';

/** Domain of the operators that ONNX Runtime adds to the standard ones. */
export const MICROSOFT = 'com.microsoft';

export interface Node {
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
}

export interface Constant {
  readonly value: Value;
  readonly data: TypedArray;
}

export interface OutputType {
  readonly shape: Shape;
  readonly dtype?: DType;
}

/** How to carry a gradient back through one op: d(loss)/d(outputs) in, d(loss)/d(inputs) out (undefined: none). */
export type GradientRule = (
  outputGradients: readonly (Value | undefined)[],
) => readonly (Value | TableGradient | undefined)[];

/** The gradient of a table (an embedding): a dense part, rows to be added to it, or both. */
export interface TableGradient {
  readonly dense?: Value;
  readonly sparse?: SparseGradient;
}

/**
 * A gradient that touches few rows of a table: `d table[indices[i]] += rows[i]`.
 * Rows may repeat an index, so they are added up outside the graph: ONNX Runtime's ScatterND with reduction=add races.
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
  private readonly constantCache = new Map<string, Value>();
  private readonly memos = new Map<string, Value>();
  private readonly recipes = new Map<Value, () => Value>();
  private counter = 0;

  /**
   * A value fed at each run.
   * @param requiresGrad true for trained parameters and for activations whose gradient is wanted
   */
  input(name: string, dtype: DType, shape: Shape, requiresGrad = false): Value {
    this.claim('input', name);
    const value = new Value(this, name, dtype, shape, requiresGrad);
    this.inputs.push(value);
    return value;
  }

  /** Data fixed in the graph. Small constants with equal content are shared. */
  constant(dtype: DType, shape: readonly number[], data: TypedArray): Value {
    const size = shape.reduce((product, dim) => product * dim, 1);
    if (size !== data.length) {
      throw new GraphError('constant', `${data.length} elements do not fill shape ${formatShape(shape)}`);
    }
    // Bytes and not numbers, which would make 0 and −0 the same.
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = data.length <= 64 ? `${dtype}|${shape}|${bytes.join()}` : null;
    const known = key === null ? undefined : this.constantCache.get(key);
    if (known) return known;
    const value = new Value(this, `constant_${this.counter++}`, dtype, shape);
    this.constants.push({ value, data });
    if (key !== null) this.constantCache.set(key, value);
    return value;
  }

  /** A value made once a graph, such as a mask that every layer adds. */
  memo(key: string, make: () => Value): Value {
    const value = this.memos.get(key) ?? make();
    this.memos.set(key, value);
    return value;
  }

  /**
   * Says how to compute `value` again from what is kept anyway, so that it need not be kept for the backward pass.
   * The recipe must not repeat the very nodes of the forward pass: ONNX Runtime would merge them.
   */
  recomputable(value: Value, recipe: () => Value): void {
    this.recipes.set(value, recipe);
  }

  /** The value to use in a gradient rule: computed again where there is a recipe, once for all that use it. */
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

  /** Adds one ONNX operator. The caller has checked the types; `outputs` says what comes out. */
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
    this.nodes.push({ opType, domain, inputs, outputs: values, attributes });
    return values;
  }

  /** Makes `value` readable after a run under `name`. */
  output(name: string, value: Value): void {
    if (value.graph !== this) throw new GraphError('output', `"${value.name}" belongs to another graph`);
    this.claim('output', name);
    this.outputs.set(name, value);
  }

  /** ONNX has one name space for inputs and outputs. */
  private claim(kind: 'input' | 'output', name: string): void {
    if (this.inputs.some((input) => input.name === name))
      throw new GraphError(kind, `there is an input "${name}" already`);
    if (this.outputs.has(name)) throw new GraphError(kind, `there is an output "${name}" already`);
  }
}
