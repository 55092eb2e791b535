import type { Bus } from '@open-chatgpt/messaging';
import { parsePipeline } from '@open-chatgpt/pipeline';
import type { WorkerServices } from '@open-chatgpt/ppo-exchange';
import type { PpoActorConfig } from '../ppo-actor.config';
import { RunLearner } from './run-learner';

describe('the learner of a PPO run', () => {
  it('refuses an estimator of advantages without values before it opens a model', async () => {
    const settings = { prompts: { path: 'prompts.jsonl' }, advantageEstimator: 'grpo', numGenerations: 2 };
    const file = {
      name: 'one',
      model: { path: 'model' },
      stages: [{ uses: 'ppo', models: { rewardModel: 'reward' }, with: settings }],
    };
    const pipeline = parsePipeline(JSON.stringify(file), '/pipeline.json');
    const learner = new RunLearner({} as PpoActorConfig, {} as WorkerServices, {} as Bus);
    const requested = { runId: 'one', stage: 'ppo', inputs: {} } as Parameters<RunLearner['vary']>[0];
    await expect(learner.vary(requested, pipeline, new AbortController().signal)).rejects.toThrow(
      /stage ppo: services train a value model always, .*grpo .*set it to gae/,
    );
  });
});
