import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, jsonLines, openchat, start } from '../testing/openchat';
import { writeTinyPipeline } from '../testing/tiny-pipeline';
import { figuresOf } from '../testing/train';

interface Result {
  weights: string[];
  /** All metrics without times. */
  metrics: unknown[];
  report: Record<string, unknown>;
}

function resultOf(folder: string): Result {
  const weights = ['sft', 'reward', 'ppo'].map((model) =>
    createHash('sha256')
      .update(readFileSync(join(folder, 'models', model, 'model.safetensors')))
      .digest('hex'),
  );
  const metrics = jsonLines(readFileSync(join(folder, 'metrics.jsonl'), 'utf8'))
    .filter(({ type }) => type === 'step' || type === 'evaluated')
    .map(({ type, stage, step, metrics: values }) => {
      const timeless = Object.entries(values as object).filter(([name]) => !name.endsWith('Seconds'));
      return { type, stage, step, values: Object.fromEntries(timeless) };
    });
  const { comparison } = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
  return { weights, metrics, report: { stages: figuresOf(folder), comparison } };
}

describe('an interrupted and resumed run', () => {
  let cwd: string;
  let unbroken: Result;

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'resume-'));
    writeTinyPipeline(cwd);
    const { code, stderr } = await openchat(['run', 'tiny.yaml', '--out', 'unbroken', '--json'], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    unbroken = resultOf(join(cwd, 'unbroken'));
  }, 120_000);
  afterAll(() => rmSync(cwd, { recursive: true }));

  const at = (stage: string, step: number) => `"type":"step","stage":"${stage}","step":${step},`;

  it('has metrics of every stage', () => {
    expect(unbroken.metrics.length).toBeGreaterThan(30 + 12 + 4);
    expect(new Set(unbroken.weights).size).toBe(3);
  });

  it('ends as the unbroken run does after Ctrl-C in SFT and again in PPO', async () => {
    const first = start(['run', 'tiny.yaml', '--out', 'asked', '--json'], { cwd });
    first.signalAt(at('sft', 6), 'SIGINT');
    const stopped = await first.wait;
    expect(stopped).toMatchObject({ code: 130, stderr: '' });
    const interrupted = jsonLines(stopped.stdout).at(-1)!;
    expect(interrupted).toMatchObject({ type: 'interrupted', stage: 'sft' });
    expect(interrupted.resume).toMatch(/ run asked --resume$/);

    const second = start(['run', 'asked', '--resume', '--json'], { cwd });
    second.signalAt(at('ppo', 1), 'SIGTERM');
    const again = await second.wait;
    expect(again.code).toBe(130);
    expect(jsonLines(again.stdout).at(-1)).toMatchObject({ type: 'interrupted', stage: 'ppo' });

    const last = await openchat(['run', 'asked', '--resume'], { cwd });
    expect(last).toMatchObject({ code: 0, stderr: '' });
    expect(last.stdout).toMatch(/PPO: .* resumes after step \d/);
    expect(resultOf(join(cwd, 'asked'))).toEqual(unbroken);
  }, 120_000);

  it.each([
    ['sft', 10],
    ['reward', 7],
    ['ppo', 3],
  ])(
    'ends as the unbroken run does after kill -9 in %s',
    async (stage, step) => {
      const out = `killed-${stage}`;
      const first = start(['run', 'tiny.yaml', '--out', out, '--json'], { cwd });
      first.signalAt(at(stage, step), 'SIGKILL');
      expect((await first.wait).code).toBeNull();
      const last = await openchat(['run', out, '--resume', '--json'], { cwd });
      expect(last).toMatchObject({ code: 0, stderr: '' });
      expect(resultOf(join(cwd, out))).toEqual(unbroken);
    },
    120_000,
  );

  it('rejects another model, and warns about another learning rate', async () => {
    const resume = (...flags: string[]) => openchat(['run', 'unbroken', '--resume', ...flags], { cwd });
    rmSync(join(cwd, 'unbroken/report.json'));
    const refused = await resume('--set', 'model.scratch.hiddenSize=64');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /another configuration: model.scratch.hiddenSize was 32, is 64. Resume it with its own/,
    );
    const warned = await resume('--set', 'sft.learningRate=0.1');
    expect(warned.code).toBe(0);
    expect(warned.stdout).toMatch(/Warning: sft.learningRate was 0.003, is 0.1: the result will differ/);
  }, 60_000);
});
