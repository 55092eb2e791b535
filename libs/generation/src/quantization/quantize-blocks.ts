import {
  allocateMatrix,
  type MatrixSize,
  type QuantizedBits,
  type QuantizedMatrix,
  setValue,
} from './quantized-matrix';

/** Steps of the search for the scale of a 4-bit group: shares of the range that the outermost values keep. */
const RANGES = [1, 0.95, 0.9, 0.85, 0.8];

/**
 * Rounds a matrix. 8 bits have one scale for 16 weights, which maps the weight of largest magnitude to ±127. 4 bits have a scale
 * and an offset for 32 weights, with the least squared error that the search finds.
 *
 * @param weight [out, in], or [in, out] if inputMajor
 */
export function quantizeBlocks(
  weight: Float32Array,
  size: MatrixSize,
  bits: QuantizedBits,
  inputMajor = false,
): QuantizedMatrix {
  const { outFeatures, inFeatures } = size;
  const matrix = allocateMatrix(bits, size, bits === 4);
  const { groupSize, groups, scales, offsets } = matrix;
  const [outStride, inStride] = inputMajor ? [1, outFeatures] : [inFeatures, 1];
  const middle = 1 << (bits - 1);
  const whole = new Float64Array(groupSize);
  for (let row = 0; row < outFeatures; row++) {
    for (let g = 0; g < groups; g++) {
      const first = g * groupSize;
      const group = whole.subarray(0, Math.min(groupSize, inFeatures - first));
      for (let i = 0; i < group.length; i++) group[i] = weight[row * outStride + (first + i) * inStride];
      const index = row * groups + g;
      const { scale, offset } = bits === 8 ? symmetric(group) : leastSquares(group);
      scales[index] = scale;
      if (offsets) offsets[index] = offset;
      for (let i = 0; i < groupSize; i++)
        setValue(
          matrix,
          index * groupSize + i,
          i < group.length
            ? nearest(group[i], scales[index], offsets?.[index] ?? 0, middle) + middle
            : middle,
        );
    }
  }
  return matrix;
}

interface Grid {
  scale: number;
  offset: number;
}

function symmetric(group: Float64Array): Grid {
  let largest = 0;
  for (const x of group) largest = Math.max(largest, Math.abs(x));
  return { scale: largest === 0 ? 1 : largest / 127, offset: 0 };
}

/** The 16 values from −8: starts with parts of the range, and fits scale and offset to the rounded weights of each by least squares. */
function leastSquares(group: Float64Array): Grid {
  let [low, high] = [group[0], group[0]];
  for (const x of group) {
    low = Math.min(low, x);
    high = Math.max(high, x);
  }
  if (low === high) return { scale: 1, offset: low };
  const center = (low + high) / 2;
  let best = { scale: 1, offset: low, error: Number.POSITIVE_INFINITY };
  for (const range of RANGES) {
    const scale = ((high - low) * range) / 15;
    const start = { scale, offset: center + scale / 2 };
    for (const grid of [start, fit(group, start)]) {
      const error = squaredError(group, grid);
      if (error < best.error) best = { ...grid, error };
    }
  }
  return best;
}

function fit(group: Float64Array, { scale, offset }: Grid): Grid {
  let [q1, q2, x1, qx] = [0, 0, 0, 0];
  for (const x of group) {
    const q = nearest(x, scale, offset, 8);
    q1 += q;
    q2 += q * q;
    x1 += x;
    qx += q * x;
  }
  const n = group.length;
  const determinant = n * q2 - q1 * q1;
  if (determinant === 0) return { scale, offset };
  const fitted = (n * qx - q1 * x1) / determinant;
  return { scale: fitted, offset: (x1 - fitted * q1) / n };
}

function squaredError(group: Float64Array, { scale, offset }: Grid): number {
  let sum = 0;
  for (const x of group) sum += (nearest(x, scale, offset, 8) * scale + offset - x) ** 2;
  return sum;
}

/** The value, from −middle to middle − 1, whose weight is nearest to x. */
function nearest(x: number, scale: number, offset: number, middle: number): number {
  return Math.max(-middle, Math.min(middle - 1, Math.round((x - offset) / scale)));
}
