import type { DType, TypedArray } from '../graph/dtype';
import type { MeshShape } from './sharding';

/** Element types of StableHLO (https://openxla.org/stablehlo/spec#types) that only exist inside a program. */
export type HloType = DType | 'bfloat16';

const TYPE_NAME: Record<HloType, string> = {
  float32: 'f32',
  bfloat16: 'bf16',
  float16: 'f16',
  uint8: 'ui8',
  int8: 'i8',
  int32: 'i32',
  int64: 'i64',
  bool: 'i1',
};

/** A value of the function: its name, and its type of fixed sizes. */
export interface Operand {
  readonly id: string;
  readonly dtype: HloType;
  readonly shape: readonly number[];
}

/** `tensor<2x3xf32>`. */
export function typeOf({ dtype, shape }: Pick<Operand, 'dtype' | 'shape'>): string {
  return `tensor<${[...shape, TYPE_NAME[dtype]].join('x')}>`;
}

type Comparison = 'EQ' | 'NE' | 'GT' | 'GE';
type Reduction = 'add' | 'maximum';

/**
 * Writes the operations of one function as StableHLO text, in the order of the calls. Each method returns the value that
 * its operation defines. Shapes must fit: StableHLO has no implicit broadcasting.
 */
export class HloBuilder {
  readonly lines: string[] = [];
  private readonly constants = new Map<string, Operand>();
  private counter = 0;

  /** @param mesh the devices of the program, where it has several */
  constructor(readonly mesh?: MeshShape) {}

  /** Elementwise operations on operands of one type, such as `add` and `tanh`. */
  elementwise(op: string, ...operands: readonly Operand[]): Operand {
    const [first] = operands;
    const text = `${op.includes('.') ? op : `stablehlo.${op}`} ${ids(operands)} : ${typeOf(first)}`;
    // CHLO operations repeat the type of the result.
    return this.define(first, op.startsWith('chlo.') ? `${text} -> ${typeOf(first)}` : text);
  }

  compare(direction: Comparison, a: Operand, b: Operand): Operand {
    const kind = isFloat(a.dtype) ? 'FLOAT' : a.dtype === 'bool' ? 'UNSIGNED' : 'SIGNED';
    const result = { dtype: 'bool' as const, shape: a.shape };
    const signature = `(${typeOf(a)}, ${typeOf(b)}) -> ${typeOf(result)}`;
    return this.define(result, `stablehlo.compare ${direction}, ${a.id}, ${b.id}, ${kind} : ${signature}`);
  }

  select(condition: Operand, a: Operand, b: Operand): Operand {
    const types = `${typeOf(condition)}, ${typeOf(a)}`;
    return this.define(a, `stablehlo.select ${ids([condition, a, b])} : ${types}`);
  }

  convert(x: Operand, dtype: HloType): Operand {
    if (x.dtype === dtype) return x;
    const result = { dtype, shape: x.shape };
    return this.define(result, `stablehlo.convert ${x.id} : ${signature([x], result)}`);
  }

  reshape(x: Operand, shape: readonly number[]): Operand {
    if (sameSizes(x.shape, shape)) return x;
    const result = { dtype: x.dtype, shape };
    return this.define(result, `stablehlo.reshape ${x.id} : ${signature([x], result)}`);
  }

  transpose(x: Operand, permutation: readonly number[]): Operand {
    const result = { dtype: x.dtype, shape: permutation.map((axis) => x.shape[axis]) };
    const text = `stablehlo.transpose ${x.id}, dims = [${permutation.join(', ')}]`;
    return this.define(result, `${text} : ${signature([x], result)}`);
  }

  /** x with its axes placed at `axes` of `shape`, repeated along all others and along its axes of size 1. */
  broadcast(x: Operand, shape: readonly number[], axes: readonly number[]): Operand {
    const result = { dtype: x.dtype, shape };
    const text = `stablehlo.broadcast_in_dim ${x.id}, dims = [${axes.join(', ')}]`;
    return this.define(result, `${text} : ${signature([x], result)}`);
  }

  /** x broadcast to `shape` by NumPy's rules: axes are aligned at the end. */
  broadcastTo(x: Operand, shape: readonly number[]): Operand {
    if (sameSizes(x.shape, shape)) return x;
    const lead = shape.length - x.shape.length;
    return this.broadcast(
      x,
      shape,
      x.shape.map((_, axis) => axis + lead),
    );
  }

  slice(x: Operand, starts: readonly number[], ends: readonly number[]): Operand {
    const result = { dtype: x.dtype, shape: starts.map((start, axis) => ends[axis] - start) };
    const ranges = starts.map((start, axis) => `${start}:${ends[axis]}`).join(', ');
    return this.define(result, `stablehlo.slice ${x.id} [${ranges}] : ${signature([x], result)}`);
  }

