import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A tensor of a golden file: float32 values, or int64 values as BigInts, in row-major order. */
export type GoldenTensor =
  | { shape: number[]; dtype: 'F32'; data: Float32Array }
  | { shape: number[]; dtype: 'I64'; data: BigInt64Array };

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/**
 * Reads a safetensors file of tools/golden. Deliberately independent of the product's own reader, so that a mistake there
 * cannot hide itself.
 *
 * @param path the file, or a case folder that holds `golden.safetensors`
 */
export function readGolden(path: string): Map<string, GoldenTensor> {
  const file = path.endsWith('.safetensors') ? path : join(path, 'golden.safetensors');
  const bytes = readFileSync(file);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<string, Entry>;
  const tensors = new Map<string, GoldenTensor>();
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [start, end] = offsets.map((offset) => 8 + headerLength + offset);
    // Copies the bytes: typed arrays need an aligned offset, which the file does not guarantee.
    const { buffer } = Uint8Array.from(bytes.subarray(start, end));
    if (dtype === 'F32') tensors.set(name, { shape, dtype, data: new Float32Array(buffer) });
    else if (dtype === 'I64') tensors.set(name, { shape, dtype, data: new BigInt64Array(buffer) });
    else throw new Error(`${file}: tensor "${name}" is ${dtype}; golden files hold F32 and I64 only`);
  }
  return tensors;
}

/** The float32 tensor `name` of a golden file. @throws Error that lists the names when there is no such tensor */
export function goldenFloats(golden: Map<string, GoldenTensor>, name: string): Float32Array {
  const tensor = pick(golden, name);
  if (tensor.dtype !== 'F32') throw new Error(`golden tensor "${name}" is ${tensor.dtype}, not F32`);
  return tensor.data;
}

/** The int64 tensor `name` of a golden file as plain numbers. */
export function goldenIntegers(golden: Map<string, GoldenTensor>, name: string): number[] {
  const tensor = pick(golden, name);
  if (tensor.dtype !== 'I64') throw new Error(`golden tensor "${name}" is ${tensor.dtype}, not I64`);
  return Array.from(tensor.data, Number);
}

/** Every tensor below a prefix, keyed by the rest of its name: `withPrefix(golden, 'grad.')`. */
export function withPrefix(golden: Map<string, GoldenTensor>, prefix: string): Map<string, Float32Array> {
  const names = [...golden.keys()].filter((name) => name.startsWith(prefix));
  if (names.length === 0) throw new Error(`no golden tensor begins with "${prefix}"`);
  return new Map(names.map((name) => [name.slice(prefix.length), goldenFloats(golden, name)]));
}

function pick(golden: Map<string, GoldenTensor>, name: string): GoldenTensor {
  const tensor = golden.get(name);
  if (tensor) return tensor;
  throw new Error(`no golden tensor "${name}"; there are ${[...golden.keys()].join(', ')}`);
}
