import { checkGradient, declareInputs, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { sub } from './sub';

describe('sub', () => {
  it('subtracts, broadcasting', () => {
    const { y } = runGraph((_, { a, b }) => ({ y: sub(a, b) }), {
      a: { shape: [2, 2], data: [1, 2, 3, 4] },
      b: { shape: [2, 1], data: [10, 20] },
    });
    expect(y).toEqual([-9, -8, -17, -16]);
  });

  it.each([
    [
      [2, 3],
      [2, 3],
    ],
    [[3], [2, 3]],
    [[2, 3], []],
  ])('has the gradient for shapes %j and %j', (a, b) => {
    const inputs = { a: { shape: a }, b: { shape: b } };
    checkGradient({ name: 'sub', inputs, build: (_, values) => sub(values.a, values.b) });
  });

  it('has the gradient of one operand where the other is frozen', () => {
    const [trained, frozen] = [{ shape: [2] }, { shape: [2], requiresGrad: false }];
    checkGradient({ name: 'a − c', inputs: { a: trained, b: frozen }, build: (_, { a, b }) => sub(a, b) });
    checkGradient({ name: 'c − b', inputs: { a: frozen, b: trained }, build: (_, { a, b }) => sub(a, b) });
  });

  it('names both mismatched operands', () => {
    const { a, b } = declareInputs({ a: { shape: [2, 3] }, b: { shape: [3, 2] } }).values;
    expect(graphErrorOf(() => sub(a, b))).toBe('sub: shapes [2, 3] and [3, 2] do not broadcast');
  });
});
