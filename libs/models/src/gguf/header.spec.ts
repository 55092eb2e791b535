import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { survives, survivesDamage } from '../testing/any-bytes';
import { ModelFileError } from '../weights/model-file-error';
import { openGgufPart } from './gguf-file';

const folder = mkdtempSync(join(tmpdir(), 'gguf-'));
const path = join(folder, 'model.gguf');
afterAll(() => rmSync(folder, { recursive: true }));

const u8 = (value: number) => Buffer.from([value]);
const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value: number | bigint) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
const text = (value: string) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
const entry = (key: string, type: number, value: Buffer) => Buffer.concat([text(key), u32(type), value]);
const tensor = (name: string, dimensions: (number | bigint)[], type: number, offset: number | bigint) =>
  Buffer.concat([text(name), u32(dimensions.length), ...dimensions.map(u64), u32(type), u64(offset)]);

interface Parts {
  magic?: string;
  version?: number;
  entries?: Buffer[];
  tensors?: Buffer[];
  tensorCount?: number | bigint;
  entryCount?: number | bigint;
  dataBytes?: number;
}

function build(parts: Parts): Buffer {
  const { entries = [], tensors = [] } = parts;
  const header = Buffer.concat([
    Buffer.from(parts.magic ?? 'GGUF'),
    u32(parts.version ?? 3),
    u64(parts.tensorCount ?? tensors.length),
    u64(parts.entryCount ?? entries.length),
    ...entries,
    ...tensors,
  ]);
  const padding = Buffer.alloc((32 - (header.length % 32)) % 32);
  return Buffer.concat([header, padding, Buffer.alloc(parts.dataBytes ?? 0, 1)]);
}

async function open(bytes: Uint8Array) {
  writeFileSync(path, bytes);
  const file = await openGgufPart(path);
  try {
    const tensors = new Map<string, Float32Array>();
    for (const { name, shape } of file.tensors()) {
      const target = new Float32Array(shape.reduce((a, b) => a * b, 1));
      await file.read(name, target);
      tensors.set(name, target);
    }
    return { metadata: file.metadata, tensors: file.tensors(), values: tensors };
  } finally {
    await file.close();
  }
}

const strings = (values: string[]) => Buffer.concat([u32(8), u64(values.length), ...values.map(text)]);

describe('a good GGUF file', () => {
  it('has metadata of every type and tensors in row-major order', async () => {
    const bytes = build({
      entries: [
        entry('u8', 0, u8(200)),
        entry('i8', 1, u8(200)),
        entry('u16', 2, Buffer.from([1, 2])),
        entry('i16', 3, Buffer.from([255, 255])),
        entry('u32', 4, u32(4e9)),
        entry('i32', 5, u32(4294967295)),
        entry('f32', 6, Buffer.from(Float32Array.of(1e-5).buffer)),
        entry('bool', 7, u8(1)),
        entry('string', 8, text('Ġ中')),
        entry('strings', 9, strings(['a', 'b'])),
        entry('u64', 10, u64(2n ** 63n)),
        entry('i64', 11, u64(2n ** 64n - 5n)),
        entry('f64', 12, Buffer.from(Float64Array.of(0.1).buffer)),
      ],
      tensors: [tensor('x', [2, 3], 0, 0), tensor('h', [4], 1, 32)],
      dataBytes: 40,
    });
    const { metadata, tensors, values } = await open(bytes);
    expect(Object.fromEntries(metadata.entries())).toEqual({
      u8: 200,
      i8: -56,
      u16: 513,
      i16: -1,
      u32: 4e9,
      i32: -1,
      f32: 1e-5,
      bool: true,
      string: 'Ġ中',
      strings: ['a', 'b'],
      u64: 2n ** 63n,
      i64: -5,
      f64: 0.1,
    });
    expect(tensors).toMatchObject([
      { name: 'x', shape: [3, 2], dtype: 'F32' },
      { name: 'h', shape: [4], dtype: 'F16' },
    ]);
    expect([...values.keys()]).toEqual(['x', 'h']);
    expect(metadata.number('none')).toBeUndefined();
    expect(() => metadata.number('bool')).toThrow(/"bool" is not a number/);
    expect(() => metadata.strings('string')).toThrow(/"string" is not a list of strings/);
  });

  it('may have metadata longer than the read-ahead', async () => {
    const many = Array.from({ length: 50_000 }, (_, i) => `token number ${i}`);
    const long = 'x'.repeat(3_000_000);
    const bytes = build({
      entries: [entry('many', 9, strings(many)), entry('long', 8, text(long))],
      version: 2,
    });
    const { metadata } = await open(bytes);
    expect(metadata.strings('many')).toEqual(many);
    expect(metadata.string('long')).toHaveLength(long.length);
  });
});

