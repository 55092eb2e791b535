import { EVENTS, type EventOf } from '@open-chatgpt/events';
import { dataref, identifier, time } from '@open-chatgpt/orchestration';
import { datasetOptions } from '@open-chatgpt/pipeline';
import { componentUri } from '@open-chatgpt/service';
import { z } from 'zod';
import { apiSchemas } from '../api/schemas';

/** As they were sent: a default that changes later does not change what was asked for. */
const checkOptions = (value: unknown, context: z.RefinementCtx): void => {
  const { error } = datasetOptions.safeParse(value);
  for (const issue of error?.issues ?? []) context.addIssue({ ...issue, input: value } as never);
};

const DATASET_OPTIONS = 'DatasetOptions';
datasetOptions.register(apiSchemas, { id: DATASET_OPTIONS });

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
    options: options
      .superRefine(checkOptions)
      .default({})
      .meta({ $ref: componentUri(DATASET_OPTIONS) }),
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
    requests: z
      .array(z.string())
      .optional()
      .describe('ids of the events that requested it, the latest one last'),
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

/** Requests whose late answers are recognized. */
const MOST_REQUESTS = 32;

/** The ids of the requests for a dataset after one more. */
export const withRequest = (dataset: Pick<Dataset, 'requests'> | null, id: string): string[] =>
  [...(dataset?.requests ?? []), id].slice(-MOST_REQUESTS);

/**
 * The dataset after an event. Idempotent. A ready dataset stays ready. An answer names its request, so that those from
 * before a deletion, or from before it was requested again, change nothing, whatever the clocks of the machines say.
 */
export function applied(found: Dataset | null, event: DatasetEvent): Dataset {
  const { datasetId } = event.data;
  const dataset: Dataset = found ?? {
    datasetId,
    status: 'requested',
    createdAt: event.time,
    updatedAt: event.time,
  };
  const requestId = event.type === 'dataset.requested' ? event.id : event.data.requestId;
  const { requests = [], status } = dataset;
  const isKnown = requestId === undefined || requests.includes(requestId);
  const isFormer = isKnown && requestId !== undefined && requestId !== requests.at(-1);
  if (isFormer || (status === 'deleted' && isKnown)) return dataset;
  const known = isKnown ? dataset : { ...dataset, requests: withRequest(dataset, requestId) };
  const next = { ...known, updatedAt: event.time };
  switch (event.type) {
    case 'dataset.requested': {
      if (dataset.source !== undefined && status !== 'deleted') return known;
      const { source, adapter, options } = event.data;
      return { ...known, status: status === 'deleted' ? 'requested' : status, source, adapter, options };
    }
    case 'dataset.ready': {
      const { kind, manifest, rows, examples, tokens } = event.data;
      return { ...next, status: 'ready', kind, manifest, rows, examples, tokens, error: undefined };
    }
    case 'dataset.failed': {
      if (status === 'ready') return dataset;
      return { ...next, status: 'failed', error: event.data.error };
    }
  }
}
