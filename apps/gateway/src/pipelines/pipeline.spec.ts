import { parsePipeline } from '@open-chatgpt/pipeline';
import type { RunEvent } from '../runs/run';
import { applied, hasEnded, newPipeline, nextRequest, type Pipeline, resumed } from './pipeline';

const config = parsePipeline(
  JSON.stringify({
    name: 'p',
    model: { scratch: {} },
    stages: [
      { uses: 'sft', with: { dataset: { path: 'builtin:tasks' } } },
      { uses: 'reward', with: { dataset: { path: 'builtin:tasks' } } },
      { uses: 'ppo', with: { prompts: { path: 'builtin:tasks' } } },
    ],
  }),
  'p.json',
);
const manifest = (name: string) => ({
  uri: `file:///${name}`,
  sha256: 'a'.repeat(64),
  size: 1,
  version: '1',
});
const common = (runId: string) => ({ runId, pipelineId: 'x', attempt: 1, step: 5 });
const told = { id: 'e', time: '2026-01-01T00:00:01Z' };
const ledger = { generated: 3, trained: 2, dropped: { empty: 1 } };
const completed = (stage: 'sft' | 'reward' | 'ppo'): RunEvent => ({
  ...told,
  type: 'run.completed',
  data: {
    ...common(`x-${stage}`),
    stage,
    algorithm: stage,
    summary: { lossLast: 1 },
    model: manifest(stage),
    ...(stage === 'ppo' && { ledger }),
  },
});
const started = (stage: 'sft' | 'reward' | 'ppo', attempt = 1): RunEvent => ({
  ...told,
  type: 'run.started',
  data: {
    ...common(`x-${stage}`),
    attempt,
    stage,
    algorithm: stage,
    step: 0,
    totalSteps: 9,
    worker: 'w',
    info: {},
  },
});
const failed = (runId: string, attempt = 1): RunEvent => ({
  ...told,
  type: 'run.failed',
  data: {
    ...common(runId),
    attempt,
    stage: 'sft',
    algorithm: 'sft',
    error: { code: 'TrainingDiverged', message: 'NaN' },
  },
});

describe('a pipeline', () => {
  let pipeline: Pipeline;
  beforeEach(() => {
    pipeline = newPipeline('x', config, '2026-01-01T00:00:00Z');
  });

  it('asks for one stage after the other, each with the models that it needs', () => {
    const requests = [];
    for (const stage of ['sft', 'reward', 'ppo'] as const) {
      requests.push(nextRequest(pipeline));
      pipeline = applied(pipeline, started(stage));
      expect(nextRequest(pipeline)).toBeNull();
      pipeline = applied(pipeline, completed(stage));
    }
    expect(
      requests.map((request) => [
        request?.runId,
        request?.inputs.models.base?.uri,
        request?.inputs.models.rewardModel?.uri,
      ]),
    ).toEqual([
      ['x-sft', undefined, undefined],
      ['x-reward', 'file:///sft', undefined],
      ['x-ppo', 'file:///sft', 'file:///reward'],
    ]);
    expect(pipeline.status).toBe('completed');
    expect(pipeline.stages.map((run) => run.ledger)).toEqual([undefined, undefined, ledger]);
    expect(nextRequest(pipeline)).toBeNull();
  });

  it('starts from the models of the platform that it names, as they were when it was submitted', () => {
    const models = { base: manifest('base'), scorer: manifest('scorer') };
    const ppo = { uses: 'ppo', models: { rewardModel: 'store:scorer' }, with: { prompts: { path: '/p' } } };
    const sft = { uses: 'sft', with: { dataset: { path: '/d' } } };
    const submitted = (...stages: object[]) => {
      const text = JSON.stringify({ name: 'p', model: { path: 'store:base' }, stages });
      return newPipeline('y', parsePipeline(text, 'p.json'), '2026-01-01T00:00:00Z', models);
    };
    expect(nextRequest(submitted(ppo))?.inputs).toEqual({
      models: { base: models.base, rewardModel: models.scorer },
      datasets: [],
    });
    let whole = submitted(sft, ppo);
    expect(nextRequest(whole)?.inputs.models).toEqual({ base: models.base });
    const { data } = completed('sft');
    whole = applied(whole, { ...completed('sft'), data: { ...data, runId: 'y-sft' } } as RunEvent);
    expect(nextRequest(whole)?.inputs.models).toEqual({ base: manifest('sft'), rewardModel: models.scorer });
  });

  it('takes the same news twice for one, and late news for none', () => {
    const once = applied(pipeline, completed('sft'));
    expect(applied(once, completed('sft'))).toEqual(once);
    expect(applied(once, started('sft'))).toEqual(once);
  });

  it('ends when a stage fails, and asks for nothing more', () => {
    pipeline = applied(pipeline, failed('x-sft'));
    expect(pipeline).toMatchObject({ status: 'failed', stages: [{ error: { message: 'NaN' } }, {}, {}] });
    expect(nextRequest(pipeline)).toBeNull();
  });

  it('goes on where it was when it is resumed, whatever the worker before tells late', () => {
    pipeline = applied(applied(pipeline, started('sft')), failed('x-sft'));
    expect(hasEnded(pipeline)).toBe(true);
    pipeline = resumed(pipeline);
    expect(nextRequest(pipeline)).toMatchObject({ runId: 'x-sft' });
    pipeline = applied(pipeline, started('sft', 2));
    expect(applied(pipeline, failed('x-sft', 1))).toEqual(pipeline);
    expect(pipeline).toMatchObject({ status: 'running', resumed: 1, stages: [{ attempt: 2 }, {}, {}] });
    expect(pipeline.stages[0].error).toBeUndefined();
  });

  it('that was cancelled has ended once the stage at work has stopped', () => {
    pipeline = { ...applied(pipeline, started('sft')), status: 'cancelled' };
    expect(hasEnded(pipeline)).toBe(false);
    const cancelled: RunEvent = {
      ...told,
      type: 'run.cancelled',
      data: { ...common('x-sft'), stage: 'sft', algorithm: 'sft' },
    };
    expect(hasEnded(applied(pipeline, cancelled))).toBe(true);
  });

  it("knows nothing of other pipelines' runs", () => {
    const other = completed('sft');
    expect(applied(pipeline, { ...other, data: { ...other.data, runId: 'y-sft' } } as RunEvent)).toEqual(
      pipeline,
    );
  });
});
