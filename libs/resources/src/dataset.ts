import { EVENTS } from '@open-chatgpt/events';
import { z } from 'zod';
import { type CustomResource, datarefSchema, identifier, immutable, statusFields } from './object';

const { source, adapter } = EVENTS['dataset.requested'].data.shape;
const { kind } = EVENTS['dataset.ready'].data.shape;

export const datasetSpec = z.strictObject({
  datasetId: identifier
    .optional()
    .describe('pipelines name it dataset:<id>; the name of the resource by default'),
  source: source.meta(immutable),
  adapter: adapter.meta(immutable),
  options: z
    .looseObject({})
    .prefault({})
    .meta(immutable)
    .describe('options of the ingestion: template, filters, split, limit …'),
});

const count = z.int().min(0);

export const datasetStatus = z.strictObject({
  ...statusFields,
  datasetId: z.string().max(128).optional(),
  kind: kind.optional(),
  rows: z.strictObject({ read: count, kept: count, dropped: z.record(z.string(), count) }).optional(),
  examples: z.strictObject({ train: count, eval: count }).optional(),
  tokens: count.optional(),
  manifest: datarefSchema.optional(),
});

export type DatasetSpec = z.output<typeof datasetSpec>;
export type DatasetStatus = z.output<typeof datasetStatus>;
export type Dataset = CustomResource<'Dataset', DatasetSpec, DatasetStatus>;
