/** A call as OpenAI's API has it. */
export interface ToolCall {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
}

/** What an answer has next. Arguments belong to the call before them, and `callEnd` follows once they are complete. */
export type AnswerPart =
  | { kind: 'reasoning' | 'text' | 'arguments'; text: string }
  | { kind: 'call'; id: string; name: string }
  | { kind: 'callEnd' };

export interface WholeAnswer {
  reasoning: string;
  text: string;
  calls: ToolCall[];
}

/** Joins the parts of an answer. */
export function wholeAnswer(parts: readonly AnswerPart[]): WholeAnswer {
  const answer: WholeAnswer = { reasoning: '', text: '', calls: [] };
  for (const part of parts) {
    if (part.kind === 'call') {
      const { id, name } = part;
      answer.calls.push({ id, type: 'function', function: { name, arguments: '' } });
    } else if (part.kind === 'arguments') answer.calls.at(-1)!.function.arguments += part.text;
    else if (part.kind !== 'callEnd') answer[part.kind] += part.text;
  }
  return answer;
}
