import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reportSchema } from '@open-chatgpt/runs';
import { compile, type Finished, jsonLines, openchat, start } from '../testing/openchat';
import { SMALL_QUICKSTART as settings } from '../testing/small-quickstart';

/** The lines of `--json`. The last line of a killed process may be incomplete. */
function printedBy({ code, stdout }: Finished): Record<string, unknown>[] {
  return jsonLines(code === null ? stdout.slice(0, stdout.lastIndexOf('\n')) : stdout);
}

describe('openchat quickstart', () => {
  let cwd: string;
  let finished: Finished;

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'quickstart-'));
    finished = await openchat(['quickstart', ...settings], { cwd });
  }, 120_000);
  afterAll(() => rmSync(cwd, { recursive: true }));

  it('trains three stages and writes a complete report', () => {
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    const report = reportSchema.parse(
      JSON.parse(readFileSync(join(cwd, 'runs/quickstart/report.json'), 'utf8')),
    );
    expect(report.stages.map(({ name }) => name)).toEqual(['sft', 'reward', 'ppo']);
    const [sft, reward, ppo] = report.stages.map(({ figures }) =>
      Object.fromEntries(figures.map(({ metric, before, after }) => [metric, [before, after]])),
    );
    const figures = {
      ...{ loss: sft.loss, evalLoss: sft.evalLoss, exactMatch: sft.exactMatch },
      ...{ accuracy: reward.accuracy, reward: ppo.reward, std: ppo.rewardStd, kl: ppo.kl },
    };
    for (const [name, values] of Object.entries(figures))
      expect([name, values.map((value) => typeof value)]).toEqual([name, ['number', 'number']]);
    expect(sft.evalLoss[1]!).toBeLessThan(sft.evalLoss[0]!);
    expect(reward.pairs).toEqual([400, 400]);
    const { steps, ledger } = report.stages[2];
    expect([steps, ledger?.generated]).toEqual([2, 16]);
    const dropped = Object.values(ledger!.dropped).reduce((a, b) => a + b, 0);
    expect(ledger!.trained + dropped).toBe(16);
    expect(report.comparison).toMatchObject({ stage: 'ppo' });
    const { rows } = report.comparison!;
    expect(rows.length).toBeGreaterThan(1);
    expect(new Set(rows.map(({ prompt }) => prompt)).size).toBe(rows.length);
    for (const row of rows)
      expect(row).toEqual({
        prompt: expect.any(String),
        reference: expect.any(String),
        before: expect.any(String),
        after: expect.any(String),
        rewardBefore: expect.any(Number),
        rewardAfter: expect.any(Number),
        rightBefore: expect.any(Boolean),
        rightAfter: expect.any(Boolean),
      });
    expect(report.pairs!.rows.length).toBeGreaterThan(1);
    expect(report.machine).toMatchObject({ threads: 1 });
    expect(report.stages.map(({ datasets }) => datasets)).toEqual(Array(3).fill(['builtin:tasks']));
    expect(report.seconds).toBeGreaterThan(0);
    expect(report.peakRssMb).toBeGreaterThan(50);
  });

  it('writes all files of a run folder', () => {
    const run = join(cwd, 'runs/quickstart');
    for (const name of ['config.yaml', 'metrics.jsonl', 'samples.jsonl', 'report.html'])
      expect([name, existsSync(join(run, name))]).toEqual([name, true]);
    for (const model of ['sft', 'reward', 'ppo'])
      expect(existsSync(join(run, 'models', model, 'model.safetensors'))).toBe(true);
    const html = readFileSync(join(run, 'report.html'), 'utf8');
    expect(html).not.toMatch(/(src|href)="https?:/);
  });

  it('ends with the results, the path of the report, and commands to try', () => {
    const { stdout } = finished;
    expect(stdout).toMatch(/SFT 20\/20 {2}loss [\d.]+ {2}[\d,]+ tokens\/s {2}0:00 left/);
    expect(stdout).toMatch(/held-out exact match/);
    expect(stdout).toMatch(/16 responses sampled, \d+ trained on/);
    expect(stdout).toMatch(/Report: runs\/quickstart\/report.html/);
    expect(stdout).toMatch(/before PPO: .*\n {2}after PPO: /);
    const next = stdout.slice(stdout.indexOf('Try next:')).trimEnd().split('\n').slice(1);
    const commands = [
      /chat --model runs\/quickstart$/,
      /model export runs\/quickstart --to models\/quickstart$/,
      /generate --model runs\/quickstart --prompt /,
      /run .*smollm2\.yaml /,
    ];
    expect(next).toEqual(commands.map((command) => expect.stringMatching(command)));
    expect(stdout.includes('\u001b')).toBe(false);
  });

  it('starts a new folder when it is called again, and resumes with --resume', async () => {
    const folderOf = async (...flags: string[]) => {
      const { stdout } = await openchat(['quickstart', ...settings, '--dry-run', '--json', ...flags], {
        cwd,
      });
      return jsonLines(stdout)[0].folder;
    };
    expect(await Promise.all([folderOf(), folderOf('--resume')])).toEqual([
      join(cwd, 'runs/quickstart-2'),
      join(cwd, 'runs/quickstart'),
    ]);
  }, 60_000);

  it('shows the result again when it is resumed after its end', async () => {
    const again = await openchat(['quickstart', '--resume'], { cwd });
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(/already finished/);
    expect(again.stdout).toMatch(/16 responses sampled/);
  }, 60_000);

  it('gives the same bytes through the services as in the plain loops, also after an interruption', async () => {
    // Long enough that each signal arrives while the stage trains: progress is printed twice a second.
    const more = ['sft.maxSteps=3000', 'sft.loggingSteps=10', 'ppo.iterations=60', 'ppo.saveSteps=5'];
    const longer = [...settings, ...more.flatMap((setting) => ['--set', setting])];
    const plain = ['run', join(__dirname, '../../examples/quickstart.yaml'), '--out', 'plain'];
    expect(await openchat([...plain, ...longer], { cwd })).toMatchObject({ code: 0 });
    const first = start(['quickstart', '--json', ...longer], { cwd });
    first.signalAt('"type":"step","stage":"sft"', 'SIGINT');
    const stopped = await first.wait;
    expect(stopped).toMatchObject({ code: 130, stderr: '' });
    expect(jsonLines(stopped.stdout).at(-1)).toMatchObject({ type: 'interrupted', stage: 'sft' });
    const second = start(['quickstart', '--resume', '--json'], { cwd });
    second.signalAt('"type":"step","stage":"ppo"', 'SIGKILL');
    const killed = await second.wait;
    expect(killed.code).toBeNull();
    const before = jsonLines(stopped.stdout).at(-1) as { step: number };
    const [note, ...after] = printedBy(killed);
    expect(note).toMatchObject({
      message: expect.stringMatching(/^Resuming runs\/quickstart-2: SFT resumes from .* step \d+ of 3000/),
    });
    expect(after[0]).toMatchObject({ type: 'started', stage: 'sft' });
    expect(Number(after[0]['step'])).toBeGreaterThanOrEqual(before.step);
    const last = await openchat(['run', 'runs/quickstart-2', '--resume', '--json'], { cwd });
    expect(last).toMatchObject({ code: 0, stderr: '' });
    expect(printedBy(last)[0]['message']).toMatch(
      /: SFT is done; Reward is done; PPO resumes from .* step \d+ of 60/,
    );
    expect(new Set(printedBy(last).flatMap(({ stage }) => stage ?? []))).toEqual(new Set(['ppo']));
    const weights = (run: string) =>
      ['sft', 'reward', 'ppo'].map((model) =>
        readFileSync(join(cwd, run, 'models', model, 'model.safetensors')),
      );
    const [through, direct] = [weights('runs/quickstart-2'), weights('plain')];
    expect(through.map((bytes, i) => bytes.equals(direct[i]))).toEqual([true, true, true]);
    const changed = await openchat(['quickstart', '--resume', '--set', 'sft.maxSteps=9'], { cwd });
    expect(changed).toMatchObject({ code: 2, stderr: expect.stringContaining('leave --set out') });
  }, 240_000);
});
