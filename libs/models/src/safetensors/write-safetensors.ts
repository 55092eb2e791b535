import { writeAll, writeFileAtomically } from '../weights/atomic-file';
import { encodeFloats, type FloatDtype } from '../weights/convert';
import { ModelFileError } from '../weights/model-file-error';
import { elementCount } from '../weights/weight-source';
import { SAFETENSORS_DTYPE_BYTES } from './dtypes';
import { encodeSafetensorsHeader } from './encode-header';

const CHUNK_ELEMENTS = 1024 * 1024;

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
  const { dtype, metadata = { format: 'pt' } } = options;
  checkNames(path, tensors);
  const header = encodeSafetensorsHeader(
    tensors.map(({ name, shape }) => ({ name, shape, dtype })),
    metadata,
  );
  await writeFileAtomically(path, async (file) => {
    await writeAll(file, header);
    for (const tensor of tensors) {
      const data = await loadTensor(path, tensor);
      for (let start = 0; start < data.length; start += CHUNK_ELEMENTS)
        await writeAll(file, encodeFloats(data.subarray(start, start + CHUNK_ELEMENTS), dtype));
    }
  });
}

function checkNames(path: string, tensors: readonly TensorToWrite[]): void {
  const names = new Set<string>();
  for (const { name } of tensors) {
    if (names.has(name)) throw new ModelFileError(path, `tensor "${name}" is given twice`);
    names.add(name);
  }
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

export function tensorBytes({ shape }: Pick<TensorToWrite, 'shape'>, dtype: FloatDtype): number {
  return elementCount(shape) * SAFETENSORS_DTYPE_BYTES[dtype];
}
