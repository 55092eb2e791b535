import { createGenerator } from '@open-chatgpt/generation';
import type { Model } from '@open-chatgpt/models';
import { parsePpoConfig } from '@open-chatgpt/pipeline';
import type { Experience } from './experience';
import { Learner } from './learner';
import { policyFeed } from './policy-feed';
import { policyObjective } from './policy-objective';

const PROMPTS = [[1, 7, 9, 4], [5], [1, 30, 31, 32, 33, 34, 35], [11, 12], [1, 2, 3, 4]];

/** Responses of a policy, with advantages of 1 and −1 in turn. */
export async function sampleExperience(model: Model, temperature: number): Promise<Experience[]> {
  const responses = await createGenerator(model).generate({
    prompts: PROMPTS,
    maxNewTokens: 30,
    temperature,
    seed: 11,
  });
  return responses.map(({ tokens, logProbs, finishReason }, id) => {
    const zeros = new Float32Array(tokens.length);
    return {
      id,
      promptIndex: id,
      prompt: PROMPTS[id],
      response: tokens,
      endsWithEos: finishReason === 'stop',
      logProbs,
      refLogProbs: logProbs,
      score: 0,
      kl: 0,
      values: zeros,
      advantages: zeros.map((_, t) => (t % 2 ? 1 : -1)),
      returns: zeros,
    };
  });
}

/** The first pass over fresh experience, with a learning rate of 0. */
export function firstPass(model: Model, experience: readonly Experience[], temperature: number) {
  const optimizer = {
    learningRate: 0,
    adamBeta1: 0.9,
    adamBeta2: 0.999,
    adamEpsilon: 1e-8,
    weightDecay: 0,
    maxGradNorm: 1,
    lrSchedulerType: 'constant',
  } as const;
  const objective = policyObjective({ cliprange: 0.2, entropyCoef: 0, temperature });
  const learner = new Learner(model, objective, policyFeed(parsePpoConfig({})), {
    optimizer,
    totalUpdates: 1,
    perDeviceTrainBatchSize: 2,
    gradientCheckpointing: false,
    padTokenId: 0,
    maxLength: 48,
    seed: 1,
  });
  return learner.update(experience);
}
