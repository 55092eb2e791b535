import { createHash } from 'node:crypto';
import type { Message } from '@open-chatgpt/tokenizer';
import type { Example } from './examples';

/**
 * The place in [0, 1) of an example's prompt: a hash of the seed and of everything before the first answer. Examples whose place is
 * below a fraction are held out, so no prompt is in both splits, and an example keeps its split when others are added.
 */
export function promptPlace(example: Example, seed: number): number {
  const opening = openingOf(example).map(({ role, content }) => [role, content]);
  const digest = createHash('sha256')
    .update(`${seed}:${JSON.stringify(opening)}`)
    .digest();
  return Number(digest.readBigUInt64LE(0) >> 11n) / 2 ** 53;
}

/** The messages before the first answer; all of a text without turns. */
export function openingOf(example: Example): readonly Message[] {
  if ('plain' in example && example.plain) return example.messages;
  const messages = 'prompt' in example ? example.prompt : example.messages;
  const answer = messages.findIndex((message) => message.role === 'assistant');
  return answer === -1 ? messages : messages.slice(0, answer);
}
