import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type Broker, kafkaIsMissing, startKafka } from '../../../../tools/kafka/broker.cjs';
import { missingS3, type S3Server, startS3 } from '../../../../tools/s3/s3-server.cjs';
import { compile, jsonLines, openchat } from '../testing/openchat';
import { type ServiceProcess, startServiceProcess } from '../testing/service-process';
import { writeTinyPipeline } from '../testing/tiny-pipeline';

const ITERATIONS = 20;
const SAMPLES = 16;

describe('PPO as services of their own, over Kafka and S3', () => {
  let cwd: string;
  let kafka: Broker;
  let s3: S3Server;
  const services = new Map<string, ServiceProcess>();

  /** @param role of the app that the process has @param name of the process, where there are several of a role */
  const start = async (app: string, role?: string, name = role ?? app): Promise<void> => {
    const service = await startServiceProcess(app, {
      OPEN_CHATGPT_BUS: `kafka://${kafka.brokers.join(',')}`,
      OPEN_CHATGPT_KAFKA_SESSION_TIMEOUT_SECONDS: '8',
      OPEN_CHATGPT_STORE: 's3://open-chatgpt/test',
      OPEN_CHATGPT_S3_ENDPOINT: s3.endpoint,
      OPEN_CHATGPT_S3_ACCESS_KEY: s3.accessKey,
      OPEN_CHATGPT_S3_SECRET_KEY: s3.secretKey,
      OPEN_CHATGPT_S3_REGION: s3.region,
      OPEN_CHATGPT_S3_CREATE_BUCKET: 'true',
      OPEN_CHATGPT_WORK_DIR: join(cwd, app === 'ppo-actor' && role === 'learner' ? 'learner' : name),
      ...(role && { OPEN_CHATGPT_ROLE: role }),
    });
    services.set(name, service);
  };
  const service = (name: string) => services.get(name) as ServiceProcess;
  const leave = (name: string) => {
    const leaving = service(name);
    services.delete(name);
    return leaving;
  };
  const weights = (...path: string[]) =>
    readFileSync(join(cwd, ...path, 'models', 'policy', 'model.safetensors'));
  const figures = (...path: string[]) => {
    const { ppo } = JSON.parse(readFileSync(join(cwd, ...path, 'report.json'), 'utf8'));
    const { tokensPerSecond: _, timeShares: __, ...others } = ppo;
    return others;
  };

  beforeAll(async () => {
    const missing = (await kafkaIsMissing()) ?? missingS3();
    if (missing) throw new Error(missing);
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'ppo-cluster-'));
    [kafka, s3] = await Promise.all([startKafka(), startS3()]);
    // The first one makes the topics, and when it is asked whether it is ready the bucket.
    await start('gateway');
    expect((await fetch(`${service('gateway').url}/health/ready`)).status).toBe(200);
    await Promise.all([
      start('ppo-actor', 'learner'),
      start('ppo-actor', 'rollout', 'rollout-1'),
      start('ppo-critic', 'scoring'),
      start('ppo-critic', 'learner', 'value-learner'),
    ]);
    writePipelines(cwd);
    expect(await openchat(['run', 'tiny.yaml', '--out', 'before'], { cwd })).toMatchObject({ code: 0 });
    expect(await openchat(['run', 'ppo.yaml', '--out', 'plain'], { cwd })).toMatchObject({ code: 0 });
  }, 300_000);
  afterAll(async () => {
    await Promise.all([...services.values()].map((one) => one.stop()));
    await kafka?.close();
    await s3?.stop();
    rmSync(cwd, { recursive: true, force: true });
  }, 60_000);

  it('workers come, go and are killed: nothing is lost or trained twice, and the losses are those of one process', async () => {
    const gateway = service('gateway').url;
    const running = openchat(['run', 'ppo.yaml', '--gateway', gateway, '--json'], { cwd });
    await untilStep(gateway, 2);
    await Promise.all([
      start('ppo-actor', 'rollout', 'rollout-2'),
      start('ppo-actor', 'rollout', 'rollout-3'),
    ]);
    await untilStep(gateway, 5);
    await leave('rollout-1').kill();
    await untilStep(gateway, 7);
    await Promise.all([leave('scoring').kill(), leave('value-learner').kill()]);
    await Promise.all([start('ppo-critic', 'scoring'), start('ppo-critic', 'learner', 'value-learner')]);
    await untilStep(gateway, 10);
    await leave('learner').kill();
    await start('ppo-actor', 'learner');
    await untilStep(gateway, 13);
    const [second, third] = await Promise.all(
      ['rollout-2', 'rollout-3'].map((name) => sampled(service(name).url)),
    );
    expect(second).toBeGreaterThan(0);
    expect(third).toBeGreaterThan(0);
    await leave('rollout-3').stop();

    const { stdout } = await running;
    const { pipelineId, status } = jsonLines(stdout).at(-1) as { pipelineId: string; status: string };
    expect(status).toBe('completed');
    const run = ['learner', 'runs', pipelineId];
    expect(weights(...run).equals(weights('plain'))).toBe(true);
    expect(figures(...run)).toEqual(figures('plain'));
    expect(figures(...run)).toMatchObject({
      generated: ITERATIONS * SAMPLES,
      trained: ITERATIONS * SAMPLES,
      dropped: {},
    });
  }, 240_000);
});

/** `tiny.yaml`: SFT and reward model. `ppo.yaml`: PPO on them, each iteration of several work items. */
function writePipelines(cwd: string): void {
  const file = writeTinyPipeline(cwd);
  const { sft, reward, ppo, ...common } = parse(readFileSync(file, 'utf8'));
  writeFileSync(file, stringify({ ...common, sft, reward }));
  const model = { path: join(cwd, 'before', 'models', 'sft') };
  writeFileSync(
    join(cwd, 'ppo.yaml'),
    stringify({
      ...common,
      model,
      ppo: {
        ...ppo,
        prompts: { ...ppo.prompts, path: join(cwd, 'rows.jsonl') },
        rewardModel: join(cwd, 'before', 'models', 'reward'),
        iterations: ITERATIONS,
        rolloutBatchSize: SAMPLES,
        localRolloutForwardBatchSize: 2,
        saveSteps: 4,
        evalSteps: 8,
      },
    }),
  );
}

/** Waits until the pipeline at work has done so many steps. */
async function untilStep(gateway: string, step: number): Promise<void> {
  for (;;) {
    const { items } = (await (await fetch(`${gateway}/v1/pipelines`)).json()) as {
      items: { status: string; stages: { step: number }[] }[];
    };
    if (items.some(({ stages }) => stages[0].step >= step)) return;
    // What cannot end well any more is told by the expectations.
    if (items.some(({ status }) => status === 'failed')) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** How many responses a rollout worker says that it has sampled. */
async function sampled(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^ppo_samples_total (\d+)$/m.exec(text)?.[1] ?? 0);
}
