import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contractOf } from '@open-chatgpt/events';
import { Bus, EventPublisher } from '@open-chatgpt/messaging';
import type { Run } from '@open-chatgpt/orchestration';
import type { RunningService } from '@open-chatgpt/service';
import { callGateway } from '../testing/call-gateway';
import { publishEnd, publishSteps } from '../testing/publish-run';
import { somePipeline, startGateway, until } from '../testing/start-gateway';
import { watch } from '../testing/watch';
import { RunWatch } from './run-watch';

describe('RunWatch', () => {
  let folder: string;
  let gateway: RunningService;
  /** Of the clock of the watch, in seconds. */
  let now = 0;
  const get = async (path: string) => (await callGateway(gateway.url, 'GET', path)).body;
  const run = async () => (await get('/v1/runs/p-sft')) as Run;
  const stage = async () => ((await get('/v1/pipelines/p'))['stages'] as Run[])[0];
  const alerts = async () => (await get('/v1/alerts'))['items'] as { name: string; message: string }[];
  const untilRun = (expected: (run: Run) => boolean) => until(run, expected);
  const lookAfter = async (seconds: number) => {
    now += seconds;
    await gateway.app.get(RunWatch).look(now * 1000);
  };
  const connect = () =>
    gateway.app.get(Bus).driver.subscribe({
      ...{ group: 'sft-trainer', topics: [contractOf('alert.raised').topic], handler: async () => undefined },
    });
  const steps = (from: number, steps: number, attempt: number) =>
    publishSteps(gateway.app.get(EventPublisher), { pipelineId: 'p', stage: 'sft', from, steps, attempt });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'run-watch-'));
    gateway = await startGateway(folder);
    // Only this spec looks, by its own clock.
    gateway.app.get(RunWatch).onApplicationShutdown();
    await callGateway(gateway.url, 'POST', '/v1/pipelines', { pipelineId: 'p', pipeline: somePipeline });
    await until(
      () => get('/v1/runs/p-sft'),
      ({ runId }) => runId === 'p-sft',
    );
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
  });

  it('says that no worker is there for a run, without an alert', async () => {
    await lookAfter(0);
    expect((await run()).waitsFor).toBeUndefined();
    await lookAfter(100);
    const waits = {
      status: 'waiting',
      waitsFor: { message: expect.stringContaining('no sft-trainer is connected') },
    };
    expect(await run()).toMatchObject(waits);
    expect(await stage()).toMatchObject(waits);
    const worker = await connect();
    await lookAfter(10);
    expect((await run()).waitsFor).toBeUndefined();
    expect((await stage()).waitsFor).toBeUndefined();
    await worker.stop();
    expect(await alerts()).toEqual([]);
  });

  it('notices a worker that stands still, raises one alert, and shows it to who watches', async () => {
    const worker = await connect();
    await steps(0, 3, 1);
    await untilRun(({ step }) => step === 3);
    await lookAfter(0);
    await lookAfter(59);
    expect((await run()).waitsFor).toBeUndefined();
    for (let i = 0; i < 3; i++) await lookAfter(60);
    expect(await run()).toMatchObject({
      status: 'running',
      waitsFor: {
        message: expect.stringMatching(/^sft-trainer at w: see its log\. No sign of it since step 3; /),
      },
    });
    const seen = await watch(gateway.url, 'p', {
      enough: (all) => all.some(({ type }) => type === 'run.waits'),
    });
    const wait = seen.find(({ type }) => type === 'run.waits');
    expect(wait).toMatchObject({
      data: { stage: 'sft', message: expect.stringContaining('sft-trainer at w') },
    });
    expect(wait).not.toHaveProperty('id');
    await until(alerts, (all) => all.length > 0);
    expect(await alerts()).toMatchObject([{ name: 'RunStandsStill', runId: 'p-sft', details: { step: 3 } }]);
    await steps(3, 5, 1);
    await untilRun(({ step }) => step === 5);
    expect((await stage()).waitsFor).toBeUndefined();
    await worker.stop();
  });

  it('lets no run be called running whose worker has ended; the next worker continues it', async () => {
    await lookAfter(0);
    expect(await run()).toMatchObject({ status: 'running' });
    await lookAfter(20);
    expect(await run()).toMatchObject({ status: 'waiting', attempt: 1 });
    expect(await stage()).toMatchObject({ status: 'waiting', waitsFor: { message: expect.any(String) } });
    expect(await get('/v1/pipelines/p')).toMatchObject({ status: 'running' });
    expect(await alerts()).toHaveLength(1);
    await lookAfter(40);
    await until(alerts, (all) => all.length > 1);
    await steps(5, 8, 2);
    await untilRun(({ step }) => step === 8);
    expect(await stage()).toMatchObject({ status: 'running', attempt: 2 });
    await publishEnd(gateway.app.get(EventPublisher), {
      pipelineId: 'p',
      stage: 'sft',
      attempt: 2,
      steps: 8,
    });
    await untilRun(({ status }) => status === 'completed');
    await lookAfter(1000);
    expect(await alerts()).toHaveLength(2);
  });
});
