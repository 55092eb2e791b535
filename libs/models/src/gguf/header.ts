import type { FileHandle } from 'node:fs/promises';
import { elementCount, type TensorInfo } from '../weights/weight-source';
import { GgufCursor } from './cursor';
import { GgufMetadata, type GgufValue, readGgufValue } from './metadata';
import { GGML_TYPES, type GgmlType, ggmlTypeName } from './types';

const MAGIC = 0x46554747; // "GGUF"
const SWAPPED_VERSIONS = [0x02000000, 0x03000000];
const MAX_DIMENSIONS = 4;
const DEFAULT_ALIGNMENT = 32;
const MIN_ENTRY_BYTES = 13; // key length, type and one byte
const MIN_TENSOR_BYTES = 24; // name length, dimensions, type and offset

export interface GgufTensor extends TensorInfo {
  readonly type: GgmlType;
  /** Offset in the file, in bytes. */
  readonly offset: number;
  readonly byteLength: number;
}

export interface GgufHeader {
  metadata: GgufMetadata;
  /** Names as in the file; shapes in row-major order, which is reversed in the file. */
  tensors: GgufTensor[];
}

/**
 * Reads and checks the header of a GGUF file, versions 2 and 3
 * (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): every tensor has a supported type, lies
 * within the file and overlaps no other tensor.
 *
 * @throws ModelFileError for any other content
 */
export async function readGgufHeader(file: FileHandle, where: string): Promise<GgufHeader> {
  const { size } = await file.stat();
  const cursor = new GgufCursor(file.fd, size, where);
  checkVersion(cursor);
  const tensorCount = cursor.length('the number of tensors', Math.floor(cursor.remaining / MIN_TENSOR_BYTES));
  const entryCount = cursor.length('the number of metadata', Math.floor(cursor.remaining / MIN_ENTRY_BYTES));
  const metadata = readMetadata(cursor, entryCount, where);
  const tensors = readTensors(cursor, tensorCount, metadata, size);
  return { metadata, tensors };
}

function checkVersion(cursor: GgufCursor): void {
  if (cursor.remaining < 24)
    cursor.fail(`${cursor.remaining} bytes are too few for a GGUF file; download it again`);
  const magic = cursor.u32();
  if (magic !== MAGIC)
    cursor.fail('does not begin with "GGUF"; this is no GGUF file (older GGML files are not read)');
  const version = cursor.u32();
  if (SWAPPED_VERSIONS.includes(version)) cursor.fail('is big-endian; convert it to little-endian');
  if (version !== 2 && version !== 3)
    cursor.fail(`GGUF version ${version} is not supported; supported: 2, 3`);
}

function readMetadata(cursor: GgufCursor, count: number, where: string): GgufMetadata {
  const values = new Map<string, GgufValue>();
  for (let i = 0; i < count; i++) {
    const key = cursor.string('a metadata key');
    if (values.has(key)) cursor.fail(`metadata "${key}" occurs twice; the file is damaged`);
    values.set(key, readGgufValue(cursor, key));
  }
  return new GgufMetadata(values, where);
}

function readTensors(cursor: GgufCursor, count: number, metadata: GgufMetadata, size: number): GgufTensor[] {
  const alignment = metadata.number('general.alignment') ?? DEFAULT_ALIGNMENT;
  if (!Number.isInteger(Math.log2(alignment)) || alignment < 8)
    cursor.fail(`metadata "general.alignment" is ${alignment}; expected a power of two of at least 8`);
  const relative = new Map<string, GgufTensor>();
  for (let i = 0; i < count; i++) {
    const tensor = readTensor(cursor, alignment);
    if (relative.has(tensor.name)) cursor.fail(`tensor "${tensor.name}" occurs twice; the file is damaged`);
    relative.set(tensor.name, tensor);
  }
  const dataStart = Math.ceil(cursor.position / alignment) * alignment;
  const tensors = [...relative.values()].map((tensor) => ({ ...tensor, offset: dataStart + tensor.offset }));
  checkPlacement(cursor, tensors, size);
  return tensors;
}

function readTensor(cursor: GgufCursor, alignment: number): GgufTensor {
  const name = cursor.string('a tensor name');
  const dimensions = cursor.u32();
  if (dimensions > MAX_DIMENSIONS)
    cursor.fail(`tensor "${name}" has ${dimensions} dimensions, at most ${MAX_DIMENSIONS} are possible`);
  const shape: number[] = [];
  for (let i = 0; i < dimensions; i++)
    shape.unshift(cursor.length(`a dimension of "${name}"`, Number.MAX_SAFE_INTEGER));
  const typeNumber = cursor.u32();
  const type = GGML_TYPES.get(typeNumber);
  if (!type) {
    const supported = [...GGML_TYPES.values()].map((known) => known.name).join(', ');
    cursor.fail(
      `tensor "${name}" has the type ${ggmlTypeName(typeNumber)}, which is not supported; supported: ${supported}`,
    );
  }
  const row = shape[shape.length - 1] ?? 1;
  if (row % type.blockSize !== 0)
    cursor.fail(
      `tensor "${name}" has rows of ${row}, not a multiple of the ${type.blockSize} in a ${type.name} block`,
    );
  const offset = cursor.length(`the offset of "${name}"`);
  if (offset % alignment !== 0)
    cursor.fail(`tensor "${name}" starts at ${offset}, not a multiple of ${alignment}`);
  const byteLength = (elementCount(shape) / type.blockSize) * type.blockBytes;
  return { name, shape, dtype: type.name, type, offset, byteLength };
}

function checkPlacement(cursor: GgufCursor, tensors: readonly GgufTensor[], size: number): void {
  let end = 0;
  let previous = '';
  for (const { name, offset, byteLength } of [...tensors].sort((a, b) => a.offset - b.offset)) {
    // The negated comparison also rejects a product that is not finite.
    if (!(offset + byteLength <= size))
      cursor.fail(
        `tensor "${name}" ends at byte ${offset + byteLength} but the file has ${size}; download it again`,
      );
    if (offset < end) cursor.fail(`tensors "${previous}" and "${name}" overlap; the file is damaged`);
    end = offset + byteLength;
    previous = name;
  }
}
