import { differentiable } from '../autodiff/differentiable';
import { int } from '../graph/attribute';
import { GraphError } from '../graph/error';
import { MICROSOFT } from '../graph/graph';
import { formatShape } from '../graph/shape';
import type { Value } from '../graph/value';
import { neg } from './neg';

export interface RopeTables {
  /** [P, headDim / 2] each, one row a position. */
  cos: Value;
  sin: Value;
  /** int64: [B, T], or [1] with the position of the first token when they run on from there. */
  positions: Value;
}

/**
 * Rotary position embedding, halves rotated as LLaMA does (Su et al. 2021, https://arxiv.org/abs/2104.09864).
 * x [B, T, numHeads · headDim] → the same shape. Its gradient is the rotation back.
 */
export function rope(x: Value, tables: RopeTables, numHeads: number): Value {
  const headDim = Number(x.shape[2]) / numHeads;
  if (x.rank !== 3 || Number(tables.cos.shape[1]) * 2 !== headDim) {
    const got = `${formatShape(x.shape)}, ${numHeads} heads and tables ${formatShape(tables.cos.shape)}`;
    throw new GraphError('rope', `needs x [B, T, heads · headDim] and tables [P, headDim / 2], got ${got}`);
  }
  const rotate = (value: Value, sin: Value) =>
    x.graph.node(
      'RotaryEmbedding',
      [value, tables.positions, tables.cos, sin],
      { num_heads: int(numHeads), rotary_embedding_dim: int(headDim) },
      [{ shape: x.shape }],
      MICROSOFT,
    )[0];
  return differentiable('rope', [x], [rotate(x, tables.sin)], ([dy]) => [rotate(dy!, neg(tables.sin))]);
}
