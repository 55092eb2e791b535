import { backward } from '../autodiff/backward';
import { Graph } from '../graph/graph';
import type { Value } from '../graph/value';
import { attention } from '../ops/attention';
import { sum } from '../ops/sum';
import { encodeModule } from './encode-module';

const [batch, length] = [4, 16];

/** Attention of 4 heads with 2 key heads, and its gradients. */
function program(headDim: number, mask = false): Graph {
  const graph = new Graph();
  graph.matmulType = 'bfloat16';
  graph.cudnnAttention = true;
  const input = (name: string, heads: number) =>
    graph.input(name, 'float32', [batch, length, heads * headDim], true);
  const [q, k, v] = [input('q', 4), input('k', 2), input('v', 2)];
  const options = { numHeads: 4, numKeyValueHeads: 2 };
  const allowed: Value = graph.input('mask', 'float32', [1, length, length]);
  const y = attention(q, k, v, mask ? { ...options, mask: allowed } : options);
  graph.output('y', y);
  const gradients = backward([[sum(y), graph.scalar(1)]], [q, k, v]);
  for (const x of [q, k, v]) graph.output(`d${x.name}`, gradients.get(x)!.dense!);
  return graph;
}

const callsOf = (text: string) => [...text.matchAll(/custom_call @(\S+?)\(/g)].map(([, target]) => target);

describe('attention by cuDNN', () => {
  it('is one call forward and one backward, without scores', () => {
    const { text } = encodeModule(program(8));
    expect(callsOf(text)).toEqual(['__cudnn$fmhaSoftmax', '__cudnn$fmhaSoftmaxBackward']);
    expect(text).not.toContain('dot_general');
    const [rows, keys, saved] = ['tensor<4x16x4x8xbf16>', 'tensor<4x16x2x8xbf16>', 'tensor<4x4x16xf32>'];
    expect(text).toContain(`(${rows}, ${keys}, ${keys}) -> (tensor<4x4x16x8xbf16>, ${saved}, tensor<0xui8>)`);
    expect(text).toContain(
      `(${rows}, ${keys}, ${keys}, ${saved}, ${rows}, ${rows}) -> (tensor<4x4x16x8xbf16>, tensor<4x2x16x8xbf16>, `,
    );
    expect(text).toContain('\\22fmha_scale\\22:0.353553');
    expect(text).toContain('\\22mask_type\\22:\\22CAUSAL\\22');
  });

  it('has its own rows and heads on each device', () => {
    const { text } = encodeModule(program(8), { mesh: { data: 1, fsdp: 2, tensor: 2 } });
    expect(text.match(/sdy\.manual_computation/g)).toHaveLength(2);
    expect(text).toContain('in_shardings=[<@mesh, [{"data", "fsdp"}, {}, {"tensor"}, {}]>');
    expect(text).toContain('-> (tensor<2x2x16x8xbf16>, tensor<2x2x16xf32>, tensor<0xui8>)');
    expect(text).toContain('\\22dimensions\\22:[\\222\\22,\\222\\22,\\2216\\22,\\2216\\22]');
  });

  it('is whole along axes that do not divide it', () => {
    const { text } = encodeModule(program(8), { mesh: { data: 1, fsdp: 3, tensor: 4 } });
    expect(text).toContain('in_shardings=[<@mesh, [{}, {}, {}, {}]>');
    expect(text).toContain('-> (tensor<4x4x16x8xbf16>, tensor<4x4x16xf32>, tensor<0xui8>)');
  });

  it.each([
    ['of packed rows, which have a mask', program(8, true)],
    ['with heads that are too large', program(136)],
    ['with heads that are no multiple of 8', program(4)],
  ])('is not used for attention %s', (_, graph) => {
    expect(callsOf(encodeModule(graph).text)).toEqual([]);
  });
});
