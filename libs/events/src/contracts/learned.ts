import { z } from 'zod';
import { defineEvent } from '../define-event';
import { modelVersion } from './dataref';
import { count, runId } from './fields';

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

const valueUpdated = defineEvent({
  type: 'value.updated',
  kind: 'fact',
  description: 'The learner of the critic has published new weights of the value model.',
  keyFields: ['runId'],
  data: updated,
});

export const learnedContracts = [policyUpdated, valueUpdated] as const;
