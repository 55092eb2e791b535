import { checkGradient, declareInputs, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { Graph } from '../graph/graph';
import { pad, slice } from './slice';

const x = { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] };

describe('slice', () => {
  it('returns a range of one axis', () => {
    const result = runGraph((_, v) => ({ rows: slice(v.x, 0, 1, 2), columns: slice(v.x, -1, 0, 2) }), { x });
    expect(result).toEqual({ rows: [4, 5, 6], columns: [1, 2, 4, 5] });
  });

  it('has the gradient, zero outside the range', () => {
    checkGradient({ name: 'slice', inputs: { x }, build: (_, v) => slice(v.x, 1, 1, 2) });
  });

  it('of everything is the value itself', () => {
    const { values } = declareInputs({ x });
    expect(slice(values.x, 0, 0, 2)).toBe(values.x);
  });

  it.each([
    [-1, 1],
    [0, 4],
    [2, 2],
    [2, 1],
  ])('refuses [%i, %i) of three', (start, end) => {
    const { values } = declareInputs({ x });
    expect(graphErrorOf(() => slice(values.x, 1, start, end))).toBe(
      `slice: [${start}, ${end}) is outside axis 1 of [2, 3]`,
    );
  });

  it('refuses a symbolic or missing axis', () => {
    const open = new Graph().input('x', 'float32', ['n']);
    expect(graphErrorOf(() => slice(open, 0, 0, 1))).toBe('slice: [0, 1) is outside axis 0 of [n]');
    expect(graphErrorOf(() => slice(open, 1, 0, 1))).toBe('slice: axis 1 is outside a tensor of rank 1');
  });
});

describe('pad', () => {
  it('adds zeros around', () => {
    const { y } = runGraph((_, v) => ({ y: pad(v.x, 1, 1, 2) }), { x });
    expect(y).toEqual([0, 1, 2, 3, 0, 0, 0, 4, 5, 6, 0, 0]);
  });

  it('has the gradient', () => {
    checkGradient({ name: 'pad', inputs: { x }, build: (_, v) => pad(v.x, 0, 2, 1) });
  });

  it('refuses negative amounts and symbolic axes', () => {
    const open = new Graph().input('x', 'float32', ['n']);
    expect(graphErrorOf(() => pad(open, 0, -1, 0))).toBe('pad: -1 and 0 must not be negative');
    expect(graphErrorOf(() => pad(open, 0, 1, 0))).toBe('pad: axis 0 of [n] has no fixed size');
  });
});
