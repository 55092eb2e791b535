import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { survives, survivesDamage } from '../testing/any-bytes';
import { ModelFileError } from '../weights/model-file-error';
import { openSafetensors } from './read-safetensors';

const folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
const path = join(folder, 'model.safetensors');
afterAll(() => rmSync(folder, { recursive: true }));

function fileBytes(header: unknown, dataBytes = 0, claimedLength?: bigint): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimedLength ?? BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

async function open(bytes: Uint8Array): Promise<void> {
  writeFileSync(path, bytes);
  const file = await openSafetensors(path);
  try {
    for (const { name, shape, dtype } of file.tensors())
      if (dtype.startsWith('F') || dtype === 'BF16')
        await file.read(name, new Float32Array(shape.reduce((a, b) => a * b, 1)));
  } finally {
    await file.close();
  }
}

const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('a bad safetensors file', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['empty', Buffer.alloc(0), /0 bytes are too few/],
    ['a few bytes', Buffer.alloc(7), /7 bytes are too few/],
    [
      'header longer than allowed',
      fileBytes({}, 0, 100_000_001n),
      /claims 100000001 bytes, at most 100000000/,
    ],
    ['header of 2^64−1 bytes', fileBytes({}, 0, 2n ** 64n - 1n), /claims 18446744073709551615 bytes/],
    ['header longer than the file', fileBytes({}, 0, 1000n), /claims 1000 bytes but the file has 10/],
    ['no JSON', fileBytes('{"a":'), /not JSON/],
    ['no UTF-8', Buffer.concat([fileBytes('', 0, 2n), Buffer.from([0xff, 0xfe])]), /not UTF-8/],
    ['no object', fileBytes('[]'), /not a JSON object/],
    ['null', fileBytes('null'), /not a JSON object/],
    ['metadata of numbers', fileBytes({ __metadata__: { a: 1 } }), /__metadata__ is not a map of strings/],
    [
      'entry without shape',
      fileBytes({ a: { dtype: 'F32', data_offsets: [0, 4] } }, 4),
      /"a": bad header entry, shape/,
    ],
    ['negative dimension', fileBytes({ a: f32(0, 4, [-1]) }, 4), /shape\.0/],
    ['fractional offset', fileBytes({ a: { ...f32(0, 4), data_offsets: [0.5, 4] } }, 4), /data_offsets\.0/],
    ['unknown dtype', fileBytes({ a: { ...f32(0, 4), dtype: 'Q4' } }, 4), /unknown dtype "Q4"; known: F64/],
    ['inherited name as dtype', fileBytes({ a: { ...f32(0, 4), dtype: 'toString' } }, 4), /unknown dtype/],
    ['same name twice', fileBytes(`{"a":${JSON.stringify(f32(0, 4))},"\\u0061":{}}`, 4), /names "a" twice/],
    ['truncated data', fileBytes({ a: f32(0, 8) }, 4), /\[0, 8\] lie outside the 4 bytes/],
    ['offsets backwards', fileBytes({ a: { ...f32(0, 4), data_offsets: [4, 0] } }, 4), /lie outside/],
    [
      'shape too large for its bytes',
      fileBytes({ a: f32(0, 4, [2]) }, 4),
      /takes 8 bytes but data_offsets give 4/,
    ],
    ['shape that overflows', fileBytes({ a: f32(0, 4, [2 ** 52, 2 ** 52, 0]) }, 4), /takes/],
    ['overlap', fileBytes({ a: f32(0, 8), b: f32(4, 12) }, 12), /"b" overlaps the tensor before it/],
    ['gap', fileBytes({ a: f32(0, 4), b: f32(8, 12) }, 12), /"b" leaves a gap before it/],
    ['bytes left over', fileBytes({ a: f32(0, 4) }, 6), /2 bytes at the end belong to no tensor/],
  ])('%s', async (_, bytes, message) => {
    await expect(open(bytes)).rejects.toThrow(message);
    await expect(open(bytes)).rejects.toBeInstanceOf(ModelFileError);
    await expect(open(bytes)).rejects.toThrow(path);
  });

  it('is reported when it does not exist', async () => {
    await expect(openSafetensors(join(folder, 'none'))).rejects.toThrow(/cannot be opened \(ENOENT\)/);
  });
});

describe('any bytes', () => {
  const valid = fileBytes({ __metadata__: { format: 'pt' }, a: f32(0, 8, [2, 1]), 'b"\\': f32(8, 12) }, 12);

  it('fail only with ModelFileError', async () => {
    await open(valid);
    const json = fc.oneof(
      fc.json(),
      fc.dictionary(fc.string(), fc.anything()).map((o) => JSON.stringify(o) ?? ''),
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (bytes) => survives(open, bytes)),
      { numRuns: 200 },
    );
    await fc.assert(
      fc.asyncProperty(json, fc.nat(16), (text, n) => survives(open, fileBytes(text, n))),
      { numRuns: 200 },
    );
  });

  it('of a changed or truncated valid file fail only with ModelFileError', async () => {
    await survivesDamage(open, valid);
  });
});
