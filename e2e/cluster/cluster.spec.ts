import { join } from 'node:path';
import { Cluster } from '../testing/cluster';
import { writeTinyPipeline } from '../testing/tiny-pipeline';
import { settings, trainPlainly, trainThrough, weightsOf } from '../testing/train';

describe('services as separate processes, over Kafka and S3', () => {
  let cluster: Cluster;
  let cwd: string;

  beforeAll(async () => {
    cluster = await Cluster.open();
    cwd = cluster.cwd;
    await cluster.start('gateway');
    await Promise.all(
      ['sft-trainer', 'reward-trainer', 'ppo-actor', 'ppo-critic'].map((app) => cluster.start(app)),
    );
    writeTinyPipeline(cwd);
    await trainPlainly(cwd, 'tiny.yaml', 'plain');
  }, 300_000);
  afterAll(() => cluster?.close(), 60_000);

  it('train the same bytes as the plain loops', async () => {
    for (const { url } of cluster.running()) {
      expect(await (await fetch(`${url}/health/ready`)).json()).toEqual({
        ready: true,
        checks: { bus: 'ok', store: 'ok' },
      });
    }
    const { code, pipelineId, status } = await trainThrough(cluster.gateway, cwd, 'tiny.yaml');
    expect([code, status]).toEqual([0, 'completed']);
    for (const [app, model] of [
      ['sft-trainer', 'sft'],
      ['reward-trainer', 'reward'],
      ['ppo-actor', 'ppo'],
    ]) {
      const trained = weightsOf(join(cwd, app, 'runs', pipelineId), model);
      expect(trained.equals(weightsOf(join(cwd, 'plain'), model))).toBe(true);
    }
  }, 120_000);

  it('a trainer that is killed continues from its checkpoint to the same bytes', async () => {
    const longer = settings(
      'sft.maxSteps=3000',
      'sft.loggingSteps=50',
      'sft.saveSteps=100',
      'reward=null',
      'ppo=null',
    );
    await trainPlainly(cwd, 'tiny.yaml', 'longer', longer);
    const training = trainThrough(cluster.gateway, cwd, 'tiny.yaml', longer);
    await cluster.gateway.untilStep(300, 2);
    await cluster.leave('sft-trainer').kill();
    await cluster.start('sft-trainer');
    const { lines, pipelineId, status } = await training;
    expect(status).toBe('completed');
    const starts = lines.filter(({ type }) => type === 'started').map(({ step }) => step);
    expect(starts).toHaveLength(2);
    expect(starts[1]).toBeGreaterThanOrEqual(300);
    const trained = weightsOf(join(cwd, 'sft-trainer', 'runs', pipelineId), 'sft');
    expect(trained.equals(weightsOf(join(cwd, 'longer'), 'sft'))).toBe(true);
  }, 180_000);
});
