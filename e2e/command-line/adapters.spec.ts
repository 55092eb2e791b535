import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { compile, openchat } from '../testing/openchat';
import { writeTinyPipeline } from '../testing/tiny-pipeline';

describe('the adapters of a run', () => {
  let cwd: string;
  const adapterOf = (stage: string) => join('tuned', 'models', stage, 'adapter');
  const config = (stage: string) =>
    JSON.parse(readFileSync(join(cwd, adapterOf(stage), 'adapter_config.json'), 'utf8'));
  const merge = (base: string, adapter: string, to: string) =>
    openchat(['model', 'merge', '--base', base, '--adapter', adapter, '--to', to], { cwd });
  const base = join('first', 'models', 'sft');

  beforeAll(async () => {
    compile();
    cwd = realpathSync(mkdtempSync(join(tmpdir(), 'adapters-')));
    writeTinyPipeline(cwd, ['sft']);
    const first = await openchat(['run', 'tiny.yaml', '--out', 'first'], { cwd });
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const settings = {
      maxSteps: 6,
      perDeviceTrainBatchSize: 4,
      maxLength: 64,
      learningRate: 0.01,
      lora: { r: 2, loraAlpha: 4, targetModules: ['q_proj', 'up_proj'] },
    };
    const pipeline = {
      name: 'tuned',
      seed: 3,
      threads: 1,
      model: { path: base },
      stages: [
        {
          name: 'sft',
          uses: 'sft',
          with: { ...settings, dataset: { path: 'rows.jsonl', adapter: 'alpaca' } },
        },
        {
          name: 'reward',
          uses: 'reward',
          with: { ...settings, dataset: { path: 'rows.jsonl', adapter: 'preference' } },
        },
      ],
    };
    writeFileSync(join(cwd, 'tuned.yaml'), stringify(pipeline));
    const tuned = await openchat(['run', 'tuned.yaml', '--out', 'tuned'], { cwd });
    expect(tuned).toMatchObject({ code: 0, stderr: '' });
  }, 120_000);
  afterAll(() => rmSync(cwd, { recursive: true }));

  it('name their base: the model of the pipeline, and for the reward model the SFT model', () => {
    expect(config('sft')).toMatchObject({
      base_model_name_or_path: join(cwd, base),
      task_type: 'CAUSAL_LM',
    });
    expect(config('reward')).toMatchObject({
      base_model_name_or_path: join(cwd, 'tuned', 'models', 'sft'),
      task_type: 'SEQ_CLS',
    });
  });

  it('merge into the weights that they belong on, in any number format that keeps them', async () => {
    expect(await merge(base, adapterOf('sft'), 'merged')).toMatchObject({ code: 0, stderr: '' });
    const weights = (folder: string) => readFileSync(join(cwd, folder, 'model.safetensors'));
    expect(weights('merged').equals(weights(join('tuned', 'models', 'sft')))).toBe(true);
  }, 60_000);

  it.each([
    ['the model that it made', join('tuned', 'models', 'sft')],
    ['a rounded copy of its base', 'rounded'],
  ])(
    'do not merge into other weights: %s',
    async (_, other) => {
      if (other === 'rounded')
        await openchat(['model', 'import', base, '--to', 'rounded', '--dtype', 'bf16'], { cwd });
      const { code, stderr } = await merge(other, adapterOf('sft'), 'wrong');
      expect(code).toBe(1);
      expect(stderr).toMatch(/the adapter belongs on the weights of .*first\/models\/sft \(SHA-256 .*others/);
    },
    60_000,
  );

  it('are no whole models: the error has the command that merges them', async () => {
    const { code, stderr } = await openchat(
      ['generate', '--model', adapterOf('sft'), '--prompt', 'say apple'],
      { cwd },
    );
    expect(code).toBe(1);
    const command = /openchat (model merge --base \S+ --adapter \S+ --to (\S+))$/m.exec(stderr);
    expect(await openchat(command![1].split(' '), { cwd })).toMatchObject({ code: 0 });
    expect((await openchat(['model', 'info', command![2]], { cwd })).code).toBe(0);
  }, 60_000);
});
