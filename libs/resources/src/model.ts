import { EVENTS } from '@open-chatgpt/events';
import { z } from 'zod';
import { type CustomResource, datarefSchema, identifier, immutable, statusFields } from './object';

const { kind, algorithm } = EVENTS['model.published'].data.shape;

const id = z.string().max(128);
const lineage = z.strictObject({
  runId: id.optional(),
  pipelineId: id.optional(),
  datasets: z.array(id).max(64).optional().describe('ids of the datasets that it was trained on'),
});
const metrics = z.record(z.string(), z.number()).describe('metrics of the last evaluation');

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
  kind: kind.optional().describe('kind of a model in the store; language-model by default'),
  algorithm: algorithm.optional().describe('algorithm that trained a model in the store'),
  lineage: lineage.optional().describe('what a model in the store was made from'),
  metrics: metrics.optional(),
});

export const modelStatus = z.strictObject({
  ...statusFields,
  modelId: z.string().max(128).optional(),
  kind: kind.optional(),
  algorithm: z.string().max(64).optional().describe('algorithm that trained it'),
  family: z.string().max(64).optional().describe('architecture, such as llama'),
  parameters: z.int().min(0).optional().describe('number of weights'),
  manifest: datarefSchema.optional(),
  metrics: metrics.optional(),
  lineage: lineage.optional(),
});

export type ModelSpec = z.output<typeof modelSpec>;
export type ModelStatus = z.output<typeof modelStatus>;
export type Model = CustomResource<'Model', ModelSpec, ModelStatus>;
