import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goldenFloats, goldenIntegers, readGolden, withPrefix } from './golden';

describe('readGolden', () => {
  const folder = mkdtempSync(join(tmpdir(), 'golden-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function write(header: object, data: Buffer): string {
    const text = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    writeFileSync(join(folder, 'golden.safetensors'), Buffer.concat([length, text, data]));
    return folder;
  }

  const ids = Buffer.from(new BigInt64Array([7n, -100n]).buffer);
  const floats = Buffer.from(new Float32Array([0.5, -2, 4]).buffer);
  const entries = {
    __metadata__: { format: 'pt' },
    labels: { dtype: 'I64', shape: [1, 2], data_offsets: [0, 16] },
    loss: { dtype: 'F32', shape: [], data_offsets: [16, 20] },
    'grad.w': { dtype: 'F32', shape: [2], data_offsets: [20, 28] },
  };

  it('reads integers, scalars and vectors for any alignment of the header', () => {
    for (const padding of ['', 'x', 'xx', 'xxx']) {
      const golden = readGolden(
        write({ ...entries, __metadata__: { padding } }, Buffer.concat([ids, floats])),
      );
      expect([...golden.keys()]).toEqual(['labels', 'loss', 'grad.w']);
      expect(goldenIntegers(golden, 'labels')).toEqual([7, -100]);
      expect(golden.get('loss')).toMatchObject({ shape: [], dtype: 'F32' });
      expect(Array.from(goldenFloats(golden, 'loss'))).toEqual([0.5]);
      expect(Array.from(withPrefix(golden, 'grad.').get('w')!)).toEqual([-2, 4]);
    }
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'another dtype',
      () => readGolden(write({ h: { dtype: 'F16', shape: [1], data_offsets: [0, 2] } }, ids)),
      /tensor "h" is F16/,
    ],
    [
      'an absent name',
      () => goldenFloats(readGolden(write(entries, Buffer.concat([ids, floats]))), 'logit'),
      /no golden tensor "logit"; there are labels, loss/,
    ],
    [
      'floats requested from integers',
      () => goldenFloats(readGolden(folder), 'labels'),
      /"labels" is I64, not F32/,
    ],
    ['integers wanted of floats', () => goldenIntegers(readGolden(folder), 'loss'), /"loss" is F32, not I64/],
    ['an absent prefix', () => withPrefix(readGolden(folder), 'final.'), /begins with "final\."/],
  ])('names %s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});
