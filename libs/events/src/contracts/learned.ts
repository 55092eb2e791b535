import { z } from 'zod';
import { defineEvent } from '../define-event';
import { dataref, modelVersion } from './dataref';
import { count, metrics, runId, seconds } from './fields';

const updated = z.strictObject({
  runId,
  iteration: count.describe('the one that these weights were learned in; 0 before the first'),
  model: modelVersion,
});

const policyUpdated = defineEvent({
  type: 'policy.updated',
  kind: 'fact',
  description: 'The learner of the actor has published new weights of the policy.',
  keyFields: ['runId'],
  data: updated,
});

const valueUpdateRequested = defineEvent({
  type: 'value.update-requested',
  kind: 'command',
  description:
    'Bring the value model of a run to where it is after this iteration, from experience that has not been learned yet.',
  keyFields: ['runId'],
  data: z.strictObject({
    runId,
    iteration: count.describe('0: as it is before the first'),
    run: dataref.describe('the description of the run: its configuration and models'),
    base: z
      .strictObject({ iteration: count, state: dataref.describe('weights and moments') })
      .optional()
      .describe('the checkpoint to start from where nothing later is at hand; none: the reward model'),
    experience: dataref
      .optional()
      .describe('of this iteration; it names that of the iteration before, as far back as the base'),
    save: z.boolean().describe('store weights and moments too, for a checkpoint'),
  }),
});

const valueUpdated = defineEvent({
  type: 'value.updated',
  kind: 'fact',
  description: 'The learner of the critic has published new weights of the value model.',
  keyFields: ['runId'],
  data: updated.extend({
    metrics: metrics.optional().describe('of the updates of this iteration'),
    seconds: seconds.optional().describe('that they took'),
    state: dataref.optional().describe('weights and moments, where they were asked for'),
  }),
});

export const learnedContracts = [policyUpdated, valueUpdateRequested, valueUpdated] as const;
