import type { Model } from '@open-chatgpt/models';
import { type PpoConfig, usesValues } from '@open-chatgpt/pipeline';
import { LocalWorkers } from '../algorithms/ppo/local-workers';
import { createActor, createCritic, createPolicy, createValueTrainer } from '../algorithms/ppo/models';
import { trainPpo } from '../algorithms/ppo/train';
import { baseOf } from './base-of';
import { rowsInMemory } from './rows-in-memory';
import { tinyModel } from './tiny-model';

const PROMPTS = [[1, 7, 9, 4], [5], [11, 12], [1, 2, 3, 4]];

export interface TinyPpoRun {
  policy: Model;
  /** The metrics of each iteration. */
  steps: Record<string, number>[];
}

/**
 * A short PPO run from a tiny model and a tiny reward model.
 * @param onStep called after each iteration
 */
export async function tinyPpoRun(
  config: PpoConfig,
  onStep: (run: TinyPpoRun) => void = () => undefined,
): Promise<TinyPpoRun> {
  const base = await baseOf(tinyModel());
  const policy = createPolicy(base, config);
  const model = tinyModel({ scalarHead: true, seed: 6 });
  const rewardModel = { model, normalization: { mean: 0, std: 1 } };
  const valueTrainer = usesValues(config) ? createValueTrainer(rewardModel, config, 0) : null;
  const critic = createCritic(rewardModel, valueTrainer?.model ?? null, config, 0);
  const run: TinyPpoRun = { policy, steps: [] };
  await trainPpo({
    policy,
    workers: new LocalWorkers(createActor(policy, base, config), critic, valueTrainer),
    prompts: rowsInMemory(
      PROMPTS.map((prompt) => ({ inputIds: Int32Array.from(prompt) })),
      ({ inputIds }) => inputIds.length,
    ),
    evaluationPrompts: [],
    describe: async () => ({ samples: [], metrics: {} }),
    padTokenId: 0,
    config,
    listen: (event) => {
      if (event.type !== 'step') return;
      run.steps.push(event.metrics);
      onStep(run);
    },
  });
  return run;
}
