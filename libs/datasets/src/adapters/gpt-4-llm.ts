import type { Message } from '@open-chatgpt/tokenizer';
import { instructionMessage } from '../examples';
import { isRow, notEmpty, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { bestAnswer, pairsByScore, type ScoredAnswer } from './pairs';

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
  const parts = alpacaParts(text);
  if (!parts) return { role: 'user', content: text };
  return instructionMessage(notEmpty(parts.instruction, 'emptyPrompt'), parts.input);
}

/** The parts of a whole Alpaca prompt; null for another text. */
function alpacaParts(text: string): { instruction: string; input: string } | null {
  const [from, between, to] = ['### Instruction:\n', '\n\n### Input:\n', '\n\n### Response:'];
  const start = text.indexOf(from);
  const end = text.lastIndexOf(to);
  if (start === -1 || end < start + from.length || text.slice(end + to.length).trim() !== '') return null;
  const body = text.slice(start + from.length, end);
  const middle = body.indexOf(between);
  if (middle === -1) return { instruction: body, input: '' };
  return { instruction: body.slice(0, middle), input: body.slice(middle + between.length) };
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
