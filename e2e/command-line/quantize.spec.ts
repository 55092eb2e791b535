import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { byteLevelModel } from '../peers/byte-level-model';
import { compile, jsonLines, openchat } from '../testing/openchat';

describe('openchat model quantize', () => {
  let cwd: string;
  const quantize = (...args: string[]) => openchat(['model', 'quantize', ...args], { cwd });
  const perplexity = async (...args: string[]) => {
    const flags = ['--text', 'held-out.txt', '--length', '32', '--windows', '2', '--json'];
    const { stdout } = await openchat(['model', 'perplexity', ...args, ...flags], { cwd });
    return jsonLines(stdout)[0] as { nll: number };
  };

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'quantize-'));
    await byteLevelModel(join(cwd, 'model'), 'llama');
    writeFileSync(join(cwd, 'held-out.txt'), 'the thing in the inn, 1234 times. '.repeat(20));
  }, 60_000);
  afterAll(() => rmSync(cwd, { recursive: true }));

  it.each([
    ['8', 'Q8_0', '--int8'],
    ['4', 'Q4_1', '--int4'],
  ])(
    'with %s bits writes the numbers to which a model is rounded when it is loaded',
    async (bits, format, flag) => {
      const target = join(cwd, 'models', `model-${format}.gguf`);
      const args = ['model', '--to', 'models', '--bits', bits, '--json'];
      const [planned] = jsonLines((await quantize(...args, '--dry-run')).stdout);
      expect(planned).toMatchObject({ type: 'would write', format, to: target });
      expect(existsSync(target)).toBe(false);
      const [written] = jsonLines((await quantize(...args)).stdout);
      expect(written).toEqual({ ...planned, type: 'written' });
      expect(statSync(target).size).toBe(planned.bytes);
      const ahead = await perplexity(target, flag);
      expect(ahead.nll).toBe((await perplexity('model', flag)).nll);
    },
    60_000,
  );

  it('refuses a model that is quantized already, and a missing number of bits', async () => {
    const again = await quantize(join('models', 'model-Q8_0.gguf'), '--to', 'again', '--bits', '4');
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toMatch(/is quantized already \(Q8_0\).*quantize the original model/);
    const bits = await quantize('model', '--to', 'again');
    expect(bits.code).toBe(2);
    expect(bits.stderr).toMatch(/--bits/);
    expect(existsSync(join(cwd, 'again'))).toBe(false);
  }, 60_000);
});
