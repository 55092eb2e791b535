import {
  decodeRow,
  encodeRow,
  type ShardHeader,
  type ShardRow,
  singleDocument,
} from '@open-chatgpt/datasets';
import fc from 'fast-check';
import { bestFitDecreasing, type EncodedRow, PackingWindow } from './packing-window';

const header: ShardHeader = {
  kind: 'supervised',
  tokenIdBytes: 2,
  vocabSize: 5000,
  tokenizerSha256: 'ab'.repeat(32),
  template: 'chatml',
  maxLength: 16,
  packed: true,
};

const document = (length: number, number: number): EncodedRow => {
  const ids = new Int32Array(length).fill(number);
  const bytes = encodeRow(singleDocument({ inputIds: ids, labels: ids }, number), header);
  return { bytes, tokens: length, documents: 1 };
};

it('fills each row as well as it can', () => {
  expect(bestFitDecreasing([7, 3, 5, 5, 2, 8], 10)).toEqual([
    [5, 4],
    [0, 1],
    [2, 3],
  ]);
});

it('packs every document once, whole, in rows that fit', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 16 }), { maxLength: 60 }), (lengths) => {
      const window = new PackingWindow(header, 500);
      const rows = [...lengths.flatMap((length, i) => window.add(document(length, i))), ...window.flush()];
      const decoded = rows.map(
        ({ bytes }) => decodeRow(Buffer.from(bytes), header, 'row') as ShardRow<'supervised'>,
      );
      expect(decoded.flatMap(({ sources }) => sources).sort((a, b) => a - b)).toEqual([...lengths.keys()]);
      decoded.forEach((row, i) => {
        expect(rows[i].tokens).toBe(row.inputIds.length);
        expect(rows[i].documents).toBe(row.sources.length);
        expect(rows[i].tokens).toBeLessThanOrEqual(16);
        expect([...row.inputIds]).toEqual(row.sources.flatMap((id: number) => Array(lengths[id]).fill(id)));
      });
      const least = lengths.reduce((sum, length) => sum + length, 0) / 16;
      expect(rows.length).toBeGreaterThanOrEqual(Math.ceil(least));
    }),
  );
});

it('completes a window after 1,024 documents, or sooner when they fill a shard', () => {
  const window = new PackingWindow(header, 2 ** 20);
  const sizes = Array.from({ length: 2048 }, (_, i) => window.add(document(16, i)).length);
  expect(sizes.flatMap((rows, i) => (rows > 0 ? [[i, rows]] : []))).toEqual([
    [1023, 1024],
    [2047, 1024],
  ]);
  expect(window.flush()).toEqual([]);
  const small = new PackingWindow(header, 2 * document(16, 0).bytes.length);
  expect([1, 2, 3, 4].map((i) => small.add(document(16, i)).length)).toEqual([0, 2, 0, 2]);
});
