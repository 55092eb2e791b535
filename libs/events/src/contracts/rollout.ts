import { z } from 'zod';
import { defineEvent } from '../define-event';
import { modelVersion } from './dataref';
import { count, seconds } from './fields';
import {
  droppedSamples,
  klCoef,
  passedOn,
  policyVersion,
  promptItem,
  rolloutSample,
  workItem,
} from './sample';

const rolloutRequested = defineEvent({
  type: 'rollout.requested',
  kind: 'command',
  description: 'Sample one response to each of these prompts.',
  keyFields: ['runId', 'itemId'],
  data: z.strictObject({
    ...workItem,
    ...passedOn,
    policy: modelVersion,
    reference: modelVersion,
    klCoef,
    sampling: z.strictObject({
      temperature: z.number().gt(0),
      topK: z.int().min(0).describe('0: all tokens'),
      topP: z.number().gt(0).max(1),
      maxNewTokens: z.int().min(1).max(131_072),
      seed: z.int().min(0).max(0xffffffff).describe('same seed and policy, same responses'),
      firstIndex: count
        .optional()
        .describe('number of the first prompt among all prompts of the seed; 0 by default'),
    }),
    prompts: z.array(promptItem).min(1).max(1024),
  }),
});

const rolloutGenerated = defineEvent({
  type: 'rollout.generated',
  kind: 'fact',
  description: 'Responses to the prompts of a work item, with their log-probabilities.',
  keyFields: ['runId', 'itemId'],
  data: z.strictObject({
    ...workItem,
    ...passedOn,
    policyVersion,
    klCoef,
    samples: z.array(rolloutSample).max(1024),
    dropped: droppedSamples,
    seconds: z
      .strictObject({ queue: seconds.describe('in line'), rollout: seconds.describe('of work') })
      .optional()
      .describe('what the item took so far'),
  }),
});

export const rolloutContracts = [rolloutRequested, rolloutGenerated] as const;
