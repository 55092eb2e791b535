import { checkGradient, declareInputs, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { where } from './where';

const condition = { shape: [2, 1], dtype: 'bool', data: [1, 0] } as const;

describe('where', () => {
  it('selects elementwise, broadcasting', () => {
    const { y } = runGraph((_, { c, a, b }) => ({ y: where(c, a, b) }), {
      c: condition,
      a: { shape: [2, 2], data: [1, 2, 3, 4] },
      b: { shape: [2], data: [-1, -2] },
    });
    expect(y).toEqual([1, 2, -1, -2]);
  });

  it.each([
    [
      [2, 3],
      [2, 3],
    ],
    [[3], []],
    [
      [1, 3],
      [2, 1],
    ],
  ])('has the gradient for shapes %j and %j', (a, b) => {
    checkGradient({
      name: 'where',
      inputs: { c: condition, a: { shape: a }, b: { shape: b } },
      build: (_, values) => where(values.c, values.a, values.b),
    });
  });

  it('excludes an infinity of the other branch from the gradient', () => {
    checkGradient({
      name: 'where',
      inputs: {
        c: condition,
        a: { shape: [2, 1] },
        b: { shape: [1], data: [Infinity], requiresGrad: false },
      },
      build: (graph, { c, a, b }) => where(c, a, where(c, b, graph.scalar(1))),
    });
  });

  it('names mismatched operands', () => {
    const { c, a, b, ids } = declareInputs({
      c: condition,
      a: { shape: [2, 3] },
      b: { shape: [2] },
      ids: { shape: [3], dtype: 'int64' },
    }).values;
    expect(graphErrorOf(() => where(a, a, a))).toBe('where: needs bool, got float32 [2, 3]');
    expect(graphErrorOf(() => where(c, a, b))).toBe('where: shapes [2, 3] and [2] do not broadcast');
    expect(graphErrorOf(() => where(c, a, ids))).toBe('where: dtypes differ: float32 [2, 3] and int64 [3]');
  });
});
