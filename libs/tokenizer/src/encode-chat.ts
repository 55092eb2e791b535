import { renderAnswer } from './answer-text';
import { type ChatEscape, type ChatPiece, createChatEscape } from './chat-escape';
import {
  type ChatTemplate,
  ChatTemplateError,
  type RenderOptions,
  renderMessages,
} from './chat-templates/chat-template';
import type { Message } from './message';
import type { Tokenizer } from './tokenizer';

interface EncodeOptions extends Pick<RenderOptions, 'variables'> {
  /** A text with more tokens, by its length alone, is refused before it is encoded. Default: none is. */
  mostTokens?: number;
}

/**
 * Token ids of a conversation. The template's special tokens become tokens; the contents of messages stay text. Equals
 * Hugging Face's `apply_chat_template` when no message contains the text of a special token.
 *
 * @throws ChatTemplateError
 * @throws TextTooLong
 */
export async function encodeChat(
  tokenizer: Tokenizer,
  template: ChatTemplate,
  messages: readonly Message[],
  options: RenderOptions & EncodeOptions,
): Promise<number[]> {
  const chatEscape = createChatEscape(tokenizer.specialTokens);
  const rendered = renderMessages(
    withVariables(template, chatEscape, options),
    chatEscape.escape(messages),
    options,
  );
  tokenizer.checkLength(chatEscape.unescape(rendered), options.mostTokens ?? Number.POSITIVE_INFINITY);
  return encodeRendered(tokenizer, chatEscape, rendered);
}

/**
 * Token ids of a conversation whose last message is the beginning of an answer. The text ends with this beginning, so that generation
 * continues it (`continue_final_message` of Hugging Face and vLLM).
 *
 * @throws ChatTemplateError when the last message is not the assistant's, or the template does not show where the answer begins
 * @throws TextTooLong
 */
export async function encodeContinuation(
  tokenizer: Tokenizer,
  template: ChatTemplate,
  messages: readonly Message[],
  options: EncodeOptions = {},
): Promise<number[]> {
  const turn = messages.length - 1;
  if (messages[turn]?.role !== 'assistant')
    throw new ChatTemplateError(
      "to continue an answer, the last message must be the assistant's; add it, or ask for a new answer.",
    );
  const chatEscape = createChatEscape(tokenizer.specialTokens);
  const answer = renderAnswer(
    chatEscape.escape(messages),
    turn,
    withVariables(template, chatEscape, options),
  );
  if (!answer) {
    throw new ChatTemplateError(
      `chat template ${template.name}: its text does not show where the last answer begins, so the answer cannot be continued.`,
    );
  }
  const text = answer.prompt + answer.text.slice(0, answer.contentLength);
  tokenizer.checkLength(chatEscape.unescape(text), options.mostTokens ?? Number.POSITIVE_INFINITY);
  return encodeRendered(tokenizer, chatEscape, text);
}

/** The template with more variables, whose texts stay text as those of messages do. */
function withVariables(
  template: ChatTemplate,
  chatEscape: ChatEscape,
  { variables }: EncodeOptions,
): ChatTemplate {
  if (!variables) return template;
  const escaped = chatEscape.escapeJson(variables);
  return {
    ...template,
    render: (messages, options) => template.render(messages, { ...options, variables: escaped }),
  };
}

/**
 * Token ids of text that a template rendered from escaped messages.
 * @param after the text before it, where it is not the beginning: some tokenizers put a blank before the first piece of a text, and
 * before each piece that follows a special token
 */
export async function encodeRendered(
  tokenizer: Tokenizer,
  chatEscape: ChatEscape,
  rendered: string,
  after = '',
): Promise<number[]> {
  // Without escapes, one call encodes the whole text like Hugging Face.
  if (after === '' && chatEscape.unescape(rendered) === rendered)
    return tokenizer.encode(rendered, { parseSpecialTokens: true });
  const pieces = chatEscape.split(rendered);
  let previous = chatEscape.split(after).at(-1);
  const ids: number[] = [];
  for (const [index, piece] of pieces.entries()) {
    if (piece.special) ids.push(tokenizer.tokenToId(piece.text) as number);
    else {
      const continuation = previous !== undefined && (!previous.special || tokenizer.prefixesFirstPieceOnly);
      const text = withoutAbsorbed(tokenizer, pieces[index - 1], piece.text, pieces[index + 1]);
      if (text !== '')
        for (const id of await tokenizer.encode(chatEscape.unescape(text), { continuation })) ids.push(id);
    }
    previous = piece;
  }
  return ids;
}

/** A piece of text without the blanks that belong to the special token before or after it. */
function withoutAbsorbed(
  { stripsAfter, stripsBefore }: Tokenizer,
  before: ChatPiece | undefined,
  text: string,
  next: ChatPiece | undefined,
): string {
  const start = before && stripsAfter.has(before.text) ? text.trimStart() : text;
  return next && stripsBefore.has(next.text) ? start.trimEnd() : start;
}
