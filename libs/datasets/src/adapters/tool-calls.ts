import type { ToolCall } from '@open-chatgpt/tokenizer';
import { parseJson } from '../reading/parse-json';
import { isFilled, isRow, type Row, RowDropped } from '../reading/row';

/** The fields of a row that describe functions. OpenAI's older files have `functions`, ShareGPT's dumps JSON text. */
export const TOOLS_FIELDS: readonly string[] = ['tools', 'functions', 'available_tools'];

/**
 * The functions that an assistant's turn calls: OpenAI's `tool_calls`, or its older `function_call`. Arguments that are JSON text are parsed,
 * as templates print them as JSON. Undefined when it calls none. Drops the row when a call has no name or its arguments are no object.
 */
export function toolCallsOf(turn: Row): ToolCall[] | undefined {
  const calls = isFilled(turn['tool_calls']) ? turn['tool_calls'] : undefined;
  const legacy = isFilled(turn['function_call']) ? [{ function: turn['function_call'] }] : undefined;
  if (calls !== undefined && legacy !== undefined) throw new RowDropped('twoFunctionCalls');
  return calls === undefined && legacy === undefined ? undefined : readCalls(calls ?? legacy, 'tool_calls');
}

/** Calls that are the text of a turn: `{"name": …, "arguments": …}`, or a list of them (ShareGPT's role `function_call`). */
export function callsInText(text: string): ToolCall[] {
  const value = parsed(text, 'function_call');
  return readCalls(Array.isArray(value) ? value : [value], 'function_call');
}

/** The functions that a row describes, as JSON schemas in OpenAI's form; undefined when it describes none. */
export function toolsOf(row: Row): object[] | undefined {
  const field = TOOLS_FIELDS.find((name) => isFilled(row[name]));
  if (field === undefined) return undefined;
  const value = typeof row[field] === 'string' ? parsed(row[field], field) : row[field];
  if (!Array.isArray(value) || !value.every(isRow)) throw new RowDropped(`wrongType:${field}`);
  if (value.length === 0) return undefined;
  return value.map((tool) => {
    const schema = isRow(tool['function']) ? tool['function'] : tool;
    if (typeof schema['name'] !== 'string') throw new RowDropped(`wrongType:${field}`);
    return isRow(tool['function']) ? tool : { type: 'function', function: tool };
  });
}

function readCalls(value: unknown, field: string): ToolCall[] {
  if (!Array.isArray(value) || !value.every(isRow)) throw new RowDropped(`wrongType:${field}`);
  return value.map((call: Row): ToolCall => {
    const called = isRow(call['function']) ? call['function'] : call;
    const { name, arguments: given = {} } = called;
    const args = typeof given === 'string' ? parsed(given === '' ? '{}' : given, 'arguments') : given;
    if (typeof name !== 'string' || name === '') throw new RowDropped(`wrongType:${field}`);
    if (!isRow(args)) throw new RowDropped('wrongType:arguments');
    return {
      ...(typeof call['id'] === 'string' && { id: call['id'] }),
      type: 'function',
      function: { name, arguments: args },
    };
  });
}

function parsed(text: string, field: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw new RowDropped(`brokenJson:${field}`);
  }
}

/** Every text in a value of JSON, names of fields too. */
export function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => [name, ...textsIn(one)]);
}
