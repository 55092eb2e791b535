import { writeAll, writeFileAtomically } from '../weights/atomic-file';
import { encodeFloats, type FloatDtype } from '../weights/convert';
import { ModelFileError } from '../weights/model-file-error';
import { elementCount } from '../weights/weight-source';
import { SAFETENSORS_DTYPE_BYTES } from './dtypes';

const CHUNK_ELEMENTS = 1024 * 1024;
const HEADER_ALIGNMENT = 8;

/** A tensor to write. A function `data` loads the tensor when it is written. */
export interface TensorToWrite {
  name: string;
  shape: readonly number[];
  data: Float32Array | (() => Float32Array | Promise<Float32Array>);
}

/** Writes one safetensors file atomically, in the given order, and converts from fp32 in chunks. */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorToWrite[],
  options: { dtype: FloatDtype; metadata?: Readonly<Record<string, string>> },
): Promise<void> {
  const header = encodeHeader(path, tensors, options.dtype, options.metadata ?? { format: 'pt' });
  await writeFileAtomically(path, async (file) => {
    await writeAll(file, header);
    for (const tensor of tensors) {
      const data = await loadTensor(path, tensor);
      for (let start = 0; start < data.length; start += CHUNK_ELEMENTS)
        await writeAll(file, encodeFloats(data.subarray(start, start + CHUNK_ELEMENTS), options.dtype));
    }
  });
}

async function loadTensor(path: string, { name, shape, data }: TensorToWrite): Promise<Float32Array> {
  const values = typeof data === 'function' ? await data() : data;
  if (values.length !== elementCount(shape))
    throw new ModelFileError(
      path,
      `tensor "${name}" has ${values.length} values, its shape [${shape.join(', ')}] needs ${elementCount(shape)}`,
    );
  return values;
}

function encodeHeader(
  path: string,
  tensors: readonly TensorToWrite[],
  dtype: FloatDtype,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const entries = new Map<string, unknown>([['__metadata__', metadata]]);
  let offset = 0;
  for (const { name, shape } of tensors) {
    if (entries.has(name)) throw new ModelFileError(path, `tensor "${name}" is given twice`);
    const end = offset + tensorBytes({ shape }, dtype);
    entries.set(name, { dtype, shape, data_offsets: [offset, end] });
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const padded = Math.ceil(json.length / HEADER_ALIGNMENT) * HEADER_ALIGNMENT;
  const header = Buffer.alloc(8 + padded, ' ');
  header.writeBigUInt64LE(BigInt(padded));
  json.copy(header, 8);
  return header;
}

export function tensorBytes({ shape }: Pick<TensorToWrite, 'shape'>, dtype: FloatDtype): number {
  return elementCount(shape) * SAFETENSORS_DTYPE_BYTES[dtype];
}
