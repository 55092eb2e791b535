import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { elementCount, openAdapter, openModel, type WeightSource } from '@open-chatgpt/models';
import { compile, jsonLines, openchat } from '../testing/openchat';

const golden = join(__dirname, '../../libs/models/golden');

async function tensor(weights: WeightSource, name: string): Promise<Float32Array> {
  const { shape } = weights.tensors().find((one) => one.name === name)!;
  const data = new Float32Array(elementCount(shape));
  await weights.read(name, data);
  return data;
}

describe('openchat model', () => {
  let cwd: string;

  beforeAll(() => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'model-'));
  });
  afterAll(() => rmSync(cwd, { recursive: true }));

  it.each(['llama-gqa-tied', 'gpt2', 'opt', 'qwen3'])(
    'imports %s without changing a weight',
    async (name) => {
      const source = join(golden, name);
      const { code, stdout } = await openchat(['model', 'import', source, '--to', name, '--json'], { cwd });
      expect(code).toBe(0);
      const [a, b] = await Promise.all([openModel(source), openModel(join(cwd, name))]);
      const names = a.weights
        .tensors()
        .map((one) => one.name)
        .sort();
      expect(
        b.weights
          .tensors()
          .map((one) => one.name)
          .sort(),
      ).toEqual(names);
      for (const one of names) expect(await tensor(b.weights, one)).toEqual(await tensor(a.weights, one));
      const { parameters } = jsonLines(stdout)[0];
      expect(parameters).toBe(a.weights.tensors().reduce((sum, { shape }) => sum + elementCount(shape), 0));
      await Promise.all([a.close(), b.close()]);
    },
    30_000,
  );

  it('rounds to bf16 with --dtype, and info shows it', async () => {
    await openchat(['model', 'import', join(golden, 'mistral'), '--to', 'half', '--dtype', 'bf16'], { cwd });
    const { stdout } = await openchat(['model', 'info', 'half', '--json'], { cwd });
    const [info] = jsonLines(stdout);
    expect(info).toMatchObject({
      family: 'mistral',
      dtypes: { BF16: info.parameters },
      tokenizer: null,
      scalarHead: false,
    });
    const text = await openchat(['model', 'info', 'half'], { cwd });
    expect(text.stdout).toMatch(/parameters .*BF16/);
    expect(text.stdout).toMatch(/tokenizer +none/);
  }, 30_000);

  it('does not overwrite a model, and writes nothing when the source is not a model', async () => {
    const again = await openchat(['model', 'import', join(golden, 'opt'), '--to', 'half'], { cwd });
    expect(again).toMatchObject({ code: 2 });
    expect(again.stderr).toMatch(
      /--to half: the folder has a model already; choose another folder or delete it/,
    );
    const none = await openchat(['model', 'import', 'nowhere', '--to', 'new'], { cwd });
    expect(none.code).toBe(1);
    expect(readdirSync(cwd)).not.toContain('new');
  }, 30_000);

  it('merges an adapter: W + (α / r) B A for adapted weights, W for the others', async () => {
    const source = join(golden, 'llama-lora');
    const { code } = await openchat(
      ['model', 'merge', '--base', source, '--adapter', source, '--to', 'merged'],
      { cwd },
    );
    expect(code).toBe(0);
    const [base, merged, adapter] = await Promise.all([
      openModel(source),
      openModel(join(cwd, 'merged')),
      openAdapter(source),
    ]);
    const { r, loraAlpha } = adapter.config;
    let adapted = 0;
    for (const { name, shape } of base.weights.tensors()) {
      const [before, after] = [await tensor(base.weights, name), await tensor(merged.weights, name)];
      const module = name.replace(/\.weight$/, '');
      const has = adapter.weights.tensors().some((one) => one.name === `${module}.lora_A.weight`);
      if (!has) {
        expect(after).toEqual(before);
        continue;
      }
      adapted++;
      const a = await tensor(adapter.weights, `${module}.lora_A.weight`);
      const b = await tensor(adapter.weights, `${module}.lora_B.weight`);
      const [outs, ins] = shape;
      for (let at = 0; at < before.length; at += 37) {
        const [out, input] = [Math.floor(at / ins), at % ins];
        let update = 0;
        for (let k = 0; k < r; k++) update += b[out * r + k] * a[k * ins + input];
        expect(after[at]).toBeCloseTo(before[at] + (loraAlpha / r) * update, 6);
      }
      expect(outs * ins).toBe(before.length);
    }
    expect(adapted).toBeGreaterThan(2);
    await Promise.all([base.close(), merged.close(), adapter.close()]);
  }, 30_000);

  it('rejects the adapter of another model', async () => {
    const args = [
      'model',
      'merge',
      '--base',
      join(golden, 'gpt2'),
      '--adapter',
      join(golden, 'llama-lora'),
      '--to',
      'no',
    ];
    const { code, stderr } = await openchat(args, { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/matches no layer of the base; is it the adapter of another model\?/);
  }, 30_000);
});
