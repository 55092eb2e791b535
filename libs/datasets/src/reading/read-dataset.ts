import { ADAPTERS, serves } from '../adapters';
import type { Adapter, DatasetKind, ExampleKinds } from '../adapters/adapter';
import type { PromptExample } from '../examples';
import { readRows } from './read-rows';
import { isRow, type Row, RowDropped } from './row';

export interface ReadOptions<K extends DatasetKind> {
  kind: K;
  /** Name of the adapter; without it, the first rows decide. */
  adapter?: string;
  /** Stop after this many examples. */
  limit?: number;
}

export interface ReadResult<E> {
  /** The adapter that was named or found. */
  adapter: string;
  examples: E[];
  /** Rows that were left out, by reason. */
  dropped: Record<string, number>;
  /** The first row left out for each reason: its line, from 1, and the beginning of its text. */
  firstDropped: Record<string, { line: number; text: string }>;
}

/** Rows that detection looks at. */
const DETECTION_ROWS = 20;
const SHOWN_CHARACTERS = 200;

/**
 * Reads a data set into examples. A row that is broken or unusable is counted with its reason and the line of the first such
 * row, and costs no other row. Throws when the file cannot be read as JSON, the adapter is unknown or does not fit
 * `kind`, no adapter recognizes the rows, or no example is left.
 */
export async function readDataset<K extends DatasetKind>(
  path: string,
  options: ReadOptions<K>,
): Promise<ReadResult<ExampleKinds[K]>> {
  const { kind, limit = Number.POSITIVE_INFINITY } = options;
  let adapter = options.adapter === undefined ? null : named(options.adapter, kind);
  const result = { examples: [] as ExampleKinds[K][], dropped: {}, firstDropped: {} } as Omit<
    ReadResult<ExampleKinds[K]>,
    'adapter'
  >;
  const drop = (reason: string, line: number, text: string) => {
    result.dropped[reason] = (result.dropped[reason] ?? 0) + 1;
    result.firstDropped[reason] ??= { line, text: text.slice(0, SHOWN_CHARACTERS) };
  };
  const take = (chosen: Adapter, row: Row, line: number) => {
    try {
      const room = limit - result.examples.length;
      result.examples.push(...convert(chosen, kind, row).slice(0, Number.isFinite(room) ? room : undefined));
    } catch (error) {
      if (!(error instanceof RowDropped)) throw error;
      drop(error.reason, line, JSON.stringify(row));
    }
  };

  let waiting: { row: Row; line: number }[] = [];
  const flush = (chosen: Adapter) => {
    const lines = new Map(waiting.map(({ row, line }) => [row['message_id'] ?? row, line]));
    const rows = waiting.map(({ row }) => row);
    for (const row of chosen.assemble?.(rows) ?? rows) {
      if (result.examples.length >= limit) break;
      take(chosen, row, lines.get(row['message_id'] ?? row) ?? 0);
    }
    waiting = [];
  };

  for await (const raw of readRows(path)) {
    if (result.examples.length >= limit) break;
    if ('broken' in raw) drop('brokenJson', raw.line, raw.text);
    else if (!isRow(raw.value)) drop('notAnObject', raw.line, JSON.stringify(raw.value));
    else {
      waiting.push({ row: raw.value, line: raw.line });
      if (!adapter && waiting.length >= DETECTION_ROWS) adapter = detect(path, waiting, kind);
      // Rows that must be put together first wait for the end of the file.
      if (adapter && !adapter.assemble) flush(adapter);
    }
  }
  if (waiting.length > 0) {
    adapter ??= detect(path, waiting, kind);
    flush(adapter);
  }
  if (result.examples.length === 0) {
    throw new Error(
      `data set ${path}: no ${kind} example in it; left out: ${JSON.stringify(result.dropped)}, ` +
        `first: ${JSON.stringify(result.firstDropped)}. Name another adapter, or correct the rows.`,
    );
  }
  return { adapter: adapter?.name ?? '', ...result };
}

function convert<K extends DatasetKind>(adapter: Adapter, kind: K, row: Row): ExampleKinds[K][] {
  const own = adapter[kind] as ((row: Row) => ExampleKinds[K][]) | undefined;
  if (own) return own(row);
  // Only prompts get here: see `serves`.
  const prompts: PromptExample[] = adapter.preference
    ? adapter.preference(row).map(({ prompt }) => ({ messages: prompt }))
    : (adapter.supervised?.(row) ?? []).map(({ messages }) => ({ messages: messages.slice(0, -1) }));
  return prompts as ExampleKinds[K][];
}

function named(name: string, kind: DatasetKind): Adapter {
  const adapter = ADAPTERS.find((candidate) => candidate.name === name);
  if (!adapter) {
    const names = ADAPTERS.map((candidate) => candidate.name).join(', ');
    throw new Error(`data set adapter "${name}" is not known; expected one of ${names}.`);
  }
  if (!serves(adapter, kind)) throw new Error(unfit(adapter, kind));
  return adapter;
}

function detect(path: string, sample: readonly { row: Row }[], kind: DatasetKind): Adapter {
  const fits = (adapter: Adapter) =>
    sample.filter(({ row }) => adapter.detect(row)).length > sample.length / 2;
  const found = ADAPTERS.filter(fits);
  const adapter = found.find((candidate) => serves(candidate, kind));
  if (adapter) return adapter;
  if (found.length > 0) throw new Error(`data set ${path}: ${unfit(found[0], kind)}`);
  throw new Error(
    `data set ${path}: no adapter recognizes rows with the fields ${Object.keys(sample[0].row).join(', ')}. ` +
      `Name one of ${ADAPTERS.map((candidate) => candidate.name).join(', ')}, or rename the fields to ` +
      'instruction, input, output (supervised) or prompt, chosen, rejected (preference).',
  );
}

function unfit(adapter: Adapter, kind: DatasetKind): string {
  const has = (['supervised', 'preference', 'prompts'] as const).filter((other) => serves(adapter, other));
  return `the "${adapter.name}" format holds no ${kind} examples; it gives ${has.join(' and ')}.`;
}
