import { graphErrorOf } from '@open-chatgpt/testing';
import { add } from '../ops/add';
import { Graph } from './graph';

describe('Graph', () => {
  it('names what is put together wrongly', () => {
    const [graph, other] = [new Graph(), new Graph()];
    const x = graph.input('x', 'float32', [2]);
    const foreign = other.input('foreign', 'float32', [2]);
    graph.output('y', add(x, x));
    expect(graphErrorOf(() => graph.input('x', 'float32', [2]))).toBe('input: there is an input "x" already');
    expect(graphErrorOf(() => graph.output('x', x))).toBe('output: there is an input "x" already');
    expect(graphErrorOf(() => graph.output('y', x))).toBe('output: there is an output "y" already');
    expect(graphErrorOf(() => graph.input('y', 'float32', []))).toBe('input: there is an output "y" already');
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

  it('tells 0 from −0', () => {
    const graph = new Graph();
    expect(graph.scalar(-0)).not.toBe(graph.scalar(0));
  });

  it('makes a memo once', () => {
    const graph = new Graph();
    const make = jest.fn(() => graph.scalar(1));
    expect(graph.memo('mask', make)).toBe(graph.memo('mask', make));
    expect(make).toHaveBeenCalledTimes(1);
  });

  it('requires gradients of floats computed from trained inputs only', () => {
    const graph = new Graph();
    const trained = graph.input('trained', 'float32', [2], true);
    const frozen = graph.input('frozen', 'float32', [2]);
    expect(add(trained, frozen).requiresGrad).toBe(true);
    expect(add(frozen, frozen).requiresGrad).toBe(false);
    expect(graph.tape).toHaveLength(1);
  });
});
