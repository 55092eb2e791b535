import { z } from 'zod';
import { count, flag, MOST, positive } from '../../fields/fields';
import { optimizerFields } from '../../fields/optimizer';
import { strict } from '../../fields/parse';
import { epochFields, loopFields } from '../../fields/trainer';
import { datasetSchema } from '../../sources';

/** Direct preference optimization on pairs: names and meaning of TRL's DPOConfig; label smoothing is that of conservative DPO. */
export const dpoConfigSchema = strict({
  dataset: datasetSchema.describe('pairs of answers, one preferred'),
  ...epochFields({ numTrainEpochs: 1, maxLength: 512 }),
  ...optimizerFields({ learningRate: 1e-6, adamEpsilon: 1e-8, lrSchedulerType: 'linear', warmupRatio: 0.1 }),
  ...loopFields({ evalSteps: 200, saveSteps: 500, loggingSteps: 10, unit: 'optimizer steps' }),
  evalSamples: count(
    4,
    MOST.samples,
    'held-out prompts that are answered at each evaluation, for people to read',
    0,
  ),
  beta: positive(0.1, 'price of moving away from the reference; for ipo, the τ of the paper'),
  lossType: z
    .enum(['sigmoid', 'hinge', 'ipo'])
    .default('sigmoid')
    .describe('sigmoid: DPO; hinge: SLiC; ipo: a squared error on log-probabilities per token'),
  labelSmoothing: z
    .number()
    .min(0)
    .lt(0.5)
    .default(0)
    .describe('share of the pairs that are assumed to have the wrong order, below 0.5; for sigmoid only'),
  precomputeRefLogProbs: flag(
    false,
    'compute the log-probabilities of the reference once before training instead of for each batch',
  ),
}).superRefine(({ lossType, labelSmoothing }, context) => {
  if (labelSmoothing === 0 || lossType === 'sigmoid') return;
  context.addIssue({
    code: 'custom',
    path: ['labelSmoothing'],
    message: `expected 0 with lossType ${lossType}, because it smooths the labels of sigmoid only; found ${labelSmoothing}`,
    input: labelSmoothing,
  });
});
