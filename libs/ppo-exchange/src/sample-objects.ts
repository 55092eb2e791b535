import type { Dataref } from '@open-chatgpt/events';
import type { ObjectStore } from '@open-chatgpt/storage';
import type { z } from 'zod';
import { getObject, putObject } from './exchanged-objects';
import { decodeSamples, encodeSamples, SampleTableError, type Table } from './sample-table';

/** How samples of one kind are stored: a column for each field of a row, and a description of all rows. */
export interface SampleFormat<Row, Description extends object> {
  table: Table<Row>;
  description: z.ZodType<Description>;
}

/** @param prefix of the key */
export function putSamples<Row, Description extends object>(
  store: ObjectStore,
  prefix: string,
  { table }: SampleFormat<Row, Description>,
  rows: readonly Row[],
  description: Description,
): Promise<Dataref> {
  const bytes = encodeSamples(table, rows, description);
  return putObject(store, { prefix, extension: 'safetensors' }, bytes);
}

/** @throws ObjectNotFoundError, ChecksumError, SampleTableError */
export async function getSamples<Row, Description extends object>(
  store: ObjectStore,
  reference: Dataref,
  { table, description: schema }: SampleFormat<Row, Description>,
): Promise<{ rows: Row[]; description: Description }> {
  const { rows, description } = decodeSamples(table, await getObject(store, reference), reference.uri);
  const parsed = schema.safeParse(description);
  if (!parsed.success) throw new SampleTableError(reference.uri, `description: ${parsed.error.message}`);
  return { rows, description: parsed.data };
}
