import { hasText, notEmpty, type Row, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { toPair } from './pairs';
import type { Repaired } from './repair';
import { afterLastRole, conversation, mergeTurns, promptTranscript } from './turns';

/**
 * rlhf-reward-datasets: `{prompt, chosen, rejected}`. The prompt is a transcript, and the answers repeat the role or more of it: the last
 * "Assistant:" begins the answer.
 */
export const yitingxie: Adapter = {
  name: 'yitingxie',
  detect: (row) =>
    !('response' in row) &&
    hasText(row['prompt'], /^\s*Human:/) &&
    [row['chosen'], row['rejected']].every((text) => typeof text === 'string' && text.includes('Assistant:')),
  fields: ['chosen', 'rejected'],
  supervised(row, repaired) {
    const content = notEmpty(answer(row, 'chosen'), 'emptyAnswer');
    return [{ messages: conversation([...prompt(row, repaired), { role: 'assistant', content }]) }];
  },
  preference: (row, repaired) => [
    toPair(prompt(row, repaired), answer(row, 'chosen'), answer(row, 'rejected')),
  ],
};

const prompt = (row: Row, repaired?: Repaired) =>
  mergeTurns(promptTranscript(notEmpty(textOf(row, 'prompt'), 'emptyPrompt')), repaired);
const answer = (row: Row, field: string) => afterLastRole(textOf(row, field));
