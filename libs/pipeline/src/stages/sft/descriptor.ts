import { z } from 'zod';
import { strict } from '../../fields/parse';
import { datasetSchema } from '../../sources';
import { defineStage, gradientNormChart, learningRateChart, speedChart } from '../descriptor';
import { sftFields } from './config';
import { type SftPresetName, sftPresets } from './presets';

const presetNames = Object.keys(sftPresets) as SftPresetName[];

export const sft = defineStage({
  name: 'sft',
  label: 'SFT',
  title: 'Supervised fine-tuning (SFT)',
  description: 'The language model learns to answer by imitating good answers to instructions.',
  config: strict({
    dataset: datasetSchema.describe('instructions and answers'),
    preset: z.enum(presetNames).optional().describe('starting point for the fields that are not given'),
    ...sftFields,
  }),
  presets: sftPresets,
  data: { dataset: { role: 'instructions' } },
  models: { base: { kind: 'language-model', description: 'the model to fine-tune' } },
  makes: 'language-model',
  steps: { unit: 'step', field: 'maxSteps' },
  progress: ['loss'],
  figures: [
    { metric: 'loss', of: 'step', title: 'training loss', format: 'number', better: 'lower' },
    {
      metric: 'evalLoss',
      of: 'evaluation',
      title: 'held-out loss',
      format: 'number',
      better: 'lower',
      tile: 'lower is better',
    },
    {
      metric: 'exactMatch',
      of: 'evaluation',
      title: 'held-out exact match',
      format: 'share',
      better: 'higher',
      tile: 'on held-out prompts',
    },
  ],
  charts: [
    {
      title: 'Loss',
      note: 'How surprised the model is by the right answers, in nats per token. Lower is better.',
      step: { loss: 'training' },
      evaluated: { evalLoss: 'held-out' },
    },
    {
      title: 'Exact answers',
      note: 'Share of held-out answers that are exactly right.',
      evaluated: { exactMatch: 'held-out' },
    },
    gradientNormChart,
    learningRateChart,
    speedChart,
  ],
  service: 'sft-trainer',
  examples: [
    'openchat sft --model builtin:smollm2-135m-instruct --dataset my-instructions.jsonl --max-steps 200',
    "openchat sft --model ./llama --dataset data.json --set 'sft.lora={r: 8, targetModules: [all-linear]}'",
    'openchat sft --model ./llama-7b --dataset alpaca.json --template alpaca --set sft.preset=llama-7b --dry-run',
  ],
  footprint: ({ lora, perDeviceTrainBatchSize }) => ({
    trained: [{ lora, scalarHead: false }],
    frozen: [],
    rows: perDeviceTrainBatchSize,
  }),
});
