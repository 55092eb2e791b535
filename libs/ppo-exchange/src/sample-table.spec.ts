import { encodeSafetensorsHeader } from '@open-chatgpt/models';
import { count, flag, float32s, float64, tokenIds } from './columns';
import { decodeSamples, encodeSamples, SampleTableError, type Table } from './sample-table';

interface Row {
  id: number;
  response: readonly number[];
  logProbs: Float32Array;
  endsWithEos: boolean;
  score: number;
}

const table: Table<Row> = {
  id: count,
  response: tokenIds('response'),
  logProbs: float32s('response'),
  endsWithEos: flag,
  score: float64,
};
const rows: Row[] = [
  { id: 0, response: [5, 6], logProbs: Float32Array.of(-0.1, -1e-38), endsWithEos: true, score: 1 / 3 },
  { id: 2 ** 53 - 1, response: [0], logProbs: Float32Array.of(-1 / 3), endsWithEos: false, score: -2 },
];

/** A file with these columns. */
function file(columns: Record<string, Float64Array | Float32Array | Int32Array | Uint8Array>): Buffer {
  const dtypes = new Map<number, string>([
    [8, 'F64'],
    [1, 'U8'],
  ]);
  const tensors = Object.entries(columns).map(([name, numbers]) => ({
    name,
    dtype: dtypes.get(numbers.BYTES_PER_ELEMENT) ?? (Number.isInteger(numbers[0]) ? 'I32' : 'F32'),
    shape: [numbers.length],
  }));
  const data = Object.values(columns).map((numbers) => Buffer.from(numbers.buffer));
  return Buffer.concat([encodeSafetensorsHeader(tensors), ...data]);
}

const columns = {
  id: Float64Array.of(0, 1),
  'response.lengths': Int32Array.of(2, 1),
  response: Int32Array.of(5, 6, 7),
  logProbs: Float32Array.of(-0.1, -0.2, -0.3),
  endsWithEos: Uint8Array.of(1, 0),
  score: Float64Array.of(0.5, 0.25),
};

describe('a table of samples', () => {
  it('is read to the bit, with its description', () => {
    const bytes = encodeSamples(table, rows, { dropped: [3] });
    expect(decodeSamples(table, bytes, 'x')).toEqual({ rows, description: { dropped: [3] } });
    expect(decodeSamples(table, encodeSamples(table, []), 'x')).toEqual({ rows: [], description: {} });
  });

  it('shares no memory with its bytes', () => {
    const bytes = encodeSamples(table, rows);
    const read = decodeSamples(table, bytes, 'x').rows;
    bytes.fill(0);
    expect(read).toEqual(rows);
  });

  it('may have columns that a later version adds', () => {
    expect(decodeSamples(table, file({ ...columns, later: Float64Array.of(1) }), 'x').rows).toHaveLength(2);
  });

  it.each<[string, object, RegExp]>([
    ['a missing column', { score: undefined }, /expected a column "score" of F64; found none/],
    ['another type', { id: Int32Array.of(0, 1) }, /expected a column "id" of F64; found I32 \[2\]/],
    [
      'a row too few',
      { score: Float64Array.of(0.5) },
      /expected 2 rows, as in column "id"; found 1 in "score"/,
    ],
    [
      'a log-probability too few',
      { logProbs: Float32Array.of(-0.1, -0.2) },
      /expected 3 numbers in column "logProbs", one for each token of "response"; found 2/,
    ],
    ['a token too many', { response: Int32Array.of(5, 6, 7, 8) }, /in column "response".*; found 4/],
    [
      'an empty response',
      { 'response.lengths': Int32Array.of(3, 0) },
      /lengths from 1 .*"response.lengths"; found 0/,
    ],
    [
      'a negative token id',
      { response: Int32Array.of(5, -6, 7) },
      /expected token ids in column "response"; found -6/,
    ],
    [
      'a fraction of an id',
      { id: Float64Array.of(0, 1.5) },
      /expected whole numbers from 0 .*"id"; found 1.5/,
    ],
    [
      'a score that is NaN',
      { score: Float64Array.of(0.5, Number.NaN) },
      /finite numbers .*"score"; found NaN/,
    ],
    [
      'an infinite log-probability',
      { logProbs: Float32Array.of(-0.1, -1 / 0, -0.3) },
      /"logProbs"; found -Infinity/,
    ],
    ['a flag that is 2', { endsWithEos: Uint8Array.of(2, 0) }, /expected 0 or 1 .*"endsWithEos"; found 2/],
  ])('is refused for %s', (_, change, message) => {
    const changed = Object.entries({ ...columns, ...change }).filter(([, numbers]) => numbers);
    const bytes = file(Object.fromEntries(changed));
    const read = () => decodeSamples(table, bytes, 's3://bucket/key');
    expect(read).toThrow(SampleTableError);
    expect(read).toThrow(message);
    expect(read).toThrow(/^s3:\/\/bucket\/key: .*the same version$/);
  });

  it('is refused for bytes of another format', () => {
    for (const bytes of [
      Buffer.alloc(3),
      Buffer.from('{"samples":[]}'),
      encodeSamples(table, rows).subarray(0, -1),
    ])
      expect(() => decodeSamples(table, bytes, 'x')).toThrow(SampleTableError);
  });
});
