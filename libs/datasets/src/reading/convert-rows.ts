import type { Adapter, DatasetKind, ExampleKinds } from '../adapters/adapter';
import type { PromptExample } from '../examples';
import { Groups } from './groups';
import { type RawRow, type Row, RowDropped, rowOf } from './row';

/** A row of a source, or why there is none. */
export type SourceRow = RawRow | { line: number; reason: string; text: string };

/** What became of one row, or of the rows of one group. */
export type Converted<E> = { line: number; row: unknown } & ({ examples: E[] } | { dropped: string });

/**
 * The rows of a source as examples; a row that is broken or unusable comes with its reason. Rows of one group (the messages of
 * a tree) come together, behind the others.
 */
export async function* convertRows<K extends DatasetKind>(
  rows: AsyncIterable<SourceRow>,
  adapter: Adapter,
  kind: K,
): AsyncGenerator<Converted<ExampleKinds[K]>> {
  const own = adapter.begin?.() ?? adapter;
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
    return { line, row, examples: examplesOf(adapter, kind, row) };
  } catch (error) {
    if (error instanceof RowDropped) return { line, row, dropped: error.reason };
    // A row can be nested more deeply than the stack allows.
    if (error instanceof RangeError) return { line, row, dropped: 'tooDeep' };
    throw error;
  }
}

function examplesOf<K extends DatasetKind>(adapter: Adapter, kind: K, row: Row): ExampleKinds[K][] {
  const own = adapter[kind] as ((row: Row) => ExampleKinds[K][]) | undefined;
  if (own) return own(row);
  if (kind !== 'prompts')
    throw new Error(`the "${adapter.name}" format holds no ${kind} examples; choose another kind.`);
  const prompts: PromptExample[] = adapter.preference
    ? adapter.preference(row).map(({ prompt }) => ({ messages: prompt }))
    : (adapter.supervised?.(row) ?? []).map(({ messages }) => ({ messages: messages.slice(0, -1) }));
  return prompts as ExampleKinds[K][];
}
