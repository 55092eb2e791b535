import type { Adapter, DatasetKind, ExampleKinds } from '../adapters/adapter';
import type { PromptExample } from '../examples';
import { openSource } from '../sources/open-source';
import type { Source } from '../sources/source';
import { DETECTION_ROWS, detectAdapter, fitting, namedAdapter } from './detect';
import { UnknownFormatError } from './errors';
import { Groups, type PlacedRow } from './groups';
import { DEFAULT_LIMITS, type ReadLimits } from './limits';
import { readRows } from './read-rows';
import { type ReadReport, Report } from './report';
import { type Row, RowDropped, rowOf } from './row';

export interface ReadOptions<K extends DatasetKind> {
  kind: K;
  /** The adapter or its name; without it, the first rows decide. */
  adapter?: string | Adapter;
  /** Stop after this many examples. */
  limit?: number;
  /** What reading may cost; `DEFAULT_LIMITS` where not given. */
  limits?: Partial<ReadLimits>;
}

export interface ReadResult<E> extends Omit<ReadReport, 'rows' | 'examples'> {
  examples: E[];
}

/** The examples of a data set, one by one. */
export interface DatasetStream<E> extends AsyncIterable<E> {
  /** What was read so far; whole at the end. */
  readonly report: ReadReport;
}

/**
 * Reads a data set into examples that are held in memory: for those that fit there. `source` is a path, a URL or a Hugging Face data set
 * (`openSource`), or what was opened from it. A row that is broken or unusable is counted with its reason and the line of the
 * first such row, and costs no other row. Throws when the source cannot be had or is damaged, the adapter is unknown or does not
 * fit `kind`, no adapter recognizes the rows, or no example is left.
 */
export async function readDataset<K extends DatasetKind>(
  source: string | Source,
  options: ReadOptions<K>,
): Promise<ReadResult<ExampleKinds[K]>> {
  const stream = streamDataset(source, options);
  const examples: ExampleKinds[K][] = [];
  for await (const example of stream) examples.push(example);
  const { adapter, dropped, firstDropped } = stream.report;
  return { adapter, examples, dropped, firstDropped };
}

/** As `readDataset`, one example at a time: memory does not grow with the data set. To be iterated once. */
export function streamDataset<K extends DatasetKind>(
  source: string | Source,
  options: ReadOptions<K>,
): DatasetStream<ExampleKinds[K]> {
  const report = new Report();
  return { report, [Symbol.asyncIterator]: () => examplesOf(source, options, report) };
}

async function* examplesOf<K extends DatasetKind>(
  spec: string | Source,
  { kind, adapter: asked, limit = Number.POSITIVE_INFINITY, limits }: ReadOptions<K>,
  report: Report,
): AsyncGenerator<ExampleKinds[K]> {
  const named = typeof asked === 'string' ? namedAdapter(asked, kind) : asked && fitting(asked, kind);
  const source = typeof spec === 'string' ? await openSource(spec) : spec;
  let reading = named && begin(named);
  const waiting: PlacedRow[] = [];
  function begin(found: Adapter) {
    report.adapter = found.name;
    const adapter = found.begin?.() ?? found;
    return { adapter, groups: new Groups(adapter) };
  }
  function* convertAll(placed: Iterable<PlacedRow>, adapter: Adapter): Generator<ExampleKinds[K]> {
    for (const one of placed) {
      for (const example of examplesIn(one, adapter, kind, report)) {
        report.examples++;
        yield example;
        if (report.examples >= limit) return;
      }
    }
  }
  for await (const placed of placedRows(source, { ...DEFAULT_LIMITS, ...limits }, report)) {
    waiting.push(placed);
    if (!reading && waiting.length < DETECTION_ROWS) continue;
    reading ??= begin(
      detectAdapter(
        source.name,
        waiting.map(({ row }) => row),
        kind,
      ),
    );
    for (const one of waiting.splice(0)) {
      yield* convertAll(reading.groups.push(one), reading.adapter);
      if (report.examples >= limit) return;
    }
  }
  if (waiting.length > 0) {
    reading ??= begin(
      detectAdapter(
        source.name,
        waiting.map(({ row }) => row),
        kind,
      ),
    );
    for (const one of waiting) {
      if (report.examples < limit) yield* convertAll(reading.groups.push(one), reading.adapter);
    }
  }
  if (reading && report.examples < limit) yield* convertAll(reading.groups.end(), reading.adapter);
  if (report.examples === 0) {
    throw new Error(
      `data set ${source.name}: no ${kind} example in it; left out: ${JSON.stringify(report.dropped)}, ` +
        `first: ${JSON.stringify(report.firstDropped)}. Name another adapter, or correct the rows.`,
    );
  }
}

/** The rows of all files; what is none is reported. */
async function* placedRows(source: Source, limits: ReadLimits, report: Report): AsyncGenerator<PlacedRow> {
  const several = source.files.length > 1;
  for (const file of source.files) {
    const place = several ? { file: file.name } : {};
    try {
      for await (const raw of readRows(file, limits)) {
        report.rows++;
        if ('reason' in raw) report.drop(raw.reason, { ...place, line: raw.line, text: raw.text });
        else {
          const row = rowOf(raw.value);
          if (row) yield { ...place, line: raw.line, row };
          else report.drop('notAnObject', { ...place, line: raw.line, text: JSON.stringify(raw.value) });
        }
      }
    } catch (error) {
      // Among others, a file that holds something else is no reason to read none.
      if (!several || !(error instanceof UnknownFormatError)) throw error;
      report.drop('unreadableFile', { ...place, line: 0, text: error.message });
    }
  }
}

function examplesIn<K extends DatasetKind>(
  { row, line, file }: PlacedRow,
  adapter: Adapter,
  kind: K,
  report: Report,
): ExampleKinds[K][] {
  try {
    return convert(adapter, kind, row);
  } catch (error) {
    const reason =
      error instanceof RowDropped ? error.reason : error instanceof RangeError ? 'tooDeep' : null;
    if (reason === null) throw error;
    report.drop(reason, { ...(file !== undefined && { file }), line, text: () => shown(row) });
    return [];
  }
}

function shown(row: Row): string {
  try {
    return JSON.stringify(row);
  } catch {
    return Object.keys(row).join();
  }
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
