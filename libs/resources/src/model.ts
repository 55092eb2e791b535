import { EVENTS } from '@open-chatgpt/events';
import { z } from 'zod';
import { type CustomResource, datarefSchema, identifier, immutable, statusFields } from './object';

const { kind } = EVENTS['model.published'].data.shape;

export const modelSpec = z.strictObject({
  modelId: identifier
    .optional()
    .describe('pipelines name it store:<id>; the name of the resource by default'),
  displayName: z.string().max(256).optional().describe('name for display; the id by default'),
  source: z
    .string()
    .min(1)
    .max(2048)
    .optional()
    .meta(immutable)
    .describe(
      'what to import: builtin:<name>, or a folder or .gguf file in the pod; absent for a model of a run',
    ),
  manifest: datarefSchema
    .optional()
    .meta(immutable)
    .describe('manifest of a model that is in the store already'),
});

export const modelStatus = z.strictObject({
  ...statusFields,
  modelId: z.string().max(128).optional(),
  kind: kind.optional(),
  algorithm: z.string().max(64).optional().describe('algorithm that trained it'),
  manifest: datarefSchema.optional(),
  metrics: z.record(z.string(), z.number()).optional().describe('metrics of the last evaluation'),
  lineage: z
    .strictObject({
      runId: z.string().max(128).optional(),
      pipelineId: z.string().max(128).optional(),
      datasets: z.array(z.string().max(128)).max(64).optional(),
    })
    .optional(),
});

export type ModelSpec = z.output<typeof modelSpec>;
export type ModelStatus = z.output<typeof modelStatus>;
export type Model = CustomResource<'Model', ModelSpec, ModelStatus>;
