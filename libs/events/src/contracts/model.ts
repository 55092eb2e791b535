import { modelKinds } from '@open-chatgpt/pipeline';
import { z } from 'zod';
import { defineEvent } from '../define-event';
import { dataref } from './dataref';
import { algorithm, count, identifier, metrics, text } from './fields';

const modelId = identifier.describe('the model');

const modelPublished = defineEvent({
  type: 'model.published',
  kind: 'fact',
  description: 'A model can be loaded, by us and by other tools: a Hugging Face folder in the store.',
  keyFields: ['modelId'],
  data: z.strictObject({
    modelId,
    name: text(256).describe('for people'),
    kind: z.enum(modelKinds).describe('a language model answers, a reward model scores'),
    algorithm: algorithm.optional().describe('of the stage that made it; absent for an imported model'),
    manifest: dataref.describe('lists its files'),
    lineage: z.strictObject({
      runId: identifier.optional().describe('the run that made it'),
      pipelineId: identifier.optional(),
      datasets: z.array(identifier).max(64).describe('ids of the data sets it learned from'),
      checkpoint: dataref.optional().describe('manifest of the checkpoint it was exported from'),
    }),
    metrics: metrics.describe('of the last evaluation'),
  }),
});

const modelDeployment = defineEvent({
  type: 'model.deployment',
  kind: 'state',
  description: 'Which model a deployment serves.',
  keyFields: ['deployment'],
  data: z.strictObject({
    deployment: identifier,
    modelId,
    manifest: dataref,
    replicas: count.describe('wanted'),
    readyReplicas: count.describe('that answer'),
  }),
});

export const modelContracts = [modelPublished, modelDeployment] as const;
