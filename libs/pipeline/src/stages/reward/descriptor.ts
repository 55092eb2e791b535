import { strict } from '../../fields/parse';
import { datasetSchema } from '../../sources';
import { defineStage, gradientNormChart, learningRateChart, speedChart } from '../descriptor';
import { rewardFields } from './config';

export const reward = defineStage({
  name: 'reward',
  label: 'Reward',
  title: 'Reward model',
  description:
    'A second model learns, from pairs of answers of which people preferred one, to score any answer.',
  config: strict({
    dataset: datasetSchema.describe('pairs of answers, one preferred'),
    ...rewardFields,
  }),
  data: { dataset: { role: 'pairs' } },
  models: { base: { kind: 'language-model', description: 'the model that gets the scalar head' } },
  makes: 'reward-model',
  steps: { unit: 'step', field: 'maxSteps' },
  progress: ['loss', 'accuracy'],
  figures: [
    { metric: 'loss', of: 'step', title: 'training loss', format: 'number', better: 'lower' },
    {
      metric: 'accuracy',
      of: 'evaluation',
      title: 'accuracy on held-out pairs',
      format: 'share',
      better: 'higher',
      tile: 'share of held-out pairs whose preferred answer scores higher',
    },
    { metric: 'pairs', of: 'evaluation', title: 'held-out pairs', format: 'number', better: null },
  ],
  charts: [
    {
      title: 'Loss',
      note: 'How surprised the model is by which answer people preferred. Lower is better; 0.69 is guessing.',
      step: { loss: 'training' },
      evaluated: { evalLoss: 'held-out' },
    },
    {
      title: 'Accuracy',
      note: 'Share of pairs in which the preferred answer scores higher. 0.5 is guessing.',
      step: { accuracy: 'training' },
      evaluated: { accuracy: 'held-out' },
    },
    gradientNormChart,
    learningRateChart,
    speedChart,
  ],
  service: 'reward-trainer',
  examples: [
    'openchat reward --model runs/sft --dataset my-preferences.jsonl',
    'openchat reward --model runs/sft --dataset pairs.json --learning-rate 1e-5 --set reward.numTrainEpochs=2',
  ],
  footprint: ({ lora, perDeviceTrainBatchSize }) => ({
    trained: [{ lora, scalarHead: true }],
    frozen: [],
    rows: 2 * perDeviceTrainBatchSize,
  }),
});
