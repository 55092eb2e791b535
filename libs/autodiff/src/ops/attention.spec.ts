import {
  automaticGradients,
  checkGradient,
  declareInputs,
  expectClose,
  graphErrorOf,
  type InputSpec,
  runGraph,
  testValues,
} from '@open-chatgpt/testing';
import type { Graph } from '../graph/graph';
import type { Value } from '../graph/value';
import { type AttentionOptions, attention, MASKED } from './attention';

interface Sizes {
  batch: number;
  length: number;
  numHeads: number;
  numKeyValueHeads: number;
  headDim: number;
}

const SMALL: Sizes = { batch: 2, length: 5, numHeads: 4, numKeyValueHeads: 2, headDim: 3 };

function operands({ batch, length, numHeads, numKeyValueHeads, headDim }: Sizes) {
  const shape = (heads: number) => [batch, length, heads * headDim];
  return {
    q: { shape: shape(numHeads) },
    k: { shape: shape(numKeyValueHeads) },
    v: { shape: shape(numKeyValueHeads) },
  };
}

const build =
  (options: Omit<AttentionOptions, 'mask'>) =>
  (_: Graph, values: { q: Value; k: Value; v: Value; mask?: Value }): Value =>
    attention(values.q, values.k, values.v, { ...options, mask: values.mask });

/** Softmax attention token by token in float64; `allowed` defines which keys a query attends to. */
function naive(
  sizes: Sizes,
  allowed: (batch: number, query: number, key: number) => boolean,
  scale?: number,
): number[] {
  const { batch, length, numHeads, numKeyValueHeads, headDim } = sizes;
  const [q, k, v] = Object.values(operands(sizes)).map(({ shape }, salt) =>
    testValues(
      shape.reduce((a, b) => a * b, 1),
      salt,
    ),
  );
  const factor = scale ?? 1 / Math.sqrt(headDim);
  const y: number[] = [];
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < length; t++) {
      for (let h = 0; h < numHeads; h++) {
        const query = ((b * length + t) * numHeads + h) * headDim;
        const keyHead = Math.floor(h / (numHeads / numKeyValueHeads));
        const keyAt = (s: number) => ((b * length + s) * numKeyValueHeads + keyHead) * headDim;
        const weights = Array.from({ length }, (_, s) => {
          if (!allowed(b, t, s)) return 0;
          let score = 0;
          for (let d = 0; d < headDim; d++) score += q[query + d] * k[keyAt(s) + d];
          return Math.exp(factor * score);
        });
        const total = weights.reduce((a, c) => a + c, 0);
        for (let d = 0; d < headDim; d++)
          y.push(weights.reduce((sum, weight, s) => sum + (weight / total) * v[keyAt(s) + d], 0));
      }
    }
  }
  return y;
}

const causal = (_: number, query: number, key: number): boolean => key <= query;

function maskOf(batches: number, length: number, allowed: typeof causal): InputSpec {
  const data = Array.from({ length: batches * length * length }, (_, index) => {
    const [b, t, s] = [Math.floor(index / length ** 2), Math.floor(index / length) % length, index % length];
    return allowed(b, t, s) ? 0 : MASKED;
  });
  return { shape: [batches, length, length], data, requiresGrad: false };
}

/** Two documents packed into one row, of 2 and 3 tokens in the first row and of 4 and 1 in the second. */
const packed = (batch: number, query: number, key: number): boolean => {
  const start = batch === 0 ? 2 : 4;
  return key <= query && query >= start === key >= start;
};

