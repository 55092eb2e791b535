import { writeAll, writeFileAtomically } from '../../weights/atomic-file';
import { elementCount } from '../../weights/weight-source';
import { ENCODINGS, type EncodingName } from './encodings';
import { encodeMetadata, type MetadataEntry, MetadataWriter } from './metadata-writer';

const ALIGNMENT = 32;
const VERSION = 3;
/** Numbers that are encoded together. A multiple of every block size. */
const CHUNK = 256 * 1024;

export interface GgufTensorToWrite {
  name: string;
  /** Row-major, as in safetensors; a GGUF file has the reverse. */
  shape: readonly number[];
  encoding: EncodingName;
  load(): Promise<Float32Array>;
}

/** A GGUF file before its weights are written. */
export interface GgufLayout {
  header: Uint8Array;
  tensors: readonly GgufTensorToWrite[];
  /** Size of the file. */
  bytes: number;
}

/** Encodes the header of a GGUF file (version 3). */
export function layOut(
  metadata: readonly MetadataEntry[],
  tensors: readonly GgufTensorToWrite[],
): GgufLayout {
  const header = new MetadataWriter();
  header.bytes(Buffer.from('GGUF'));
  header.u32(VERSION);
  header.u64(tensors.length);
  header.u64(metadata.length);
  for (const entry of metadata) encodeMetadata(header, entry);
  let offset = 0;
  for (const { name, shape, encoding } of tensors) {
    header.string(name);
    header.u32(shape.length);
    for (const dimension of [...shape].reverse()) header.u64(dimension);
    header.u32(ENCODINGS[encoding].type);
    header.u64(offset);
    offset += padded(byteLength(shape, encoding));
  }
  const encoded = header.finish();
  return { header: encoded, tensors, bytes: padded(encoded.length) + offset };
}

/**
 * Writes a GGUF file atomically, one tensor in memory at a time.
 * @param onChunk receives the number of elements of each part that is written
 */
export async function writeGguf(
  path: string,
  { header, tensors }: GgufLayout,
  onChunk: (elements: number) => void = () => {},
): Promise<void> {
  await writeFileAtomically(path, async (file) => {
    await writeAll(file, header);
    await writeAll(file, new Uint8Array(padded(header.length) - header.length));
    for (const { shape, encoding, load } of tensors) {
      const { blockSize, blockBytes, encode } = ENCODINGS[encoding];
      const data = await load();
      for (let from = 0; from < data.length; from += CHUNK) {
        const part = data.subarray(from, from + CHUNK);
        const blocks = new Uint8Array((part.length / blockSize) * blockBytes);
        encode(part, blocks);
        await writeAll(file, blocks);
        onChunk(part.length);
      }
      const length = byteLength(shape, encoding);
      await writeAll(file, new Uint8Array(padded(length) - length));
    }
  });
}

const padded = (length: number): number => Math.ceil(length / ALIGNMENT) * ALIGNMENT;

function byteLength(shape: readonly number[], encoding: EncodingName): number {
  const { blockSize, blockBytes } = ENCODINGS[encoding];
  return (elementCount(shape) / blockSize) * blockBytes;
}
