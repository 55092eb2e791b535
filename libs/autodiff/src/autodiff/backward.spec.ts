import { automaticGradients, checkGradient, graphErrorOf, runGraph } from '@open-chatgpt/testing';
import { Graph } from '../graph/graph';
import { liveNodes } from '../graph/live-nodes';
import { add } from '../ops/add';
import { embedding } from '../ops/embedding';
import { exp } from '../ops/exp';
import { linear } from '../ops/linear';
import { matmul } from '../ops/matmul';
import { mul } from '../ops/mul';
import { reshape } from '../ops/reshape';
import { sum } from '../ops/sum';
import { tanh } from '../ops/tanh';
import { backward } from './backward';
import { differentiable } from './differentiable';

describe('backward', () => {
  it('adds up the gradients of several paths', () => {
    checkGradient({
      name: 'fan-out',
      inputs: { x: { shape: [2, 2] } },
      build: (_, { x }) => {
        const h = tanh(x);
        return [add(mul(h, h), exp(h)), matmul(x, h), x];
      },
    });
  });

  it('differentiates two layers and a residual connection', () => {
    checkGradient({
      name: 'network',
      inputs: { x: { shape: [3, 2] }, w1: { shape: [4, 2] }, b1: { shape: [4] }, w2: { shape: [2, 4] } },
      build: (_, { x, w1, b1, w2 }) => add(x, linear(tanh(linear(x, w1, b1)), w2)),
    });
  });

  it('takes seeds at several values, of their own shapes', () => {
    const x = { shape: [2], data: [3, -1] };
    const { gradient } = runGraph(
      (graph, values) => {
        const [square, cube] = [mul(values.x, values.x), mul(values.x, mul(values.x, values.x))];
        const seeds = [
          [square, graph.constant('float32', [2], Float32Array.of(1, 10))],
          [cube, graph.constant('float32', [2], Float32Array.of(0, 100))],
        ] as const;
        return { gradient: backward(seeds, [values.x]).get(values.x)!.dense! };
      },
      { x },
    );
    expect(gradient).toEqual([6, -20 + 300]);
  });

  it('returns the gradient of an activation', () => {
    const { dh } = runGraph(
      (graph, { x }) => {
        const h = tanh(x);
        return { dh: backward([[sum(mul(h, h)), graph.scalar(1)]], [h]).get(h)!.dense! };
      },
      { x: { shape: [2], data: [0, 20] } },
    );
    expect(dh).toEqual([0, 2]);
  });

  it('can run again for another loss over the same forward pass', () => {
    const { first, second } = runGraph(
      (graph, { x }) => {
        const square = mul(x, x);
        const gradient = (loss: typeof x) => backward([[loss, graph.scalar(1)]], [x]).get(x)!.dense!;
        return { first: gradient(sum(square)), second: gradient(sum(mul(square, x))) };
      },
      { x: { shape: [2], data: [3, -1] } },
    );
    expect([first, second]).toEqual([
      [6, -2],
      [27, 3],
    ]);
  });

  it('returns no gradient for a frozen input or one that the loss does not depend on', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2, 3], true);
    const frozen = graph.input('frozen', 'float32', [4, 3]);
    const unused = graph.input('unused', 'float32', [2], true);
    const loss = sum(linear(x, frozen));
    const gradients = backward([[loss, graph.scalar(1)]], [x, frozen, unused]);
    expect(gradients.get(frozen)).toEqual({ sparse: [] });
    expect(gradients.get(unused)).toEqual({ sparse: [] });
    graph.output('dx', gradients.get(x)!.dense!);
    const { nodes } = liveNodes(graph);
    expect(nodes.filter(({ opType }) => opType === 'FusedMatMul')).toHaveLength(1);
    expect(nodes.some(({ outputs }) => outputs[0].shape.join() === '4,3')).toBe(false);
  });

  it('returns the dense part and every sparse part of a table', () => {
    const graph = new Graph();
    const table = graph.input('table', 'float32', [4, 2], true);
    const ids = graph.int64s([1, 1, 3]);
    const loss = add(sum(embedding(table, ids)), add(sum(embedding(table, ids)), sum(mul(table, table))));
    const { dense, sparse } = backward([[loss, graph.scalar(1)]], [table]).get(table)!;
    expect(dense!.shape).toEqual([4, 2]);
    expect(sparse.map(({ indices, rows }) => [indices.shape, rows.shape])).toEqual([
      [[3], [3, 2]],
      [[3], [3, 2]],
    ]);
  });

  it('calls no rule whose outputs have no gradient', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2], true);
    const rule = jest.fn(() => [undefined]);
    differentiable('unused', [x], [graph.node('Neg', [x], {}, [{ shape: [2] }])[0]], rule);
    backward([[sum(x), graph.scalar(1)]], [x]);
    expect(rule).not.toHaveBeenCalled();
  });

  it('counts a value that is both operands of one op twice', () => {
    const { x } = automaticGradients({ inputs: { x: { shape: [3] } }, build: (_, v) => add(v.x, v.x) });
    const { x: once } = automaticGradients({ inputs: { x: { shape: [3] } }, build: (_, v) => v.x });
    expect(x).toEqual(once.map((value) => 2 * value));
  });

  it('refuses gradients of the wrong shape, of a seed or of a rule', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2, 3], true);
    const one = graph.scalar(1);
    expect(graphErrorOf(() => backward([], [x]))).toBe('backward: needs at least one seed');
    expect(graphErrorOf(() => backward([[x, one]], [x]))).toBe(
      'seed: gradient of shape [] for a value of shape [2, 3] ("x")',
    );
    const [y] = graph.node('Neg', [x], {}, [{ shape: x.shape }]);
    differentiable('wrong', [x], [y], ([dy]) => [reshape(dy!, [3, 2])]);
    expect(graphErrorOf(() => backward([[sum(y), one]], [x]))).toBe(
      'wrong: gradient of shape [3, 2] for a value of shape [2, 3] ("x")',
    );
  });
});
