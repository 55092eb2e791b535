import { runGraph } from '@open-chatgpt/testing';
import { float, int, ints, string } from '../graph/attribute';
import { Graph } from '../graph/graph';
import { add } from '../ops/add';
import { embedding } from '../ops/embedding';
import { exp } from '../ops/exp';
import { scale } from '../ops/scale';
import { encodeModel } from './encode-model';

const x = { shape: [2], data: [1, -2] };

describe('encodeModel', () => {
  it('encodes an input, a constant and one value under two names as outputs', () => {
    const result = runGraph(
      (graph, v) => {
        const doubled = scale(v.x, 2);
        return {
          input: v.x,
          constant: graph.int64s([7, -7]),
          once: doubled,
          twice: doubled,
          thrice: doubled,
          after: add(doubled, v.x),
        };
      },
      { x },
    );
    expect(result).toEqual({
      input: [1, -2],
      constant: [7, -7],
      once: [2, -4],
      twice: [2, -4],
      thrice: [2, -4],
      after: [3, -6],
    });
  });

  it('returns the inputs that remain', () => {
    const graph = new Graph();
    const [a] = ['a', 'b'].map((name) => graph.input(name, 'float32', [2]));
    graph.output('y', exp(a));
    expect(encodeModel(graph).liveInputs).toEqual(['a']);
  });

  it('writes every kind of attribute, with negative values', () => {
    const { y, found } = runGraph(
      (graph, v) => ({
        y: graph.node('Transpose', [v.matrix], { perm: ints([1, 0]) }, [{ shape: [3, 2] }])[0],
        found: graph.node(
          'ArgMax',
          [graph.node('LeakyRelu', [v.matrix], { alpha: float(-2) }, [{ shape: [2, 3] }])[0]],
          { axis: int(-1), keepdims: int(0) },
          [{ shape: [2], dtype: 'int64' }],
        )[0],
      }),
      { matrix: { shape: [2, 3], data: [1, -5, 3, 4, 5, -1] } },
    );
    expect(y).toEqual([1, 4, -5, 5, 3, -1]);
    expect(found).toEqual([1, 1]);
    const { padded } = runGraph(
      (graph, v) => ({
        padded: graph.node('Pad', [v.x, graph.int64s([1, 0])], { mode: string('edge') }, [{ shape: [3] }])[0],
      }),
      { x },
    );
    expect(padded).toEqual([1, 1, -2]);
  });

  it('writes constants that are views into larger buffers', () => {
    const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    const { y } = runGraph((graph, v) => ({ y: add(v.x, graph.constant('float32', [2], data)) }), { x });
    expect(y).toEqual([2, 0]);
  });

  it('omits an optional input', () => {
    const { y } = runGraph(
      (graph, v) => ({
        y: graph.node('Clip', [v.x, null, graph.scalar(0)], {}, [{ shape: [2] }])[0],
      }),
      { x },
    );
    expect(y).toEqual([0, -2]);
  });

  it('encodes symbolic dimensions', () => {
    const graph = new Graph();
    const table = graph.input('table', 'float32', [3, 2]);
    graph.output('y', embedding(table, graph.input('ids', 'int64', ['B', 'T'])));
    const text = new TextDecoder('latin1').decode(encodeModel(graph).bytes);
    expect(text).toContain('\x12\x01B');
    expect(text).toContain('\x12\x01T');
  });
});
