import { checkFields } from '../adapters/accounting';
import type { Adapter, DatasetKind, ExampleKinds } from '../adapters/adapter';
import { withContext } from '../adapters/context';
import { exampleAdapter } from '../adapters/example-adapter';
import { unpairedAnswers } from '../adapters/pairs';
import { collectRepairs, type Repair, type Repaired } from '../adapters/repair';
import { textsIn } from '../adapters/tool-calls';
import { type Example, isPreference, type PromptExample } from '../examples';
import { Groups } from './groups';
import { type RawRow, type Row, RowDropped, rowOf } from './row';

/** A row of a source, or the reason why it cannot be read. */
export type SourceRow = RawRow | { line: number; reason: string; text: string };

/** The examples of a row, or of a group of rows, or the reason why it has none. */
export type Converted<E> = { line: number; row: unknown } & (
  | { examples: E[]; repairs: Repair[] }
  | { dropped: string }
);

/**
 * Converts the rows of a source to examples. A row that is broken or unusable comes with its reason. The rows of a group (the messages
 * of a tree) are converted together, after the rows that belong to no group.
 */
export async function* convertRows<K extends DatasetKind>(
  rows: AsyncIterable<SourceRow>,
  adapter: Adapter,
  kind: K,
): AsyncGenerator<Converted<ExampleKinds[K]>> {
  const own = adapter.begin?.(kind) ?? adapter;
  const groups = new Groups(own);
  for await (const raw of rows) {
    const { line } = raw;
    const row = 'value' in raw ? rowOf(raw.value) : null;
    if (row) for (const whole of groups.push({ row, line })) yield convert(own, kind, whole.row, whole.line);
    else if ('value' in raw) yield { line, row: raw.value, dropped: 'notAnObject' };
    else yield { line, row: raw.text, dropped: raw.reason };
  }
  for (const whole of groups.end()) yield convert(own, kind, whole.row, whole.line);
}

function convert<K extends DatasetKind>(
  adapter: Adapter,
  kind: K,
  row: Row,
  line: number,
): Converted<ExampleKinds[K]> {
  try {
    const { repairs, repaired } = collectRepairs();
    const examples = examplesOf(adapter, kind, row, repaired);
    if (adapter === exampleAdapter) return { line, row, examples, repairs };
    if (kind === 'supervised' && adapter.preference && adapter.usualKind !== 'supervised')
      repaired('worseAnswersUnused', `rejected: ${textOfPart(row['rejected'])}`, '');
    const whole = examples.map((example) => checkedText(withContext(example, row)));
    checkFields(adapter, kind, row, whole);
    return { line, row, examples: whole, repairs };
  } catch (error) {
    if (error instanceof RowDropped) return { line, row, dropped: error.reason };
    // A row can be nested more deeply than the stack allows.
    if (error instanceof RangeError) return { line, row, dropped: 'tooDeep' };
    throw error;
  }
}

const textOfPart = (value: unknown) => (typeof value === 'string' ? value : 'the other answers');

/** Half of a surrogate pair, as of a cut emoji, is no character: it has no place in UTF-8, and no token. */
const HALF_PAIR = /\p{Surrogate}/u;

function checkedText<E extends Example>(example: E): E {
  const turns = isPreference(example) ? example.prompt : example.messages;
  const answers = isPreference(example) ? [example.chosen, example.rejected] : [];
  const tools = turns.flatMap(({ toolCalls, tools: described }) => textsIn([toolCalls, described]));
  const texts = [...turns.map(({ content }) => content), ...answers, ...tools];
  const broken = texts.some((text) => HALF_PAIR.test(text));
  if (broken) throw new RowDropped('invalidUnicode');
  return example;
}

function examplesOf<K extends DatasetKind>(
  adapter: Adapter,
  kind: K,
  row: Row,
  repaired: Repaired,
): ExampleKinds[K][] {
  const own = adapter[kind] as ((row: Row, repaired: Repaired) => ExampleKinds[K][]) | undefined;
  if (own) return own(row, repaired);
  if (kind === 'unpaired' && adapter.preference)
    return unpairedAnswers(adapter.preference(row, repaired)) as ExampleKinds[K][];
  if (kind !== 'prompts')
    throw new Error(`the "${adapter.name}" format holds no ${kind} examples; choose another kind.`);
  const prompts: PromptExample[] = adapter.preference
    ? adapter.preference(row, repaired).map(({ prompt }) => ({ messages: prompt }))
    : (adapter.supervised?.(row, repaired) ?? []).map(({ messages }) => ({
        messages: messages.slice(0, -1),
      }));
  return prompts as ExampleKinds[K][];
}
