import type { Adapter, DatasetKind, ExampleKinds } from '../adapters/adapter';
import type { PromptExample } from '../examples';
import { type RawRow, type Row, RowDropped, rowOf } from '../reading/row';

/** What became of one row, or of the rows of one group. */
export type Converted<E> = { line: number; row: unknown } & ({ examples: E[] } | { dropped: string });

/**
 * The rows of a source as examples, in order; a row that is broken or unusable comes with its reason. Rows of one group (the
 * messages of a tree) must follow each other.
 */
export async function* convertRows<K extends DatasetKind>(
  rows: AsyncIterable<RawRow>,
  adapter: Adapter,
  kind: K,
): AsyncGenerator<Converted<ExampleKinds[K]>> {
  const own = adapter.begin?.() ?? adapter;
  let group: Group | null = null;
  function* finish(finished: Group | null) {
    for (const row of finished ? (own.assemble?.(finished.rows) ?? finished.rows) : [])
      yield convert(own, kind, row, (finished as Group).line);
  }
  for await (const raw of rows) {
    const { line } = raw;
    const row = 'value' in raw ? rowOf(raw.value) : null;
    const key = row ? own.groupOf?.(row) : undefined;
    if (group && group.key !== key) {
      yield* finish(group);
      group = null;
    }
    if (!row) {
      if ('value' in raw) yield { line, row: raw.value, dropped: 'notAnObject' };
      else yield { line, row: raw.text, dropped: raw.reason };
    } else if (key === undefined) yield convert(own, kind, row, line);
    else if (group) group.rows.push(row);
    else group = { key, line, rows: [row] };
  }
  yield* finish(group);
}

interface Group {
  key: string;
  /** Of its first row. */
  line: number;
  rows: Row[];
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
    if (!(error instanceof RowDropped)) throw error;
    return { line, row, dropped: error.reason };
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
