import type { z } from 'zod';
import { count, flag, MOST } from '../../fields/fields';
import { optimizerFields } from '../../fields/optimizer';
import { parseConfig, strict } from '../../fields/parse';
import { epochFields, loopFields } from '../../fields/trainer';

export const sftFields = {
  ...epochFields({ numTrainEpochs: 3, maxLength: 512 }),
  ...optimizerFields({ learningRate: 2e-5, adamEpsilon: 1e-8, lrSchedulerType: 'cosine', warmupRatio: 0.03 }),
  ...loopFields({ evalSteps: 200, saveSteps: 500, loggingSteps: 10, unit: 'optimizer steps' }),
  packing: flag(false, 'put several examples in one row, each attending only to itself'),
  evalSamples: count(
    4,
    MOST.samples,
    'held-out prompts that are answered at each evaluation, for people to read',
    0,
  ),
};

/** Supervised fine-tuning: names and meaning of transformers.TrainingArguments and TRL's SFTConfig. */
export const sftConfigSchema = strict(sftFields);

export type SftConfig = z.output<typeof sftConfigSchema>;

/** @throws Error that lists every wrong field and what was expected there */
export function parseSftConfig(raw: unknown, where = 'SFT config'): SftConfig {
  return parseConfig(sftConfigSchema, raw, where);
}
