import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Message } from '@open-chatgpt/tokenizer';
import { printable } from '@open-chatgpt/untrusted';
import { UsageError } from '../exit-codes';

/** A line of the file: a conversation that ends with the answer to score, or what is wrong with the line. */
export interface ConversationLine {
  /** From 1. */
  line: number;
  conversation: Message[] | { error: string };
}

const ROLES = ['system', 'user', 'assistant'];
const ANSWERS = ['answer', 'response', 'completion', 'text'];
const EXPECTED =
  'expected {"prompt": …, "answer": "…"} or {"messages": [{"role": …, "content": …}, …]} that ends with an assistant message';

/**
 * Reads conversations from JSON Lines, one by one: `{"prompt", "answer"}`, where the prompt is a text or messages, or
 * `{"messages"}`.
 * @param path - for standard input
 * @throws UsageError when the file cannot be read
 */
export async function* readConversations(path: string): AsyncGenerator<ConversationLine> {
  let number = 0;
  for await (const text of await linesOf(path)) {
    number++;
    if (text.trim() !== '') yield { line: number, conversation: parse(text) };
  }
}

async function linesOf(path: string): Promise<AsyncIterable<string>> {
  if (path === '-') return createInterface({ input: process.stdin });
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--file ${path}: cannot be read (${error.code})`);
  });
  return file.readLines();
}

function parse(text: string): ConversationLine['conversation'] {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    return { error: `not JSON: ${printable(text, 40)}; ${EXPECTED}` };
  }
  if (typeof row !== 'object' || row === null) return { error: `not a JSON object; ${EXPECTED}` };
  const { prompt, messages, ...rest } = row as Record<string, unknown>;
  const field = messages === undefined ? 'prompt' : 'messages';
  const given = messages ?? (typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt);
  const name = ANSWERS.find((one) => typeof rest[one] === 'string');
  if (given === undefined || (field === 'prompt' && name === undefined))
    return { error: `found ${fieldsOf(row)}; ${EXPECTED}` };
  const answer = name === undefined ? [] : [{ role: 'assistant', content: rest[name] }];
  return conversationOf(Array.isArray(given) ? [...given, ...answer] : given, field);
}

function conversationOf(value: unknown, field: string): ConversationLine['conversation'] {
  if (!Array.isArray(value) || value.length === 0)
    return { error: `"${field}" is not a list of messages; ${EXPECTED}` };
  for (const [index, one] of value.entries()) {
    const { role, content } = (typeof one === 'object' && one !== null ? one : {}) as Partial<Message>;
    if (!ROLES.includes(role as string))
      return { error: `message ${index + 1}: the role is none of ${ROLES.join(', ')}` };
    if (typeof content !== 'string') return { error: `message ${index + 1}: the content is not a text` };
  }
  const conversation = value as Message[];
  if (conversation[conversation.length - 1].role !== 'assistant')
    return { error: `the last message is not the assistant's, so there is no answer to score; ${EXPECTED}` };
  return conversation.map(({ role, content }) => ({ role, content }));
}

function fieldsOf(row: object): string {
  const names = Object.keys(row).map((name) => `"${printable(name, 30)}"`);
  return names.length === 0 ? 'no fields' : `the fields ${names.slice(0, 8).join(', ')}`;
}
