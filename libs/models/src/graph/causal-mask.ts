import { and, equal, type Graph, MASKED, reshape, type Value, where } from '@open-chatgpt/autodiff';

/**
 * What to add to attention scores [B or 1, T, T], or undefined where plain causal attention will do.
 * @param segments [B, T] int64: the document that each token of a packed row belongs to; tokens see only their own
 * @param slidingWindow tokens see this many back, themselves included; null for all
 */
export function causalMask(
  graph: Graph,
  length: number,
  segments: Value | null,
  slidingWindow: number | null,
): Value | undefined {
  const windowed = slidingWindow !== null && slidingWindow < length;
  if (!segments && !windowed) return undefined;
  const allowed = new Uint8Array(length * length);
  for (let query = 0; query < length; query++) {
    const first = windowed ? Math.max(0, query - slidingWindow + 1) : 0;
    allowed.fill(1, query * length + first, query * length + query + 1);
  }
  const causal = graph.constant('bool', [1, length, length], allowed);
  const visible = segments ? and(causal, sameSegment(segments, length)) : causal;
  return where(visible, graph.scalar(0), graph.scalar(MASKED));
}

function sameSegment(segments: Value, length: number): Value {
  const [batch] = segments.shape;
  return equal(reshape(segments, [batch, length, 1]), reshape(segments, [batch, 1, length]));
}