describe('attention', () => {
  it.each([
    ['as many key heads as heads', 4],
    ['two heads a key head', 2],
    ['one key head', 1],
  ])('is causal softmax attention with %s, and has its gradient', (_, numKeyValueHeads) => {
    const sizes = { ...SMALL, numKeyValueHeads };
    const inputs = operands(sizes);
    const { y } = runGraph((graph, values) => ({ y: build(sizes)(graph, values) }), inputs);
    expectClose(y, naive(sizes, causal), { rtol: 1e-6, name: 'attention' });
    checkGradient({ name: 'attention', inputs, build: build(sizes) });
  });

  it('takes a scale', () => {
    const options = { ...SMALL, scale: 2 };
    const { y } = runGraph((graph, values) => ({ y: build(options)(graph, values) }), operands(SMALL));
    expectClose(y, naive(SMALL, causal, 2), { rtol: 1e-6, name: 'attention' });
    checkGradient({ name: 'scaled attention', inputs: operands(SMALL), build: build(options) });
  });

  it.each([
    ['of each batch row, block-diagonal', maskOf(2, 5, packed), packed],
    ['shared by all rows, not causal', maskOf(1, 5, () => true), () => true],
    [
      'shared by all rows, of a sliding window',
      maskOf(1, 5, (_, t, s) => s <= t && s > t - 2),
      (_: number, t: number, s: number) => s <= t && s > t - 2,
    ],
  ])('takes a mask %s', (_, mask, allowed) => {
    const inputs = { ...operands(SMALL), mask };
    const { y } = runGraph((graph, values) => ({ y: build(SMALL)(graph, values) }), inputs);
    expectClose(y, naive(SMALL, allowed), { rtol: 1e-6, name: 'attention' });
    checkGradient({ name: 'masked attention', inputs, build: build(SMALL) });
  });

  it('returns no NaN for a row that attends to nothing', () => {
    const inputs = { ...operands(SMALL), mask: maskOf(1, 5, (_, t) => t !== 2) };
    const { y } = runGraph((graph, values) => ({ y: build(SMALL)(graph, values) }), inputs);
    expect(y.every(Number.isFinite)).toBe(true);
    const gradients = automaticGradients({ inputs, build: build(SMALL) });
    expect(Object.values(gradients).flat().every(Number.isFinite)).toBe(true);
  });

  describe.each([
    ['causal', undefined],
    ['packed', maskOf(2, 5, packed)],
  ])('in row blocks, %s', (_, mask) => {
    const inputs = mask ? { ...operands(SMALL), mask } : operands(SMALL);

    it.each([1, 2, 3, 4])('of %i equals attention without blocks, forward and backward', (blockRows) => {
      const [whole, blocks] = [SMALL.length, blockRows].map((rows): Record<string, number[]> => {
        const inOne = build({ ...SMALL, blockRows: rows });
        const { y } = runGraph((graph, values) => ({ y: inOne(graph, values) }), inputs);
        return { y, ...automaticGradients({ inputs, build: inOne }) };
      });
      for (const name of ['y', 'q', 'k', 'v']) expectClose(blocks[name], whole[name], { rtol: 2e-6, name });
    });
  });

  it('uses blocks by default for long sequences', () => {
    const sizes = { batch: 1, length: 600, numHeads: 2, numKeyValueHeads: 1, headDim: 2 };
    const [whole, blocks] = [{ blockRows: 600 }, {}].map((options) => {
      const piece = build({ ...sizes, ...options });
      return automaticGradients({ inputs: operands(sizes), build: piece });
    });
    for (const name of ['q', 'k', 'v']) expectClose(blocks[name], whole[name], { rtol: 1e-5, name });
    const { graph, values } = declareInputs(operands(sizes));
    build(sizes)(graph, values);
    expect(graph.nodes.filter(({ opType }) => opType === 'Softmax')).toHaveLength(5);
  });

  it('differentiates only trained inputs', () => {
    const { q, k, v } = operands(SMALL);
    const inputs = { q: { ...q, requiresGrad: false }, k, v: { ...v, requiresGrad: false } };
    checkGradient({ name: 'attention of frozen q, v', inputs, build: build(SMALL) });
  });

  it.each<[string, Record<string, InputSpec>, Partial<AttentionOptions>, string]>([
    ['heads that do not divide', {}, { numHeads: 5 }, 'do not fit 5 heads and 2 key heads'],
    ['key heads that do not divide', {}, { numKeyValueHeads: 3 }, 'do not fit 4 heads and 3 key heads'],
    [
      'keys of another length',
      { k: { shape: [2, 4, 6] } },
      {},
      'float32 [2, 5, 12] and float32 [2, 4, 6] and float32 [2, 5, 6]',
    ],
    [
      'keys of another batch',
      { k: { shape: [1, 5, 6] } },
      {},
      'q, k, v of float32 [2, 5, 12] and float32 [1, 5, 6]',
    ],
    ['queries of rank 2', { q: { shape: [5, 12] } }, {}, 'q, k, v of float32 [5, 12]'],
    ['integers', { v: { shape: [2, 5, 6], dtype: 'int64' } }, {}, 'needs float32, got float32 [2, 5, 12]'],
    ['a block of no rows', {}, { blockRows: 0 }, 'blockRows 0 is below 1'],
  ])('refuses %s', (_, changed, options, message) => {
    const { values } = declareInputs({ ...operands(SMALL), ...changed });
    const error = graphErrorOf(() => attention(values.q, values.k, values.v, { ...SMALL, ...options }));
    expect(error).toMatch(/^attention: /);
    expect(error).toContain(message);
  });

  it.each<[string, InputSpec, string]>([
    ['of other sizes', { shape: [2, 5, 4] }, 'needs a mask [1, 5, 5] or [2, 5, 5], got float32 [2, 5, 4]'],
    ['of bool', { shape: [1, 5, 5], dtype: 'bool' }, 'needs float32, got bool [1, 5, 5]'],
  ])('refuses a mask %s', (_, mask, message) => {
    const { values } = declareInputs({ ...operands(SMALL), mask });
    const error = graphErrorOf(() =>
      attention(values.q, values.k, values.v, { ...SMALL, mask: values.mask }),
    );
    expect(error).toBe(`attention: ${message}`);
  });
});
