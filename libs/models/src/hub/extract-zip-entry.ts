import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import { ModelFileError } from '../weights/model-file-error';
import { readExactly } from '../weights/read-chunks';
import { counted } from './counted';

const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65535;
const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const LOCAL_HEADER_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;

interface ZipEntry {
  method: number;
  compressedBytes: number;
  bytes: number;
  localHeader: number;
}

/**
 * Extracts one file of a zip archive (PKWARE APPNOTE; no zip64, no encryption) as a stream.
 *
 * @throws ModelFileError when the archive is damaged or has no such file
 */
export async function extractZipEntry(
  archive: string,
  name: string,
  target: string,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<void> {
  const file = await open(archive, 'r');
  let entry: ZipEntry;
  let start: number;
  try {
    entry = await findEntry(file, archive, name);
    start = await dataStart(file, archive, entry);
  } finally {
    await file.close();
  }
  if (entry.method !== STORED && entry.method !== DEFLATED)
    throw new ModelFileError(archive, `"${name}" is compressed with method ${entry.method}; expected 0 or 8`);
  const end = start + entry.compressedBytes - 1;
  const source = createReadStream(archive, { start, end, highWaterMark: 1024 * 1024 });
  const unpack = entry.method === DEFLATED ? createInflateRaw() : new PassThrough();
  const count = (bytes: AsyncIterable<Uint8Array>) => counted(bytes, (done) => onProgress(done, entry.bytes));
  try {
    await pipeline(source, unpack, count, createWriteStream(target));
  } catch (error) {
    throw new ModelFileError(archive, `"${name}" cannot be extracted (${(error as Error).message})`);
  }
}

async function findEntry(file: FileHandle, archive: string, name: string): Promise<ZipEntry> {
  const directory = await readDirectory(file, archive);
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === ENTRY_SIGNATURE; ) {
    const nameBytes = directory.readUInt16LE(at + 28);
    if (directory.toString('utf8', at + 46, at + 46 + nameBytes) === name)
      return {
        method: directory.readUInt16LE(at + 10),
        compressedBytes: directory.readUInt32LE(at + 20),
        bytes: directory.readUInt32LE(at + 24),
        localHeader: directory.readUInt32LE(at + 42),
      };
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  throw new ModelFileError(archive, `the archive holds no "${name}"`);
}

async function readDirectory(file: FileHandle, archive: string): Promise<Buffer> {
  const { size } = await file.stat();
  const tail = Buffer.alloc(Math.min(size, END_BYTES + MAX_COMMENT_BYTES));
  await readExactly(file, tail, size - tail.length, archive);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END_SIGNATURE) continue;
    const bytes = tail.readUInt32LE(at + 12);
    const offset = tail.readUInt32LE(at + 16);
    if (offset + bytes > size) break;
    const directory = Buffer.alloc(bytes);
    await readExactly(file, directory, offset, archive);
    return directory;
  }
  throw new ModelFileError(archive, 'is no zip archive or is truncated; download it again');
}

async function dataStart(file: FileHandle, archive: string, entry: ZipEntry): Promise<number> {
  const header = Buffer.alloc(LOCAL_HEADER_BYTES);
  await readExactly(file, header, entry.localHeader, archive);
  return entry.localHeader + LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
}
