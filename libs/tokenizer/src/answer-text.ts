import { type ChatTemplate, renderMessages } from './chat-templates/chat-template';
import type { Message } from './message';

/** What a template renders for one answer, after the generation prompt of the messages before it. */
export interface AnswerText {
  /** The index of its message. */
  turn: number;
  prompt: string;
  /** The answer, and what the template adds until the end of the text. */
  text: string;
  /** The length in `text` of the answer alone. */
  contentLength: number;
}

/** Escaped messages contain the first character only before a number, so no message contains this text. */
const PROBE = '\uE000\uE001';

/**
 * Renders the answer `messages[turn]` of escaped messages. Most templates render the generation prompt, then the answer. Null when the
 * text with the answer has another beginning, and what follows the last question does not show where the answer begins.
 *
 * @throws ChatTemplateError
 */
export function renderAnswer(
  messages: readonly Message[],
  turn: number,
  template: ChatTemplate,
): AnswerText | null {
  const before = messages.slice(0, turn);
  const prompt = renderMessages(template, before, { addGenerationPrompt: true });
  const withAnswer = (content: string) =>
    renderMessages(template, [...before, { ...messages[turn], content }], { addGenerationPrompt: false });
  const { content } = messages[turn];
  const full = withAnswer(content);

  const tailOfProbe = () => {
    const probed = withAnswer(content + PROBE);
    const at = probed.lastIndexOf(PROBE);
    return at === -1 ? '' : probed.slice(at + PROBE.length);
  };
  if (full.startsWith(prompt)) {
    const text = full.slice(prompt.length);
    const { answerTail } = template;
    const tail = answerTail !== undefined && text.endsWith(answerTail) ? answerTail : tailOfProbe();
    return { turn, prompt, text, contentLength: text.length - (text.endsWith(tail) ? tail.length : 0) };
  }

  const question = before.at(-1)?.content.trim() ?? '';
  const probed = withAnswer(PROBE);
  const head = probed.slice(0, Math.max(probed.lastIndexOf(PROBE), 0));
  if (question === '' || head === '' || !full.startsWith(head)) return null;
  const tail = probed.slice(head.length + PROBE.length);
  const text = textAfterPrompt(
    after(prompt, question),
    after(head, question),
    full.slice(head.length),
    content,
    tail,
  );
  return text === null ? null : { turn, prompt, text, contentLength: text.length - tail.length };
}

/**
 * The answer after the generation prompt, where the text before the question differs between the two (Mistral's last versions show the
 * system text only before a question that is the last message), where the prompt has another heading than the answer (Alpaca's with one
 * more line end), or where the prompt begins the answer (DeepSeek R1: `<think>`). Null when the answer does not begin so.
 */
function textAfterPrompt(
  prompt: string | null,
  head: string | null,
  answer: string,
  content: string,
  tail: string,
): string | null {
  if (prompt === null || head === null) return null;
  if (head.startsWith(prompt)) return head.slice(prompt.length) + answer;
  const begun = prompt.startsWith(head) ? prompt.slice(head.length) : '';
  if (begun.trim() === '') return answer;
  return content.startsWith(begun) ? content.slice(begun.length) + tail : null;
}

/** The text after the last occurrence of `part`. */
function after(text: string, part: string): string | null {
  const at = text.lastIndexOf(part);
  return at === -1 ? null : text.slice(at + part.length);
}
