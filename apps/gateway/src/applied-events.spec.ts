import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bus, EventPublisher } from '@open-chatgpt/messaging';
import { pipelineSchema, runSchema } from '@open-chatgpt/orchestration';
import type { RunningService } from '@open-chatgpt/service';
import { resetClock, setClock } from '@open-chatgpt/storage/testing';
import type { z } from 'zod';
import { alertSchema } from './alerts/alerts.service';
import { datasetSchema } from './datasets/dataset';
import { checkpointSchema } from './models/checkpoint';
import { lineageSchema } from './models/lineage';
import { modelSchema } from './models/model';
import { publishEnd, publishSteps, unstoredDataref } from './testing/publish-run';
import { somePipeline, startGateway, until } from './testing/start-gateway';
import { type Seen, watch } from './testing/watch';

const pipelineFile = {
  ...somePipeline,
  stages: [...somePipeline.stages, { uses: 'reward', with: { dataset: { path: 'builtin:tasks' } } }],
};
const steps = (seen: Seen[], runId: string) =>
  seen
    .filter(({ type, data }) => type === 'run.progressed' && data['runId'] === runId)
    .map(({ data }) => data['step']);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe('events that the gateway applies', () => {
  let folder: string;
  let gateway: RunningService;
  const events = () => gateway.app.get(EventPublisher);
  const ask = async (path: string, body?: object): Promise<Response> =>
    fetch(`${gateway.url}${path}`, {
      method: body ? 'POST' : 'GET',
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  /** Checks that the answer is what the OpenAPI document promises. */
  const get = async <S extends z.ZodType>(schema: S, path: string): Promise<z.output<S>> =>
    schema.parse(await (await ask(path)).json());
  const submit = async (pipelineId: string, pipeline: object = pipelineFile) => {
    expect((await ask('/v1/pipelines', { pipelineId, pipeline })).status).toBe(201);
  };
  const pipeline = (id: string) => get(pipelineSchema, `/v1/pipelines/${id}`);
  const untilStage = (id: string, stage: number, status: string) =>
    until(
      () => pipeline(id),
      ({ stages }) => stages[stage].status === status,
    );

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'applied-events-'));
    gateway = await startGateway(folder);
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
  });

  it('streams a pipeline to its end; a stream that broke off continues without loss or repetition', async () => {
    await submit('p');
    const whole = watch(gateway.url, 'p');
    await publishSteps(events(), { pipelineId: 'p', stage: 'sft', steps: 40 });
    const begun = await watch(gateway.url, 'p', { enough: (seen) => steps(seen, 'p-sft').length >= 20 });
    await publishEnd(events(), { pipelineId: 'p', stage: 'sft', steps: 40 });
    await publishSteps(events(), { pipelineId: 'p', stage: 'reward', steps: 5 });
    await publishEnd(events(), { pipelineId: 'p', stage: 'reward', steps: 5 });
    const seen = await whole;
    expect(seen[0]).toMatchObject({ id: '0-0', type: 'run.requested' });
    expect(steps(seen, 'p-sft')).toEqual(upTo(40));
    expect(steps(seen, 'p-reward')).toEqual(upTo(5));
    expect(seen.at(-1)).toMatchObject({ type: 'pipeline', data: { status: 'completed' } });
    const rest = await watch(gateway.url, 'p', { after: begun.at(-1)?.id });
    expect([...begun, ...rest]).toEqual(seen);
    const one = await watch(gateway.url, 'p-reward', { kind: 'runs' });
    expect(one.every(({ data }) => data['runId'] === 'p-reward')).toBe(true);
    expect(steps(one, 'p-reward')).toEqual(upTo(5));
    expect(one.at(-1)).toMatchObject({ type: 'run', data: { runId: 'p-reward', status: 'completed' } });
  });

  it('stores each run with its metrics', async () => {
    const run = await get(runSchema, '/v1/runs/p-sft');
    expect(run).toMatchObject({ status: 'completed', step: 40, totalSteps: 1000, summary: { loss: 0.1 } });
    expect(run.inputs).toMatchObject({ sources: ['builtin:tasks'] });
    const { points } = (await (await ask('/v1/runs/p-sft/metrics')).json()) as { points: { step: number }[] };
    expect(points.map(({ step }) => step)).toEqual(upTo(40));
    expect(points[1]).toMatchObject({ phase: 'training', metrics: { loss: 0.5 } });
    const last = (await (await ask('/v1/runs/p-sft/metrics?limit=2')).json()) as {
      points: { step: number }[];
    };
    expect(last.points.map(({ step }) => step)).toEqual([39, 40]);
    expect((await ask('/v1/runs/p-sft/cancel', {})).status).toBe(409);
    expect((await ask('/v1/pipelines/p/cancel', {})).status).toBe(409);
    expect((await ask('/v1/pipelines/p/resume', {})).status).toBe(409);
  });

  it('traces a model back to its data', async () => {
    const dataset = {
      datasetId: 'pairs',
      kind: 'preference' as const,
      manifest: unstoredDataref('pairs'),
      rows: { read: 3, kept: 2, dropped: { emptyAnswer: 1 } },
      examples: { train: 2, eval: 0 },
    };
    // Twice, as a client that got no response does.
    for (let i = 0; i < 2; i++) {
      const asked = await ask('/v1/datasets', { datasetId: 'pairs', source: '/data/pairs.jsonl' });
      expect(asked.status).toBe(202);
    }
    expect(await get(datasetSchema, '/v1/datasets/pairs')).toMatchObject({ status: 'requested' });
    await events().publish('dataset.ready', dataset);
    await until(
      () => get(datasetSchema, '/v1/datasets/pairs'),
      ({ status }) => status === 'ready',
    );
    const run = { runId: 'alone', stage: 'scorer', algorithm: 'reward' as const, attempt: 1, step: 1 };
    await events().publish('run.requested', {
      runId: 'alone',
      stage: 'scorer',
      algorithm: 'reward',
      config: {},
      inputs: {
        models: { base: unstoredDataref('p-sft-model') },
        datasets: [{ role: 'pairs', datasetId: 'pairs', manifest: dataset.manifest }],
      },
    });
    await events().publish('run.started', { ...run, totalSteps: 1, worker: 'w', info: {} });
    await events().publish('run.checkpointed', { ...run, checkpoint: unstoredDataref('alone-checkpoint') });
    await events().publish('model.published', {
      modelId: 'scorer',
      name: 'scorer',
      kind: 'reward-model',
      algorithm: 'reward',
      manifest: unstoredDataref('scorer'),
      lineage: { runId: 'alone', datasets: ['pairs'] },
      metrics: {},
    });
    const known = () => get(lineageSchema, '/v1/models/scorer/lineage');
    await until(
      async () => (await ask('/v1/models/scorer')).status,
      (status) => status === 200,
    );
    await until(known, ({ checkpoint, run }) => checkpoint !== null && run?.inputs !== undefined);
    expect(await known()).toMatchObject({
      model: { modelId: 'scorer' },
      run: { runId: 'alone' },
      checkpoint: { runId: 'alone', step: 1 },
      datasets: [{ datasetId: 'pairs', source: '/data/pairs.jsonl', rows: { dropped: { emptyAnswer: 1 } } }],
      parents: [
        { model: { modelId: 'p-sft' }, run: { pipelineId: 'p' }, sources: ['builtin:tasks'], parents: [] },
      ],
    });
    expect((await ask('/v1/runs/alone/resume', {})).status).toBe(409);
    expect(await get(modelSchema, '/v1/models/scorer')).toMatchObject({ kind: 'reward-model' });
    expect(await get(checkpointSchema, '/v1/checkpoints/alone.step-1')).toMatchObject({ attempt: 1 });
  });

  it('stores alerts', async () => {
    const alert = {
      name: 'KlTooHigh',
      severity: 'critical' as const,
      message: 'm',
      runId: 'alone',
      details: {},
    };
    const sent = await events().publish('alert.raised', alert, { id: 'an id/of others' });
    await events().publish('alert.raised', alert, { id: sent.id });
    await events().publish('alert.raised', { ...alert, severity: 'info', name: 'Late' });
    const alerts = async (query: string) => {
      const { items } = (await (await ask(`/v1/alerts${query}`)).json()) as { items: unknown[] };
      return items.map((item) => alertSchema.parse(item));
    };
    await until(
      () => alerts('?severity=info'),
      (found) => found.length === 1,
    );
    expect(await alerts('?severity=critical')).toMatchObject([{ ...alert, raisedBy: '/gateway' }]);
    expect(await alerts('?runId=none')).toEqual([]);
  });

  it('paginates lists, the newest first', async () => {
    for (const id of ['page-1', 'page-2', 'page-3']) await submit(id, somePipeline);
    const ids: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const after: string = next === '' ? '' : `&after=${next}`;
      const page = (await (await ask(`/v1/pipelines?limit=2${after}`)).json()) as {
        items: { pipelineId: string }[];
        next: string | null;
      };
      expect(page.items.length).toBeLessThanOrEqual(2);
      ids.push(...page.items.map(({ pipelineId }) => pipelineId));
      next = page.next;
    }
    expect(ids).toEqual(['page-3', 'page-2', 'page-1', 'p']);
    const done = (await (await ask('/v1/pipelines?status=completed')).json()) as { items: object[] };
    expect(done).toMatchObject({ items: [{ pipelineId: 'p' }], next: null });
  });

  it('stops a stage that was requested while its pipeline was cancelled', async () => {
    await submit('c');
    expect((await ask('/v1/pipelines/c/cancel', {})).status).toBe(200);
    const { driver } = gateway.app.get<Bus>(Bus);
    const cancelled = async () =>
      (await driver.read('openchatgpt.run.cmd.v1')).filter(
        ({ key, headers }) => key === 'c-sft' && headers['ce_type'] === 'openchatgpt.run.cancel-requested.v1',
      ).length;
    expect(await cancelled()).toBe(1);
    await publishSteps(events(), { pipelineId: 'c', stage: 'sft', steps: 1 });
    await until(cancelled, (count) => count === 2);
    const run = {
      runId: 'c-sft',
      pipelineId: 'c',
      stage: 'sft',
      algorithm: 'sft' as const,
      attempt: 1,
      step: 1,
    };
    await events().publish('run.cancelled', run);
    const seen = await watch(gateway.url, 'c');
    expect(seen.at(-1)).toMatchObject({ type: 'pipeline', data: { status: 'cancelled' } });
    expect(seen.map(({ type }) => type)).toContain('run.cancelled');
    expect((await ask('/v1/runs/c-sft/resume', {})).status).toBe(202);
    expect(await pipeline('c')).toMatchObject({
      status: 'running',
      resumed: 1,
      stages: [{ status: 'waiting' }, {}],
    });
    // The worker that was cancelled says it again.
    await events().publish('run.cancelled', { ...run, generation: 0 });
    await publishSteps(events(), { pipelineId: 'c', stage: 'sft', steps: 2, from: 1, attempt: 2 });
    await untilStage('c', 0, 'running');
    expect(await pipeline('c')).toMatchObject({ status: 'running', stages: [{ attempt: 2 }, {}] });
  });

  it('resumes a pipeline once, however often and at once that is asked for', async () => {
    await submit('once', somePipeline);
    const run = {
      runId: 'once-sft',
      pipelineId: 'once',
      stage: 'sft',
      algorithm: 'sft' as const,
      attempt: 1,
    };
    const error = { code: 'OutOfMemory', message: 'm' };
    await events().publish('run.failed', { ...run, step: 0, generation: 0, error });
    await untilStage('once', 0, 'failed');
    const resume = () => ask('/v1/pipelines/once/resume', {});
    const answers = await Promise.all(Array.from({ length: 20 }, resume));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(await pipeline('once')).toMatchObject({ status: 'running', resumed: 1 });
    const { driver } = gateway.app.get<Bus>(Bus);
    const requested = (await driver.read('openchatgpt.run.cmd.v1')).filter(({ key }) => key === 'once-sft');
    expect(requested.map(({ headers }) => headers['ce_id'])).toEqual([
      'once-sft/requested/0',
      'once-sft/requested/1',
    ]);
    await publishSteps(events(), { pipelineId: 'once', stage: 'sft', steps: 1, attempt: 2 });
    await untilStage('once', 0, 'running');
    const refused = await resume();
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({
      detail: expect.stringMatching(/"once" is running: its stage "sft" is at step \d.* cancel it first/),
    });
    expect(await pipeline('once')).toMatchObject({ resumed: 1 });
  });

  it('names the generation that a cancel means, not its time', async () => {
    await submit('g', somePipeline);
    const { driver } = gateway.app.get<Bus>(Bus);
    const generations = async () =>
      (await driver.read('openchatgpt.run.cmd.v1'))
        .filter(({ key, headers }) => key === 'g-sft' && headers['ce_type']?.includes('cancel-requested'))
        .map(({ value }) => JSON.parse(String(value)).generation);
    setClock(Date.now() - 3_600_000);
    try {
      expect((await ask('/v1/pipelines/g/cancel', {})).status).toBe(200);
      expect((await ask('/v1/pipelines/g/resume', {})).status).toBe(200);
      expect((await ask('/v1/runs/g-sft/cancel', {})).status).toBe(202);
    } finally {
      resetClock();
    }
    expect(await generations()).toEqual([0, 1]);
  });

  it('has its state after a restart, and continues', async () => {
    await submit('r');
    await publishSteps(events(), { pipelineId: 'r', stage: 'sft', steps: 10 });
    await untilStage('r', 0, 'running');
    const watching = watch(gateway.url, 'r');
    const before = await until(
      () => get(lineageSchema, '/v1/models/scorer/lineage'),
      ({ parents }) => parents.length === 1,
    );
    await gateway.stop();
    const seen = await watching;
    gateway = await startGateway(folder);
    expect(await pipeline('p')).toMatchObject({ status: 'completed' });
    expect(await get(lineageSchema, '/v1/models/scorer/lineage')).toEqual(before);
    // Its worker ended with the bus, so it does not run; the stage is requested again.
    expect(await pipeline('r')).toMatchObject({
      status: 'running',
      stages: [{ status: 'waiting', step: 10 }, {}],
    });
    const { driver } = gateway.app.get<Bus>(Bus);
    const requested = (await driver.read('openchatgpt.run.cmd.v1')).filter(({ key }) => key === 'r-sft');
    expect(requested.map(({ headers }) => headers['ce_id'])).toEqual(['r-sft/requested/0']);
    const rest = watch(gateway.url, 'r', {
      after: seen.at(-1)?.id,
      enough: (all) => all.some(({ type }) => type === 'run.completed'),
    });
    await publishSteps(events(), { pipelineId: 'r', stage: 'sft', steps: 12, from: 10, attempt: 2 });
    await publishEnd(events(), { pipelineId: 'r', stage: 'sft', steps: 12, attempt: 2 });
    expect(steps([...seen, ...(await rest)], 'r-sft')).toEqual(upTo(12));
  });
});
