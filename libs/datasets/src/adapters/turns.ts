import type { Message } from '@open-chatgpt/tokenizer';
import { isBlankText, RowDropped } from '../reading/row';
import type { Repaired } from './repair';

const silent: Repaired = () => {};

/**
 * Joins consecutive turns of one role, which real conversations have and templates reject, unless only one of them is learned. Removes empty
 * turns. Reports both.
 */
export function mergeTurns(messages: readonly Message[], repaired = silent): Message[] {
  const merged: Message[] = [];
  for (const message of messages) {
    if (isBlankText(message.content) && !message.toolCalls) {
      if (message.role !== 'system') repaired('emptyTurns', shown([message]), '');
      continue;
    }
    const previous = merged.at(-1);
    if (previous && isJoinable(previous, message)) {
      const { role, learned } = message;
      const content = `${previous.content}\n\n${message.content}`;
      const joined = { role, content, ...(learned !== undefined && { learned }) };
      repaired('joinedTurns', shown([previous, message]), shown([joined]));
      merged[merged.length - 1] = joined;
    } else merged.push(message);
  }
  return merged;
}

/** Whether two turns are of one side. Calls and results of tools stay turns of their own. */
function isJoinable(a: Message, b: Message): boolean {
  return a.role === b.role && a.learned === b.learned && a.role !== 'tool' && !a.toolCalls && !b.toolCalls;
}

/**
 * A conversation that can be trained on: from the first user turn (and a system turn) to the last answer. What is not used is reported. Drops
 * the row when no answer is learned.
 */
export function conversation(messages: readonly Message[], repaired = silent): Message[] {
  const merged = mergeTurns(messages, repaired);
  const start = merged.findIndex((message) => message.role === 'user');
  const end = merged.map((message) => message.role).lastIndexOf('assistant');
  if (start === -1) throw new RowDropped('noUserTurn');
  if (end < start) throw new RowDropped('noAnswer');
  const opening = merged.slice(0, start).filter((message) => message.role === 'system');
  const used = merged.slice(start, end + 1);
  if (opening.length < start) repaired('answersBeforeQuestion', shown(merged), shown(used));
  if (end + 1 < merged.length)
    repaired('questionsWithoutAnswer', shown(merged.slice(end)), shown([merged[end]]));
  if (used.every(({ role, learned }) => role !== 'assistant' || learned === false))
    throw new RowDropped('noAnswerToLearn');
  return [...opening, ...used];
}

/** A prompt: turns of which the last one asks. Drops the row when there is no user turn, or an answer is the last one. */
export function question(messages: readonly Message[], repaired = silent): Message[] {
  const merged = mergeTurns(messages, repaired);
  if (!merged.some((message) => message.role === 'user')) throw new RowDropped('emptyPrompt');
  if (merged.at(-1)?.role === 'assistant') throw new RowDropped('lastTurnIsNotQuestion');
  return merged;
}

/** A user turn. */
export const asUser = (content: string): Message => ({ role: 'user', content });

const SHOWN_CHARACTERS = 60;

/** Turns as one text, for reports. */
const shown = (messages: readonly Message[]) =>
  messages.map(({ role, content }) => `${role}: ${content.slice(0, SHOWN_CHARACTERS)}`).join(' ⏎ ');

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

/** The turns of a transcript that asks: it ends with the marker of the answer that follows. */
export function promptTranscript(text: string): Message[] {
  const turns = parseTranscript(text);
  const last = turns.at(-1);
  return last?.role === 'assistant' && isBlankText(last.content) ? turns.slice(0, -1) : turns;
}

/** Whether a text is a transcript that asks: the first marker is that of a human, the last one that of the answer. */
export function isTranscript(value: unknown): value is string {
  return typeof value === 'string' && /^\s*Human:/.test(value) && value.trimEnd().endsWith('Assistant:');
}

/** The answer in a text that begins with its role, or with the whole transcript: then it follows the last "Assistant:". */
export function afterLastRole(text: string): string {
  const start = /^\s*(Human|Assistant):/.exec(text);
  if (!start) return text;
  const role = start[1] === 'Assistant' ? text.indexOf('Assistant:') : text.lastIndexOf('Assistant:');
  return role === -1 ? text : afterMarker(text.slice(role + 'Assistant:'.length));
}

/** The text after the marker of a role. The blank between both belongs to the marker; everything else belongs to the text. */
export function afterMarker(text: string): string {
  return text.startsWith(' ') ? text.slice(1) : text;
}