  /** x[start : start + size] along the first axis, from a start that is known only at run time: an int64 scalar. */
  dynamicRows(x: Operand, start: Operand, size: number): Operand {
    const result = { dtype: x.dtype, shape: [size, ...x.shape.slice(1)] };
    const zero = this.scalar('int64', 0);
    const starts = x.shape.map((_, axis) => (axis === 0 ? start : zero));
    const text = `stablehlo.dynamic_slice ${ids([x, ...starts])}, sizes = [${result.shape.join(', ')}]`;
    return this.define(result, `${text} : ${signature([x, ...starts], result)}`);
  }

  pad(x: Operand, before: readonly number[], after: readonly number[]): Operand {
    const shape = x.shape.map((size, axis) => size + before[axis] + after[axis]);
    const result = { dtype: x.dtype, shape };
    const zero = this.scalar(x.dtype, 0);
    const interior = x.shape.map(() => 0).join(', ');
    const amounts = `low = [${before.join(', ')}], high = [${after.join(', ')}], interior = [${interior}]`;
    return this.define(
      result,
      `stablehlo.pad ${ids([x, zero])}, ${amounts} : ${signature([x, zero], result)}`,
    );
  }

  concatenate(parts: readonly Operand[], axis: number): Operand {
    const size = parts.reduce((total, part) => total + part.shape[axis], 0);
    const result = {
      dtype: parts[0].dtype,
      shape: parts[0].shape.map((dim, i) => (i === axis ? size : dim)),
    };
    return this.define(
      result,
      `stablehlo.concatenate ${ids(parts)}, dim = ${axis} : ${signature(parts, result)}`,
    );
  }

  /** Reduces `axes` away. */
  reduce(reduction: Reduction, x: Operand, axes: readonly number[]): Operand {
    const start = this.scalar(x.dtype, reduction === 'add' ? 0 : Number.NEGATIVE_INFINITY);
    const result = { dtype: x.dtype, shape: x.shape.filter((_, axis) => !axes.includes(axis)) };
    const text = `stablehlo.reduce(${x.id} init: ${start.id}) applies stablehlo.${reduction}`;
    return this.define(
      result,
      `${text} across dimensions = [${axes.join(', ')}] : ${signature([x, start], result)}`,
    );
  }

  /** Σ a·b over the contracted axes; the result has the batching axes, then the free axes of a, then those of b. */
  dot(
    a: Operand,
    b: Operand,
    axes: {
      batching: readonly [readonly number[], readonly number[]];
      contracting: readonly [number, number];
    },
  ): Operand {
    const { batching, contracting } = axes;
    const free = (x: Operand, batch: readonly number[], contracted: number) =>
      x.shape.filter((_, axis) => axis !== contracted && !batch.includes(axis));
    const shape = [
      ...batching[0].map((axis) => a.shape[axis]),
      ...free(a, batching[0], contracting[0]),
      ...free(b, batching[1], contracting[1]),
    ];
    const result = { dtype: 'float32' as const, shape };
    const lists = (pair: readonly [readonly number[], readonly number[]]) =>
      `[${pair[0].join(', ')}] x [${pair[1].join(', ')}]`;
    const batches = batching[0].length ? `batching_dims = ${lists(batching)}, ` : '';
    const contracted = `contracting_dims = ${lists([[contracting[0]], [contracting[1]]])}`;
    // Without it, a GPU multiplies float32 operands as TF32, with 10 bits of mantissa.
    const precision = a.dtype === 'float32' ? ', precision = [HIGHEST, HIGHEST]' : '';
    const text = `stablehlo.dot_general ${ids([a, b])}, ${batches}${contracted}${precision}`;
    return this.define(result, `${text} : ${signature([a, b], result)}`);
  }

  /** Rows of a table: table [V, ...], indices of any shape → [...indices, ...]. Indices outside the table are clamped. */
  gatherRows(table: Operand, indices: Operand): Operand {
    const width = table.shape.slice(1);
    const result = { dtype: table.dtype, shape: [...indices.shape, ...width] };
    const rank = indices.shape.length;
    const numbers = [
      `offset_dims = [${width.map((_, axis) => rank + axis).join(', ')}]`,
      'collapsed_slice_dims = [0]',
      'start_index_map = [0]',
      `index_vector_dim = ${rank}`,
    ].join(', ');
    const sizes = `slice_sizes = array<i64: ${[1, ...width].join(', ')}>`;
    const attributes = `<{dimension_numbers = #stablehlo.gather<${numbers}>, indices_are_sorted = false, ${sizes}}>`;
    return this.define(
      result,
      `"stablehlo.gather"(${ids([table, indices])}) ${attributes} : ${signature([table, indices], result)}`,
    );
  }

