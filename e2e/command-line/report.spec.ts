import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, openchat } from '../testing/openchat';
import { writeTinyPipeline } from '../testing/tiny-pipeline';
import { settings, trainPlainly } from '../testing/train';

describe('openchat report', () => {
  let cwd: string;

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'report-'));
    writeTinyPipeline(cwd, ['reward']);
    await trainPlainly(cwd, 'tiny.yaml', 'runs/a');
    await trainPlainly(cwd, 'tiny.yaml', 'runs/b', settings('reward.maxSteps=6'));
  }, 120_000);
  afterAll(() => rmSync(cwd, { recursive: true }));

  it('writes the report of a run again, as the run wrote it', async () => {
    const file = join(cwd, 'runs/a/report.html');
    const before = readFileSync(file, 'utf8');
    rmSync(file);
    const finished = await openchat(['report', 'runs/a'], { cwd });
    expect(finished).toEqual({ code: 0, stdout: 'Report: runs/a/report.html\n', stderr: '' });
    expect(readFileSync(file, 'utf8')).toBe(before);
    // A run that ends with a reward model shows its pairs, not as answers.
    expect(before).toContain('Pairs and their scores');
    expect(before).not.toContain('Answers, before and after');
  }, 60_000);

  it('lays two runs over each other', async () => {
    const finished = await openchat(['report', 'runs/a', 'runs/b'], { cwd });
    expect(finished).toEqual({ code: 0, stdout: 'Report: runs/a-and-b.html\n', stderr: '' });
    const page = readFileSync(join(cwd, 'runs/a-and-b.html'), 'utf8');
    expect(page).toContain('<td>reward.maxSteps</td><td>12</td><td>6</td>');
  }, 60_000);

  it('names a folder without a run', async () => {
    const { code, stderr } = await openchat(['report', 'runs/a', 'nowhere'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/nowhere: the folder holds no run/);
  }, 60_000);
});
