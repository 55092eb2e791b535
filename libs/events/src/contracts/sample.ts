import { z } from 'zod';
import { dataref, modelVersion } from './dataref';
import { count, identifier, perToken, runId, sha256, text, tokenIds } from './fields';

/** One prompt of a work item. */
export const promptItem = z.strictObject({
  sampleId: count.describe("number of the sample in the run; the ledger's key"),
  promptIndex: count.describe('number of the prompt in its data set'),
  prompt: tokenIds(1),
});

const sampleFields = {
  ...promptItem.shape,
  response: tokenIds(1),
  endsWithEos: z.boolean().describe('whether the response ended by itself, with an end-of-sequence token'),
  logProbs: perToken.describe('of the response under the policy, at the sampling temperature'),
  refLogProbs: perToken.describe('of the same tokens under the reference, at the same temperature'),
};

type PerToken<Name extends string> = { response: number[] } & Record<Name, number[]>;

/** A check that each of these lists has one number for each token of the response. */
function matchResponse<Name extends string>(...names: Name[]) {
  return (sample: PerToken<Name>, context: z.core.$RefinementCtx) => {
    for (const name of names) {
      const { length } = sample[name];
      if (length === sample.response.length) continue;
      const message = `expected one number for each of the ${sample.response.length} tokens of the response; found ${length}`;
      context.addIssue({ code: 'custom', path: [name], message, input: sample });
    }
  };
}

/** A sampled response. */
export const rolloutSample = z
  .strictObject(sampleFields)
  .superRefine(matchResponse('logProbs', 'refLogProbs'));

/** A sampled response with what the critic made of it. */
export const scoredSample = z
  .strictObject({
    ...sampleFields,
    score: z.number().describe("the reward model's score, as it gave it"),
    kl: z.number().describe('estimate of the KL to the reference, summed over the response, in nats'),
    values: perToken.describe('of the value model'),
    advantages: perToken.describe('as GAE gives them: the learner whitens them over its whole batch'),
    returns: perToken.describe('advantages + values'),
  })
  .superRefine(matchResponse('logProbs', 'refLogProbs', 'values', 'advantages', 'returns'));

/** Samples that come to nothing are told as well, so that the ledger adds up. */
export const droppedSamples = z.array(z.strictObject({ sampleId: count, reason: text(128) })).max(1024);

/** What each message about a work item carries; key: the item, so that items spread over partitions and workers. */
export const workItem = {
  runId,
  itemId: identifier.describe('the work item, unique in its run'),
  iteration: count,
};

export const policyVersion = sha256.describe('hash of the weights that sampled');

export const klCoef = z
  .number()
  .min(0)
  .describe('β of this iteration: weight of the per-token KL in the reward');

/** What a work item takes along, so that whoever has it in hand needs to know nothing else of its run. */
export const passedOn = {
  run: dataref.optional().describe('the description of the run: its configuration and models'),
  value: modelVersion.optional().describe('the value model that values the states'),
  evaluation: z
    .boolean()
    .optional()
    .describe('answers that are only scored: refLogProbs repeats logProbs, and values are 0'),
};
