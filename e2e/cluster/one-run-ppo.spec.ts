import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tinyPipeline, tinyRows } from '@open-chatgpt/testing';
import { Cluster } from '../testing/cluster';
import { until } from '../testing/until';

const ITERATIONS = 12;
const SAMPLES = 16;
const CHECKPOINTED = 'A checkpoint is stored';

describe('PPO of runs that have their own workers, over Kafka and S3', () => {
  let cluster: Cluster;
  const models: Record<string, object> = {};

  const request = (runId: string, stage: string) => ({
    runId,
    pipelineId: runId,
    stage,
    algorithm: stage,
    config: tinyPipeline(join(cluster.cwd, 'rows.jsonl'), {
      ppo: {
        iterations: ITERATIONS,
        rolloutBatchSize: SAMPLES,
        localRolloutForwardBatchSize: 2,
        saveSteps: 2,
        evalSteps: 4,
      },
    }),
    inputs: { models, datasets: [] },
  });
  /** Processes that work only on this run. */
  const only = (runId: string) => ({ OPEN_CHATGPT_RUN_ID: runId });
  const startCritic = (runId: string) =>
    cluster.start('ppo-critic', { name: `critic-${runId}`, env: only(runId) });
  const startRollout = (runId: string) =>
    cluster.start('ppo-actor', { role: 'rollout', name: `rollout-${runId}`, env: only(runId) });

  beforeAll(async () => {
    cluster = await Cluster.open();
    writeFileSync(join(cluster.cwd, 'rows.jsonl'), tinyRows());
    for (const [stage, role] of [
      ['sft', 'base'],
      ['reward', 'rewardModel'],
    ]) {
      const { code, message, log } = await cluster.startRun(`${stage}-trainer`, request(stage, stage)).ended;
      if (code !== 0) throw new Error(log);
      models[role] = message!.model!;
    }
  }, 300_000);
  afterAll(() => cluster?.close(), 60_000);

  it('each worker takes only the items of its run, also those from before it joined; a moved learner arrives at the same model', async () => {
    const quiet = cluster.startRun('ppo-actor', request('quiet', 'ppo'), { name: 'quiet' });
    const moved = cluster.startRun('ppo-actor', request('moved', 'ppo'), { name: 'here' });
    // A run begins with a request for its value model. No critic is there yet, nor later a rollout worker.
    await Promise.all([quiet.logged('The service is started'), moved.logged('The service is started')]);
    await Promise.all([startCritic('quiet'), startCritic('moved')]);
    await Promise.all([
      quiet.logged('The run is claimed and starts'),
      moved.logged('The run is claimed and starts'),
    ]);
    await Promise.all([startRollout('quiet'), startRollout('moved')]);
    await moved.logged(CHECKPOINTED);
    moved.kill('SIGTERM');
    expect(await moved.ended).toMatchObject({ code: 143, message: { outcome: 'interrupted' } });
    await Promise.all([cluster.leave('rollout-moved').kill(), cluster.leave('critic-moved').kill()]);
    const resumed = cluster.startRun('ppo-actor', request('moved', 'ppo'), { name: 'there' });
    await Promise.all([startCritic('moved'), startRollout('moved')]);

    const ends = await Promise.all([quiet.ended, resumed.ended]);
    expect(ends[0]).toMatchObject({
      code: 0,
      message: { attempt: 1, outcome: 'completed', step: ITERATIONS },
    });
    expect(ends[1]).toMatchObject({
      code: 0,
      message: { attempt: 2, outcome: 'completed', step: ITERATIONS },
    });
    expect(ends[1].message!.model!.version).toBe(ends[0].message!.model!.version);
    // Two evaluations during the run, one before and one after; 4 prompts each.
    const { url } = cluster.service('rollout-quiet');
    const metrics = async () => await (await fetch(`${url}/metrics`)).text();
    await until(async () => /^ppo_samples_total \d+/m.test(await metrics()));
    const sampled = Number(/^ppo_samples_total (\d+)/m.exec(await metrics())?.[1]);
    expect(sampled).toBe(ITERATIONS * SAMPLES + 4 * 4);
  }, 180_000);

  it('a learner without a bus gives up', async () => {
    const env = { OPEN_CHATGPT_PATIENCE_SECONDS: '5', OPEN_CHATGPT_STOP_SECONDS: '5' };
    await startCritic('lost');
    const lost = cluster.startRun('ppo-actor', request('lost', 'ppo'), { name: 'lost', env });
    await lost.logged('The run is claimed and starts');
    await cluster.kafka.kill();
    expect(await lost.ended).toMatchObject({
      code: 75,
      message: { outcome: 'unavailable', error: { message: expect.stringContaining('bus: ') } },
    });
    await cluster.kafka.start();
  }, 120_000);

  it('a process that would also take requests for runs does not start', async () => {
    const env = { OPEN_CHATGPT_RUN_ID: 'quiet' };
    await expect(cluster.start('ppo-actor', { role: 'all', name: 'wrong', env })).rejects.toThrow(
      'OPEN_CHATGPT_RUN_ID: only the role rollout works on one run; found the role all',
    );
  }, 60_000);
});
