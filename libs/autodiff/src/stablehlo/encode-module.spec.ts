import { backward } from '../autodiff/backward';
import { Graph } from '../graph/graph';
import { add } from '../ops/add';
import { exp } from '../ops/exp';
import { matmul } from '../ops/matmul';
import { mul } from '../ops/mul';
import { reshape } from '../ops/reshape';
import { scatterAddRows } from '../ops/scatter-add-rows';
import { sum } from '../ops/sum';
import { encodeModule } from './encode-module';

/** y = exp(x w). */
function expProduct(): Graph {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [4, 2]);
  graph.output('y', exp(matmul(x, graph.input('w', 'float32', [2, 6], true))));
  return graph;
}

describe('encodeModule', () => {
  it('writes the function with its live inputs and outputs', () => {
    const graph = expProduct();
    graph.input('unused', 'float32', [3]);
    const { text, inputs, outputs } = encodeModule(graph);
    expect([inputs, outputs]).toEqual([['x', 'w'], ['y']]);
    expect(text).toContain(
      'func.func public @main(%arg0: tensor<4x2xf32>, %arg1: tensor<2x6xf32>) -> (tensor<4x6xf32>) {',
    );
    expect(text).toMatch(
      /stablehlo\.dot_general %arg0, %arg1, contracting_dims = \[1\] x \[0\], precision = \[HIGHEST/,
    );
  });

  it('gives an output the memory of an input', () => {
    const graph = new Graph();
    const w = graph.input('w', 'float32', [2]);
    graph.output('loss', sum(w));
    graph.output('newW', add(w, graph.scalar(1)));
    const { text } = encodeModule(graph, { aliases: new Map([['w', 'newW']]) });
    expect(text).toContain('%arg0: tensor<2xf32> {tf.aliasing_output = 1 : i32}');
  });

  it('divides arguments and results over a mesh; the others are whole', () => {
    const { text } = encodeModule(expProduct(), {
      mesh: { fsdp: 2, tensor: 3 },
      shardings: new Map([
        ['w', [['fsdp'], ['tensor']]],
        ['y', [[], ['tensor']]],
      ]),
    });
    expect(text).toContain('module @graph attributes {mhlo.num_partitions = 6 : i32} {');
    expect(text).toContain('sdy.mesh @mesh = <["fsdp"=2, "tensor"=3]>');
    expect(text).toContain('%arg0: tensor<4x2xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {}]>}');
    expect(text).toContain(
      '%arg1: tensor<2x6xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"fsdp"}, {"tensor"}]>}',
    );
    expect(text).toContain('-> (tensor<4x6xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {"tensor"}]>}) {');
  });

  it('adds rows to a divided table only when the rows are whole: XLA aborts on rows that divide unevenly', () => {
    const graph = new Graph();
    const [table, rows] = [graph.input('table', 'float32', [8, 2]), graph.input('rows', 'float32', [3, 2])];
    graph.output('sum', scatterAddRows(table, graph.input('at', 'int64', [3]), rows));
    const constraint = 'sdy.sharding_constraint %arg1 <@mesh, [{}, {}]> : tensor<3x2xf32>';
    const options = { mesh: { fsdp: 4 }, shardings: new Map([['table', [['fsdp'], []]]]) };
    expect(encodeModule(graph, options).text).toContain(constraint);
    expect(encodeModule(graph).text).not.toContain('sharding_constraint');
  });

  it('multiplies in bfloat16 with float32 sums where the graph says so', () => {
    const graph = expProduct();
    graph.matmulType = 'bfloat16';
    const { text } = encodeModule(graph);
    expect(text).toContain('(tensor<4x2xbf16>, tensor<2x6xbf16>) -> tensor<4x6xf32>');
    expect(text).toMatch(/stablehlo\.exponential %\d+ : tensor<4x6xf32>/);
  });

  it('puts a barrier between an activation and the backward pass that reads it', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [3], true);
    const y = exp(exp(x));
    graph.output('dx', backward([[sum(y), graph.scalar(1)]], [x]).get(x)!.dense!);
    const lines = encodeModule(graph).text.split('\n');
    // Both exponentials are kept for their gradients.
    expect(lines.filter((line) => line.includes('optimization_barrier'))).toHaveLength(2);
    expect(lines.filter((line) => line.includes('stablehlo.exponential'))).toHaveLength(2);
  });

  it('fixes symbolic sizes, and infers the one that a reshape introduces', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['n', 6]);
    graph.output('y', mul(reshape(x, ['m', 4]), graph.scalar(2)));
    const { text } = encodeModule(graph, { sizes: new Map([['n', 2]]) });
    expect(text).toContain('-> (tensor<3x4xf32>) {');
    expect(() => encodeModule(graph)).toThrow('stablehlo: "x" [n, 6] needs the size of n');
  });

  it('names an operator that it cannot write', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2]);
    graph.output('y', graph.node('LeakyRelu', [x], {}, [{ shape: [2] }])[0]);
    expect(() => encodeModule(graph)).toThrow('LeakyRelu: cannot be written as StableHLO');
  });

  it('writes every bit of a constant, and booleans as bytes', () => {
    const graph = new Graph();
    const one = graph.constant('float32', [], Float32Array.of(0.1));
    const many = graph.constant('float32', [2], Float32Array.of(1, -0));
    graph.output('y', add(many, one));
    graph.output('flags', graph.constant('bool', [3], Uint8Array.of(1, 0, 1)));
    const { text } = encodeModule(graph);
    expect(text).toContain('dense<0x3DCCCCCD> : tensor<f32>');
    expect(text).toContain('dense<"0x0000803F00000080"> : tensor<2xf32>');
    expect(text).toContain('dense<"0x010001"> : tensor<3xi8>');
  });
});
