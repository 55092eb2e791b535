import {
  defineStage,
  gradientNormChart,
  learningRateChart,
  lossFigures,
  modelsWithReference,
  speedChart,
} from '../descriptor';
import { dpoConfigSchema } from './config';

export const dpo = defineStage({
  name: 'dpo',
  label: 'DPO',
  title: 'Direct preference optimization (DPO)',
  description:
    'The language model learns directly from pairs of answers, without a reward model, to give answers like the preferred ones.',
  config: dpoConfigSchema,
  data: { dataset: { role: 'pairs' } },
  models: modelsWithReference,
  makes: 'language-model',
  steps: { unit: 'step', field: 'maxSteps' },
  progress: ['loss', 'accuracy'],
  figures: [
    ...lossFigures,
    {
      metric: 'accuracy',
      of: 'evaluation',
      title: 'implicit-reward accuracy on held-out pairs',
      format: 'share',
      better: 'higher',
      tile: 'share of held-out pairs whose preferred answer has become more probable than the other, relative to the reference',
    },
    {
      metric: 'margin',
      of: 'evaluation',
      title: 'implicit-reward margin on held-out pairs',
      format: 'number',
      better: 'higher',
    },
    { metric: 'pairs', of: 'evaluation', title: 'held-out pairs', format: 'number', better: null },
  ],
  charts: [
    {
      title: 'Loss',
      note: 'How surprised the model is by which answer people preferred. Lower is better.',
      step: { loss: 'training' },
      evaluated: { evalLoss: 'held-out' },
    },
    {
      title: 'Accuracy',
      note: 'Share of pairs in which the preferred answer has the higher implicit reward. 0.5 is guessing.',
      step: { accuracy: 'training' },
      evaluated: { accuracy: 'held-out' },
    },
    {
      title: 'Implicit rewards',
      note: 'How much more probable than under the reference the answers have become, in nats, times beta.',
      step: { chosenReward: 'preferred', rejectedReward: 'rejected' },
      evaluated: { chosenReward: 'preferred, held-out', rejectedReward: 'rejected, held-out' },
    },
    gradientNormChart,
    learningRateChart,
    speedChart,
  ],
  service: 'dpo-trainer',
  examples: [
    'openchat dpo --model runs/sft --dataset my-preferences.jsonl',
    'openchat dpo --model runs/sft --dataset pairs.json --set dpo.lossType=ipo --set dpo.beta=0.2',
    'openchat dpo --model base --dataset pairs.json --set dpo.lossType=orpo',
  ],
  footprint: ({ lora, perDeviceTrainBatchSize }) => ({
    trained: [{ lora, scalarHead: false }],
    frozen: [],
    rows: 2 * perDeviceTrainBatchSize,
  }),
});
