import { hasText, notEmpty, type Row, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { toPair } from './pairs';
import { afterLastRole, conversation, mergeTurns, parseTranscript } from './turns';

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
  supervised(row) {
    const content = notEmpty(answer(row, 'chosen'), 'emptyAnswer');
    return [{ messages: conversation([...prompt(row), { role: 'assistant', content }]) }];
  },
  preference: (row) => [toPair(prompt(row), answer(row, 'chosen'), answer(row, 'rejected'))],
};

const prompt = (row: Row) => mergeTurns(parseTranscript(notEmpty(textOf(row, 'prompt'), 'emptyPrompt')));
const answer = (row: Row, field: string) => afterLastRole(textOf(row, field));