  /**
   * The table with values at the places that indices name along `axes`, or with values added there. Values outside the
   * table are left out.
   * @param indices [...N, axes.length], or [...N] for one axis @param values [...N, ...the other axes of the table]
   */
  scatter(
    table: Operand,
    indices: Operand,
    values: Operand,
    { axes, combine }: { axes: readonly number[]; combine: 'add' | 'replace' },
  ): Operand {
    const batch = values.shape.length - (table.shape.length - axes.length);
    const windows = values.shape.map((_, axis) => axis).slice(batch);
    const numbers = [
      `update_window_dims = [${windows.join(', ')}]`,
      `inserted_window_dims = [${axes.join(', ')}]`,
      `scatter_dims_to_operand_dims = [${axes.join(', ')}]`,
      `index_vector_dim = ${batch}`,
    ].join(', ');
    const attributes = `<{scatter_dimension_numbers = #stablehlo.scatter<${numbers}>, indices_are_sorted = false, unique_indices = false}>`;
    const element = typeOf({ dtype: table.dtype, shape: [] });
    const body = {
      add: `%sum = stablehlo.add %old, %new : ${element} stablehlo.return %sum : ${element}`,
      replace: `stablehlo.return %new : ${element}`,
    }[combine];
    const region = `({ ^bb0(%old: ${element}, %new: ${element}): ${body} })`;
    const operands = [table, indices, values];
    return this.define(
      table,
      `"stablehlo.scatter"(${ids(operands)}) ${attributes} ${region} : ${signature(operands, table)}`,
    );
  }

  /** x, behind a wall for the compiler: it does not merge what is computed from it with what was computed from x. */
  barrier(x: Operand): Operand {
    return this.define(x, `stablehlo.optimization_barrier ${x.id} : ${typeOf(x)}`);
  }

  /** x, whole on each device of the mesh. */
  replicate(x: Operand): Operand {
    if (!this.mesh) return x;
    const axes = x.shape.map(() => '{}').join(', ');
    return this.define(x, `sdy.sharding_constraint ${x.id} <@mesh, [${axes}]> : ${typeOf(x)}`);
  }

  /** An operation with several results. */
  several(types: readonly Pick<Operand, 'dtype' | 'shape'>[], text: string): Operand[] {
    const id = `%${this.counter++}`;
    this.lines.push(`${id}:${types.length} = ${text}`);
    return types.map(({ dtype, shape }, index) => ({ id: `${id}#${index}`, dtype, shape }));
  }

  /** The number in all elements. */
  fill(dtype: HloType, shape: readonly number[], value: number): Operand {
    return this.broadcast(this.scalar(dtype, value), shape, []);
  }

  scalar(dtype: HloType, value: number): Operand {
    return this.shared(dtype, [], literal(dtype, value));
  }

  /** Constant data; equal small ones are written once. */
  constant(dtype: DType, shape: readonly number[], data: TypedArray): Operand {
    if (data.length === 1) return this.shared(dtype, shape, literal(dtype, Number(data[0]), data));
    // How MLIR packs booleans in hexadecimal text has changed between versions; bytes mean the same in all.
    if (dtype === 'bool')
      return this.convert(this.constant('int8', shape, Int8Array.from(data as Uint8Array)), 'bool');
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    return this.shared(dtype, shape, `"0x${bytes.toString('hex').toUpperCase()}"`);
  }

  private shared(dtype: HloType, shape: readonly number[], text: string): Operand {
    const type = { dtype, shape };
    const line = `stablehlo.constant dense<${text}> : ${typeOf(type)}`;
    const known = this.constants.get(line) ?? this.define(type, line);
    this.constants.set(line, known);
    return known;
  }

  private define(type: Pick<Operand, 'dtype' | 'shape'>, text: string): Operand {
    const id = `%${this.counter++}`;
    this.lines.push(`${id} = ${text}`);
    return { id, dtype: type.dtype, shape: type.shape };
  }
}

const ids = (operands: readonly Operand[]): string => operands.map(({ id }) => id).join(', ');

function signature(operands: readonly Operand[], result: Pick<Operand, 'dtype' | 'shape'>): string {
  return `(${operands.map(typeOf).join(', ')}) -> ${typeOf(result)}`;
}

function isFloat(dtype: HloType): boolean {
  return dtype === 'float32' || dtype === 'bfloat16' || dtype === 'float16';
}

export function sameSizes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** Floats as bit patterns, so that no digit is lost. */
function literal(dtype: HloType, value: number, data?: TypedArray): string {
  if (dtype === 'bool') return value ? 'true' : 'false';
  if (dtype === 'float16' && data) return `0x${data[0].toString(16).toUpperCase().padStart(4, '0')}`;
  if (dtype !== 'float32' && isFloat(dtype)) {
    if (value === 0) return '0.0';
    throw new Error(`no literal of ${value} in ${dtype}`);
  }
  if (dtype !== 'float32') return String(value);
  const bits = new DataView(new ArrayBuffer(4));
  bits.setFloat32(0, value);
  return `0x${bits.getUint32(0).toString(16).toUpperCase().padStart(8, '0')}`;
}
