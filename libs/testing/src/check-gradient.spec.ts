import { add, differentiable, embedding, exp, mul, reshape, scale, type Value } from '@open-chatgpt/autodiff';
import { automaticGradients, checkGradient } from './check-gradient';
import { runGraph } from './run-graph';

/** x² whose rule says `factor`·x instead of 2x. */
function square(x: Value, factor: number): Value {
  const [y] = x.graph.node('Mul', [x, x], {}, [{ shape: x.shape }]);
  return differentiable('square', [x], [y], ([dy]) => [mul(dy!, scale(x, factor))]);
}

const inputs = { x: { shape: [2, 3] } };

describe('checkGradient', () => {
  it('accepts a correct rule, of one output or several', () => {
    checkGradient({ name: 'x²', inputs, build: (_, { x }) => square(x, 2) });
    checkGradient({ name: 'x², eˣ', inputs, build: (_, { x }) => [square(x, 2), exp(x)] });
  });

  it.each([
    ['a factor of 1 %', 2.02],
    ['a factor of two, as when a path counts twice', 4],
    ['a sign', -2],
    ['nothing at all', 0],
  ])('rejects a rule that is wrong by %s', (_, factor) => {
    const act = () => checkGradient({ name: 'x²', inputs, build: (_graph, { x }) => square(x, factor) });
    expect(act).toThrow(/^x²: gradient of "x" \[2, 3\]: relative error .* at element \d of 6/);
  });

  it('rejects a single wrong element, because every output has its own coefficient', () => {
    const swapped = (x: Value): Value => {
      const [y] = x.graph.node('Identity', [x], {}, [{ shape: x.shape }]);
      const flip = x.graph.int64s([2, 1, 0]);
      return differentiable('swapped', [x], [y], ([dy]) => [
        x.graph.node('Gather', [dy!, flip], {}, [{ shape: x.shape }])[0],
      ]);
    };
    const act = () =>
      checkGradient({ name: 'swap', inputs: { x: { shape: [3] } }, build: (_, { x }) => swapped(x) });
    expect(act).toThrow(/^swap: gradient of "x"/);
  });

  it('expects no gradient for an input that the loss does not depend on', () => {
    checkGradient({
      name: 'unused',
      inputs: { x: { shape: [2] }, unused: { shape: [2] } },
      build: (_, { x }) => x,
    });
  });

  it('ignores integers and frozen floats, and adds sparse rows to the dense part', () => {
    const table = { shape: [3, 2] };
    const ids = { shape: [4], dtype: 'int64', data: [2, 0, 2, 2] } as const;
    const frozen = { shape: [4, 2], requiresGrad: false };
    const build = (_: unknown, values: Record<'table' | 'ids' | 'frozen', Value>) => [
      mul(embedding(values.table, values.ids), values.frozen),
      reshape(values.table, [6]),
    ];
    checkGradient({ name: 'table', inputs: { table, ids, frozen }, build });
    expect(Object.keys(automaticGradients({ inputs: { table, ids, frozen }, build }))).toEqual(['table']);
  });
});

describe('runGraph', () => {
  it('returns outputs as plain numbers, by name', () => {
    const result = runGraph((_, { a, b }) => ({ sum: add(a, b), same: a }), {
      a: { shape: [2], dtype: 'int64', data: [1, 2] },
      b: { shape: [], dtype: 'int64', data: [10] },
    });
    expect(result).toEqual({ sum: [11, 12], same: [1, 2] });
  });

  it.each([
    ['data of another size', { x: { shape: [2], data: [1] } }, /input "x" of shape \[2\] has 1 elements/],
    ['integers without data', { x: { shape: [2], dtype: 'int64' as const } }, /input "x" is int64: give its/],
  ])('refuses %s', (_, bad: { x: { shape: number[] } }, message) => {
    expect(() => runGraph((_graph, { x }) => ({ y: x }), bad)).toThrow(message);
  });
});
