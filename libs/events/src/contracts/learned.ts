import { z } from 'zod';
import { defineEvent } from '../define-event';
import { dataref, modelVersion } from './dataref';
import { count, metrics, runId } from './fields';

const updated = z.strictObject({
  runId,
  iteration: count.describe('after which the model has these weights; 0: before the first'),
  model: modelVersion,
});

const policyUpdated = defineEvent({
  type: 'policy.updated',
  kind: 'fact',
  description: 'The learner of the actor has stored new weights of the policy.',
  keyFields: ['runId'],
  data: updated,
});

const valueUpdateRequested = defineEvent({
  type: 'value.update-requested',
  kind: 'command',
  description:
    'Train the value model of a run up to this iteration, on the experience that it has not learned from yet.',
  keyFields: ['runId'],
  data: z.strictObject({
    runId,
    iteration: count.describe('0: the model before the first iteration'),
    run: dataref.describe('the description of the run: its configuration and models'),
    base: z
      .strictObject({ iteration: count, state: dataref.describe('weights and moments') })
      .optional()
      .describe('the checkpoint to start from, unless a later state is in memory; none: the reward model'),
    experience: dataref
      .optional()
      .describe('of this iteration; each names that of the iteration before, back to the base'),
    save: z.boolean().describe('also store weights and moments, for a checkpoint'),
  }),
});

const valueUpdated = defineEvent({
  type: 'value.updated',
  kind: 'fact',
  description: 'The learner of the critic has stored new weights of the value model.',
  keyFields: ['runId'],
  data: updated.extend({
    metrics: metrics.describe('of the updates of this iteration; none after a restore'),
    state: dataref.optional().describe('weights and moments, if the request asks to save them'),
  }),
});

export const learnedContracts = [policyUpdated, valueUpdateRequested, valueUpdated] as const;
