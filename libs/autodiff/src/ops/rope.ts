import { differentiable } from '../autodiff/differentiable';
import { int } from '../graph/attribute';
import { describe, requireDtype } from '../graph/check';
import { GraphError } from '../graph/error';
import { MICROSOFT } from '../graph/graph';
import { sameShape } from '../graph/shape';
import type { Value } from '../graph/value';
import { neg } from './neg';

export interface RopeTables {
  /** [P, headDim / 2] each, one row for each position. */
  cos: Value;
  sin: Value;
  /** int64: [B, T], or [1] with the position of the first token when the positions are consecutive. */
  positions: Value;
}

/**
 * Rotary position embedding, halves rotated as LLaMA does (Su et al. 2021, https://arxiv.org/abs/2104.09864).
 * x [B, T, numHeads · headDim] → the same shape. Its gradient is the inverse rotation.
 */
export function rope(x: Value, tables: RopeTables, numHeads: number): Value {
  const { cos, sin, positions } = tables;
  requireDtype('rope', 'float32', x, cos, sin);
  requireDtype('rope', 'int64', positions);
  const headDim = Number(x.shape[2]) / numHeads;
  if (x.rank !== 3 || Number(cos.shape[1]) * 2 !== headDim || !sameShape(cos.shape, sin.shape)) {
    const got = `${describe(x)}, ${numHeads} heads and tables ${describe(cos, sin)}`;
    throw new GraphError('rope', `needs x [B, T, heads · headDim] and tables [P, headDim / 2], got ${got}`);
  }
  if (!sameShape(positions.shape, [1]) && !sameShape(positions.shape, x.shape.slice(0, 2))) {
    throw new GraphError(
      'rope',
      `needs positions [1] or [B, T] for ${describe(x)}, got ${describe(positions)}`,
    );
  }
  const rotate = (value: Value, sine: Value) =>
    x.graph.node(
      'RotaryEmbedding',
      [value, positions, cos, sine],
      { num_heads: int(numHeads), rotary_embedding_dim: int(headDim) },
      [{ shape: x.shape }],
      MICROSOFT,
    )[0];
  return differentiable('rope', [x], [rotate(x, sin)], ([dy]) => [rotate(dy!, neg(sin))]);
}
