import type { Message } from '@open-chatgpt/tokenizer';
import { instructionMessage } from '../examples';
import { isRow, notEmpty, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { bestAnswer, pairsByScore, type ScoredAnswer } from './pairs';

const ALPACA_PROMPT = /### Instruction:\n([\s\S]*?)(?:\n\n### Input:\n([\s\S]*?))?\n\n### Response:\s*$/;

/**
 * GPT-4-LLM comparisons v2: `{user_input, responses_and_scores: [{response, source, score}]}`. `user_input` is the whole Alpaca prompt;
 * the template is removed. Empty responses are skipped; equal scores are ties.
 */
export const gpt4Llm: Adapter = {
  name: 'gpt-4-llm',
  detect: (row) => 'user_input' in row && Array.isArray(row['responses_and_scores']),
  supervised: (row) => [
    { messages: [question(row), { role: 'assistant', content: bestAnswer(answers(row)).text }] },
  ],
  preference: (row) => pairsByScore([question(row)], answers(row)),
  prompts: (row) => [{ messages: [question(row)] }],
};

function question(row: Row): Message {
  const text = notEmpty(textOf(row, 'user_input'), 'emptyPrompt');
  const match = ALPACA_PROMPT.exec(text);
  if (!match) return { role: 'user', content: text };
  const [, instruction, input = ''] = match;
  return instructionMessage(notEmpty(instruction, 'emptyPrompt'), input);
}

function answers(row: Row): ScoredAnswer[] {
  const list = row['responses_and_scores'];
  if (!Array.isArray(list) || !list.every(isRow)) throw new RowDropped('wrongType:responses_and_scores');
  return list.map((entry: Row) => {
    const { score } = entry;
    if (typeof score !== 'number' || !Number.isFinite(score)) throw new RowDropped('wrongType:score');
    return { text: textOf(entry, 'response'), score };
  });
}
