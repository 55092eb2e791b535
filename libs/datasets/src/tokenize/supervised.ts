import {
  type AnswerTokens,
  type ChatTemplate,
  ChatTemplateError,
  type EncodedConversation,
  encodeConversation,
  learnedTurns,
  type NotLearnedReason,
  type Tokenizer,
  toolsRefusal,
} from '@open-chatgpt/tokenizer';
import type { SupervisedExample } from '../examples';
import type { Dropped } from './dropped';
import { encodePlain } from './plain';

/** The label of a position that is not trained on. */
export const IGNORED_LABEL = -100;

export interface TokenizeOptions {
  /** In tokens, prompt and answer together. */
  maxLength: number;
  /** Called for each answer of a row that is to be learned and is not learned as it was written. */
  onLostAnswer?: (reason: LostAnswer) => void;
}

/** Why an answer of a row has no labels, not all, or those of another text. */
export type LostAnswer =
  | NotLearnedReason
  | NonNullable<AnswerTokens['altered']>
  | 'beyondMaxLength'
  | 'cutAtMaxLength';

export interface TokenizedSupervised {
  /** `[T]`, T ≤ maxLength. */
  inputIds: Int32Array;
  /** `[T]`: the id itself where it is trained on, −100 elsewhere. Not shifted: labels[t] is inputIds[t]. */
  labels: Int32Array;
}

/**
 * Token ids and labels of a conversation. Each assistant turn is trained on, up to and including its end marker (EOS), except where the
 * message says that it is not learned. The ids before an answer are those of its generation prompt.
 *
 * A conversation longer than maxLength is truncated. It loses its EOS too, so that the model does not learn to stop in the middle. The
 * example is dropped when it has no answer to learn, when no trained token is left, or when the template rejects it.
 */
export async function tokenizeSupervised(
  { messages, plain }: SupervisedExample,
  tokenizer: Tokenizer,
  template: ChatTemplate,
  options: TokenizeOptions,
): Promise<TokenizedSupervised | Dropped> {
  if (plain) return wholeText(await encodePlain(messages[0].content, tokenizer), options.maxLength);
  if (!messages.some(({ role }) => role === 'assistant')) return { dropped: 'noAssistantTurn' };
  if (learnedTurns(messages).length === 0) return { dropped: 'noAnswerToLearn' };
  const refusal = toolsRefusal(template, messages);
  if (refusal !== null) return { dropped: 'templateWithoutTools', detail: refusal };
  let encoded: EncodedConversation;
  try {
    encoded = await encodeConversation(tokenizer, template, messages);
  } catch (error) {
    if (!(error instanceof ChatTemplateError)) throw error;
    return { dropped: 'templateRefuses', detail: error.message };
  }
  return labelled(encoded, options);
}

/** A text without turns: all of it is trained on. Nothing predicts its first token. */
function wholeText(ids: readonly number[], maxLength: number): TokenizedSupervised | Dropped {
  const inputIds = Int32Array.from(ids.slice(0, maxLength));
  return inputIds.length > 1 ? { inputIds, labels: inputIds.slice() } : { dropped: 'noLabelLeft' };
}

function labelled(
  { ids, answers, notLearned }: EncodedConversation,
  { maxLength, onLostAnswer: lose = () => {} }: TokenizeOptions,
): TokenizedSupervised | Dropped {
  if (answers.length === 0) {
    const reason = notLearned.some((answer) => answer.reason === 'promptChanges')
      ? 'promptChanges'
      : 'outsideGeneration';
    return { dropped: reason, detail: DETAILS[reason] };
  }
  if (answers[0].learned[0].start >= maxLength) return { dropped: 'noLabelLeft' };
  const inputIds = Int32Array.from(ids.length > maxLength ? ids.slice(0, maxLength) : ids);
  const labels = new Int32Array(inputIds.length).fill(IGNORED_LABEL);
  for (const { reason } of notLearned) lose(reason);
  for (const { start, end, learned, altered } of answers) {
    for (const span of learned) {
      if (span.start < maxLength) labels.set(inputIds.subarray(span.start, span.end), span.start);
    }
    if (start >= maxLength) lose('beyondMaxLength');
    else if (end > maxLength) lose('cutAtMaxLength');
    else if (altered) lose(altered);
  }
  return { inputIds, labels };
}

const DETAILS = {
  promptChanges:
    'the chat template renders what precedes an answer differently once the answer is there, so the tokens of the answer cannot be ' +
    'distinguished. Choose a named template: alpaca, vicuna, chatml, llama2.',
  outsideGeneration:
    'the {% generation %} blocks of the chat template contain no answer of this conversation, so nothing would be learned. ' +
    'Correct the template, or choose a named one: alpaca, vicuna, chatml, llama2.',
};
