import { int } from '../graph/attribute';
import { describe, requireDtype, requireFixed } from '../graph/check';
import { GraphError } from '../graph/error';
import { sameShape } from '../graph/shape';
import type { Value } from '../graph/value';
import { MASKED } from './attention';
import { and, greater, greaterOrEqual } from './compare';
import { matmul } from './matmul';
import { reshape } from './reshape';
import { sub } from './sub';
import { transpose } from './transpose';
import { where } from './where';

/** Which keys each of the new tokens attends to: those up to its own position. */
export interface CachePlace {
  /** [B, T] int64, counted from 0 in each row. */
  positions: Value;
  /** Number of tokens that a token attends to, including itself; null for all before it. */
  slidingWindow: number | null;
}

/**
 * Attention of new tokens to the keys and values of their rows, which contain their own: q [B, T, H·D], keys and values
 * [B, Hk, S, D] → [B, T, H·D]. No gradient. Keys after a token's position must be finite.
 */
export function cachedAttention(q: Value, keys: Value, values: Value, place: CachePlace): Value {
  requireDtype('cachedAttention', 'float32', q, keys, values);
  requireFixed('cachedAttention', q, keys, values);
  const [batch, length, width] = q.shape.map(Number);
  const [, keyHeads, size, headDim] = keys.shape.map(Number);
  const group = width / headDim / keyHeads;
  if (!sameShape(keys.shape, values.shape) || keys.shape[0] !== batch || !Number.isInteger(group))
    throw new GraphError('cachedAttention', `${describe(q, keys, values)} do not fit each other`);
  // The query heads of one key head are the rows of one product.
  const perHead = [batch, keyHeads, group, length, headDim];
  const stacked = [batch, keyHeads, group * length, headDim];
  const split = transpose(reshape(q, [batch, length, keyHeads, group, headDim]), [0, 2, 3, 1, 4]);
  const scores = matmul(reshape(split, stacked), keys, { transB: true, alpha: 1 / Math.sqrt(headDim) });
  const apart = reshape(scores, [batch, keyHeads, group, length, size]);
  const masked = where(visibleKeys(place, size), apart, q.graph.scalar(MASKED));
  const [probabilities] = q.graph.node('Softmax', [masked], { axis: int(-1) }, [{ shape: masked.shape }]);
  const summed = matmul(reshape(probabilities, scores.shape), values);
  return reshape(transpose(reshape(summed, perHead), [0, 3, 1, 2, 4]), q.shape);
}

/** [B, 1, 1, T, S]; all layers share it. */
function visibleKeys({ positions, slidingWindow }: CachePlace, size: number): Value {
  const { graph } = positions;
  return graph.memo(`visible|${positions.name}|${size}|${slidingWindow}`, () => {
    const [batch, length] = positions.shape;
    const at = reshape(positions, [batch, 1, 1, length, 1]);
    const keys = graph.int64s(Array.from({ length: size }, (_, index) => index));
    const before = greaterOrEqual(at, keys);
    if (slidingWindow === null) return before;
    return and(before, greater(keys, sub(at, graph.int64s([slidingWindow]))));
  });
}
