import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventPublisher } from '@open-chatgpt/messaging';
import { type RunReport, reportSchema } from '@open-chatgpt/runs';
import type { RunningService } from '@open-chatgpt/service';
import { callGateway } from '../testing/call-gateway';
import { publishEnd, publishSteps } from '../testing/publish-run';
import { somePipeline, startGateway, until } from '../testing/start-gateway';

describe('the report of a pipeline', () => {
  let folder: string;
  let gateway: RunningService;
  const get = (path: string) => callGateway(gateway.url, 'GET', path);
  const report = async (): Promise<RunReport> =>
    reportSchema.parse((await get('/v1/pipelines/p/report')).body);
  const sample = (response: string, right: boolean) => ({
    prompt: '2 + 2?',
    response,
    reference: '4',
    right,
  });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'reports-'));
    gateway = await startGateway(folder);
    await callGateway(gateway.url, 'POST', '/v1/pipelines', { pipelineId: 'p', pipeline: somePipeline });
    const events = gateway.app.get(EventPublisher);
    const run = { runId: 'p-sft', pipelineId: 'p', stage: 'sft', algorithm: 'sft' as const, attempt: 1 };
    const progressed = (step: number, more: object) =>
      events.publish('run.progressed', {
        ...{ ...run, phase: 'evaluation', step, totalSteps: 1000, metrics: {} },
        ...more,
      });
    const alert = { name: 'StageWarning', severity: 'warning' as const, runId: 'p-sft', stage: 'sft' };
    await events.publish('run.started', {
      ...run,
      step: 0,
      totalSteps: 1000,
      worker: 'w',
      info: { rows: 7 },
    });
    await progressed(0, { metrics: { evalLoss: 3 } });
    await progressed(0, { samples: [sample('5', false)] });
    for (let step = 1; step <= 8; step++) await progressed(step, { phase: 'training', tokens: 10 });
    // The worker is lost; the next one resumes from the checkpoint of step 5, and the lost one goes on for a moment.
    await publishSteps(events, { pipelineId: 'p', stage: 'sft', attempt: 2, from: 5, steps: 10 });
    await progressed(9, { metrics: { evalLoss: 99 } });
    await progressed(10, { attempt: 2, metrics: { evalLoss: 1 } });
    await progressed(10, { attempt: 2, samples: [sample('4', true)] });
    await events.publish('alert.raised', { ...alert, message: '3 rows are left out', details: {} });
    await publishEnd(events, { pipelineId: 'p', stage: 'sft', attempt: 2, steps: 10 });
    await until(
      () => get('/v1/pipelines/p'),
      ({ body }) => body['status'] === 'completed',
    );
    await until(report, ({ warnings }) => warnings.length > 0);
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
  });

  it('has what the newest attempts did, each step once', async () => {
    const { stages, comparison, warnings, config } = await report();
    expect(stages).toHaveLength(1);
    expect(stages[0]).toMatchObject({
      name: 'sft',
      steps: 10,
      tokens: 50,
      facts: { rows: 7 },
      datasets: ['builtin:tasks'],
    });
    expect(stages[0].figures).toContainEqual(
      expect.objectContaining({ metric: 'evalLoss', before: 3, after: 1 }),
    );
    expect(comparison?.rows).toMatchObject([
      { before: '5', after: '4', rightBefore: false, rightAfter: true },
    ]);
    expect(warnings).toEqual(['sft: 3 rows are left out']);
    expect(config).toContain('builtin:tasks');
  });

  it('is a page too, which runs only its own scripts', async () => {
    const response = await fetch(`${gateway.url}/v1/pipelines/p/report.html`);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; .*script-src 'sha256-.*frame-ancestors 'none'$/,
    );
    expect(await response.text()).toContain('3 rows are left out');
  });

  it.each(['report', 'report.html'])('is not there for an unknown pipeline: %s', async (path) => {
    expect((await get(`/v1/pipelines/none/${path}`)).status).toBe(404);
  });
});
