import { graphErrorOf } from '@open-chatgpt/testing';
import { add } from '../ops/add';
import { Graph } from './graph';

describe('Graph', () => {
  it('names the mistake in an invalid graph', () => {
    const [graph, other] = [new Graph(), new Graph()];
    const x = graph.input('x', 'float32', [2]);
    const foreign = other.input('foreign', 'float32', [2]);
    graph.output('y', add(x, x));
    expect(graphErrorOf(() => graph.input('x', 'float32', [2]))).toBe('input: an input is already named "x"');
    expect(graphErrorOf(() => graph.output('x', x))).toBe('output: an input is already named "x"');
    expect(graphErrorOf(() => graph.output('y', x))).toBe('output: an output is already named "y"');
    expect(graphErrorOf(() => graph.input('y', 'float32', []))).toBe('input: an output is already named "y"');
    expect(graphErrorOf(() => add(x, foreign))).toBe('Add: "foreign" belongs to another graph');
    expect(graphErrorOf(() => graph.output('z', foreign))).toBe('output: "foreign" belongs to another graph');
    expect(graphErrorOf(() => graph.constant('float32', [2, 2], Float32Array.of(1)))).toBe(
      'constant: 1 elements do not fill shape [2, 2]',
    );
  });

  it('shares small constants of equal content, dtype and shape', () => {
    const graph = new Graph();
    expect(graph.scalar(2)).toBe(graph.scalar(2));
    expect(graph.int64s([1, 2])).toBe(graph.int64s([1, 2]));
    const distinct = [
      graph.scalar(2),
      graph.scalar(3),
      graph.constant('float32', [1], Float32Array.of(2)),
      graph.int64s([2]),
    ];
    expect(new Set(distinct).size).toBe(4);
  });

  it('distinguishes 0 from −0', () => {
    const graph = new Graph();
    expect(graph.scalar(-0)).not.toBe(graph.scalar(0));
  });

  it('builds a memoized value once', () => {
    const graph = new Graph();
    const make = jest.fn(() => graph.scalar(1));
    expect(graph.memo('mask', make)).toBe(graph.memo('mask', make));
    expect(make).toHaveBeenCalledTimes(1);
  });

  it('requires gradients only of floats that depend on trained inputs', () => {
    const graph = new Graph();
    const trained = graph.input('trained', 'float32', [2], true);
    const frozen = graph.input('frozen', 'float32', [2]);
    expect(add(trained, frozen).requiresGrad).toBe(true);
    expect(add(frozen, frozen).requiresGrad).toBe(false);
    expect(graph.tape).toHaveLength(1);
  });
});
