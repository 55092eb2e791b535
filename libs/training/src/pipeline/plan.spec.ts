import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePipeline, parseReference } from '@open-chatgpt/pipeline';
import { tinyPipeline, tinyRows } from '@open-chatgpt/testing';
import { planPipeline } from './plan';

/** A machine with files only. */
const resolveModel = async (text: string) => (parseReference(text).kind === 'path' ? text : null);

describe('the plan of a pipeline', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'plan-'));
    writeFileSync(join(root, 'rows.jsonl'), tinyRows());
  });
  afterAll(() => rmSync(root, { recursive: true }));

  /** The plan of the tiny pipeline with some settings, by the name of the stage. */
  function plan(changes: Record<string, Record<string, unknown>>, { download = true, ...fields } = {}) {
    const file = { ...tinyPipeline(join(root, 'rows.jsonl'), changes), ...fields };
    const pipeline = parsePipeline(JSON.stringify(file), join(root, 'tiny.yaml'));
    return planPipeline(pipeline, { resolveModel, download });
  }

  it('has the sizes of all stages', async () => {
    const { model, stages, missing } = await plan({});
    expect(model!.parameters).toBeGreaterThan(1000);
    expect(stages.map(({ stage, size, totalSteps }) => [stage, size!.examples > 0, totalSteps])).toEqual([
      ['sft', true, 30],
      ['reward', true, 12],
      ['ppo', true, 4],
    ]);
    expect(missing).toEqual([]);
  });

  it.each([
    ['the data of the last stage', { ppo: { prompts: { path: 'gone.jsonl' } } }, /gone\.jsonl: no such file/],
    [
      'rows of another kind',
      { reward: { dataset: { path: 'rows.jsonl', adapter: 'dolly' } } },
      /^reward: the "dolly" format/,
    ],
  ])('fails for what a later stage would stumble over: %s', async (_, changes, message) => {
    await expect(plan(changes)).rejects.toThrow(message);
  });

  it('fails for a reward model that is not there', async () => {
    const { stages, ...file } = tinyPipeline(join(root, 'rows.jsonl'));
    const ppo = { ...stages[2], models: { rewardModel: 'nowhere' } };
    const pipeline = parsePipeline(
      JSON.stringify({ ...file, stages: [stages[0], ppo] }),
      join(root, 'p.yaml'),
    );
    await expect(planPipeline(pipeline, { resolveModel, download: true })).rejects.toThrow(
      /^ppo: .*nowhere: does not exist/,
    );
  });

  it('downloads nothing where it must not: what is missing is named, and its figures are unknown', async () => {
    const remote = { reward: { dataset: { path: 'https://example.invalid/pairs.jsonl' } } };
    const { model, stages, missing } = await plan(remote, { download: false });
    expect(missing).toEqual(['https://example.invalid/pairs.jsonl']);
    expect(stages.map(({ size }) => size !== null)).toEqual([true, false, true]);
    expect(stages[1]).toMatchObject({ totalSteps: 12, estimatedBytes: expect.any(Number) });
    expect(model).not.toBeNull();
  });

  it('knows little where the model is missing', async () => {
    const { model, stages, missing } = await plan({}, {
      download: false,
      model: { path: 'builtin:smollm2-135m-instruct' },
    } as object);
    expect([model, missing]).toEqual([null, ['builtin:smollm2-135m-instruct']]);
    expect(stages[0]).toMatchObject({ size: null, totalSteps: 30, estimatedBytes: null });
  });

  it('still reads the data where the model is missing', async () => {
    const file = tinyPipeline(join(root, 'rows.jsonl'), { ppo: { prompts: { path: 'gone.jsonl' } } });
    const text = JSON.stringify({ ...file, model: { path: 'builtin:smollm2-135m-instruct' } });
    const pipeline = parsePipeline(text, join(root, 'tiny.yaml'));
    await expect(planPipeline(pipeline, { resolveModel, download: false })).rejects.toThrow(
      /^ppo: .*gone\.jsonl: no such file/,
    );
  });
});
