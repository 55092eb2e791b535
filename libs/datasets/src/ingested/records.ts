import type { Message } from '@open-chatgpt/tokenizer';
import type { DatasetKind, ExampleKinds } from '../adapters/adapter';
import {
  type Example,
  type InstructionRow,
  isPreference,
  type PromptExample,
  type SupervisedExample,
  toMessages,
} from '../examples';

/** The fields of a record beside its example. */
export interface RecordOrigin {
  /** The name of its source. */
  dataset: string;
  /** The number of its row in the source, mostly the line. */
  row: number;
  /** ISO 639-1 code, or "und". */
  language: string;
}

/** A line of the records: `{instruction, input, output}` for an instruction with one answer, otherwise the example itself. */
export type DatasetRecord = RecordOrigin & (InstructionRow | Example);

export function toRecord(example: Example, origin: RecordOrigin): DatasetRecord {
  if (isPreference(example) || 'label' in example) return { ...example, ...origin };
  const [question, answer] = example.messages;
  const isInstruction =
    example.messages.length === 2 && question.role === 'user' && answer.role === 'assistant';
  const isPlainText = !question?.tools && !answer?.toolCalls;
  if (!isInstruction || answer.learned === false || !isPlainText) return { ...example, ...origin };
  const { instruction, input } = question.parts ?? { instruction: question.content, input: '' };
  return { instruction, input, output: answer.content, ...origin };
}

/** The example in a record of that kind. Throws when a field is missing or has another type; `where` names the record in the message. */
export function fromRecord<K extends DatasetKind>(
  record: unknown,
  kind: K,
  where: string,
): ExampleKinds[K] & RecordOrigin {
  const fields = record as Partial<InstructionRow & Record<string, unknown> & RecordOrigin>;
  const wrong = (field: string): never => {
    throw new Error(
      `${where}: the field "${field}" of a ${kind} record is missing or of another type. It was altered; ingest again.`,
    );
  };
  if (typeof record !== 'object' || record === null) return wrong('dataset');
  const text = (field: string): string =>
    typeof fields[field as 'output'] === 'string' ? (fields[field as 'output'] as string) : wrong(field);
  const messages = (field: string): Message[] =>
    Array.isArray(fields[field]) && (fields[field] as unknown[]).every(isMessage)
      ? (fields[field] as Message[])
      : wrong(field);
  const origin = { dataset: text('dataset'), row: fields.row ?? wrong('row'), language: text('language') };
  if (kind === 'preference') {
    const { margin, weight } = fields as { margin?: number; weight?: number };
    const pair = { prompt: messages('prompt'), chosen: text('chosen'), rejected: text('rejected') };
    return { ...pair, margin, weight, ...origin } as never;
  }
  if (kind === 'unpaired') {
    const { label } = fields as { label?: unknown };
    return {
      messages: messages('messages'),
      label: typeof label === 'boolean' ? label : wrong('label'),
      ...origin,
    } as never;
  }
  if ('instruction' in fields) {
    const { instruction, input, output } = {
      instruction: text('instruction'),
      input: text('input'),
      output: text('output'),
    };
    return { messages: toMessages({ instruction, input, output }), ...origin } as never;
  }
  const { answer, taskLanguage } = fields as Partial<PromptExample>;
  const plain = (fields as Partial<SupervisedExample>).plain === true && { plain: true };
  return { messages: messages('messages'), ...plain, answer, taskLanguage, ...origin } as never;
}

function isMessage(value: unknown): value is Message {
  const {
    role = '',
    content,
    learned = true,
    toolCalls = [],
    tools = [],
  } = (value ?? {}) as Partial<Message>;
  const known =
    ['system', 'user', 'assistant', 'tool'].includes(role) &&
    Array.isArray(toolCalls) &&
    Array.isArray(tools);
  return known && typeof content === 'string' && typeof learned === 'boolean';
}
