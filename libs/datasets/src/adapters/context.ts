import type { Message } from '@open-chatgpt/tokenizer';
import type { Example } from '../examples';
import { parseJson } from '../reading/parse-json';
import { isBlankText, isRow, type Row, RowDropped, textOf } from '../reading/row';
import { toolsOf } from './tool-calls';

/** The names of the system text of a row. */
const SYSTEM_FIELDS = ['system', 'system_prompt', 'system_message', 'system_instruction'] as const;
const HISTORY_FIELDS = ['history', 'chat_history'] as const;

/**
 * The example with what any layout may say beside it: a system text becomes the system turn, earlier questions and answers
 * (`history: [[question, answer], …]`, as in LLaMA-Factory's data/README.md) become turns before it, whose answers are learned too, and
 * descriptions of tools come with the first turn. The same example when the row has none of them, or the adapter has read it already. Drops
 * the row when both say different things.
 */
export function withContext<E extends Example>(example: E, row: Row): E {
  // A text without turns has no place for them.
  if ('plain' in example) return example;
  const system = filledField(row, SYSTEM_FIELDS);
  const history = HISTORY_FIELDS.find((field) => listIn(row[field]).length > 0);
  const tools = toolsOf(row);
  if (system === undefined && history === undefined && tools === undefined) return example;
  const messages = 'prompt' in example ? example.prompt : example.messages;
  const before = messages.filter(({ role }, index) => role === 'system' && index === 0);
  if (system !== undefined) {
    const content = textOf(row, system);
    if (before.length === 0) before.push({ role: 'system', content });
    else if (before[0].content.trim() !== content.trim()) throw new RowDropped('twoSystemTexts');
  }
  const rest = messages.slice(messages[0]?.role === 'system' ? 1 : 0);
  const all = [...before, ...(history === undefined ? [] : earlierTurns(row, history)), ...rest];
  if (tools !== undefined && all.length > 0) all[0] = { ...all[0], tools };
  return 'prompt' in example ? { ...example, prompt: all } : { ...example, messages: all };
}

function filledField(row: Row, fields: readonly string[]): string | undefined {
  return fields.find((field) => {
    const value = row[field];
    return value !== undefined && value !== null && !(typeof value === 'string' && isBlankText(value));
  });
}

/** A list, also as JSON in the cell of a table; empty for anything else. */
export function listIn(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'string' || !/^\s*\[/.test(value)) return [];
  try {
    return parseJson(value) as unknown[];
  } catch {
    return [];
  }
}

/** Pairs of texts, or objects that name question and answer. */
function earlierTurns(row: Row, field: string): Message[] {
  return listIn(row[field]).flatMap((entry): Message[] => {
    const pair = isRow(entry) ? namedPair(entry) : entry;
    if (!Array.isArray(pair) || pair.length !== 2 || pair.some((text) => typeof text !== 'string'))
      throw new RowDropped(`wrongType:${field}`);
    if (pair.some(isBlankText)) throw new RowDropped(`empty:${field}`);
    return [
      { role: 'user', content: pair[0] },
      { role: 'assistant', content: pair[1] },
    ];
  });
}

function namedPair(entry: Row): unknown[] {
  const first = (fields: readonly string[]) =>
    fields.map((field) => entry[field]).find((value) => value !== undefined);
  return [
    first(['instruction', 'prompt', 'question', 'user', 'human']),
    first(['output', 'response', 'answer', 'assistant', 'bot']),
  ];
}
