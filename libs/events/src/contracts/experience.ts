import { z } from 'zod';
import { defineEvent } from '../define-event';
import { seconds, sha256 } from './fields';
import { droppedSamples, klCoef, policyVersion, scoredSample, workItem } from './sample';

const experienceScored = defineEvent({
  type: 'experience.scored',
  kind: 'fact',
  description: 'The critic has scored the samples of a work item: scores, values, advantages and returns.',
  keyFields: ['runId'],
  data: z.strictObject({
    ...workItem,
    policyVersion,
    rewardVersion: sha256.describe('hash of the reward model that scored'),
    valueVersion: sha256.describe('hash of the value model that valued'),
    klCoef,
    samples: z.array(scoredSample).max(1024),
    dropped: droppedSamples.describe('by rollout or critic'),
    seconds: z
      .strictObject({
        queue: seconds.describe('in line, for a rollout worker and for the critic'),
        rollout: seconds.describe('of sampling'),
        score: seconds.describe('of scoring'),
      })
      .optional()
      .describe('what the item took'),
  }),
});

export const experienceContracts = [experienceScored] as const;
