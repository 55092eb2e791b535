import { elementCount } from '../weights/weight-source';
import { SAFETENSORS_DTYPE_BYTES } from './dtypes';

const ALIGNMENT = 8;

export interface TensorDescription {
  name: string;
  dtype: string;
  shape: readonly number[];
}

/**
 * The beginning of a safetensors file: the length of its header, and the header, padded with spaces. The bytes of the
 * tensors follow in this order, without gaps.
 * @param tensors each with a unique name
 */
export function encodeSafetensorsHeader(
  tensors: readonly TensorDescription[],
  metadata: Readonly<Record<string, string>> = {},
): Buffer {
  const entries = new Map<string, unknown>([['__metadata__', metadata]]);
  let offset = 0;
  for (const { name, dtype, shape } of tensors) {
    const end = offset + elementCount(shape) * SAFETENSORS_DTYPE_BYTES[dtype];
    entries.set(name, { dtype, shape, data_offsets: [offset, end] });
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const padded = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const header = Buffer.alloc(8 + padded, ' ');
  header.writeBigUInt64LE(BigInt(padded));
  json.copy(header, 8);
  return header;
}
