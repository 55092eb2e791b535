import { z } from 'zod';
import { defineEvent } from '../define-event';
import { withoutCredentials } from './credentials';
import { dataref } from './dataref';
import { count, countsByReason, failure, identifier, text } from './fields';
import { jsonObject } from './json-object';

const datasetId = identifier.describe('the dataset');
const requestId = text(512).optional().describe('id of the event dataset.requested that it answers');

const datasetRequested = defineEvent({
  type: 'dataset.requested',
  kind: 'command',
  description: 'Ingest a dataset: read it, clean it, and write it to the store.',
  keyFields: ['datasetId'],
  data: z.strictObject({
    datasetId,
    source: withoutCredentials(text(2048)).describe(
      'a path, http(s) URL, s3:// URI or Hugging Face dataset id',
    ),
    adapter: identifier.optional().describe('the format of the rows; detected by default'),
    options: jsonObject.describe('options of the ingestion: template, filters, split, limit …'),
  }),
});

const datasetCancelRequested = defineEvent({
  type: 'dataset.cancel-requested',
  kind: 'command',
  description: 'Stop the ingestion of a dataset, or do not begin it. Nothing of it stays.',
  keyFields: ['datasetId'],
  data: z.strictObject({
    datasetId,
    requestId: text(512).describe(
      'id of the event dataset.requested that it cancels; a later request is not affected',
    ),
  }),
});

const datasetReady = defineEvent({
  type: 'dataset.ready',
  kind: 'fact',
  description: 'A dataset is in the store, complete and verified.',
  keyFields: ['datasetId'],
  data: z.strictObject({
    datasetId,
    requestId,
    kind: z.enum(['supervised', 'preference', 'unpaired', 'prompts']).describe('kind of its examples'),
    manifest: dataref.describe('the list of its files'),
    rows: z.strictObject({
      read: count.describe('read = kept + the sum of dropped'),
      kept: count,
      dropped: countsByReason,
    }),
    examples: z.strictObject({ train: count, eval: count }),
    tokens: count.optional().describe('number of tokens, if the examples are tokenized'),
  }),
});

const datasetFailed = defineEvent({
  type: 'dataset.failed',
  kind: 'fact',
  description: 'The ingestion of a dataset has failed; the store has no part of it.',
  keyFields: ['datasetId'],
  data: z.strictObject({
    datasetId,
    requestId,
    error: failure.extend({ retryable: z.boolean().describe('whether the same request may succeed later') }),
  }),
});

export const datasetContracts = [
  datasetRequested,
  datasetCancelRequested,
  datasetReady,
  datasetFailed,
] as const;
