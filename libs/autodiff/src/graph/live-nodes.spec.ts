import { add } from '../ops/add';
import { exp } from '../ops/exp';
import { neg } from '../ops/neg';
import { rmsNorm } from '../ops/rms-norm';
import { Graph } from './graph';
import { liveNodes } from './live-nodes';

describe('liveNodes', () => {
  it('omits nodes, inputs and constants that no output needs', () => {
    const graph = new Graph();
    const [a, b] = ['a', 'b'].map((name) => graph.input(name, 'float32', [2]));
    const y = add(exp(a), graph.scalar(1));
    neg(add(b, graph.scalar(2)));
    neg(y);
    graph.output('y', y);
    const { nodes, inputs, constants } = liveNodes(graph);
    expect(nodes.map(({ opType }) => opType)).toEqual(['Exp', 'Add']);
    expect(inputs).toEqual([a]);
    expect(constants.map(({ value }) => value)).toEqual([graph.scalar(1)]);
  });

  it('keeps a node for any one of its outputs', () => {
    const graph = new Graph();
    rmsNorm(graph.input('x', 'float32', [2, 4]), graph.input('w', 'float32', [4]), 1e-6);
    const [{ outputs }] = graph.nodes;
    graph.output('rms', outputs[1]);
    expect(liveNodes(graph).nodes).toHaveLength(1);
  });

  it('is empty without outputs', () => {
    const graph = new Graph();
    exp(graph.input('x', 'float32', [2]));
    expect(liveNodes(graph)).toEqual({ nodes: [], inputs: [], constants: [] });
  });
});
