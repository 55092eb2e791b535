import { z } from 'zod';
import { count, flag, MOST } from './fields';
import { loraField } from './lora';
import { meshField, offloadFields } from './mesh';

/** Fields that every stage shares: seed, checkpoints, logging, memory. `unit` is what a step is called. */
export function loopFields(defaults: {
  evalSteps: number;
  saveSteps: number;
  loggingSteps: number;
  unit: string;
}) {
  const { unit } = defaults;
  return {
    seed: z.int().min(0).max(0xffffffff).default(42).describe('same seed and threads, same losses'),
    loggingSteps: count(defaults.loggingSteps, MOST.steps, `report metrics every so many ${unit}`),
    evalSteps: count(
      defaults.evalSteps,
      MOST.steps,
      `evaluate every so many ${unit}; 0 only before and after`,
      0,
    ),
    saveSteps: count(
      defaults.saveSteps,
      MOST.steps,
      `checkpoint every so many ${unit}; 0 only at the end`,
      0,
    ),
    saveTotalLimit: z
      .int()
      .min(1)
      .max(MOST.samples)
      .nullable()
      .default(3)
      .describe('keep the newest so many checkpoints (and the best one); null keeps all'),
    gradientCheckpointing: flag(false, 'recompute activations in the backward pass: less memory, slower'),
    bf16: flag(
      false,
      'multiply matrices in bfloat16 with float32 sums; weights, norms and losses stay float32; needs a device of XLA',
    ),
    mesh: meshField,
    ...offloadFields,
    lora: loraField,
  };
}

/** Fields of a stage that passes over a dataset in epochs, as transformers.TrainingArguments names them. */
export function epochFields(defaults: { numTrainEpochs: number; maxLength: number }) {
  return {
    numTrainEpochs: z
      .number()
      .gt(0)
      .max(MOST.epochs)
      .default(defaults.numTrainEpochs)
      .describe('passes over the training set; may be a fraction'),
    maxSteps: z
      .int()
      .min(-1)
      .max(MOST.steps)
      .refine((value) => value !== 0, 'expected -1 (as long as numTrainEpochs says) or at least 1; found 0')
      .default(-1)
      .describe('optimizer steps; -1 trains for numTrainEpochs, anything else overrides it'),
    perDeviceTrainBatchSize: count(8, MOST.batch, 'rows in one forward and backward pass'),
    perDeviceEvalBatchSize: count(8, MOST.batch, 'rows in one forward pass of the evaluation'),
    gradientAccumulationSteps: count(
      1,
      MOST.batch,
      'passes whose gradients are summed before an optimizer step',
    ),
    maxLength: z
      .int()
      .min(2)
      .max(MOST.tokens)
      .default(defaults.maxLength)
      .describe('longest row in tokens; longer ones are cut'),
    groupByLength: flag(false, 'batch rows of like length: less padding, less shuffling'),
  };
}
