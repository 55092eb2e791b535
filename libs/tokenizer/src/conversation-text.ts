import { type AnswerText, renderAnswer } from './answer-text';
import type { ChatTemplate } from './chat-templates/chat-template';
import type { TextSpan } from './chat-templates/generation-blocks';
import type { Message } from './message';

/** Why the text of an answer cannot be learned. */
export type TextProblem = 'templateRefuses' | 'promptChanges' | 'rewrittenLater' | 'outsideGeneration';

/** An answer in the text of a conversation. */
export interface AnswerPlace extends TextSpan {
  /** The index of its message. */
  turn: number;
  /** The end of the generation prompt of the messages before it. */
  start: number;
  /** The end of the marker at which generation stops, or of the answer where no marker follows. */
  end: number;
  marked: boolean;
  /** What is learned of it, in order. */
  learned: TextSpan[];
  /** Whether the template renders all of its text, blanks aside. Some remove thoughts even from the last answer. */
  complete: boolean;
}

/** The text of a conversation up to its last answer, and the answers in it. */
export interface ConversationText {
  text: string;
  /** The generation prompt of the last answer. */
  prompt: string;
  answers: AnswerPlace[];
  notLearned: { turn: number; reason: TextProblem }[];
}

/** Characters at the end of a prompt that may be the beginning of the answer (`<think>`), and around it. */
const PROMPT_END = 100;

/** The indices of the answers that are to be learned. */
export function learnedTurns(messages: readonly Message[]): number[] {
  return messages.flatMap(({ role, learned = true }, turn) =>
    role === 'assistant' && learned ? [turn] : [],
  );
}

/**
 * Renders a conversation up to its last learned answer. The text before this answer is its generation prompt: training sees exactly what
 * generation sees. An earlier answer is learned where the text begins with its own generation prompt and with the answer. Where a
 * template rewrites earlier turns (Qwen3 removes their thoughts), it differs from what was generated.
 *
 * @param eosToken ends an answer in every template
 * @throws ChatTemplateError when the template rejects every prefix of the conversation
 */
export function conversationText(
  messages: readonly Message[],
  template: ChatTemplate,
  eosToken: string | null,
): ConversationText {
  const rendered: AnswerText[] = [];
  const notLearned: ConversationText['notLearned'] = [];
  let refusal: unknown;
  for (const turn of learnedTurns(messages)) {
    try {
      const answer = renderAnswer(messages, turn, template);
      if (answer) rendered.push(answer);
      else notLearned.push({ turn, reason: 'promptChanges' });
    } catch (error) {
      refusal = error;
      notLearned.push({ turn, reason: 'templateRefuses' });
    }
  }
  const last = rendered.at(-1);
  if (!last) {
    if (refusal) throw refusal;
    return { text: '', prompt: '', answers: [], notLearned };
  }

  const markers = [...template.stop, ...(eosToken === null ? [] : [eosToken])];
  const whole = last.prompt + last.text;
  const rendering = template.renderBlocks?.(messages.slice(0, last.turn + 1));
  // Where the prompt is another text, the places of the blocks do not apply.
  const blocks = rendering?.text === whole ? rendering.blocks : null;
  const answers: AnswerPlace[] = [];
  for (const { turn, prompt, text, contentLength } of rendered) {
    const start = prompt.length;
    const contentEnd = start + contentLength;
    if (!whole.startsWith(prompt) || !whole.startsWith(text.slice(0, contentLength), start)) {
      notLearned.push({ turn, reason: 'rewrittenLater' });
      continue;
    }
    const tail = text.slice(contentLength);
    const rest = whole.slice(contentEnd);
    const common = rest.startsWith(tail) ? tail.length : 0;
    const marker = markerAtStart(rest, markers) ?? firstMarker(rest.slice(0, common), markers);
    const end = contentEnd + (marker ?? common);
    const complete = contains(whole.slice(0, contentEnd), messages[turn].content);
    const learned = learnedOf({ start, end }, contentEnd, blocks);
    if (learned.length === 0) notLearned.push({ turn, reason: 'outsideGeneration' });
    else answers.push({ turn, start, end, marked: marker !== null, learned, complete });
  }
  const { start, end } = answers.at(-1) ?? { start: 0, end: 0 };
  return { text: whole.slice(0, end), prompt: whole.slice(0, start), answers, notLearned };
}

/** Whether a text ends with a part that contains another, blanks aside. */
function contains(text: string, content: string): boolean {
  const part = content.trim();
  if (text.slice(-part.length - PROMPT_END).includes(part)) return true;
  const squeezed = part.replace(/\s+/g, '');
  return text
    .replace(/\s+/g, '')
    .slice(-squeezed.length - PROMPT_END)
    .includes(squeezed);
}

/**
 * What is learned of an answer: all of it, or what its template puts into generation blocks. The marker of its end is learned in any
 * case, because generation stops on it.
 */
function learnedOf(
  { start, end }: TextSpan,
  contentEnd: number,
  blocks: readonly TextSpan[] | null,
): TextSpan[] {
  if (blocks === null) return [{ start, end }];
  const inside = blocks
    .map((block) => ({ start: Math.max(block.start, start), end: Math.min(block.end, end) }))
    .filter((span) => span.start < span.end);
  const last = inside.at(-1);
  if (!last) return [];
  if (last.end >= contentEnd) last.end = end;
  else if (contentEnd < end) inside.push({ start: contentEnd, end });
  return inside;
}

/** The end of the longest marker that begins a text, blanks aside. */
function markerAtStart(text: string, markers: readonly string[]): number | null {
  const blanks = text.length - text.trimStart().length;
  const lengths = markers.filter((marker) => text.startsWith(marker, blanks)).map(({ length }) => length);
  return lengths.length === 0 ? null : blanks + Math.max(...lengths);
}

/** The end of the first marker in a text. */
function firstMarker(text: string, markers: readonly string[]): number | null {
  const ends = markers.flatMap((marker) =>
    text.includes(marker) ? [text.indexOf(marker) + marker.length] : [],
  );
  return ends.length === 0 ? null : Math.min(...ends);
}
