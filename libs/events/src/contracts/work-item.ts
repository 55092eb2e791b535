import { z } from 'zod';
import { dataref, modelVersion } from './dataref';
import { count, identifier, runId, sha256 } from './fields';

/** Names a work item. */
export const workItem = {
  runId,
  itemId: identifier.describe('the work item, unique in its run'),
  iteration: count,
};

/** What the workers of an item need to know, so that any of them can take it. */
export const workItemContext = {
  run: dataref.describe('the description of the run: its configuration and models'),
  value: modelVersion.describe('the value model that values the states'),
  evaluation: z.boolean().describe('answers are only scored: refLogProbs repeats logProbs, and values are 0'),
  klCoef: z.number().min(0).describe('β of this iteration: weight of the per-token KL in the reward'),
};

export const policyVersion = sha256.describe('hash of the weights that sampled');
