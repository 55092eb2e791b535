import { modelKinds } from '@open-chatgpt/pipeline';
import { z } from 'zod';
import { defineEvent } from '../define-event';
import { dataref } from './dataref';
import { algorithm, identifier, metrics, text } from './fields';

const modelPublished = defineEvent({
  type: 'model.published',
  kind: 'fact',
  description: 'A model is in the store, as a Hugging Face folder.',
  keyFields: ['modelId'],
  data: z.strictObject({
    modelId: identifier.describe('the model'),
    name: text(256).describe('name for display'),
    kind: z.enum(modelKinds).describe('a language model generates text, a reward model scores it'),
    algorithm: algorithm.optional().describe('algorithm that trained it; absent for an imported model'),
    manifest: dataref.describe('the list of its files'),
    lineage: z.strictObject({
      runId: identifier.optional().describe('the run that trained it'),
      pipelineId: identifier.optional(),
      datasets: z.array(identifier).max(64).describe('ids of the datasets that it was trained on'),
      checkpoint: dataref.optional().describe('manifest of the checkpoint that it was exported from'),
    }),
    metrics: metrics.describe('metrics of the last evaluation'),
  }),
});

export const modelContracts = [modelPublished] as const;
