import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, kafkaIsMissing, startKafka } from '../../../../tools/kafka/broker.cjs';
import { missingS3, type S3Server, startS3 } from '../../../../tools/s3/s3-server.cjs';
import { compile, jsonLines, openchat } from '../testing/openchat';
import { type ServiceProcess, startServiceProcess } from '../testing/service-process';
import { writeTinyPipeline } from '../testing/tiny-pipeline';

const APPS = ['gateway', 'sft-trainer', 'reward-trainer', 'ppo-actor', 'ppo-critic'];

describe('services as processes of their own, over Kafka and S3', () => {
  let cwd: string;
  let kafka: Broker;
  let s3: S3Server;
  const services = new Map<string, ServiceProcess>();

  const start = async (app: string): Promise<void> => {
    const service = await startServiceProcess(app, {
      OPEN_CHATGPT_BUS: `kafka://${kafka.brokers.join(',')}`,
      OPEN_CHATGPT_STORE: 's3://open-chatgpt/test',
      OPEN_CHATGPT_S3_ENDPOINT: s3.endpoint,
      OPEN_CHATGPT_S3_ACCESS_KEY: s3.accessKey,
      OPEN_CHATGPT_S3_SECRET_KEY: s3.secretKey,
      OPEN_CHATGPT_S3_REGION: s3.region,
      OPEN_CHATGPT_S3_CREATE_BUCKET: 'true',
      OPEN_CHATGPT_WORK_DIR: join(cwd, app),
    });
    services.set(app, service);
  };
  const gateway = () => services.get('gateway')?.url as string;
  const weights = (...path: string[]) => readFileSync(join(cwd, ...path, 'model.safetensors'));

  beforeAll(async () => {
    const missing = (await kafkaIsMissing()) ?? missingS3();
    if (missing) throw new Error(missing);
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'cluster-'));
    [kafka, s3] = await Promise.all([startKafka(), startS3()]);
    // One after the other: the first one makes the topics.
    for (const app of APPS) await start(app);
    writeTinyPipeline(cwd);
    expect(await openchat(['run', 'tiny.yaml', '--out', 'plain'], { cwd })).toMatchObject({ code: 0 });
  }, 300_000);
  afterAll(async () => {
    await Promise.all([...services.values()].map((service) => service.stop()));
    await kafka?.close();
    await s3?.stop();
    rmSync(cwd, { recursive: true, force: true });
  }, 60_000);

  it('train what the plain loops train, to the same bytes', async () => {
    for (const { url } of services.values()) {
      expect(await (await fetch(`${url}/health/ready`)).json()).toEqual({
        ready: true,
        checks: { bus: 'ok', store: 'ok' },
      });
    }
    const { code, stdout } = await openchat(['run', 'tiny.yaml', '--gateway', gateway(), '--json'], { cwd });
    expect(code).toBe(0);
    const { pipelineId, status } = jsonLines(stdout).at(-1) as { pipelineId: string; status: string };
    expect(status).toBe('completed');
    for (const [app, model] of [
      ['sft-trainer', 'sft'],
      ['reward-trainer', 'reward'],
      ['ppo-actor', 'policy'],
    ]) {
      const trained = weights(app, 'runs', pipelineId, 'models', model);
      expect(trained.equals(weights('plain', 'models', model))).toBe(true);
    }
  }, 120_000);

  it('a trainer killed in the middle goes on where it was, to the same bytes', async () => {
    const longer = [
      '--set',
      'sft.maxSteps=4000',
      '--set',
      'sft.loggingSteps=50',
      '--set',
      'sft.saveSteps=100',
      '--set',
      'reward=null',
      '--set',
      'ppo=null',
    ];
    expect(await openchat(['run', 'tiny.yaml', '--out', 'longer', ...longer], { cwd })).toMatchObject({
      code: 0,
    });
    const watching = openchat(['run', 'tiny.yaml', '--gateway', gateway(), '--json', ...longer], { cwd });
    await untilStep(gateway(), 300);
    await services.get('sft-trainer')?.kill();
    await start('sft-trainer');
    const { stdout } = await watching;
    const lines = jsonLines(stdout);
    const { pipelineId, status } = lines.at(-1) as { pipelineId: string; status: string };
    expect(status).toBe('completed');
    const starts = lines
      .filter(({ type, stage }) => type === 'started' && stage === 'sft')
      .map(({ step }) => step);
    expect(starts).toHaveLength(2);
    expect(starts[1]).toBeGreaterThanOrEqual(300);
    const trained = weights('sft-trainer', 'runs', pipelineId, 'models', 'sft');
    expect(trained.equals(weights('longer', 'models', 'sft'))).toBe(true);
  }, 180_000);
});

/** Waits until the pipeline at work has done so many steps. */
async function untilStep(gateway: string, step: number): Promise<void> {
  for (;;) {
    const { items } = (await (await fetch(`${gateway}/v1/pipelines`)).json()) as {
      items: { status: string; stages: { step: number }[] }[];
    };
    if (items.some(({ status, stages }) => status === 'running' && stages[0].step >= step)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
