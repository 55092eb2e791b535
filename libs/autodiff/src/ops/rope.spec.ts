import {
  checkGradient,
  declareInputs,
  expectClose,
  graphErrorOf,
  type InputSpec,
  runGraph,
  testValues,
} from '@open-chatgpt/testing';
import { rope } from './rope';

const [HEADS, HEAD_DIM, POSITIONS, BATCH, LENGTH] = [2, 4, 8, 2, 3];
const HALF = HEAD_DIM / 2;
const angles = Array.from(
  { length: POSITIONS * HALF },
  (_, i) => Math.floor(i / HALF) * 100 ** -((i % HALF) / HALF),
);
const tables = {
  cos: { shape: [POSITIONS, HALF], data: angles.map(Math.cos), requiresGrad: false },
  sin: { shape: [POSITIONS, HALF], data: angles.map(Math.sin), requiresGrad: false },
};
const x = { shape: [BATCH, LENGTH, HEADS * HEAD_DIM], data: testValues(BATCH * LENGTH * HEADS * HEAD_DIM) };
const int64 = (shape: number[], data: number[]): InputSpec => ({ shape, data, dtype: 'int64' });

/** Element i of the first half of a head rotates with element i of the second half. */
function rotated(positions: number[]): number[] {
  const y = Array.from(x.data);
  positions.forEach((position, token) => {
    for (let head = 0; head < HEADS; head++) {
      for (let i = 0; i < HALF; i++) {
        const first = (token * HEADS + head) * HEAD_DIM + i;
        const [a, b, angle] = [x.data[first], x.data[first + HALF], angles[position * HALF + i]];
        y[first] = a * Math.cos(angle) - b * Math.sin(angle);
        y[first + HALF] = b * Math.cos(angle) + a * Math.sin(angle);
      }
    }
  });
  return y;
}

describe('rope', () => {
  it.each([
    ['running on from 0', int64([1], [0]), [0, 1, 2, 0, 1, 2]],
    ['running on from 5', int64([1], [5]), [5, 6, 7, 5, 6, 7]],
    ['explicit', int64([BATCH, LENGTH], [0, 1, 0, 7, 3, 3]), [0, 1, 0, 7, 3, 3]],
  ])('rotates by positions %s, and its gradient is the inverse rotation', (_, positions, wanted) => {
    const inputs = { x, ...tables, positions };
    const { y } = runGraph((_graph, values) => ({ y: rope(values.x, values, HEADS) }), inputs);
    expectClose(y, rotated(wanted), { rtol: 1e-6, name: 'rope' });
    checkGradient({ name: 'rope', inputs, build: (_graph, values) => rope(values.x, values, HEADS) });
  });

  it.each<[string, Record<string, InputSpec>, number, RegExp]>([
    [
      'x of rank 2',
      { x: { shape: [2, 8] } },
      2,
      /^rope: needs x \[B, T, heads · headDim\].* got float32 \[2, 8\], 2 heads/,
    ],
    ['heads that do not divide', {}, 3, /3 heads and tables float32 \[8, 2\]/],
    [
      'tables of another width',
      { cos: { shape: [8, 4] }, sin: { shape: [8, 4] } },
      2,
      /tables float32 \[8, 4\] and/,
    ],
    ['tables that differ', { sin: { shape: [7, 2] } }, 2, /tables float32 \[8, 2\] and float32 \[7, 2\]/],
    ['positions of float', { positions: { shape: [1] } }, 2, /^rope: needs int64, got float32 \[1\]/],
    [
      'a position too few',
      { positions: int64([2], [0, 1]) },
      2,
      /positions \[1\] or \[B, T\] for float32 \[2, 3, 8\], got int64 \[2\]/,
    ],
  ])('refuses %s', (_, changed, heads, message) => {
    const { values } = declareInputs({ x, ...tables, positions: int64([1], [0]), ...changed });
    expect(graphErrorOf(() => rope(values.x, values, heads))).toMatch(message);
  });
});
