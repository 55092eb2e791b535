import { parsePipeline } from '@open-chatgpt/rlhf';
import { applied, newPipeline, nextRequest, type Pipeline, type RunNews } from './pipeline';

const config = parsePipeline(
  JSON.stringify({
    name: 'p',
    model: { scratch: {} },
    sft: { dataset: { path: 'builtin:tasks' } },
    reward: { dataset: { path: 'builtin:tasks' } },
    ppo: { prompts: { path: 'builtin:tasks' } },
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
const completed = (stage: 'sft' | 'reward' | 'ppo'): RunNews => ({
  type: 'run.completed',
  data: { ...common(`x-${stage}`), stage, summary: { lossLast: 1 }, model: manifest(stage) },
});
const started = (stage: 'sft' | 'reward' | 'ppo'): RunNews => ({
  type: 'run.started',
  data: { ...common(`x-${stage}`), stage, step: 0, totalSteps: 9, worker: 'w', info: {} },
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
        request?.inputs.model?.uri,
        request?.inputs.rewardModel?.uri,
      ]),
    ).toEqual([
      ['x-sft', undefined, undefined],
      ['x-reward', 'file:///sft', undefined],
      ['x-ppo', 'file:///sft', 'file:///reward'],
    ]);
    expect(pipeline.status).toBe('completed');
    expect(nextRequest(pipeline)).toBeNull();
  });

  it('takes the same news twice for one, and late news for none', () => {
    const once = applied(pipeline, completed('sft'));
    expect(applied(once, completed('sft'))).toEqual(once);
    expect(applied(once, started('sft'))).toEqual(once);
  });

  it('ends when a stage fails, and asks for nothing more', () => {
    const error = { code: 'TrainingDiverged', message: 'NaN', retryable: false };
    pipeline = applied(pipeline, { type: 'run.failed', data: { ...common('x-sft'), stage: 'sft', error } });
    expect(pipeline).toMatchObject({ status: 'failed', stages: [{ error: { message: 'NaN' } }, {}, {}] });
    expect(nextRequest(pipeline)).toBeNull();
  });

  it("knows nothing of other pipelines' runs", () => {
    const other = completed('sft');
    expect(applied(pipeline, { ...other, data: { ...other.data, runId: 'y-sft' } } as RunNews)).toEqual(
      pipeline,
    );
  });
});
