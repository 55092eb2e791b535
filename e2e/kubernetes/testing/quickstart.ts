import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const root = join(__dirname, '../../..');

/** The quickstart with fewer steps, unless OPEN_CHATGPT_WHOLE_QUICKSTART is set: the same stages and data. */
export function quickstart(): {
  model: object;
  stages: { uses: string; with: Record<string, unknown> }[];
  threads: number;
  seed: number;
} {
  const file = parse(readFileSync(join(root, 'examples/quickstart.yaml'), 'utf8'));
  const { name: _, ...fields } = file;
  if (process.env['OPEN_CHATGPT_WHOLE_QUICKSTART']) return { ...fields, threads: 2 };
  const shorter: Record<string, object> = {
    sft: { maxSteps: 120, evalSteps: 60, saveSteps: 20 },
    reward: { maxSteps: 60, evalSteps: 0, saveSteps: 30, dataset: { path: 'builtin:tasks', limit: 4000 } },
    ppo: {
      iterations: 6,
      criticWarmup: 1,
      rolloutBatchSize: 64,
      localRolloutForwardBatchSize: 16,
      perDeviceTrainBatchSize: 32,
      numMiniBatches: 2,
      evalSteps: 3,
      saveSteps: 2,
      evalSamples: 32,
      prompts: { path: 'builtin:tasks', limit: 1024 },
    },
  };
  const stages = fields.stages.map((stage: { uses: string; with: object }) => ({
    ...stage,
    with: { ...stage.with, ...shorter[stage.uses] },
  }));
  return { ...fields, stages, threads: 2 };
}
