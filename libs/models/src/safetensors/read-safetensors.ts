import { type FileHandle, open } from 'node:fs/promises';
import { checkFinite } from '../weights/check-finite';
import { DECODERS } from '../weights/convert';
import { ModelFileError } from '../weights/model-file-error';
import { readChunks, readExactly } from '../weights/read-chunks';
import { elementCount, type TensorFile } from '../weights/weight-source';
import { readSafetensorsHeader, type SafetensorsEntry } from './header';

export interface SafetensorsFile extends TensorFile {
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Opens one safetensors file; the caller closes it.
 *
 * @throws ModelFileError when the file is missing or damaged
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await openFile(path);
  try {
    const { entries, metadata } = await readSafetensorsHeader(file, path);
    const byName = new Map(entries.map((entry) => [entry.name, entry]));
    return {
      metadata,
      tensors: () => entries,
      read: (name, target) => readTensor(file, path, byName.get(name), name, target, null),
      readPart: (name, target, from) => readTensor(file, path, byName.get(name), name, target, from),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw new ModelFileError(
      path,
      `cannot be opened (${(error as NodeJS.ErrnoException).code}); check the path`,
    );
  }
}

async function readTensor(
  file: FileHandle,
  path: string,
  entry: SafetensorsEntry | undefined,
  name: string,
  target: Float32Array,
  /** First element; null reads the whole tensor. */
  from: number | null,
): Promise<void> {
  if (!entry) throw new ModelFileError(path, `there is no tensor "${name}"`);
  const where = `${path}: tensor "${name}"`;
  if (!Object.hasOwn(DECODERS, entry.dtype))
    throw new ModelFileError(
      where,
      `${entry.dtype} cannot be read as weights; supported: ${Object.keys(DECODERS).join(', ')}`,
    );
  const size = elementCount(entry.shape);
  if (from === null ? target.length !== size : from + target.length > size)
    throw new ModelFileError(
      where,
      `has ${size} elements [${entry.shape.join(', ')}], the target has ${target.length}`,
    );
  const { bytesPerElement, decode } = DECODERS[entry.dtype];
  const offset = entry.offset + (from ?? 0) * bytesPerElement;
  if (entry.dtype === 'F32') {
    const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
    await readExactly(file, bytes, offset, where);
    return checkFinite(where, target);
  }
  const range = { offset, length: target.length * bytesPerElement, unit: bytesPerElement, where };
  await readChunks(file, range, (chunk, start) => {
    const first = start / bytesPerElement;
    decode(chunk, target.subarray(first, first + chunk.length / bytesPerElement));
  });
  checkFinite(where, target);
}
