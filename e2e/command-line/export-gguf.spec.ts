import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { byteLevelModel } from '../peers/byte-level-model';
import { compile, jsonLines, openchat } from '../testing/openchat';
import { writeTinyPipeline } from '../testing/tiny-pipeline';

describe('openchat model export --format gguf', () => {
  let cwd: string;
  const run = (...args: string[]) => openchat(['model', 'export', ...args], { cwd });

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'gguf-'));
    await byteLevelModel(join(cwd, 'model'), 'llama');
  }, 60_000);
  afterAll(() => rmSync(cwd, { recursive: true }));

  it.each([
    [[], 'F16', { F16: expect.any(Number), F32: expect.any(Number) }],
    [['--dtype', 'fp32'], 'F32', { F32: expect.any(Number) }],
    [['--dtype', 'bf16'], 'BF16', { BF16: expect.any(Number), F32: expect.any(Number) }],
    [['--quantize', 'q8_0'], 'Q8_0', { Q8_0: expect.any(Number), F32: expect.any(Number) }],
    [
      ['--quantize', 'q4_k'],
      'Q4_K_M',
      { Q4_K: expect.any(Number), Q6_K: expect.any(Number), F32: expect.any(Number) },
    ],
  ])(
    '%j writes %s, and answers',
    async (flags, format, tensors) => {
      const { code, stdout, stderr } = await run(
        'model',
        '--format',
        'gguf',
        '--to',
        '.',
        ...flags,
        '--json',
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const [written] = jsonLines(stdout);
      expect(written).toMatchObject({
        type: 'written',
        format,
        tensors,
        to: join(cwd, `model-${format}.gguf`),
      });
      expect(Object.keys(written.tensors as object).sort()).toEqual(Object.keys(tensors).sort());
      const answer = await openchat(
        ['generate', '--model', `model-${format}.gguf`, '--prompt', 'ab', '--max-new-tokens', '3', '--json'],
        { cwd },
      );
      expect(jsonLines(answer.stdout)).toMatchObject([{ tokens: 3 }]);
    },
    60_000,
  );

  it('takes the layout and the name of the file from --to, and overwrites nothing', async () => {
    expect(await run('model', '--to', join('new', 'mine.gguf'))).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(join(cwd, 'new'))).toEqual(['mine.gguf']);
    const again = await run('model', '--to', join('new', 'mine.gguf'));
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toMatch(/--to new\/mine.gguf: the file exists already/);
  }, 60_000);

  it('keeps the perplexity, which model perplexity measures', async () => {
    writeFileSync(join(cwd, 'held-out.txt'), 'the thing in the inn, 1234 times. '.repeat(20));
    const measure = async (...args: string[]) => {
      const flags = ['--text', 'held-out.txt', '--length', '32', '--windows', '4', '--json'];
      const { stdout } = await openchat(['model', 'perplexity', ...args, ...flags], { cwd });
      return jsonLines(stdout)[0] as { perplexity: number; tokens: number };
    };
    const whole = await measure('model');
    expect(whole.tokens).toBe(4 * 31);
    expect((await measure('model-F32.gguf')).perplexity / whole.perplexity).toBeCloseTo(1, 4);
    expect((await measure('model-Q8_0.gguf')).perplexity / whole.perplexity).toBeCloseTo(1, 0);
    expect((await measure('model', '--batch-size', '1')).perplexity / whole.perplexity).toBeCloseTo(1, 4);
    const short = await openchat(
      ['model', 'perplexity', 'model', '--text', 'held-out.txt', '--length', '9999'],
      { cwd },
    );
    expect(short.code).toBe(2);
    expect(short.stderr).toMatch(/tokens are less than a window of 9999; choose a smaller --length/);
  }, 60_000);

  it('refuses by name what GGUF cannot carry, and flags that contradict each other', async () => {
    writeTinyPipeline(cwd, ['sft', 'reward']);
    expect(await openchat(['run', 'tiny.yaml', '--out', 'run'], { cwd })).toMatchObject({ code: 0 });
    const characters = await run('run', '--format', 'gguf', '--to', 'run.gguf');
    expect(characters.code).toBe(1);
    expect(characters.stderr).toMatch(
      /GGUF cannot carry this tokenizer: its tokens are characters and not bytes/,
    );
    const reward = await run('run', '--stage', 'reward', '--format', 'gguf', '--to', 'run.gguf');
    expect(reward.code).toBe(1);
    expect(reward.stderr).toMatch(/GGUF cannot carry a reward model/);
    expect(existsSync(join(cwd, 'run.gguf'))).toBe(false);
    const usage: [string[], RegExp][] = [
      [['model', '--to', 'folder', '--quantize', 'q8_0'], /--quantize is for GGUF files: add --format gguf/],
      [
        ['model', '--to', 'x.gguf', '--quantize', 'q8_0', '--dtype', 'fp16'],
        /use either --dtype or --quantize/,
      ],
      [['model', '--to', 'x.gguf', '--stage', 'sft'], /model is neither a run folder .*leave out --stage/],
    ];
    for (const [args, message] of usage) {
      const { code, stderr } = await run(...args);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
    }
  }, 60_000);
});
