import { z } from 'zod';
import { defineEvent } from '../define-event';
import { withoutCredentials } from './credentials';
import { dataref } from './dataref';
import { count, countsByReason, failure, identifier, sha256, text } from './fields';
import { jsonObject } from './json-object';

const datasetId = identifier.describe('the data set');

const datasetRequested = defineEvent({
  type: 'dataset.requested',
  kind: 'command',
  description: 'Read a data set, clean it, and write it to the store.',
  keyFields: ['datasetId'],
  data: z.strictObject({
    datasetId,
    source: withoutCredentials(text(2048)).describe(
      'a path, http(s) URL, s3:// URI or Hugging Face data set id',
    ),
    adapter: identifier.optional().describe('how rows are read; found out from the rows by default'),
    options: jsonObject.describe('of the ingestion: template, filters, split, limit …'),
  }),
});

const datasetReady = defineEvent({
  type: 'dataset.ready',
  kind: 'fact',
  description: 'A data set is in the store, complete and verified.',
  keyFields: ['datasetId'],
  data: z.strictObject({
    datasetId,
    kind: z.enum(['supervised', 'preference', 'prompts']).describe('what its examples are'),
    manifest: dataref.describe('lists the shards; a data set without it does not exist'),
    rows: z.strictObject({
      read: count.describe('read = kept + the sum of dropped'),
      kept: count,
      dropped: countsByReason,
    }),
    examples: z.strictObject({ train: count, eval: count }),
    tokens: count.optional().describe('in all examples, where they are tokenised'),
    tokenizer: sha256.optional().describe('hash of the tokenizer, where they are tokenised'),
  }),
});

const datasetFailed = defineEvent({
  type: 'dataset.failed',
  kind: 'fact',
  description: 'A data set could not be read or written; nothing of it is visible.',
  keyFields: ['datasetId'],
  data: z.strictObject({ datasetId, error: failure }),
});

export const datasetContracts = [datasetRequested, datasetReady, datasetFailed] as const;
