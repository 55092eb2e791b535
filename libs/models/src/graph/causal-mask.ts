import { and, equal, type Graph, MASKED, reshape, type Value, where } from '@open-chatgpt/autodiff';

/**
 * The mask to add to attention scores [B or 1, T, T], or undefined for plain causal attention.
 * @param segments [B, T] int64: the document of each token in a packed row; tokens attend only to their own document
 * @param slidingWindow number of tokens that a token attends to, including itself; null for all
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
