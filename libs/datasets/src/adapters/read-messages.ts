import type { Message } from '@open-chatgpt/tokenizer';
import { parseJson } from '../reading/parse-json';
import { isFilled, isRow, type Row, RowDropped, textOf } from '../reading/row';
import { checkTurn, learnedOf } from './accounting';
import { roleOf } from './roles';
import { callsInText, toolCallsOf } from './tool-calls';

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
 * text parts, and an assistant may call functions. Drops the row when the value is something else.
 */
export function readMessages(value: unknown, field: string): Message[] {
  const turns = turnsIn(isRow(value) ? [value] : value);
  if (turns === null) throw new RowDropped(`wrongType:${field}`);
  return turns.map(readTurn);
}

/** Roles of ShareGPT's dumps whose text is a call of functions. */
const CALLING = /^(?:function|tool)_call$/i;

function readTurn(turn: Row): Message {
  const named = textOf(turn, fieldOf(turn, ROLE_FIELDS) ?? 'role');
  const role = roleOf(named);
  if (!role) throw new RowDropped('unknownRole');
  checkTurn(turn);
  const learned = learnedOf(turn);
  // Only answers are learned; a question that is to be learned too cannot be had.
  if (learned === true && role !== 'assistant') throw new RowDropped(`learnedTurn:${role}`);
  const isCall = CALLING.test(named.trim());
  const toolCalls = isCall ? callsInText(contentOf(turn)) : toolCallsOf(turn);
  if (toolCalls && role !== 'assistant') throw new RowDropped('unused:tool_calls');
  if (role !== 'tool' && isFilled(turn['tool_call_id'])) throw new RowDropped('unused:tool_call_id');
  // A turn that calls functions may have no text, or the calls are its text.
  const silent = isCall || (toolCalls && !isFilled(turn[fieldOf(turn, CONTENT_FIELDS) ?? 'content']));
  return {
    role,
    content: silent ? '' : contentOf(turn),
    ...(learned === false && role === 'assistant' && { learned }),
    ...(toolCalls && { toolCalls }),
    ...(role === 'tool' && answered(turn)),
  };
}

/** The call that the turn of a tool answers, and the name of the function. */
function answered(turn: Row): Pick<Message, 'toolCallId' | 'name'> {
  const { tool_call_id: id, name } = turn;
  return { ...(typeof id === 'string' && { toolCallId: id }), ...(typeof name === 'string' && { name }) };
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
    return parseJson(text);
  } catch {
    return null;
  }
}
