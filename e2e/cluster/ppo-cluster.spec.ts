import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { Cluster } from '../testing/cluster';
import { writeTinyPipeline } from '../testing/tiny-pipeline';
import { figuresOf, trainPlainly, trainThrough, weightsOf } from '../testing/train';

/** Enough that the last kill, at a step that is noticed a little late, is before the end. */
const ITERATIONS = 32;
const SAMPLES = 16;

describe('PPO as separate services, over Kafka and S3', () => {
  let cluster: Cluster;
  let cwd: string;

  const startLearner = (env?: Record<string, string>) =>
    cluster.start('ppo-actor', { role: 'learner', name: 'learner', env });
  const startRollout = (name: string) => cluster.start('ppo-actor', { role: 'rollout', name });
  const startCritic = () =>
    Promise.all([
      cluster.start('ppo-critic', { role: 'scoring', name: 'scoring' }),
      cluster.start('ppo-critic', { role: 'learner', name: 'value-learner' }),
    ]);

  beforeAll(async () => {
    cluster = await Cluster.open();
    cwd = cluster.cwd;
    await cluster.start('gateway');
    // The first learner puts two rollout batches into a work item, the next one puts one.
    const learner = startLearner({ OPEN_CHATGPT_ITEMS_PER_ITERATION: '4' });
    await Promise.all([learner, startRollout('rollout-1'), startCritic()]);
    writePipelines(cwd);
    await trainPlainly(cwd, 'tiny.yaml', 'before');
    await trainPlainly(cwd, 'ppo.yaml', 'plain');
  }, 300_000);
  afterAll(() => cluster?.close(), 60_000);

  it('while workers join, leave and are killed, no sample is lost or trained twice, and the losses are those of one process', async () => {
    const { gateway } = cluster;
    const training = trainThrough(gateway, cwd, 'ppo.yaml');
    await gateway.untilStep(2);
    await Promise.all([startRollout('rollout-2'), startRollout('rollout-3')]);
    await gateway.untilStep(5);
    await cluster.leave('rollout-1').kill();
    await gateway.untilStep(7);
    await Promise.all([cluster.leave('scoring').kill(), cluster.leave('value-learner').kill()]);
    await startCritic();
    await gateway.untilStep(10);
    await cluster.leave('learner').kill();
    await startLearner();
    await gateway.untilStep(13);
    for (const name of ['rollout-2', 'rollout-3'])
      expect(await sampled(cluster.service(name).url)).toBeGreaterThan(0);
    await cluster.leave('rollout-3').stop();

    const { pipelineId, status } = await training;
    expect(status).toBe('completed');
    const [run, plain] = [join(cwd, 'learner', 'runs', pipelineId), join(cwd, 'plain')];
    expect(weightsOf(run, 'ppo').equals(weightsOf(plain, 'ppo'))).toBe(true);
    expect(figuresOf(run)).toEqual(figuresOf(plain));
    expect(figuresOf(run)).toMatchObject([
      { ledger: { generated: ITERATIONS * SAMPLES, trained: ITERATIONS * SAMPLES, dropped: {} } },
    ]);
  }, 240_000);
});

/** `tiny.yaml`: SFT and reward model. `ppo.yaml`: PPO on them, each iteration of several work items. */
function writePipelines(cwd: string): void {
  const file = writeTinyPipeline(cwd);
  const { stages, ...common } = parse(readFileSync(file, 'utf8'));
  const [sft, reward, ppo] = stages;
  writeFileSync(file, stringify({ ...common, stages: [sft, reward] }));
  const settings = {
    ...ppo.with,
    prompts: { ...ppo.with.prompts, path: join(cwd, 'rows.jsonl') },
    iterations: ITERATIONS,
    rolloutBatchSize: SAMPLES,
    localRolloutForwardBatchSize: 2,
    saveSteps: 4,
    evalSteps: 8,
  };
  const trained = (stage: string) => join(cwd, 'before', 'models', stage);
  writeFileSync(
    join(cwd, 'ppo.yaml'),
    stringify({
      ...common,
      model: { path: trained('sft') },
      stages: [{ uses: 'ppo', models: { rewardModel: trained('reward') }, with: settings }],
    }),
  );
}

/** The number of responses that a rollout worker has sampled, by its metrics. */
async function sampled(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^ppo_samples_total (\d+)$/m.exec(text)?.[1] ?? 0);
}
