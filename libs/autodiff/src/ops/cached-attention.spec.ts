import { expectClose, graphErrorOf, runGraph, testValues } from '@open-chatgpt/testing';
import { Graph } from '../graph/graph';
import { attention } from './attention';
import { cachedAttention } from './cached-attention';

const [BATCH, LENGTH, HEADS, KEY_HEADS, DIM] = [2, 5, 4, 2, 3];
const filled = (shape: number[], salt: number) => {
  const size = shape.reduce((product, dim) => product * dim, 1);
  return { shape, data: testValues(size, salt) };
};
const q = filled([BATCH, LENGTH, HEADS * DIM], 1);
const k = filled([BATCH, LENGTH, KEY_HEADS * DIM], 2);
const v = filled([BATCH, LENGTH, KEY_HEADS * DIM], 3);

/** [B, T, Hk·D] → [B, Hk, size, D], with numbers that must not matter after the tokens. */
function cached({ data }: { data: Float32Array }, size: number) {
  const shape = [BATCH, KEY_HEADS, size, DIM];
  const all = Array.from({ length: BATCH * KEY_HEADS * size * DIM }, (_, index) => {
    const [d, s, rest] = [index % DIM, Math.floor(index / DIM) % size, Math.floor(index / DIM / size)];
    const [head, row] = [rest % KEY_HEADS, Math.floor(rest / KEY_HEADS)];
    return s < LENGTH ? data[((row * LENGTH + s) * KEY_HEADS + head) * DIM + d] : 100;
  });
  return { shape, data: all };
}

describe('cachedAttention', () => {
  it('of all tokens is causal attention', () => {
    const { causal } = runGraph(
      (_, x) => ({ causal: attention(x.q, x.k, x.v, { numHeads: HEADS, numKeyValueHeads: KEY_HEADS }) }),
      { q, k, v },
    );
    const inputs = { q, keys: cached(k, 8), values: cached(v, 8) };
    const { found } = runGraph((graph, x) => {
      const at = Array.from({ length: BATCH * LENGTH }, (_, i) => BigInt(i % LENGTH));
      const positions = graph.constant('int64', [BATCH, LENGTH], BigInt64Array.from(at));
      return { found: cachedAttention(x.q, x.keys, x.values, { positions, slidingWindow: null }) };
    }, inputs);
    expectClose(found, causal, { rtol: 1e-6, name: 'attention' });
  });

  it('reads as many tokens as the window has', () => {
    const one = { shape: [BATCH, 1, HEADS * DIM], data: q.data.slice(0, BATCH * HEADS * DIM) };
    const { found } = runGraph(
      (graph, x) => {
        const positions = graph.constant('int64', [BATCH, 1], BigInt64Array.of(0n, 4n));
        return { found: cachedAttention(x.one, x.keys, x.values, { positions, slidingWindow: 1 }) };
      },
      { one, keys: cached(k, 8), values: cached(v, 8) },
    );
    // Only the token itself: row 0 at position 0, row 1 at position 4. Each of its values serves two heads.
    const width = KEY_HEADS * DIM;
    const expected = [v.data.slice(0, width), v.data.slice(-width)].flatMap((token) =>
      [0, 0, 1, 1].flatMap((head) => [...token.slice(head * DIM, (head + 1) * DIM)]),
    );
    expectClose(found, expected, { rtol: 1e-6, name: 'values' });
  });

  it('names operands that do not fit', () => {
    const graph = new Graph();
    const query = graph.input('q', 'float32', [2, 1, 12]);
    const keys = graph.input('keys', 'float32', [3, 2, 8, 3]);
    const positions = graph.input('positions', 'int64', [2, 1]);
    expect(
      graphErrorOf(() => cachedAttention(query, keys, keys, { positions, slidingWindow: null })),
    ).toContain('float32 [2, 1, 12] and float32 [3, 2, 8, 3]');
  });
});
