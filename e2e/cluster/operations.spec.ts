import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster } from '../testing/cluster';
import { jsonLines } from '../testing/openchat';
import type { ServiceProcess } from '../testing/service-process';
import { writeTinyPipeline } from '../testing/tiny-pipeline';
import { startTraceCollector } from '../testing/trace-collector';
import { settings, trainPlainly, trainThrough } from '../testing/train';
import { until } from '../testing/until';

describe('operating the platform, over Kafka and S3', () => {
  let cluster: Cluster;
  let cwd: string;
  let collector: Awaited<ReturnType<typeof startTraceCollector>>;

  const trainer = () => cluster.service('sft-trainer');
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
    collector = await startTraceCollector();
    cluster = await Cluster.open({ OPEN_CHATGPT_OTLP_ENDPOINT: collector.url });
    cwd = cluster.cwd;
    await cluster.start('gateway');
    await cluster.start('sft-trainer');
    writeTinyPipeline(cwd, ['sft']);
  }, 300_000);
  afterAll(async () => {
    await cluster?.close();
    await collector?.stop();
  }, 60_000);

  it('SIGTERM saves a checkpoint; restarted, the losses are those of an undisturbed run', async () => {
    const long = settings('sft.maxSteps=5000', 'sft.saveSteps=0', 'sft.loggingSteps=25');
    await trainPlainly(cwd, 'tiny.yaml', 'plain', long);
    const training = trainThrough(cluster.gateway, cwd, 'tiny.yaml', long);
    await cluster.gateway.untilStep(200);
    const stopped = cluster.leave('sft-trainer');
    await stopped.stop();
    expect(stopped.log().at(-1)).toMatchObject({ msg: 'The service is stopped' });
    await cluster.start('sft-trainer');
    const { lines, pipelineId, status } = await training;
    expect(status).toBe('completed');
    // The only checkpoint is the one that the signal caused, so the run did not start over.
    const starts = lines.filter(({ type }) => type === 'started').map(({ step }) => step);
    expect([starts.length, Number(starts[1]) >= 200]).toEqual([2, true]);
    expect(losses('sft-trainer', 'runs', pipelineId)).toEqual(losses('plain'));
  }, 240_000);

  it('one trace covers the request and its events; the log names the trace and the run', async () => {
    const { lines } = await trainThrough(cluster.gateway, cwd, 'tiny.yaml');
    const { stages } = lines.at(-1) as { stages: { runId: string }[] };
    const [{ runId }] = stages;
    const logged = trainer()
      .log()
      .filter((line) => line.runId === runId);
    expect(logged.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining([
        'The run is claimed and starts',
        'The model is published',
        'The run is completed',
      ]),
    );
    const [{ traceId }] = logged;
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(logged.map((line) => line.traceId)).size).toBe(1);
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

  it('inference serves the model that was trained last, also after a restart', async () => {
    for (let starts = 0; starts < 2; starts++) {
      await cluster.start('inference');
      const inference = cluster.leave('inference');
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

  it('while the broker is unavailable a service is not ready, with the reason', async () => {
    await untilReady(trainer());
    await cluster.kafka.stop();
    await until(async () => (await readiness(trainer())).status === 503);
    const { checks } = await readiness(trainer());
    expect(checks.bus).not.toBe('ok');
    expect(checks.store).toBe('ok');
    expect((await fetch(`${trainer().url}/health/live`)).status).toBe(200);
    expect((await fetch(`${trainer().url}/metrics`)).status).toBe(200);
    await cluster.kafka.start();
    await untilReady(trainer());
  }, 120_000);

  it('while the store is unavailable a service is not ready, with the reason', async () => {
    await cluster.stopS3();
    await until(async () => (await readiness(trainer())).status === 503);
    const { checks } = await readiness(trainer());
    expect(checks.store).not.toBe('ok');
    expect(checks.bus).toBe('ok');
    await cluster.startS3();
    await untilReady(trainer());
    expect(await trainThrough(cluster.gateway, cwd, 'tiny.yaml')).toMatchObject({ code: 0 });
  }, 120_000);
});
