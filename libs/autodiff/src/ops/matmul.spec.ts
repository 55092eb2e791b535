import {
  checkGradient,
  declareInputs,
  expectClose,
  graphErrorOf,
  runGraph,
  testValues,
} from '@open-chatgpt/testing';
import { type MatmulOptions, matmul } from './matmul';

const TRANSPOSES = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

/** Sizes of an operand. A transposed operand is stored with its last two axes swapped. */
const stored = (lead: number[], rows: number, columns: number, swapped: boolean): number[] => [
  ...lead,
  ...(swapped ? [columns, rows] : [rows, columns]),
];

/** alpha · op(a) op(b) of one matrix, in float64. */
function naive(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  [m, k, n]: number[],
  options: MatmulOptions,
): number[] {
  const { transA, transB, alpha = 1 } = options;
  return Array.from({ length: m * n }, (_, index) => {
    const [row, column] = [Math.floor(index / n), index % n];
    let total = 0;
    for (let i = 0; i < k; i++)
      total += a[transA ? i * m + row : row * k + i] * b[transB ? column * k + i : i * n + column];
    return alpha * total;
  });
}

describe('matmul', () => {
  it.each(TRANSPOSES)('multiplies with transA %s and transB %s', (transA, transB) => {
    const [m, k, n] = [3, 5, 2];
    const [a, b] = [testValues(m * k, 1), testValues(k * n, 2)];
    const options = { transA, transB, alpha: 0.5 };
    const { y } = runGraph((_, values) => ({ y: matmul(values.a, values.b, options) }), {
      a: { shape: stored([], m, k, transA), data: a },
      b: { shape: stored([], k, n, transB), data: b },
    });
    expectClose(y, naive(a, b, [m, k, n], options), { rtol: 1e-6, name: 'matmul' });
  });

  it('multiplies batches, one matrix with each of another operand', () => {
    const [a, b] = [testValues(2 * 6, 1), testValues(12, 2)];
    const { y } = runGraph((_, values) => ({ y: matmul(values.a, values.b) }), {
      a: { shape: [2, 1, 2, 3], data: a },
      b: { shape: [2, 3, 2], data: b },
    });
    const wanted = [0, 6].flatMap((i) =>
      [0, 6].flatMap((j) => naive(a.slice(i, i + 6), b.slice(j, j + 6), [2, 3, 2], {})),
    );
    expectClose(y, wanted, { rtol: 1e-6, name: 'matmul' });
  });

  const LEADS: [number[], number[]][] = [
    [[], []],
    [[2], [2]],
    [[2], []],
    [[], [2]],
    [[2, 1], [3]],
    [
      [1, 2],
      [2, 2],
    ],
  ];
  it.each(LEADS.flatMap((leads) => TRANSPOSES.map((transposes) => [...leads, ...transposes] as const)))(
    'has the gradient with batches %j and %j, transA %s, transB %s',
    (leadA, leadB, transA, transB) => {
      checkGradient({
        name: 'matmul',
        inputs: { a: { shape: stored(leadA, 2, 3, transA) }, b: { shape: stored(leadB, 3, 4, transB) } },
        build: (_, { a, b }) => matmul(a, b, { transA, transB, alpha: 1.5 }),
      });
    },
  );

  it('names both mismatched operands', () => {
    const { a, b, row, batch, ids } = declareInputs({
      a: { shape: [2, 3] },
      b: { shape: [2, 4] },
      row: { shape: [3] },
      batch: { shape: [5, 3, 2] },
      ids: { shape: [3, 2], dtype: 'int64' },
    }).values;
    expect(graphErrorOf(() => matmul(a, b))).toBe('matmul: [2, 3] and [2, 4] do not multiply: 3 ≠ 2');
    expect(graphErrorOf(() => matmul(a, b, { transA: true, transB: true }))).toBe(
      'matmul: [2, 3]ᵀ and [2, 4]ᵀ do not multiply: 2 ≠ 4',
    );
    expect(graphErrorOf(() => matmul(a, row))).toBe('matmul: needs rank ≥ 2, got [2, 3] and [3]');
    expect(graphErrorOf(() => matmul(a, ids))).toBe(
      'matmul: needs float32, got float32 [2, 3] and int64 [3, 2]',
    );
    const two = declareInputs({ x: { shape: [2, 2, 3] } }).values.x;
    expect(graphErrorOf(() => matmul(two, batch))).toBe('matmul: shapes [2] and [5] do not broadcast');
  });
});
