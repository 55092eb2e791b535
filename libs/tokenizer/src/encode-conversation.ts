import { createChatEscape } from './chat-escape';
import type { ChatTemplate } from './chat-templates/chat-template';
import { conversationText, type TextProblem } from './conversation-text';
import { decodeSpan } from './decode-span';
import { encodeRendered } from './encode-chat';
import type { Message } from './message';
import type { Tokenizer } from './tokenizer';

/** Why an answer that is to be learned has no labels. */
export type NotLearnedReason = TextProblem | 'joinedWithPrompt';

/** The tokens `[start, end)`. */
export interface TokenSpan {
  start: number;
  end: number;
}

/** The tokens of an answer, with the marker of its end. */
export interface AnswerTokens extends TokenSpan {
  /** The index of its message. */
  turn: number;
  /** What is learned of it, in order: all of it, or what its template puts into generation blocks. */
  learned: TokenSpan[];
  /**
   * How what is learned differs from the message: the template leaves out a part (thoughts), or the tokens decode to another text
   * (unknown characters, tokenizers that normalize). Null when it does not.
   */
  altered: 'templateChangesText' | 'decodesDifferently' | null;
}

export interface EncodedConversation {
  ids: number[];
  /** In order. `ids` up to each `start` are the generation prompt of the messages before the answer. */
  answers: AnswerTokens[];
  notLearned: { turn: number; reason: NotLearnedReason }[];
}

/**
 * Token ids of a conversation up to its last learned answer. The whole text is encoded at once, as Hugging Face's `apply_chat_template`
 * does: where a tokenizer puts a blank before a piece of text, and which characters it joins, depends on the text around them.
 *
 * The ids up to an answer are those of its generation prompt (`encodeChat`). Where the tokenizer joins the end of the prompt with the
 * beginning of the last answer, this answer is encoded separately, as generation makes it. An earlier one is not learned: the prompts of
 * later answers contain the joined token.
 *
 * @throws ChatTemplateError when the template rejects every prefix of the conversation
 */
export async function encodeConversation(
  tokenizer: Tokenizer,
  template: ChatTemplate,
  messages: readonly Message[],
): Promise<EncodedConversation> {
  const chatEscape = createChatEscape(tokenizer.specialTokens);
  const escaped = chatEscape.escape(messages);
  const { text, prompt, answers, notLearned } = conversationText(escaped, template, tokenizer.eosToken);
  if (answers.length === 0) return { ids: [], answers: [], notLearned };
  const encode = (part: string, after?: string) => encodeRendered(tokenizer, chatEscape, part, after);
  const [whole, promptIds] = await Promise.all([encode(text), encode(prompt)]);
  const separate = !startsWith(whole, promptIds) || absorbsBlanks(tokenizer, prompt, text);
  const encodeTo = async (place: number) =>
    separate && place > prompt.length
      ? [...promptIds, ...(await encode(text.slice(prompt.length, place), prompt))]
      : encode(text.slice(0, place));
  const ids = separate ? await encodeTo(text.length) : whole;

  const encoded: EncodedConversation = { ids, answers: [], notLearned };
  for (const { turn, start, end, learned, complete } of answers) {
    const isLast = start === prompt.length;
    const before = isLast ? promptIds : await encodeTo(start);
    if (!isLast && (!startsWith(ids, before) || absorbsBlanks(tokenizer, text.slice(0, start), text))) {
      encoded.notLearned.push({ turn, reason: 'joinedWithPrompt' });
      continue;
    }
    const placeOf = async (place: number, isEnd: boolean) => {
      if (place === start) return before.length;
      return place === text.length ? ids.length : tokenPlace(await encodeTo(place), ids, isEnd);
    };
    const spans = learned.map(async (span) => ({
      start: await placeOf(span.start, false),
      end: await placeOf(span.end, true),
    }));
    const span = { start: before.length, end: await placeOf(end, true) };
    const decodes = await decodesTo(chatEscape.unescape(text.slice(start, end)), tokenizer, ids, span);
    const altered = complete ? (decodes ? null : 'decodesDifferently') : 'templateChangesText';
    encoded.answers.push({ turn, ...span, learned: await Promise.all(spans), altered });
  }
  const last = encoded.answers[encoded.answers.length - 1];
  const endToken = endTokenOf(template, tokenizer);
  if (!answers[answers.length - 1].marked && endToken !== null) {
    last.learned.push({ start: ids.length, end: ids.length + 1 });
    last.end = ids.push(endToken);
  }
  return encoded;
}

/** The token at which generation stops after an answer that the template ends with nothing. */
function endTokenOf({ stop }: ChatTemplate, { tokenToId, eosTokenId }: Tokenizer): number | null {
  return stop.map(tokenToId).find((id) => id !== null) ?? eosTokenId;
}

function startsWith(ids: readonly number[], first: readonly number[]): boolean {
  return ids.length >= first.length && first.every((id, at) => ids[at] === id);
}

/** The place in `ids` where the text with the ids `part` ends. A token that it shares with what follows lies before an end, after a start. */
function tokenPlace(part: readonly number[], ids: readonly number[], isEnd: boolean): number {
  const difference = part.findIndex((id, at) => ids[at] !== id);
  return difference === -1 ? part.length : difference + (isEnd ? 1 : 0);
}

/** Some tokenizers put a blank before a text that follows a special token. */
async function decodesTo(text: string, tokenizer: Tokenizer, ids: number[], { start, end }: TokenSpan) {
  if (tokenizer.keepsEveryText) return true;
  const decoded = await decodeSpan(tokenizer, ids, start, end);
  return decoded === text || decoded === ` ${text}`;
}

/** Whether the blanks with which a text continues belong to a special token at the end of its beginning `prompt`. */
function absorbsBlanks({ stripsAfter }: Tokenizer, prompt: string, text: string): boolean {
  if (stripsAfter.size === 0 || !/^\s/.test(text.slice(prompt.length))) return false;
  const end = prompt.trimEnd();
  return [...stripsAfter].some((token) => end.endsWith(token));
}
