import { createRng } from '@open-chatgpt/random';
import { candidates, isFiltering } from './candidates';

const OFF = { topK: 0, topP: 1, minP: 0 };
// In descending order of weight: 4 (.4), 1 (.25), 6 (.15), 0 (.1), 3 (.05), 5 (.03), 2 (.02)
const WEIGHTS = Float32Array.of(0.1, 0.25, 0.02, 0.05, 0.4, 0.03, 0.15);

describe('candidates', () => {
  it.each([
    ['nothing', OFF, [4, 1, 6, 0, 3, 5, 2]],
    ['top-k', { ...OFF, topK: 3 }, [4, 1, 6]],
    ['top-k beyond the vocabulary', { ...OFF, topK: 100 }, [4, 1, 6, 0, 3, 5, 2]],
    ['top-p, the token that crosses it included', { ...OFF, topP: 0.7 }, [4, 1, 6]],
    ['a top-p that the first token reaches', { ...OFF, topP: 0.01 }, [4]],
    ['min-p, relative to the most probable', { ...OFF, minP: 0.3 }, [4, 1, 6]],
    ['min-p of 1', { ...OFF, minP: 1 }, [4]],
    ['top-p of what top-k left', { ...OFF, topK: 2, topP: 0.6 }, [4]],
    ['min-p after both', { topK: 4, topP: 0.95, minP: 0.5 }, [4, 1]],
  ])('keeps the tokens of %s', (_, filters, expected) => {
    expect(candidates(WEIGHTS, filters)).toEqual(expected);
  });

  it('prefers the smaller token among equals', () => {
    expect(candidates(Float32Array.of(0.25, 0.25, 0.25, 0.25), { ...OFF, topK: 2 })).toEqual([0, 1]);
    expect(candidates(Float32Array.of(0.25, 0.25, 0.25, 0.25), { ...OFF, topP: 0.5 })).toEqual([0, 1]);
  });

  it('finds the same nucleus as a full sort', () => {
    const rng = createRng(1);
    for (let trial = 0; trial < 50; trial++) {
      const raw = Float32Array.from({ length: 300 }, () => Math.exp(4 * rng.normal()));
      const total = raw.reduce((sum, x) => sum + x, 0);
      const weights = raw.map((x) => x / total);
      const filters = { topK: 0, topP: 0.05 + 0.94 * rng.next(), minP: 0.2 * rng.next() };
      const sorted = [...weights.keys()].sort((a, b) => weights[b] - weights[a]);
      const nucleus: number[] = [];
      let mass = 0;
      for (const token of sorted) {
        if (mass >= filters.topP) break;
        nucleus.push(token);
        mass += weights[token];
      }
      const expected = nucleus.filter((token) => weights[token] >= filters.minP * weights[sorted[0]]);
      expect(candidates(weights, filters)).toEqual(expected);
    }
  });

  it('detects filters without effect', () => {
    expect(isFiltering(OFF)).toBe(false);
    for (const change of [{ topK: 1 }, { topP: 0.99 }, { minP: 0.1 }]) {
      expect(isFiltering({ ...OFF, ...change })).toBe(true);
    }
  });
});
