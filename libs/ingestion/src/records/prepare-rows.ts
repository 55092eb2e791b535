import type { Converted, Example, Repair } from '@open-chatgpt/datasets';
import { pMapIterable } from 'p-map';
import { charactersOf } from '../cleaning/example-texts';
import type { RowWork } from '../threads/row-work';
import type { PreparedExample } from './prepare-example';

/** A converted row with its examples prepared. */
export type PreparedRow = { line: number; row: unknown } & (
  | { prepared: PreparedExample[]; repairs: Repair[] }
  | { dropped: string }
);

/** Rows that go to a thread together: enough that the transfer costs little, few enough that they take little memory. */
const BATCH_ROWS = 256;
const BATCH_CHARACTERS = 2 ** 17;

/** Prepares the rows of a source, several batches at a time where there are threads, and yields them in the order of the source. */
export async function* prepareRows(
  rows: AsyncIterable<Converted<Example>>,
  dataset: string,
  work: Pick<RowWork, 'concurrency' | 'prepare'>,
): AsyncGenerator<PreparedRow> {
  const { concurrency } = work;
  const prepare = async (batch: Converted<Example>[]) => {
    const raw = batch.flatMap((one) =>
      examplesOf(one).map((example) => ({ example, dataset, row: one.line })),
    );
    return { batch, examples: await work.prepare(raw) };
  };
  for await (const { batch, examples } of pMapIterable(batches(rows), prepare, { concurrency })) {
    let taken = 0;
    for (const one of batch) {
      const { line, row } = one;
      if ('dropped' in one) yield { line, row, dropped: one.dropped };
      else {
        const from = taken;
        taken += one.examples.length;
        yield { line, row, prepared: examples.slice(from, taken), repairs: one.repairs };
      }
    }
  }
}

const examplesOf = (row: Converted<Example>): Example[] => ('examples' in row ? row.examples : []);

/** The rows in batches. The rows before an error come before it. */
async function* batches(rows: AsyncIterable<Converted<Example>>): AsyncGenerator<Converted<Example>[]> {
  let batch: Converted<Example>[] = [];
  let characters = 0;
  let failure: { error: unknown } | null = null;
  try {
    for await (const row of rows) {
      batch.push(row);
      for (const example of examplesOf(row)) characters += charactersOf(example);
      if (batch.length < BATCH_ROWS && characters < BATCH_CHARACTERS) continue;
      yield batch;
      batch = [];
      characters = 0;
    }
  } catch (error) {
    failure = { error };
  }
  if (batch.length > 0) yield batch;
  if (failure) throw failure.error;
}
