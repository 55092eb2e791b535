import { parsePipeline } from '@open-chatgpt/pipeline';
import {
  interruptedPipeline,
  newPipeline,
  nextRequest,
  type Pipeline,
  pipelineAfter,
  pipelineHasEnded,
  resumedPipeline,
} from './pipeline';
import type { RunEvent } from './run';

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
const envelope = { id: 'e', time: '2026-01-01T00:00:01Z' };
const ledger = { generated: 3, trained: 2, dropped: { empty: 1 } };
const completed = (stage: 'sft' | 'reward' | 'ppo'): RunEvent => ({
  ...envelope,
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
  ...envelope,
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
  ...envelope,
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

  it('requests one stage after the other, each with its models', () => {
    const requests = [];
    for (const stage of ['sft', 'reward', 'ppo'] as const) {
      requests.push(nextRequest(pipeline));
      pipeline = pipelineAfter(pipeline, started(stage));
      expect(nextRequest(pipeline)).toBeNull();
      pipeline = pipelineAfter(pipeline, completed(stage));
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

  it('starts from the models of the platform, as they were when it was submitted', () => {
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
    whole = pipelineAfter(whole, { ...completed('sft'), data: { ...data, runId: 'y-sft' } } as RunEvent);
    expect(nextRequest(whole)?.inputs.models).toEqual({ base: manifest('sft'), rewardModel: models.scorer });
  });

  it('applies an event once, and ignores late events', () => {
    const once = pipelineAfter(pipeline, completed('sft'));
    expect(pipelineAfter(once, completed('sft'))).toEqual(once);
    expect(pipelineAfter(once, started('sft'))).toEqual(once);
  });

  it('ends when a stage fails, and requests no other', () => {
    pipeline = pipelineAfter(pipeline, failed('x-sft'));
    expect(pipeline).toMatchObject({ status: 'failed', stages: [{ error: { message: 'NaN' } }, {}, {}] });
    expect(nextRequest(pipeline)).toBeNull();
  });

  it('continues when it is resumedPipeline, and ignores late events of the previous worker', () => {
    pipeline = pipelineAfter(pipelineAfter(pipeline, started('sft')), failed('x-sft'));
    expect(pipelineHasEnded(pipeline)).toBe(true);
    pipeline = resumedPipeline(pipeline);
    expect(nextRequest(pipeline)).toMatchObject({ runId: 'x-sft' });
    pipeline = pipelineAfter(pipeline, started('sft', 2));
    expect(pipelineAfter(pipeline, failed('x-sft', 1))).toEqual(pipeline);
    expect(pipeline).toMatchObject({ status: 'running', resumed: 1, stages: [{ attempt: 2 }, {}, {}] });
    expect(pipeline.stages[0].error).toBeUndefined();
  });

  it('is resumed once, and ignores the end of a request from before', () => {
    const cancelled = (generation: number, attempt: number): RunEvent => ({
      ...envelope,
      type: 'run.cancelled',
      data: { ...common('x-sft'), attempt, generation, stage: 'sft', algorithm: 'sft' },
    });
    pipeline = pipelineAfter(pipelineAfter(pipeline, started('sft')), cancelled(0, 1));
    const resumed = resumedPipeline(pipeline);
    expect(resumedPipeline(resumed)).toBe(resumed);
    expect(nextRequest(resumed)).toMatchObject({ runId: 'x-sft', generation: 1 });
    expect(pipelineAfter(resumed, cancelled(0, 1))).toMatchObject({
      status: 'running',
      stages: [{ status: 'waiting' }, {}, {}],
    });
    expect(pipelineAfter(resumed, cancelled(1, 2))).toMatchObject({ status: 'cancelled' });
    // A cancel that came too late: the run had completed.
    expect(pipelineAfter(resumed, completed('sft'))).toMatchObject({
      stages: [{ status: 'completed' }, {}, {}],
    });
  });

  it('does not run when its workers have ended with the bus', () => {
    pipeline = pipelineAfter(pipeline, started('sft'));
    expect(nextRequest(interruptedPipeline(pipeline))).toMatchObject({ runId: 'x-sft', generation: 0 });
    const cancelled = interruptedPipeline({ ...pipeline, status: 'cancelled' });
    expect(cancelled.stages[0].status).toBe('cancelled');
    expect(pipelineHasEnded(cancelled)).toBe(true);
  });

  it('has ended after a cancel when the running stage has stopped', () => {
    pipeline = { ...pipelineAfter(pipeline, started('sft')), status: 'cancelled' };
    expect(pipelineHasEnded(pipeline)).toBe(false);
    const cancelled: RunEvent = {
      ...envelope,
      type: 'run.cancelled',
      data: { ...common('x-sft'), stage: 'sft', algorithm: 'sft' },
    };
    expect(pipelineHasEnded(pipelineAfter(pipeline, cancelled))).toBe(true);
  });

  it('ignores the runs of other pipelines', () => {
    const other = completed('sft');
    expect(
      pipelineAfter(pipeline, { ...other, data: { ...other.data, runId: 'y-sft' } } as RunEvent),
    ).toEqual(pipeline);
  });
});
