import { copyFileSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSafetensors } from '../safetensors/read-safetensors';
import { writeSafetensors } from '../safetensors/write-safetensors';
import { parseAdapterConfig } from './adapter-config';
import { openAdapter } from './open-adapter';
import { writeAdapter } from './write-adapter';

/** Saved by PEFT (tools/models/golden.py), with values that count up in the order of the names. */
const golden = join(__dirname, 'golden', 'adapter');
const goldenConfig = JSON.parse(readFileSync(join(golden, 'adapter_config.json'), 'utf8'));
const attention = 'model.layers.0.self_attn';
const shapes: [string, number[]][] = [
  [`${attention}.q_proj.lora_A.weight`, [2, 8]],
  [`${attention}.q_proj.lora_B.weight`, [8, 2]],
  [`${attention}.v_proj.lora_A.weight`, [2, 8]],
  [`${attention}.v_proj.lora_B.weight`, [4, 2]],
];
const config = { r: 2, loraAlpha: 4, loraDropout: 0.1, targetModules: ['q_proj', 'v_proj'] };

function countingTensors() {
  let next = 0;
  return shapes.map(([name, shape]) => ({
    name,
    shape,
    data: Float32Array.from({ length: shape[0] * shape[1] }, () => next++),
  }));
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adapter-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('openAdapter', () => {
  it('reads the files of PEFT', async () => {
    const adapter = await openAdapter(golden);
    expect(adapter.config).toEqual({
      ...config,
      targetModules: expect.arrayContaining(config.targetModules),
    });
    expect(adapter).toMatchObject({ modulesToSave: [], baseModel: null, taskType: 'CAUSAL_LM' });
    const byName = new Map(adapter.weights.tensors().map(({ name, shape }) => [name, shape]));
    expect(byName).toEqual(new Map(shapes));
    for (const { name, data } of countingTensors()) {
      const target = new Float32Array(data.length);
      await adapter.weights.read(name, target);
      expect([...target]).toEqual([...data]);
    }
    await adapter.close();
  });

  it.each<[string, (path: string) => void | Promise<void>, RegExp]>([
    [
      'there is no configuration',
      () => unlinkSync(join(folder, 'adapter_config.json')),
      /has no adapter_config\.json/,
    ],
    [
      'there are no weights',
      (weights) => unlinkSync(weights),
      /adapter_model\.safetensors: cannot be opened \(ENOENT\)/,
    ],
    [
      'the rank differs',
      () => writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify({ ...goldenConfig, r: 4 })),
      /is \[2, 8\], which does not have the rank r = 4/,
    ],
    [
      'a factor is alone',
      (weights) => write(weights, 'base_model.model.q.lora_A.weight'),
      /"q\.lora_B\.weight" is missing/,
    ],
    [
      'it is not an adapter',
      (weights) => write(weights, 'model.norm.weight'),
      /does not begin with "base_model\.model\."/,
    ],
  ])('fails when %s', async (_, damage, message) => {
    for (const file of ['adapter_config.json', 'adapter_model.safetensors'])
      copyFileSync(join(golden, file), join(folder, file));
    await damage(join(folder, 'adapter_model.safetensors'));
    await expect(openAdapter(folder)).rejects.toThrow(message);
  });
});

function write(path: string, name: string): Promise<void> {
  return writeSafetensors(path, [{ name, shape: [2, 1], data: new Float32Array(2) }], { dtype: 'F32' });
}

describe('writeAdapter', () => {
  it('writes the same files as PEFT', async () => {
    await writeAdapter(folder, { config, tensors: countingTensors() });
    const written = JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8'));
    const sorted = (json: Record<string, unknown>) => ({
      ...json,
      target_modules: [...(json['target_modules'] as string[])].sort(),
    });
    expect(sorted(goldenConfig)).toMatchObject(sorted(written));
    const [ours, theirs] = await Promise.all(
      [folder, golden].map((path) => openSafetensors(join(path, 'adapter_model.safetensors'))),
    );
    const outline = ({ name, shape, dtype }: { name: string; shape: readonly number[]; dtype: string }) =>
      JSON.stringify([name, shape, dtype]);
    expect(ours.tensors().map(outline).sort()).toEqual(theirs.tensors().map(outline).sort());
    expect(ours.metadata).toEqual(theirs.metadata);
    await ours.close();
    await theirs.close();
  });

  it('stores a reward head as a fully trained module', async () => {
    const head = { name: 'score.weight', shape: [1, 8], data: new Float32Array(8).fill(3) };
    await writeAdapter(folder, {
      config: { ...config, targetModules: ['all-linear'] },
      tensors: [...countingTensors(), head],
      taskType: 'SEQ_CLS',
      base: { name: 'models/sft', sha256: 'ab' },
      dtype: 'BF16',
    });
    const adapter = await openAdapter(folder);
    const score = new Float32Array(8);
    await adapter.weights.read('score.weight', score);
    await adapter.close();
    expect(adapter).toMatchObject({
      config: { targetModules: ['all-linear'] },
      modulesToSave: ['score'],
      taskType: 'SEQ_CLS',
      baseModel: 'models/sft',
      base: { name: 'models/sft', sha256: 'ab' },
    });
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toMatch(
      /reward model[\s\S]*belongs on the weights of `models\/sft` and on no others[\s\S]*: ab\n/,
    );
    expect([...score]).toEqual(Array(8).fill(3));
  });
});

