import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bfloat16ToFloat32, float32ToBfloat16 } from './bfloat16';
import { float16ToFloat32, float32ToFloat16 } from './float16';

/** Bit patterns. */
const golden: Record<'fp32' | 'fp16' | 'bf16', number[]> = JSON.parse(
  readFileSync(join(__dirname, 'golden', 'floats.json'), 'utf8'),
);

const fp32 = new Float32Array(Uint32Array.from(golden.fp32).buffer);

/** NaN has many encodings, and all of them are valid. */
const sameHalf = (nan: (bits: number) => boolean) => (found: number, wanted: number) =>
  nan(wanted) ? nan(found) : found === wanted;

describe.each([
  {
    name: 'fp16',
    encode: float32ToFloat16,
    decode: float16ToFloat32,
    wanted: golden.fp16,
    nan: (bits: number) => (bits & 0x7fff) > 0x7c00,
  },
  {
    name: 'bf16',
    encode: float32ToBfloat16,
    decode: bfloat16ToFloat32,
    wanted: golden.bf16,
    nan: (bits: number) => (bits & 0x7fff) > 0x7f80,
  },
])('$name', ({ encode, decode, wanted, nan }) => {
  it('rounds as torch does: ties to even, subnormals, overflow, infinity, NaN', () => {
    const halves = new Uint16Array(fp32.length);
    encode(fp32, halves);
    const same = sameHalf(nan);
    const wrong = [...halves].flatMap((half, i) =>
      same(half, wanted[i]) ? [] : [{ fp32: golden.fp32[i].toString(16), half, wanted: wanted[i] }],
    );
    expect(wrong).toEqual([]);
  });

  it('decodes and encodes every bit pattern back to itself', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const floats = new Float32Array(65536);
    decode(all, floats);
    const back = new Uint16Array(65536);
    encode(floats, back);
    const same = sameHalf(nan);
    expect([...all].filter((bits) => !same(back[bits], bits))).toEqual([]);
  });
});

test('fp16 values follow the definition', () => {
  const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x03ff, 0x0400, 0x7bff, 0x7c00, 0x8000);
  const floats = new Float32Array(8);
  float16ToFloat32(halves, floats);
  expect([...floats]).toEqual([1, -2, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 65504, Infinity, -0]);
});

test('works in shared memory', () => {
  const floats = new Float32Array(new SharedArrayBuffer(16), 4, 2);
  bfloat16ToFloat32(Uint16Array.of(0x3f80, 0xc040), floats);
  expect([...floats]).toEqual([1, -3]);
});
