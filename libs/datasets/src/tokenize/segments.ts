import type { ChatTemplate, Message } from '@open-chatgpt/tokenizer';

/** A part of a rendered conversation. All of it is trained on, or none. */
export interface Segment {
  text: string;
  trained: boolean;
}

export interface Segmented {
  segments: Segment[];
  /** False when the template has no marker for the end of an answer, so that EOS must be added. */
  endsWithMarker: boolean;
}

/**
 * Divides a rendered conversation at the beginning and the end of each assistant turn. The text before an answer is the generation
 * prompt of the template, so training sees exactly what generation sees. The answer ends after its end-of-turn marker; text that the
 * template adds after the marker (ChatML's newline) is not trained on.
 *
 * Where a template rewrites earlier turns as the conversation grows (Qwen3 removes their thoughts), only the last assistant turn is
 * trained on: in this context, the earlier ones differ from what was generated. Throws what the template throws, and when not even
 * the prompt of the last turn is a prefix of the whole.
 */
export function segmentConversation(
  messages: readonly Message[],
  template: ChatTemplate,
  eosToken: string | null,
): Segmented {
  const turns = messages.flatMap((message, index) => (message.role === 'assistant' ? [index] : []));
  const whole = template.render(messages.slice(0, (turns.at(-1) ?? -1) + 1), { addGenerationPrompt: false });
  const spans = turns.map((turn) => {
    const prompt = template.render(messages.slice(0, turn), { addGenerationPrompt: true });
    const full =
      turn === turns.at(-1)
        ? whole
        : template.render(messages.slice(0, turn + 1), { addGenerationPrompt: false });
    return { prompt, full };
  });
  const usable = spans.every(({ prompt, full }) => full.startsWith(prompt) && whole.startsWith(full))
    ? spans
    : spans.slice(-1);
  if (!usable.every(({ prompt }) => whole.startsWith(prompt))) {
    throw new Error(
      `chat template ${template.name}: what precedes the last answer changes once the answer is there, so its tokens ` +
        'cannot be distinguished. Choose a named template: alpaca, vicuna, chatml, llama2.',
    );
  }

  const markers = [...template.stop, ...(eosToken === null ? [] : [eosToken])];
  const segments: Segment[] = [];
  let position = 0;
  let endsWithMarker = true;
  for (const { prompt, full } of usable) {
    const answer = full.slice(prompt.length);
    const end = Math.max(...markers.map((marker) => markerEnd(answer, marker)), 0);
    endsWithMarker = end > 0;
    const length = endsWithMarker ? end : answer.length;
    segments.push({ text: whole.slice(position, prompt.length), trained: false });
    segments.push({ text: answer.slice(0, length), trained: true });
    position = prompt.length + length;
  }
  return { segments, endsWithMarker };
}

/** The end of the closing marker in `answer`, or 0. Only white space may follow; otherwise the answer just mentions the marker. */
function markerEnd(answer: string, marker: string): number {
  const start = answer.lastIndexOf(marker);
  if (start === -1) return 0;
  const end = start + marker.length;
  return answer.slice(end).trim() === '' ? end : 0;
}
