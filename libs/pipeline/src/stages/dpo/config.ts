import { z } from 'zod';
import { count, flag, MOST, nonNegative, positive } from '../../fields/fields';
import { optimizerFields } from '../../fields/optimizer';
import { strict } from '../../fields/parse';
import { epochFields, loopFields } from '../../fields/trainer';
import { datasetSchema } from '../../sources';
import { lossesWith, PREFERENCE_LOSSES, type PreferenceLossName } from './losses';

/** Learning from pairs without a reward model: names and meaning of TRL's DPOConfig, CPOConfig and ORPOConfig. */
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
  beta: positive(
    0.1,
    'price of moving away from the reference; for ipo, the τ of the paper; for orpo, the coefficient of the odds ratio',
  ),
  lossType: z
    .enum(Object.keys(PREFERENCE_LOSSES) as PreferenceLossName[])
    .default('sigmoid')
    .describe(
      Object.entries(PREFERENCE_LOSSES)
        .map(([name, { description }]) => `${name}: ${description}`)
        .join('; '),
    ),
  labelSmoothing: z
    .number()
    .min(0)
    .lt(0.5)
    .default(0)
    .describe(
      `share of the pairs that are assumed to have the wrong order, below 0.5; for ${lossesWith(({ smoothing }) => smoothing).join(', ')}`,
    ),
  rpoAlpha: nonNegative(0, '')
    .nullable()
    .default(null)
    .describe(
      'coefficient of the negative log-likelihood per token of the preferred answers, added to the loss; null: 1 for cpo and orpo, 0 for the others',
    ),
  simpoGamma: nonNegative(
    0.5,
    'margin of the loss simpo, in units of beta times log-probabilities per token',
  ),
  precomputeRefLogProbs: flag(
    false,
    'compute the log-probabilities of the reference once before training instead of for each batch',
  ),
}).superRefine(({ lossType, labelSmoothing, precomputeRefLogProbs }, context) => {
  const refuse = (field: string, expected: string, input: unknown) =>
    context.addIssue({
      code: 'custom',
      path: [field],
      message: `expected ${expected}; found ${input}`,
      input,
    });
  const { smoothing, reference } = PREFERENCE_LOSSES[lossType];
  if (labelSmoothing > 0 && !smoothing)
    refuse(
      'labelSmoothing',
      `0 with lossType ${lossType}, because only ${lossesWith((loss) => loss.smoothing).join(', ')} smooth labels`,
      labelSmoothing,
    );
  if (precomputeRefLogProbs && !reference)
    refuse('precomputeRefLogProbs', `false with lossType ${lossType}, which has no reference`, true);
});