describe('parseAdapterConfig', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    ['another method', { peft_type: 'IA3' }, /"peft_type": an adapter of the kind IA3 is not read/],
    ['no rank', { r: undefined }, /field "r".*missing/],
    ['rank 0', { r: 0 }, /field "r".*found 0/],
    ['dropout over 1', { lora_dropout: 1.5 }, /lora_dropout/],
    [
      'factors on parameters',
      { target_parameters: ['experts.w'] },
      /"target_parameters": adapters that set it/,
    ],
    ['replicated layers', { layer_replication: [[0, 2]] }, /"layer_replication": adapters that set it/],
    ['an invocation', { alora_invocation_tokens: [1] }, /"alora_invocation_tokens": adapters that set it/],
    ['QALoRA', { use_qalora: true }, /"use_qalora": adapters that set it/],
    ['a field of a later version', { use_something_new: true }, /"use_something_new": adapters that set it/],
    [
      'PiSSA, which changes the base',
      { init_lora_weights: 'pissa_niter_4' },
      /"pissa_niter_4" changes the weights/,
    ],
    ['OLoRA', { init_lora_weights: 'olora' }, /"olora" changes the weights of the base/],
  ])('refuses %s', (_, change, message) => {
    expect(() => parseAdapterConfig({ ...goldenConfig, ...change }, 'adapter_config.json')).toThrow(message);
  });

  it('reads empty fields of other kinds, and initializations that leave the base alone', () => {
    const empty = { use_qalora: false, target_parameters: null, loftq_config: {}, layer_replication: [] };
    const json = { ...goldenConfig, ...empty, init_lora_weights: 'gaussian', peft_version: '0.21.2' };
    expect(parseAdapterConfig(json, 'adapter_config.json').lora).toEqual({
      ...config,
      targetModules: expect.arrayContaining(config.targetModules),
    });
  });

  it.each<[string, Record<string, unknown>, string, number, number]>([
    ['plain', {}, 'a.q_proj', 2, 4 / 2],
    ['rank-stabilized', { use_rslora: true }, 'a.q_proj', 2, 4 / Math.sqrt(2)],
    ['another rank', { rank_pattern: { q_proj: 8 } }, 'a.q_proj', 8, 4 / 8],
    ['a rank of another module', { rank_pattern: { q_proj: 8 } }, 'a.xq_proj', 2, 4 / 2],
    ['the first of two patterns', { rank_pattern: { 'a.*proj': 8, q_proj: 1 } }, 'a.q_proj', 8, 4 / 8],
    ['a pattern of the whole name', { alpha_pattern: { '^a\\.q_proj': 1 } }, 'a.q_proj', 2, 1 / 2],
    [
      'both, rank-stabilized',
      { use_rslora: true, rank_pattern: { q_proj: 9 }, alpha_pattern: { q_proj: 6 } },
      'a.q_proj',
      9,
      6 / 3,
    ],
  ])('scales by module as PEFT does: %s', (_, change, module, rank, scale) => {
    const parsed = parseAdapterConfig({ ...goldenConfig, ...change }, 'adapter_config.json');
    expect([parsed.rankOf(module), parsed.scaleOf(module)]).toEqual([rank, scale]);
  });

  it.each([
    ['(a+)+b', /too complex/],
    ['a*a*a*a*a*b', /too complex/],
    [`${'a?'.repeat(40)}${'a'.repeat(40)}`, /too complex/],
    ['(', /is no regular expression/],
    ['x'.repeat(300), /too complex/],
  ])('refuses the pattern %p', (pattern, message) => {
    const parsed = parseAdapterConfig(
      { ...goldenConfig, rank_pattern: { [pattern]: 1 } },
      'adapter_config.json',
    );
    expect(() => parsed.rankOf('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')).toThrow(message);
  });
});
