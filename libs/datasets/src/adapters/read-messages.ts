import type { Message } from '@open-chatgpt/tokenizer';
import { isRow, type Row, RowDropped, textOf } from '../reading/row';
import { checkTurn, learnedOf } from './accounting';
import { roleOf } from './roles';

/** The fields that hold a conversation in public datasets. */
export const CONVERSATION_FIELDS = [
  'messages',
  'conversations',
  'conversation',
  'dialogue',
  'dialog',
  'turns',
  'chat',
] as const;

const ROLE_FIELDS = ['role', 'from', 'speaker', 'author'] as const;
const CONTENT_FIELDS = ['content', 'value', 'text', 'message'] as const;
/** The types of OpenAI's content parts that are text: of the chat API, and of the responses API. */
const TEXT_PARTS: readonly unknown[] = ['text', 'input_text', 'output_text'];

/** The turns of a conversation as a list of objects, also where a table holds the list as JSON text; null for anything else. */
export function turnsIn(value: unknown): Row[] | null {
  const list = typeof value === 'string' && /^\s*\[/.test(value) ? parsed(value) : value;
  return Array.isArray(list) && list.every(isRow) ? list : null;
}

/** The field of a row that holds a conversation with named roles, or undefined. */
export function conversationField(row: Row): string | undefined {
  return CONVERSATION_FIELDS.find((field) => isConversation(row[field]));
}

/** Whether a value is a list of turns with named roles. */
export function isConversation(value: unknown): boolean {
  const turns = turnsIn(value);
  return turns !== null && turns.length > 0 && turns.some((turn) => fieldOf(turn, ROLE_FIELDS) !== undefined);
}

/**
 * Turns of `{role, content}` or of `{from, value}`, with the names of roles that public datasets have. A content may be a list of OpenAI's
 * text parts. Drops the row when the value is something else.
 */
export function readMessages(value: unknown, field: string): Message[] {
  const turns = turnsIn(isRow(value) ? [value] : value);
  if (turns === null) throw new RowDropped(`wrongType:${field}`);
  return turns.map(readTurn);
}

function readTurn(turn: Row): Message {
  const role = roleOf(textOf(turn, fieldOf(turn, ROLE_FIELDS) ?? 'role'));
  if (!role) throw new RowDropped('unknownRole');
  checkTurn(turn);
  const learned = learnedOf(turn);
  // Only answers are learned; a question that is to be learned too cannot be had.
  if (learned === true && role !== 'assistant') throw new RowDropped(`learnedTurn:${role}`);
  return { role, content: contentOf(turn), ...(learned === false && role === 'assistant' && { learned }) };
}

function contentOf(turn: Row): string {
  const field = fieldOf(turn, CONTENT_FIELDS) ?? 'content';
  const content = turn[field];
  return Array.isArray(content) ? content.map((part) => partOf(part, field)).join('') : textOf(turn, field);
}

/** The text of one content part. Drops the row for an image, audio, or another part without text. */
function partOf(part: unknown, field: string): string {
  if (typeof part === 'string') return part;
  if (!isRow(part)) throw new RowDropped(`wrongType:${field}`);
  const { type = 'text', text } = part;
  if (!TEXT_PARTS.includes(type)) throw new RowDropped(`notText:${partName(type)}`);
  if (typeof text !== 'string') throw new RowDropped(`wrongType:${field}`);
  return text;
}

/** A type is untrusted text that becomes part of a reason: only known types appear in it. */
function partName(type: unknown): string {
  const known = ['image', 'image_url', 'input_image', 'audio', 'input_audio', 'video', 'file', 'refusal'];
  return known.includes(type as string) ? (type as string) : 'otherPart';
}

function fieldOf(turn: Row, fields: readonly string[]): string | undefined {
  return fields.find((field) => turn[field] !== undefined);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
