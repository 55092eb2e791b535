import { z } from 'zod';
import { defineEvent } from '../define-event';
import { dataref } from './dataref';
import { seconds, sha256 } from './fields';
import { policyVersion, workItem } from './work-item';

const experienceScored = defineEvent({
  type: 'experience.scored',
  kind: 'fact',
  description: 'The samples of a work item have scores, values, advantages and returns.',
  keyFields: ['runId'],
  data: z.strictObject({
    ...workItem,
    policyVersion,
    valueVersion: sha256.describe('hash of the value model that valued'),
    experience: dataref.describe(
      'safetensors: the rollouts with score, kl, values, advantages and returns; the samples that were dropped',
    ),
    seconds: z.strictObject({
      queue: seconds.describe('of waiting for a rollout worker and for the critic'),
      rollout: seconds.describe('of sampling'),
      score: seconds.describe('of scoring'),
    }),
  }),
});

export const experienceContracts = [experienceScored] as const;
