import { type FileHandle, open } from 'node:fs/promises';
import { checkFinite } from '../weights/check-finite';
import { ModelFileError } from '../weights/model-file-error';
import { readChunks } from '../weights/read-chunks';
import { elementCount, type TensorFile } from '../weights/weight-source';
import { type GgufTensor, readGgufHeader } from './header';
import type { GgufMetadata } from './metadata';

/** A GGUF file, or the parts of a split one, with the names, shapes and layouts of llama.cpp. */
export interface GgufFile extends TensorFile {
  readonly metadata: GgufMetadata;
}

/**
 * Opens one GGUF file, which may be a part of a model; the caller closes it.
 *
 * @throws ModelFileError when the file is missing, damaged or contains unsupported types
 */
export async function openGgufPart(path: string): Promise<GgufFile> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new ModelFileError(path, `cannot be opened (${error.code}); check the path`);
  });
  try {
    const { metadata, tensors } = await readGgufHeader(file, path);
    const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    return {
      metadata,
      tensors: () => tensors,
      read: (name, target) => readTensor(file, path, byName.get(name), name, target, null),
      readPart: (name, target, from) => readTensor(file, path, byName.get(name), name, target, from),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readTensor(
  file: FileHandle,
  path: string,
  tensor: GgufTensor | undefined,
  name: string,
  target: Float32Array,
  /** First element, which begins a block; null reads the whole tensor. */
  from: number | null,
): Promise<void> {
  if (!tensor) throw new ModelFileError(path, `there is no tensor "${name}"`);
  const { type, shape } = tensor;
  const where = `${path}: tensor "${name}"`;
  const size = elementCount(shape);
  if (from === null ? target.length !== size : from + target.length > size)
    throw new ModelFileError(
      where,
      `has ${size} elements [${shape.join(', ')}], the target has ${target.length}`,
    );
  const bytesOf = (elements: number) => (elements / type.blockSize) * type.blockBytes;
  const range = {
    offset: tensor.offset + bytesOf(from ?? 0),
    length: bytesOf(target.length),
    unit: type.blockBytes,
    where,
  };
  await readChunks(file, range, (chunk, start) => {
    const first = (start / type.blockBytes) * type.blockSize;
    const count = (chunk.length / type.blockBytes) * type.blockSize;
    type.decode(chunk, target.subarray(first, first + count));
  });
  checkFinite(where, target);
}
