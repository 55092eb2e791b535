import type { FileHandle } from 'node:fs/promises';
import { jsonProblem } from '@open-chatgpt/tokenizer';
import { z } from 'zod';
import { ModelFileError } from '../weights/model-file-error';
import { readExactly } from '../weights/read-chunks';
import { elementCount, type TensorInfo } from '../weights/weight-source';
import { SAFETENSORS_DTYPE_BYTES } from './dtypes';
import { duplicateKey } from './duplicate-key';

const LENGTH_BYTES = 8;
const MAX_HEADER_BYTES = 100_000_000; // the limit of the reference implementation
const REMEDY = 'the file is damaged, download or export it again';

export interface SafetensorsEntry extends TensorInfo {
  /** Offset in the file, in bytes. */
  readonly offset: number;
  readonly byteLength: number;
}

export interface SafetensorsHeader {
  entries: SafetensorsEntry[];
  metadata: Record<string, string>;
}

const wholeNumber = z.int().min(0);
const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(wholeNumber),
  data_offsets: z.tuple([wholeNumber, wholeNumber]),
});
const metadataSchema = z.record(z.string(), z.string());

/**
 * Reads and checks the header of a safetensors file (https://huggingface.co/docs/safetensors): every byte after
 * it belongs to exactly one tensor, whose size matches its shape and dtype. Allocates at most the size of the file.
 *
 * @throws ModelFileError for any other content
 */
export async function readSafetensorsHeader(file: FileHandle, where: string): Promise<SafetensorsHeader> {
  const { size } = await file.stat();
  const prefix = Buffer.alloc(Math.min(LENGTH_BYTES, size));
  await readExactly(file, prefix, 0, where);
  const dataStart = findData(prefix, size, where);
  const bytes = Buffer.alloc(dataStart - LENGTH_BYTES);
  await readExactly(file, bytes, LENGTH_BYTES, where);
  return parseHeader(bytes, { dataStart, dataBytes: size - dataStart, where });
}

/** As `readSafetensorsHeader`, of a file in memory. */
export function parseSafetensorsHeader(file: Buffer, where: string): SafetensorsHeader {
  const dataStart = findData(file, file.length, where);
  const bytes = file.subarray(LENGTH_BYTES, dataStart);
  return parseHeader(bytes, { dataStart, dataBytes: file.length - dataStart, where });
}

/** @returns the offset of the first tensor in a file of `size` bytes */
function findData(prefix: Buffer, size: number, where: string): number {
  if (size < LENGTH_BYTES)
    throw new ModelFileError(where, `${size} bytes are too few for a safetensors file; ${REMEDY}`);
  const length = prefix.readBigUInt64LE();
  if (length > MAX_HEADER_BYTES)
    throw new ModelFileError(
      where,
      `the header claims ${length} bytes, at most ${MAX_HEADER_BYTES} are allowed; this is not a safetensors file`,
    );
  const dataStart = LENGTH_BYTES + Number(length);
  if (dataStart > size)
    throw new ModelFileError(where, `the header claims ${length} bytes but the file has ${size}; ${REMEDY}`);
  return dataStart;
}

interface Place {
  dataStart: number;
  dataBytes: number;
  where: string;
}

function parseHeader(bytes: Uint8Array, place: Place): SafetensorsHeader {
  const { __metadata__: metadata = {}, ...tensors } = parseJson(bytes, place.where);
  const checked = metadataSchema.safeParse(metadata);
  if (!checked.success)
    throw new ModelFileError(place.where, `__metadata__ is not a map of strings; ${REMEDY}`);
  const entries = Object.entries(tensors).map(([name, entry]) => parseEntry(name, entry, place));
  checkCoverage(entries, place);
  return { entries, metadata: checked.data };
}

function decodeText(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ModelFileError(where, `the header is not UTF-8; ${REMEDY}`);
  }
}

function parseJson(bytes: Uint8Array, where: string): Record<string, unknown> {
  const text = decodeText(bytes, where);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ModelFileError(where, `the header is not JSON (${jsonProblem(error, text)}); ${REMEDY}`);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new ModelFileError(where, `the header is not a JSON object; ${REMEDY}`);
  const twice = duplicateKey(text);
  if (twice !== null) throw new ModelFileError(where, `the header names "${twice}" twice; ${REMEDY}`);
  return json as Record<string, unknown>;
}

function parseEntry(name: string, json: unknown, place: Place): SafetensorsEntry {
  const where = `${place.where}: tensor "${name}"`;
  const parsed = entrySchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ModelFileError(where, `bad header entry, ${issue.path.join('.')}: ${issue.message}; ${REMEDY}`);
  }
  const {
    dtype,
    shape,
    data_offsets: [begin, end],
  } = parsed.data;
  if (!Object.hasOwn(SAFETENSORS_DTYPE_BYTES, dtype))
    throw new ModelFileError(
      where,
      `unknown dtype "${dtype}"; known: ${Object.keys(SAFETENSORS_DTYPE_BYTES).join(', ')}`,
    );
  const byteLength = elementCount(shape) * SAFETENSORS_DTYPE_BYTES[dtype];
  if (begin > end || end > place.dataBytes)
    throw new ModelFileError(
      where,
      `data_offsets [${begin}, ${end}] lie outside the ${place.dataBytes} bytes of data; ${REMEDY}`,
    );
  if (end - begin !== byteLength)
    throw new ModelFileError(
      where,
      `${dtype} [${shape.join(', ')}] takes ${byteLength} bytes but data_offsets give ${end - begin}; ${REMEDY}`,
    );
  return { name, dtype, shape, offset: place.dataStart + begin, byteLength };
}

function checkCoverage(entries: readonly SafetensorsEntry[], { dataStart, dataBytes, where }: Place): void {
  const order = [...entries].sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  let end = dataStart;
  for (const { name, offset, byteLength } of order) {
    if (offset !== end) {
      const problem = offset < end ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw new ModelFileError(
        where,
        `tensor "${name}" ${problem} (byte ${offset}, expected ${end}); ${REMEDY}`,
      );
    }
    end = offset + byteLength;
  }
  const extra = dataStart + dataBytes - end;
  if (extra > 0) throw new ModelFileError(where, `${extra} bytes at the end belong to no tensor; ${REMEDY}`);
}
