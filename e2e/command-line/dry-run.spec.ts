import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, jsonLines, openchat } from '../testing/openchat';
import { writeTinyPipeline } from '../testing/tiny-pipeline';

describe('--dry-run', () => {
  let cwd: string;

  beforeAll(() => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'plan-'));
    writeTinyPipeline(cwd);
  });
  afterAll(() => rmSync(cwd, { recursive: true }));

  it('plans what the run then executes, and writes nothing', async () => {
    const before = readdirSync(cwd);
    const [plan] = jsonLines((await openchat(['run', 'tiny.yaml', '--dry-run', '--json'], { cwd })).stdout);
    expect(readdirSync(cwd)).toEqual(before);
    const { stdout } = await openchat(['run', 'tiny.yaml', '--json'], { cwd });
    const started = jsonLines(stdout).filter(({ type }) => type === 'started');
    const stages = plan.stages as Record<string, unknown>[];
    expect(stages.map(({ stage, totalSteps, examples }) => [stage, totalSteps, examples])).toEqual(
      started.map(({ stage, totalSteps, info }) => {
        const { rows, pairs, prompts } = info as Record<string, number>;
        return [stage, totalSteps, rows ?? pairs ?? prompts];
      }),
    );
    const [sft] = started;
    for (const { estimatedSeconds } of stages) expect(estimatedSeconds).toBeGreaterThan(0);
    expect(stages[0].trainableParameters).toBe((sft.info as Record<string, number>).parameters);
  }, 60_000);

  it('prints the resolved configuration and a table', async () => {
    const { code, stdout } = await openchat(['run', 'tiny.yaml', '--dry-run', '--set', 'sft.lora={r: 2}'], {
      cwd,
    });
    expect(code).toBe(0);
    expect(stdout.indexOf('Model: llama')).toBe(0);
    expect(stdout).toMatch(/loraAlpha: 16/);
    expect(stdout).toMatch(/Model: llama, \d+K parameters, 1 layers of 32/);
    expect(stdout).toMatch(/SFT +30 +\d+ +\d+ +0 +\d+ +256 +about 25\d\.\d MiB +about \d+:\d\d/);
    expect(stdout).toMatch(/Nothing was trained\. The folder of the run would be runs\/tiny/);
  }, 60_000);
});
