import { writeHalf } from './half';

const BLOCK = 32;
const HALF = BLOCK / 2;
const BYTES = 4 + HALF;
const LEVELS = 15;

/** Steps of the search for the scale: shares of the range that the outermost numbers keep. */
const RANGES = [1, 0.95, 0.9, 0.85, 0.8];

/** x ≈ scale · q + minimum */
interface Grid {
  scale: number;
  minimum: number;
}

/**
 * Q4_1: an fp16 scale d, an fp16 minimum m and 32 nibbles; x = d·q + m (ggml-common.h, block_q4_1). llama.cpp maps the range to all
 * levels; this takes the scale and the minimum of least squared error, of several that are tried.
 */
export function quantizeQ4_1(source: Float32Array, blocks: Uint8Array): void {
  for (let start = 0, at = 0; start < source.length; start += BLOCK, at += BYTES) {
    const group = source.subarray(start, start + BLOCK);
    const best = leastSquares(group);
    const scale = writeHalf(best.scale, blocks, at);
    const grid = { scale, minimum: writeHalf(best.minimum, blocks, at + 2) };
    for (let i = 0; i < HALF; i++)
      blocks[at + 4 + i] = level(group[i], grid) | (level(group[i + HALF], grid) << 4);
  }
}

/** Starts with parts of the range, and fits scale and minimum to the rounded numbers of each by least squares. */
function leastSquares(group: Float32Array): Grid {
  let [low, high] = [group[0], group[0]];
  for (const x of group) {
    low = Math.min(low, x);
    high = Math.max(high, x);
  }
  if (low === high) return { scale: 0, minimum: low };
  let best = { scale: 0, minimum: low, error: Number.POSITIVE_INFINITY };
  for (const range of RANGES) {
    const scale = ((high - low) * range) / LEVELS;
    const start = { scale, minimum: (low + high - scale * LEVELS) / 2 };
    for (const grid of [start, fit(group, start)]) {
      const error = squaredError(group, grid);
      if (error < best.error) best = { ...grid, error };
    }
  }
  return best;
}

function fit(group: Float32Array, grid: Grid): Grid {
  let [q1, q2, x1, qx] = [0, 0, 0, 0];
  for (const x of group) {
    const q = level(x, grid);
    q1 += q;
    q2 += q * q;
    x1 += x;
    qx += q * x;
  }
  const determinant = BLOCK * q2 - q1 * q1;
  if (determinant === 0) return grid;
  const scale = (BLOCK * qx - q1 * x1) / determinant;
  return { scale, minimum: (x1 - scale * q1) / BLOCK };
}

function squaredError(group: Float32Array, grid: Grid): number {
  let sum = 0;
  for (const x of group) sum += (level(x, grid) * grid.scale + grid.minimum - x) ** 2;
  return sum;
}

/** The level, from 0 to 15, whose number is nearest to x. */
function level(x: number, { scale, minimum }: Grid): number {
  return scale === 0 ? 0 : Math.max(0, Math.min(LEVELS, Math.round((x - minimum) / scale)));
}
