import type { Message } from '@open-chatgpt/tokenizer';
import { instructionMessage } from '../examples';
import { hasText, isBlankText, notEmpty, optionalTextOf, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { afterMarker, asUser, conversation } from './turns';

const ROLES = { user: 'user', human: 'user', assistant: 'assistant', system: 'system' } as const;
const TURN = /(?:^|\n)[ \t]{0,20}(User|Human|Assistant|System)[ \t]{0,20}[:：]/i;
const MARKED = /^\s*(?:User|Human|System)\s*[:：]/i;

const ANSWERED = /\n[ \t]{0,20}Assistant[ \t]{0,20}[:：]/i;

/**
 * Guanaco: `{instruction, input, output}`. The history of a conversation ("User: … Assistant: …") is in `input`, or in `instruction` with
 * the new question as `input`.
 */
export const guanaco: Adapter = {
  name: 'guanaco',
  fields: ['instruction', 'input', 'output'],
  detect: (row) =>
    typeof row['instruction'] === 'string' &&
    typeof row['output'] === 'string' &&
    !('chosen' in row) &&
    [row['instruction'], row['input']].some((text) => hasText(text, MARKED) && hasText(text, ANSWERED)),
  supervised(row, repaired) {
    const content = notEmpty(textOf(row, 'output'), 'emptyOutput');
    const instruction = notEmpty(textOf(row, 'instruction'), 'emptyInstruction');
    const before = question(instruction, optionalTextOf(row, 'input'));
    return [{ messages: conversation([...before, { role: 'assistant', content }], repaired) }];
  },
};

function question(instruction: string, input: string): Message[] {
  if (MARKED.test(instruction)) {
    return [...turns(instruction), ...(MARKED.test(input) ? turns(input) : [asUser(input)])];
  }
  if (!MARKED.test(input)) return [instructionMessage(instruction, input)];
  const history = turns(input);
  // After an answer the instruction is the next question; after a question it says how to answer.
  return history.at(-1)?.role === 'assistant'
    ? [...history, asUser(instruction)]
    : [{ role: 'system', content: instruction }, ...history];
}

/** The turns of a text with role markers. A final "Assistant:" without an answer is not a turn. */
function turns(text: string): Message[] {
  const parts = text.split(TURN);
  const messages: Message[] = [];
  for (let i = 1; i < parts.length; i += 2) {
    const role = ROLES[parts[i].toLowerCase() as keyof typeof ROLES];
    if (!isBlankText(parts[i + 1])) messages.push({ role, content: afterMarker(parts[i + 1]) });
  }
  return messages;
}
