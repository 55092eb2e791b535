import {
  defineStage,
  gradientNormChart,
  learningRateChart,
  lossFigures,
  modelsWithReference,
  speedChart,
} from '../descriptor';
import { ktoConfigSchema } from './config';

export const kto = defineStage({
  name: 'kto',
  label: 'KTO',
  title: 'Learning from single answers (KTO)',
  description:
    'The language model learns from single answers with labels to give answers like the good ones and none like the bad ones.',
  config: ktoConfigSchema,
  data: { dataset: { role: 'labels' } },
  models: modelsWithReference,
  makes: 'language-model',
  steps: { unit: 'step', field: 'maxSteps' },
  progress: ['loss', 'accuracy'],
  figures: [
    ...lossFigures,
    {
      metric: 'accuracy',
      of: 'evaluation',
      title: 'implicit-reward accuracy on held-out answers',
      format: 'share',
      better: 'higher',
      tile: 'share of held-out answers that have become more probable where they are good, and less where they are bad, measured from the baseline',
    },
    {
      metric: 'margin',
      of: 'evaluation',
      title: 'implicit-reward margin of good over bad held-out answers',
      format: 'number',
      better: 'higher',
    },
    { metric: 'answers', of: 'evaluation', title: 'held-out answers', format: 'number', better: null },
  ],
  charts: [
    {
      title: 'Loss',
      note: 'How far the answers are from what their labels ask for. Lower is better.',
      step: { loss: 'training' },
      evaluated: { evalLoss: 'held-out' },
    },
    {
      title: 'Accuracy',
      note: 'Share of answers whose implicit reward is above the baseline where they are good, below where they are bad. 0.5 before training.',
      step: { accuracy: 'training' },
      evaluated: { accuracy: 'held-out' },
    },
    {
      title: 'Implicit rewards',
      note: 'How much more probable than under the reference the answers have become, in nats, times beta.',
      step: { desirableReward: 'good', undesirableReward: 'bad' },
      evaluated: { desirableReward: 'good, held-out', undesirableReward: 'bad, held-out' },
    },
    {
      title: 'Baseline',
      note: 'Estimate of the distance from the reference, in nats: the mean log-ratio of answers to other prompts, at least 0.',
      step: { kl: 'training' },
      evaluated: { kl: 'held-out' },
    },
    gradientNormChart,
    learningRateChart,
    speedChart,
  ],
  service: 'dpo-trainer',
  examples: [
    'openchat kto --model runs/sft --dataset thumbs.jsonl',
    'openchat kto --model runs/sft --dataset thumbs.jsonl --set kto.undesirableWeight=0.5',
    'openchat kto --model runs/sft --dataset pairs.json --set kto.lossType=apo_zero_unpaired',
  ],
  footprint: ({ lora, perDeviceTrainBatchSize }) => ({
    trained: [{ lora, scalarHead: false }],
    frozen: [],
    rows: perDeviceTrainBatchSize,
  }),
});
