import type { AnswerPart } from '../tools/answer-parts';

interface CallDelta {
  index: number;
  id?: string;
  type?: 'function';
  function: { name?: string; arguments: string };
}

/** The number of calls that begin in parts of an answer. */
export const callsIn = (parts: readonly AnswerPart[]): number =>
  parts.filter(({ kind }) => kind === 'call').length;

/**
 * The `delta` of a chunk with these parts.
 * @param before the number of calls in the chunks before it
 */
export function chatDelta(parts: readonly AnswerPart[], before: number): object {
  const joined = (kind: 'reasoning' | 'text') =>
    parts.map((part) => (part.kind === kind ? part.text : '')).join('');
  const [reasoning, content, calls] = [joined('reasoning'), joined('text'), callDeltas(parts, before)];
  return {
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(content !== '' && { content }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function callDeltas(parts: readonly AnswerPart[], before: number): CallDelta[] {
  const calls: CallDelta[] = [];
  let index = before - 1;
  for (const part of parts)
    if (part.kind === 'call') {
      const { id, name } = part;
      calls.push({ index: ++index, id, type: 'function', function: { name, arguments: '' } });
    } else if (part.kind === 'arguments') {
      const current = calls.at(-1);
      if (current) current.function.arguments += part.text;
      else calls.push({ index, function: { arguments: part.text } });
    }
  return calls;
}
