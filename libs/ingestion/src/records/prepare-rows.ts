import type { Converted, Example } from '@open-chatgpt/datasets';
import { charactersOf } from '../cleaning/example-texts';
import { inOrder } from '../threads/in-order';
import type { RowWork } from '../threads/row-work';
import type { PreparedExample } from './prepare-example';

/** A converted row with what was found out about each of its examples. */
export type PreparedRow = { line: number; row: unknown } & (
  | { prepared: PreparedExample[] }
  | { dropped: string }
);

/** Rows that go to a thread together: many enough that the way there costs little, few enough that they are small in memory. */
const BATCH_ROWS = 256;
const BATCH_CHARACTERS = 2 ** 17;

/** Prepares a source's rows, several batches at a time where there are threads for it, and gives them in the source's order. */
export async function* prepareRows(
  rows: AsyncIterable<Converted<Example>>,
  dataset: string,
  work: Pick<RowWork, 'atOnce' | 'prepare'>,
): AsyncGenerator<PreparedRow> {
  const prepare = (batch: Converted<Example>[]) =>
    work.prepare(
      batch.flatMap((one) => examplesOf(one).map((example) => ({ example, dataset, row: one.line }))),
    );
  for await (const { item: batch, result } of inOrder(batches(rows), work.atOnce, prepare)) {
    let taken = 0;
    for (const one of batch) {
      const { line, row } = one;
      if ('dropped' in one) yield { line, row, dropped: one.dropped };
      else {
        const from = taken;
        taken += one.examples.length;
        yield { line, row, prepared: result.slice(from, taken) };
      }
    }
  }
}

const examplesOf = (row: Converted<Example>): Example[] => ('examples' in row ? row.examples : []);

/** The rows in batches; those before a failure come before it. */
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
