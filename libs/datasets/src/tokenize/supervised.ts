import { type ChatTemplate, createChatEscape, encodeRendered, type Tokenizer } from '@open-chatgpt/tokenizer';
import type { SupervisedExample } from '../examples';
import type { Dropped } from './dropped';
import { encodePlain } from './plain';
import { type Segmented, segmentConversation } from './segments';

/** The label of a position that is not trained on. */
export const IGNORED_LABEL = -100;

export interface TokenizeOptions {
  /** In tokens, prompt and answer together. */
  maxLength: number;
}

export interface TokenizedSupervised {
  /** `[T]`, T ≤ maxLength. */
  inputIds: Int32Array;
  /** `[T]`: the id itself where it is trained on, −100 elsewhere. Not shifted: labels[t] is inputIds[t]. */
  labels: Int32Array;
}

/**
 * Token ids and labels of a conversation. Each assistant turn is trained on, up to and including its end marker (EOS). The parts are
 * tokenized separately, as in generation: the tokens of a prompt never depend on the answer after it.
 *
 * A conversation longer than maxLength is truncated. It loses its EOS too, so that the model does not learn to stop in the middle. The
 * example is dropped when it has no answer, when no trained token is left after truncation, or when the template rejects it.
 */
export async function tokenizeSupervised(
  example: SupervisedExample,
  tokenizer: Tokenizer,
  template: ChatTemplate,
  { maxLength }: TokenizeOptions,
): Promise<TokenizedSupervised | Dropped> {
  if (example.plain) return wholeText(await encodePlain(example.messages[0].content, tokenizer), maxLength);
  if (!example.messages.some((message) => message.role === 'assistant'))
    return { dropped: 'noAssistantTurn' };
  const chatEscape = createChatEscape(tokenizer.specialTokens);
  let segmented: Segmented;
  try {
    segmented = segmentConversation(chatEscape.escape(example.messages), template, tokenizer.eosToken);
  } catch (error) {
    return { dropped: 'templateRefuses', detail: (error as Error).message };
  }

  const parts: { ids: number[]; trained: boolean }[] = [];
  let length = 0;
  for (const [index, { text, trained }] of segmented.segments.entries()) {
    if (length >= maxLength) break;
    const ids = await encodeRendered(tokenizer, chatEscape, text, index > 0);
    parts.push({ ids, trained });
    length += ids.length;
  }
  if (!segmented.endsWithMarker && tokenizer.eosTokenId !== null)
    parts.push({ ids: [tokenizer.eosTokenId], trained: true });
  return join(parts, maxLength) ?? { dropped: 'noLabelLeft' };
}

/** A text without turns: all of it is trained on. Nothing predicts its first token. */
function wholeText(ids: readonly number[], maxLength: number): TokenizedSupervised | Dropped {
  const inputIds = Int32Array.from(ids.slice(0, maxLength));
  return inputIds.length > 1 ? { inputIds, labels: inputIds.slice() } : { dropped: 'noLabelLeft' };
}

/** Concatenates the parts up to maxLength tokens; null when none of these is trained on. */
function join(
  parts: readonly { ids: number[]; trained: boolean }[],
  maxLength: number,
): TokenizedSupervised | null {
  const length = Math.min(
    maxLength,
    parts.reduce((sum, { ids }) => sum + ids.length, 0),
  );
  const inputIds = new Int32Array(length);
  const labels = new Int32Array(length).fill(IGNORED_LABEL);
  let at = 0;
  let anyTrained = false;
  for (const { ids, trained } of parts) {
    for (let i = 0; i < ids.length && at < length; i++, at++) {
      inputIds[at] = ids[i];
      if (!trained) continue;
      labels[at] = ids[i];
      anyTrained = true;
    }
  }
  return anyTrained ? { inputIds, labels } : null;
}
