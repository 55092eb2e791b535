import { type FileHandle, open } from 'node:fs/promises';
import { ModelFileError } from '../weights/model-file-error';
import { readChunks } from '../weights/read-chunks';
import { elementCount, type WeightSource } from '../weights/weight-source';
import { type GgufTensor, readGgufHeader } from './header';
import type { GgufMetadata } from './metadata';

/** A GGUF file with the names, shapes and layouts of llama.cpp. */
export interface GgufFile extends WeightSource {
  readonly metadata: GgufMetadata;
}

/**
 * Opens a GGUF file; the caller closes it.
 *
 * @throws ModelFileError when the file is missing, damaged or contains unsupported types
 */
export async function openGgufFile(path: string): Promise<GgufFile> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new ModelFileError(path, `cannot be opened (${error.code}); check the path`);
  });
  try {
    const { metadata, tensors } = await readGgufHeader(file, path);
    const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    return {
      metadata,
      tensors: () => tensors,
      read: (name, target) => readTensor(file, path, byName.get(name), name, target),
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
): Promise<void> {
  if (!tensor) throw new ModelFileError(path, `there is no tensor "${name}"`);
  const { type, shape, offset, byteLength } = tensor;
  const where = `${path}: tensor "${name}"`;
  if (target.length !== elementCount(shape))
    throw new ModelFileError(
      where,
      `has ${elementCount(shape)} elements [${shape.join(', ')}], the target has ${target.length}`,
    );
  await readChunks(file, { offset, length: byteLength, unit: type.blockBytes, where }, (chunk, start) => {
    const first = (start / type.blockBytes) * type.blockSize;
    const count = (chunk.length / type.blockBytes) * type.blockSize;
    type.decode(chunk, target.subarray(first, first + count));
  });
}
