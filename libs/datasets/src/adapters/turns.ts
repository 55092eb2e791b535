import type { Message } from '@open-chatgpt/tokenizer';
import { isBlankText, RowDropped } from '../reading/row';

/** Joins consecutive turns of one role, which real conversations have and templates reject. Drops empty turns. */
export function mergeTurns(messages: readonly Message[]): Message[] {
  const merged: Message[] = [];
  for (const message of messages) {
    if (isBlankText(message.content)) continue;
    const previous = merged.at(-1);
    if (previous?.role === message.role) {
      merged[merged.length - 1] = {
        role: message.role,
        content: `${previous.content}\n\n${message.content}`,
      };
    } else merged.push(message);
  }
  return merged;
}

/** A conversation that can be trained on: from the first user turn (and a system turn) to the last answer. */
export function conversation(messages: readonly Message[]): Message[] {
  const merged = mergeTurns(messages);
  const start = merged.findIndex((message) => message.role === 'user');
  const end = merged.map((message) => message.role).lastIndexOf('assistant');
  if (start === -1) throw new RowDropped('noUserTurn');
  if (end < start) throw new RowDropped('noAnswer');
  return [
    ...merged.slice(0, start).filter((message) => message.role === 'system'),
    ...merged.slice(start, end + 1),
  ];
}

/** A prompt: turns of which the last one asks. Drops the row when there is no user turn, or an answer is the last one. */
export function question(messages: readonly Message[]): Message[] {
  const merged = mergeTurns(messages);
  if (!merged.some((message) => message.role === 'user')) throw new RowDropped('emptyPrompt');
  if (merged.at(-1)?.role === 'assistant') throw new RowDropped('lastTurnIsNotQuestion');
  return merged;
}

/** A user turn. */
export const asUser = (content: string): Message => ({ role: 'user', content });

const HH_TURN = /\n\n(Human|Assistant):/;

/**
 * The turns of a transcript of HH-RLHF. A turn begins with a blank line and a role, because people also write "Human:" within a line. Empty
 * turns are kept, because an empty last answer is a reason to drop the pair.
 */
export function parseTranscript(text: string): Message[] {
  const parts = `\n\n${text.trimStart()}`.split(HH_TURN);
  if (parts.length < 3 || parts[0].trim() !== '') throw new RowDropped('noTranscript');
  const messages: Message[] = [];
  for (let i = 1; i < parts.length; i += 2) {
    messages.push({ role: parts[i] === 'Human' ? 'user' : 'assistant', content: afterMarker(parts[i + 1]) });
  }
  return messages;
}

/** The answer in a text that repeats the role or the transcript: the text after the last "Assistant:". */
export function afterLastRole(text: string): string {
  const role = text.lastIndexOf('Assistant:');
  return role === -1 ? text : afterMarker(text.slice(role + 'Assistant:'.length));
}

/** The text after the marker of a role. The blank between both belongs to the marker; everything else belongs to the text. */
export function afterMarker(text: string): string {
  return text.startsWith(' ') ? text.slice(1) : text;
}
