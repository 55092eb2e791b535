import { EVENTS, type EventOf } from '@open-chatgpt/events';
import { dataref, identifier, time } from '@open-chatgpt/orchestration';
import { z } from 'zod';
import { apiSchemas } from '../api/schemas';

const { source, adapter, options } = EVENTS['dataset.requested'].data.shape;
const { kind, rows, examples, tokens } = EVENTS['dataset.ready'].data.shape;

/** A request to ingest a dataset. */
export const datasetRequest = z
  .strictObject({
    datasetId: identifier
      .optional()
      .describe('chosen by the client, which makes the request idempotent; random by default'),
    source,
    adapter,
    options: options.default({}),
  })
  .register(apiSchemas, { id: 'DatasetRequest' });

/** A requested dataset and its status. */
export const datasetSchema = z
  .object({
    datasetId: identifier,
    status: z.enum(['requested', 'ready', 'failed', 'deleted']),
    createdAt: time,
    updatedAt: time,
    source: z.string().optional(),
    adapter: z.string().optional(),
    options: z.record(z.string(), z.unknown()).optional(),
    kind: kind.optional(),
    manifest: dataref.optional(),
    rows: rows.optional(),
    examples: examples.optional(),
    tokens,
    error: z
      .object({
        code: z.string(),
        message: z.string(),
        retryable: z.boolean().describe('whether the same request may succeed later'),
      })
      .optional(),
  })
  .register(apiSchemas, { id: 'Dataset' });

export type Dataset = z.output<typeof datasetSchema>;

export type DatasetEvent = EventOf<'dataset.requested' | 'dataset.ready' | 'dataset.failed'>;

/**
 * The dataset after an event. Idempotent. A ready dataset stays ready, and events from before its deletion do not restore a
 * deleted one.
 */
export function applied(found: Dataset | null, event: DatasetEvent): Dataset {
  const { datasetId } = event.data;
  const dataset: Dataset = found ?? {
    datasetId,
    status: 'requested',
    createdAt: event.time,
    updatedAt: event.time,
  };
  if (dataset.status === 'deleted' && event.time <= dataset.updatedAt) return dataset;
  const next = { ...dataset, updatedAt: event.time };
  switch (event.type) {
    case 'dataset.requested': {
      if (dataset.source !== undefined) return dataset;
      const { source, adapter, options } = event.data;
      return { ...dataset, source, adapter, options };
    }
    case 'dataset.ready': {
      const { kind, manifest, rows, examples, tokens } = event.data;
      return { ...next, status: 'ready', kind, manifest, rows, examples, tokens, error: undefined };
    }
    case 'dataset.failed': {
      if (dataset.status === 'ready') return dataset;
      return { ...next, status: 'failed', error: event.data.error };
    }
  }
}
