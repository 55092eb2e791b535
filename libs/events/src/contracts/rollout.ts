import { z } from 'zod';
import { defineEvent } from '../define-event';
import { dataref, modelVersion } from './dataref';
import { seconds, sha256 } from './fields';
import { policyVersion, workItem, workItemContext } from './work-item';

const rolloutRequested = defineEvent({
  type: 'rollout.requested',
  kind: 'command',
  description: 'Sample one response to each prompt of a work item.',
  keyFields: ['runId', 'itemId'],
  data: z.strictObject({
    ...workItem,
    ...workItemContext,
    policy: modelVersion.describe('the policy that samples'),
    referenceVersion: sha256.describe('hash of the frozen weights that the KL is taken to'),
    seed: z.int().min(0).max(0xffffffff).describe('same seed and policy, same responses'),
    prompts: dataref.describe(
      'safetensors: sampleId, promptIndex, prompt, and firstIndex of the rollout batch',
    ),
  }),
});

const rolloutGenerated = defineEvent({
  type: 'rollout.generated',
  kind: 'fact',
  description: 'The prompts of a work item have responses, with log-probabilities.',
  keyFields: ['runId', 'itemId'],
  data: z.strictObject({
    ...workItem,
    ...workItemContext,
    policyVersion,
    rollouts: dataref.describe(
      'safetensors: the prompts with response, endsWithEos, logProbs and refLogProbs; the samples that were dropped',
    ),
    seconds: z.strictObject({
      queue: seconds.describe('of waiting for a rollout worker'),
      rollout: seconds.describe('of sampling'),
    }),
  }),
});

export const rolloutContracts = [rolloutRequested, rolloutGenerated] as const;
