import { ADVANTAGE_ESTIMATORS, parsePpoConfig } from '@open-chatgpt/pipeline';
import { rowsInMemory } from '../../testing/rows-in-memory';
import { tinyPpoRun } from '../../testing/tiny-ppo-run';
import { PromptPlanner } from './prompt-planner';

const config = (more: object) =>
  parsePpoConfig({
    iterations: 2,
    rolloutBatchSize: 8,
    localRolloutForwardBatchSize: 4,
    perDeviceTrainBatchSize: 4,
    maxPromptLength: 8,
    responseLength: 8,
    temperature: 1,
    learningRate: 0.01,
    evalSteps: 0,
    saveSteps: 0,
    ...more,
  });

describe('the online loop', () => {
  it.each(Object.entries(ADVANTAGE_ESTIMATORS))(
    'learns from the advantages of %s, and trains values where it has them',
    async (advantageEstimator, { values }) => {
      const settings = { advantageEstimator, numGenerations: 4 };
      const { steps, policy } = await tinyPpoRun(config(settings));
      const still = await tinyPpoRun(config({ ...settings, learningRate: 0 }));
      expect(steps).toHaveLength(2);
      for (const metrics of steps) {
        expect(metrics.gradNorm).toBeGreaterThan(0);
        expect('valueLoss' in metrics).toBe(values);
        expect('explainedVariance' in metrics).toBe(values);
      }
      expect(policy.trained.all[0].data).not.toEqual(still.policy.trained.all[0].data);
    },
  );

  it('samples several responses to each prompt, side by side', async () => {
    const prompts = [[1], [2], [3]].map((ids) => ({ inputIds: Int32Array.from(ids) }));
    const rows = rowsInMemory(prompts, ({ inputIds }) => inputIds.length);
    const planner = new PromptPlanner(rows, config({ numGenerations: 4 }), 0);
    const planned = (await planner.planUpTo(3, 0)).map(({ batches }) =>
      batches.map((batch) => batch.prompts.map(({ promptIndex }) => promptIndex)),
    );
    const asked = planned.flat().map(([first, ...others]) => {
      expect(others).toEqual([first, first, first]);
      return first;
    });
    expect(asked).toHaveLength(6);
    expect([...asked].sort()).toEqual([0, 0, 1, 1, 2, 2]);
    const ids = (await planner.planUpTo(4, 0))[0].batches.flatMap((batch) =>
      batch.prompts.map(({ sampleId }) => sampleId),
    );
    expect(ids).toEqual([24, 25, 26, 27, 28, 29, 30, 31]);
  });
});
