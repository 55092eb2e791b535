import type { Message } from '@open-chatgpt/tokenizer';
import { instructionMessage } from '../examples';
import { isFilled, notEmpty, optionalTextOf, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { isConversation, readMessages } from './read-messages';
import { conversation, question } from './turns';

const PROMPT_FIELDS = ['prompt', 'instruction', 'question', 'query', 'problem'] as const;
const ANSWER_FIELDS = ['completion', 'response', 'answer', 'output', 'solution', 'reply', 'target'] as const;
const CONTEXT_FIELDS = ['input', 'context'] as const;
const SYSTEM_FIELDS = ['system', 'system_prompt'] as const;

/**
 * One prompt and one answer: `{prompt, completion}` of TRL and OpenAI, as texts or as messages, and tables with the columns question and
 * answer or the like. A column `input` or `context` belongs to the prompt, a column `system` is the system turn.
 */
export const promptCompletion: Adapter = {
  name: 'prompt-completion',
  detect: (row) =>
    isUsable(row[only(row, PROMPT_FIELDS) ?? '']) &&
    isUsable(row[only(row, ANSWER_FIELDS) ?? '']) &&
    !['chosen', 'rejected', 'label', 'labels'].some((field) => field in row),
  supervised: (row, repaired) => [
    { messages: conversation([...readOnly(promptOf(row)), ...answerOf(row)], repaired) },
  ],
  prompts: (row, repaired) => [{ messages: question(promptOf(row), repaired) }],
};

/** Prompts alone, for PPO: `{prompt}` of TRL, as a text or as messages, or a column `question`, `query` or `instruction`. */
export const promptOnly: Adapter = {
  name: 'prompt-only',
  detect: (row) =>
    isUsable(row[only(row, PROMPT_FIELDS) ?? '']) &&
    ![...ANSWER_FIELDS, 'chosen', 'rejected', 'completions', 'label', 'labels'].some((field) => field in row),
  prompts: (row, repaired) => [{ messages: question(promptOf(row), repaired) }],
};

const isUsable = (value: unknown) => typeof value === 'string' || isConversation(value);

/** Answers in a prompt are read and not learned, as in TRL's loss on the completion only. */
export const readOnly = (turns: readonly Message[]): Message[] =>
  turns.map((turn) => (turn.role === 'assistant' ? { ...turn, learned: false } : turn));

/** The one field of the list that the row has; undefined when it has none or several. */
function only(row: Row, fields: readonly string[]): string | undefined {
  const found = fields.filter((field) => row[field] !== undefined);
  return found.length === 1 ? found[0] : undefined;
}

/** The messages of the prompt, with the system turn. */
export function promptOf(row: Row): Message[] {
  const field = only(row, PROMPT_FIELDS) ?? 'prompt';
  const system = SYSTEM_FIELDS.filter((name) => isFilled(row[name])).map(
    (name): Message => ({ role: 'system', content: textOf(row, name) }),
  );
  if (isConversation(row[field])) return [...system, ...readMessages(row[field], field)];
  const text = notEmpty(textOf(row, field), 'emptyPrompt');
  const context = CONTEXT_FIELDS.filter((name) => isFilled(row[name]));
  if (context.length > 1) throw new RowDropped('inputAndContext');
  return [...system, instructionMessage(text, context.length === 1 ? optionalTextOf(row, context[0]) : '')];
}

/** The messages of the answer: one, or the turns of a conversation that continues the prompt. */
export function answerOf(row: Row): Message[] {
  const field = only(row, ANSWER_FIELDS) ?? 'completion';
  if (isConversation(row[field])) return readMessages(row[field], field);
  return [{ role: 'assistant', content: notEmpty(textOf(row, field), 'emptyOutput') }];
}
