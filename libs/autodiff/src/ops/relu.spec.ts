import {
  automaticGradients,
  checkGradient,
  declareInputs,
  graphErrorOf,
  runGraph,
} from '@open-chatgpt/testing';
import { relu } from './relu';

describe('relu', () => {
  it('is max(x, 0)', () => {
    const { y } = runGraph((_, { x }) => ({ y: relu(x) }), { x: { shape: [4], data: [-2, 0, 0.5, 3] } });
    expect(y).toEqual([0, 0, 0.5, 3]);
  });

  it('has the gradient away from 0, and 0 at 0', () => {
    checkGradient({
      name: 'relu',
      inputs: { x: { shape: [4], data: [-2, -0.1, 0.1, 3] } },
      build: (_, { x }) => relu(x),
    });
    expect(
      automaticGradients({ inputs: { x: { shape: [1], data: [0] } }, build: (_, { x }) => relu(x) }).x,
    ).toEqual([0]);
  });

  it('takes floats only', () => {
    const { x } = declareInputs({ x: { shape: [2], dtype: 'bool' } }).values;
    expect(graphErrorOf(() => relu(x))).toBe('relu: needs float32, got bool [2]');
  });
});
