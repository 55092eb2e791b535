import { z } from 'zod';
import { count, MOST, nonNegative, positive } from '../../fields/fields';
import { optimizerFields } from '../../fields/optimizer';
import { strict } from '../../fields/parse';
import { epochFields, loopFields } from '../../fields/trainer';
import { datasetSchema } from '../../sources';

/** Learning from single answers with labels: names and meaning of TRL's KTOConfig. */
export const ktoConfigSchema = strict({
  dataset: datasetSchema.describe(
    'answers, each with a label that says whether it is good, or pairs of answers',
  ),
  ...epochFields({ numTrainEpochs: 1, maxLength: 512 }),
  ...optimizerFields({ learningRate: 1e-6, adamEpsilon: 1e-8, lrSchedulerType: 'linear', warmupRatio: 0.1 }),
  ...loopFields({ evalSteps: 200, saveSteps: 500, loggingSteps: 10, unit: 'optimizer steps' }),
  evalSamples: count(
    4,
    MOST.samples,
    'held-out prompts that are answered at each evaluation, for people to read',
    0,
  ),
  beta: positive(0.1, 'price of moving away from the reference'),
  lossType: z
    .enum(['kto', 'apo_zero_unpaired'])
    .default('kto')
    .describe(
      'kto: gains and losses from the baseline, an estimate of the distance from the reference; apo_zero_unpaired: the same from 0, without the cost of the estimate',
    ),
  desirableWeight: nonNegative(1, 'weight of the good answers in the loss'),
  undesirableWeight: nonNegative(1, 'weight of the bad answers in the loss'),
}).superRefine(({ lossType, perDeviceTrainBatchSize, desirableWeight, undesirableWeight }, context) => {
  const refuse = (field: string, expected: string, input: unknown) =>
    context.addIssue({
      code: 'custom',
      path: [field],
      message: `expected ${expected}; found ${input}`,
      input,
    });
  if (lossType === 'kto' && perDeviceTrainBatchSize < 2)
    refuse(
      'perDeviceTrainBatchSize',
      '2 or more with lossType kto, which compares each prompt with the answer of another row of its batch',
      perDeviceTrainBatchSize,
    );
  if (desirableWeight === 0 && undesirableWeight === 0)
    refuse('desirableWeight', 'more than 0 where undesirableWeight is 0, because nothing is learned', 0);
});