describe('a bad GGUF file', () => {
  const x = tensor('x', [8], 0, 0);
  it.each<[string, Uint8Array, RegExp]>([
    ['empty', Buffer.alloc(0), /0 bytes are too few/],
    ['another format', build({ magic: 'GGML' }), /does not begin with "GGUF"/],
    ['version 1', build({ version: 1 }), /GGUF version 1 is not supported; supported: 2, 3/],
    ['big-endian', build({ version: 0x03000000 }), /big-endian/],
    [
      'more tensors than bytes',
      build({ tensorCount: 1e12 }),
      /the number of tensors is 1000000000000, more than/,
    ],
    [
      'more metadata than bytes',
      build({ entryCount: 2n ** 64n - 1n }),
      /number of metadata is 18446744073709551615/,
    ],
    [
      'cut in its header',
      build({ entries: [entry('a', 8, text('abc'))] }).subarray(0, 42),
      /length of a string is|within its header/,
    ],
    [
      'key longer than the file',
      build({ entries: [Buffer.concat([u64(1e9), u64(0)])] }),
      /length of a metadata key is/,
    ],
    [
      'array longer than the file',
      build({ entries: [entry('a', 9, Buffer.concat([u32(4), u64(1e9)]))] }),
      /length of metadata "a"/,
    ],
    [
      'unknown value type',
      build({ entries: [entry('a', 13, u64(0))] }),
      /metadata "a" has the unknown type 13/,
    ],
    ['truth value 2', build({ entries: [entry('a', 7, u8(2))] }), /2 is no truth value/],
    [
      'arrays in arrays in arrays',
      build({ entries: [entry('a', 9, Buffer.concat(Array(9).fill(Buffer.concat([u32(9), u64(1)]))))] }),
      /nests arrays more than 3 deep/,
    ],
    [
      'same key twice',
      build({ entries: [entry('a', 0, u8(1)), entry('a', 0, u8(1))] }),
      /metadata "a" occurs twice/,
    ],
    ['same tensor twice', build({ tensors: [x, x], dataBytes: 64 }), /tensor "x" occurs twice/],
    ['five dimensions', build({ tensors: [tensor('x', [1, 1, 1, 1, 1], 0, 0)] }), /"x" has 5 dimensions/],
    [
      'unsupported type',
      build({ tensors: [tensor('x', [256], 13, 0)] }),
      /"x" has the type Q5_K.*supported: F32, F16/,
    ],
    ['unknown type', build({ tensors: [tensor('x', [256], 99, 0)] }), /"x" has the type number 99/],
    [
      'half a block',
      build({ tensors: [tensor('x', [31, 2], 8, 0)] }),
      /rows of 31, not a multiple of the 32/,
    ],
    [
      'offset between alignments',
      build({ tensors: [tensor('x', [8], 0, 8)], dataBytes: 64 }),
      /starts at 8, not a mult/,
    ],
    [
      'data outside the file',
      build({ tensors: [x], dataBytes: 31 }),
      /"x" ends at byte \d+ but the file has/,
    ],
    [
      'size that overflows',
      build({ tensors: [tensor('x', [2n ** 53n - 1n, 2n ** 53n - 1n], 0, 0)] }),
      /"x" ends at/,
    ],
    ['dimension over 2^53', build({ tensors: [tensor('x', [2n ** 60n], 0, 0)] }), /dimension of "x" is/],
    ['overlap', build({ tensors: [x, tensor('y', [8], 0, 0)], dataBytes: 64 }), /"x" and "y" overlap/],
    [
      'odd alignment',
      build({ entries: [entry('general.alignment', 4, u32(24))] }),
      /general\.alignment" is 24/,
    ],
  ])('%s', async (_, bytes, message) => {
    await expect(open(bytes)).rejects.toThrow(message);
    await expect(open(bytes)).rejects.toBeInstanceOf(ModelFileError);
  });
});

describe('any bytes', () => {
  const valid = build({
    entries: [
      entry('a', 9, strings(['x', 'yy'])),
      entry('b', 6, u32(0)),
      entry('general.alignment', 4, u32(32)),
    ],
    tensors: [tensor('x', [32], 8, 0), tensor('y', [2, 2], 0, 64)],
    dataBytes: 80,
  });

  it('fail only with ModelFileError', async () => {
    await open(valid);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (bytes) =>
        survives(open, Buffer.concat([valid.subarray(0, 24), bytes])),
      ),
      { numRuns: 300 },
    );
  });

  it('of a changed or truncated valid file fail only with ModelFileError', async () => {
    await survivesDamage(open, valid);
  });
});
