import type { z } from 'zod';
import type { sftConfigSchema } from './config';

type SftOverrides = z.input<typeof sftConfigSchema>;

/** What both share: batch 4 × 32 = 128, length 512, cosine with 3 % warm-up (Stanford Alpaca's recipe). */
const llama: SftOverrides = {
  perDeviceTrainBatchSize: 4,
  gradientAccumulationSteps: 32,
  maxLength: 512,
  weightDecay: 0,
  warmupRatio: 0.03,
  lrSchedulerType: 'cosine',
  saveSteps: 2000,
  saveTotalLimit: 5,
  gradientCheckpointing: true,
};

/** Named starting points of SFT; fields given beside `preset` override them. */
export const sftPresets = {
  'llama-7b': { ...llama, learningRate: 2e-5, numTrainEpochs: 3 },
  'llama-13b': { ...llama, learningRate: 1e-5, numTrainEpochs: 5 },
} satisfies Record<string, SftOverrides>;

export type SftPresetName = keyof typeof sftPresets;
