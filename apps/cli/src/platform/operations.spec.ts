import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, kafkaIsMissing, startKafka } from '../../../../tools/kafka/broker.cjs';
import { missingS3, type S3Server, startS3 } from '../../../../tools/s3/s3-server.cjs';
import { compile, jsonLines, openchat } from '../testing/openchat';
import { type ServiceProcess, startServiceProcess } from '../testing/service-process';
import { writeTinyPipeline } from '../testing/tiny-pipeline';
import { startTraceCollector } from '../testing/trace-collector';

const noS3 = missingS3();

describe('what those who run the platform rely on, over Kafka and S3', () => {
  let cwd: string;
  let kafka: Broker;
  let s3: S3Server;
  let collector: Awaited<ReturnType<typeof startTraceCollector>>;
  let gateway: ServiceProcess;
  let trainer: ServiceProcess;

  const start = (app: string) =>
    startServiceProcess(app, {
      OPEN_CHATGPT_BUS: `kafka://${kafka.brokers.join(',')}`,
      OPEN_CHATGPT_STORE: 's3://open-chatgpt/operations',
      OPEN_CHATGPT_S3_ENDPOINT: s3.endpoint,
      OPEN_CHATGPT_S3_ACCESS_KEY: s3.accessKey,
      OPEN_CHATGPT_S3_SECRET_KEY: s3.secretKey,
      OPEN_CHATGPT_S3_REGION: s3.region,
      OPEN_CHATGPT_S3_CREATE_BUCKET: 'true',
      OPEN_CHATGPT_WORK_DIR: join(cwd, app),
      OPEN_CHATGPT_OTLP_ENDPOINT: collector.url,
    });
  const readiness = async (service: ServiceProcess) => {
    const response = await fetch(`${service.url}/health/ready`);
    return { status: response.status, ...((await response.json()) as { checks: Record<string, string> }) };
  };
  const untilReady = (service: ServiceProcess) =>
    until(async () => (await readiness(service)).status === 200);
  const losses = (...path: string[]) =>
    jsonLines(readFileSync(join(cwd, ...path, 'metrics.jsonl'), 'utf8')).flatMap(({ type, step, metrics }) =>
      type === 'step' ? [[step, (metrics as { loss: number }).loss]] : [],
    );

  beforeAll(async () => {
    const missing = (await kafkaIsMissing()) ?? noS3;
    if (missing) throw new Error(missing);
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'operations-'));
    collector = await startTraceCollector();
    [kafka, s3] = await Promise.all([startKafka(), startS3({ folder: join(cwd, 's3') })]);
    gateway = await start('gateway');
    trainer = await start('sft-trainer');
    writeTinyPipeline(cwd, ['sft']);
  }, 300_000);
  afterAll(async () => {
    await Promise.all([gateway, trainer].map((service) => service?.stop()));
    await collector?.stop();
    await kafka?.close();
    await s3?.stop();
    rmSync(cwd, { recursive: true, force: true });
  }, 60_000);

  it('SIGTERM saves what is being trained; started again, the losses are those of an undisturbed run', async () => {
    const long = ['sft.maxSteps=1500', 'sft.saveSteps=0', 'sft.loggingSteps=25'].flatMap((set) => [
      '--set',
      set,
    ]);
    expect(await openchat(['run', 'tiny.yaml', '--out', 'plain', ...long], { cwd })).toMatchObject({
      code: 0,
    });
    const watching = openchat(['run', 'tiny.yaml', '--gateway', gateway.url, '--json', ...long], { cwd });
    await until(async () => {
      const { items } = (await (await fetch(`${gateway.url}/v1/pipelines`)).json()) as {
        items: { stages: { step: number }[] }[];
      };
      return items.some(({ stages }) => stages[0].step >= 200);
    });
    await trainer.stop();
    expect(trainer.log().at(-1)).toMatchObject({ msg: 'stopped' });
    trainer = await start('sft-trainer');
    const lines = jsonLines((await watching).stdout);
    const { pipelineId, status } = lines.at(-1) as { pipelineId: string; status: string };
    expect(status).toBe('completed');
    // No checkpoint but the one that the signal caused: it did not begin anew.
    const starts = lines.filter(({ type }) => type === 'started').map(({ step }) => step);
    expect([starts.length, Number(starts[1]) >= 200]).toEqual([2, true]);
    expect(losses('sft-trainer', 'runs', pipelineId)).toEqual(losses('plain'));
  }, 240_000);

  it('one trace goes from the request through the events; the log names it and the run', async () => {
    const { stdout } = await openchat(['run', 'tiny.yaml', '--gateway', gateway.url, '--json'], { cwd });
    const { stages } = jsonLines(stdout).at(-1) as unknown as { stages: { runId: string }[] };
    const [{ runId }] = stages;
    const told = trainer.log().filter((line) => line.runId === runId);
    expect(told.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['run.started', 'model.published', 'run.completed']),
    );
    const [{ traceId }] = told;
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(told.map((line) => line.traceId)).size).toBe(1);
    const ofTrace = (service: string) =>
      collector.spans
        .filter((span) => span.traceId === traceId && span.service === service)
        .map(({ name }) => name);
    // Spans are sent every few seconds.
    await until(() => ofTrace('gateway').some((name) => name.startsWith('process')));
    await until(() => ofTrace('sft-trainer').length > 2);
    expect(ofTrace('gateway')).toEqual(
      expect.arrayContaining([
        'POST /v1/pipelines',
        'send openchatgpt.run.cmd.v1',
        'process openchatgpt.run.fact.v1',
      ]),
    );
    expect(ofTrace('sft-trainer')).toEqual(
      expect.arrayContaining(['process openchatgpt.run.cmd.v1', 'send openchatgpt.run.fact.v1']),
    );
  }, 120_000);

  it('inference serves what was trained last, and does so again after a restart', async () => {
    for (let starts = 0; starts < 2; starts++) {
      const inference = await start('inference');
      await untilReady(inference);
      const response = await fetch(`${inference.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'latest', messages: [{ role: 'user', content: 'say apple' }] }),
      });
      expect(await response.json()).toMatchObject({ choices: [{ index: 0 }], usage: { prompt_tokens: 11 } });
      await inference.stop();
    }
  }, 120_000);

  it('without the broker a service is not ready and says why, until it is back', async () => {
    await untilReady(trainer);
    await kafka.stop();
    await until(async () => (await readiness(trainer)).status === 503);
    const { checks } = await readiness(trainer);
    expect(checks.bus).not.toBe('ok');
    expect(checks.store).toBe('ok');
    expect((await fetch(`${trainer.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${trainer.url}/metrics`)).status).toBe(200);
    await kafka.start();
    await untilReady(trainer);
  }, 120_000);

  it('without the store it is the same', async () => {
    const port = Number(new URL(s3.endpoint).port);
    await s3.stop();
    await until(async () => (await readiness(trainer)).status === 503);
    const { checks } = await readiness(trainer);
    expect(checks.store).not.toBe('ok');
    expect(checks.bus).toBe('ok');
    s3 = await startS3({ port, folder: join(cwd, 's3') });
    await untilReady(trainer);
    expect(await openchat(['run', 'tiny.yaml', '--gateway', gateway.url], { cwd })).toMatchObject({
      code: 0,
    });
  }, 120_000);
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}
