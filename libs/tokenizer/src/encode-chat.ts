import { type ChatEscape, createChatEscape } from './chat-escape';
import type { ChatTemplate, RenderOptions } from './chat-templates/chat-template';
import type { Message } from './message';
import type { Tokenizer } from './tokenizer';

/**
 * Token ids of a conversation. The template's special tokens become tokens; the contents of messages stay text. Equals
 * Hugging Face's `apply_chat_template` when no message contains the text of a special token.
 */
export async function encodeChat(
  tokenizer: Tokenizer,
  template: ChatTemplate,
  messages: readonly Message[],
  options: RenderOptions,
): Promise<number[]> {
  const chatEscape = createChatEscape(tokenizer.specialTokens);
  return encodeRendered(tokenizer, chatEscape, template.render(chatEscape.escape(messages), options));
}

/**
 * Token ids of text that a template rendered from escaped messages, or of a part of it (`continuation`: not its start).
 */
export async function encodeRendered(
  tokenizer: Tokenizer,
  chatEscape: ChatEscape,
  rendered: string,
  continuation = false,
): Promise<number[]> {
  const literal = chatEscape.unescape(rendered);
  // Without escapes, one call encodes the whole text like Hugging Face.
  if (literal === rendered) return tokenizer.encode(rendered, { parseSpecialTokens: true, continuation });
  const ids: number[] = [];
  let first = true;
  for (const { text, special } of chatEscape.split(rendered)) {
    if (special) ids.push(tokenizer.tokenToId(text) as number);
    else {
      const continues = first ? continuation : tokenizer.prefixesFirstPieceOnly;
      ids.push(...(await tokenizer.encode(chatEscape.unescape(text), { continuation: continues })));
    }
    first = false;
  }
  return ids;
}
