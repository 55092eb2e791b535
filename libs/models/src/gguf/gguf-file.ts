import { type FileHandle, open } from 'node:fs/promises';
import { checkFinite } from '../weights/check-finite';
import { ModelFileError } from '../weights/model-file-error';
import { readChunks } from '../weights/read-chunks';
import type { WeightBlocks } from '../weights/weight-blocks';
import { elementCount, type TensorFile } from '../weights/weight-source';
import { emptyBlocks, partOf } from './block-type';
import { type GgufTensor, readGgufHeader } from './header';
import type { GgufMetadata } from './metadata';

/** A GGUF file, or the parts of a split one, with the names, shapes and layouts of llama.cpp. */
export interface GgufFile extends TensorFile {
  readonly metadata: GgufMetadata;
  /** The blocks of a tensor as they are stored; null for a type without scales. */
  readBlocks(name: string): Promise<WeightBlocks | null>;
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
      readBlocks: (name) => readBlocks(file, path, byName.get(name), name),
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
  await readBytes(file, tensor, { from: from ?? 0, count: target.length, where }, (chunk, first, count) => {
    type.decode(chunk, target.subarray(first, first + count));
  });
  checkFinite(where, target);
}

async function readBlocks(
  file: FileHandle,
  path: string,
  tensor: GgufTensor | undefined,
  name: string,
): Promise<WeightBlocks | null> {
  if (!tensor) throw new ModelFileError(path, `there is no tensor "${name}"`);
  const { packing } = tensor.type;
  if (!packing) return null;
  const where = `${path}: tensor "${name}"`;
  const count = elementCount(tensor.shape);
  const blocks = emptyBlocks(packing, count);
  await readBytes(file, tensor, { from: 0, count, where }, (chunk, first, length) => {
    packing.unpack(chunk, partOf(blocks, first, length));
  });
  checkFinite(where, blocks.scales);
  if (blocks.minima) checkFinite(where, blocks.minima);
  return blocks;
}

/** Reads the bytes of `count` elements from `from`. @param use receives whole blocks, and their first element and number of elements */
async function readBytes(
  file: FileHandle,
  { type, offset }: GgufTensor,
  { from, count, where }: { from: number; count: number; where: string },
  use: (chunk: Uint8Array, first: number, count: number) => void,
): Promise<void> {
  const { blockSize, blockBytes } = type;
  const bytesOf = (elements: number) => (elements / blockSize) * blockBytes;
  const elementsOf = (bytes: number) => (bytes / blockBytes) * blockSize;
  const range = { offset: offset + bytesOf(from), length: bytesOf(count), unit: blockBytes, where };
  await readChunks(file, range, (chunk, start) => use(chunk, elementsOf(start), elementsOf(chunk.length)));
}
