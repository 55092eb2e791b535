import fc from 'fast-check';
import { IGNORED_LABEL } from '../tokenize/supervised';
import { decodeRow } from './decode-row';
import { encodeRow } from './encode-row';
import type { ShardHeader } from './format';
import { mergeRows } from './merge-rows';
import { singleDocument } from './rows';

const header = (vocabSize: number): ShardHeader => ({
  kind: 'supervised',
  tokenIdBytes: vocabSize > 65_536 ? 4 : 2,
  vocabSize,
  tokenizerSha256: 'ab'.repeat(32),
  template: 'chatml',
  maxLength: 64,
  packed: true,
});

const documents = (vocabSize: number) =>
  fc.array(
    fc
      .array(fc.tuple(fc.nat(vocabSize - 1), fc.boolean()), { minLength: 1, maxLength: 12 })
      .map((tokens) => ({
        inputIds: Int32Array.from(tokens, ([id]) => id),
        labels: Int32Array.from(tokens, ([id, trained]) => (trained ? id : IGNORED_LABEL)),
      })),
    { minLength: 1, maxLength: 8 },
  );

it('does not predict a document from the one before it', () => {
  const head = header(100);
  const trained = (length: number, id: number) => {
    const ids = new Int32Array(length).fill(id);
    return { inputIds: ids, labels: ids };
  };
  const rows = [singleDocument(trained(3, 7), 4), singleDocument(trained(2, 8), 9)];
  const merged = mergeRows(
    rows.map((row) => encodeRow(row, head)),
    head,
  );
  expect(decodeRow(merged, head, 'row')).toEqual({
    inputIds: Int32Array.of(7, 7, 7, 8, 8),
    labels: Int32Array.of(-100, 7, 7, -100, 8),
    positionIds: Int32Array.of(0, 1, 2, 0, 1),
    segmentIds: Int32Array.of(0, 0, 0, 1, 1),
    sources: [4, 9],
  });
});

it.each([1000, 200_000])('gives the bytes of the concatenated documents, vocabulary of %i', (vocabSize) => {
  const head = header(vocabSize);
  fc.assert(
    fc.property(documents(vocabSize), (items) => {
      const rows = items.map((item, source) => singleDocument(item, source));
      const concatenated = {
        inputIds: Int32Array.from(items.flatMap(({ inputIds }) => [...inputIds])),
        labels: Int32Array.from(items.flatMap(({ labels }) => [IGNORED_LABEL, ...labels.subarray(1)])),
        positionIds: Int32Array.from(items.flatMap(({ inputIds }) => [...inputIds.keys()])),
        segmentIds: Int32Array.from(items.flatMap(({ inputIds }, i) => Array(inputIds.length).fill(i))),
        sources: items.map((_, source) => source),
      };
      const merged = mergeRows(
        rows.map((row) => encodeRow(row, head)),
        head,
      );
      expect(merged).toEqual(encodeRow(concatenated, head));
      expect(decodeRow(merged, head, 'row')).toEqual(concatenated);
    }),
  );
});
