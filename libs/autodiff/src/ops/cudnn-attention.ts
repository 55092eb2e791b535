import { differentiable } from '../autodiff/differentiable';
import { float, int } from '../graph/attribute';
import { MICROSOFT } from '../graph/graph';
import type { Value } from '../graph/value';

/** cuDNN's kernels take heads of at most so many elements, in steps of 8. */
const MOST_HEAD_SIZE = 128;

export function fitsCudnn(headDim: number): boolean {
  return headDim <= MOST_HEAD_SIZE && headDim % 8 === 0;
}

/**
 * Causal attention as one call of cuDNN, which keeps no scores (Dao 2023, https://arxiv.org/abs/2307.08691). It computes in
 * bfloat16 and returns float32. Only XLA for NVIDIA's GPUs has it. q [B, T, H·D], k and v [B, T, Hk·D] → [B, T, H·D].
 */
export function cudnnAttention(
  [q, k, v]: readonly [Value, Value, Value],
  { numHeads, numKeyValueHeads, scale }: { numHeads: number; numKeyValueHeads: number; scale: number },
): Value {
  const { graph } = q;
  const [batch, length] = q.shape;
  const attributes = { heads: int(numHeads), keyHeads: int(numKeyValueHeads), scale: float(scale) };
  const outputs = [{ shape: q.shape }, { shape: [batch, numHeads, length] }];
  const [y, statistics] = graph.node('CudnnAttention', [q, k, v], attributes, outputs, MICROSOFT);
  return differentiable('attention', [q, k, v], [y], ([dy]) => {
    const inputs = [q, k, v, statistics, dy!, y];
    const gradients = [q, k, v].map(({ shape }) => ({ shape }));
    return graph.node('CudnnAttentionGradient', inputs, attributes, gradients, MICROSOFT);
  });
}
