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
    [
      'it has no factors',
      (weights) => write(weights, 'base_model.model.score.weight'),
      /holds no lora_A and lora_B/,
    ],
    [
      'it adapts embeddings',
      (weights) => write(weights, 'base_model.model.embed_tokens.lora_embedding_A'),
      /adapts an embedding/,
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
    ['another method', { peft_type: 'IA3' }, /peft_type.*found "IA3"/],
    ['no rank', { r: undefined }, /field "r".*missing/],
    ['rank 0', { r: 0 }, /field "r".*found 0/],
    ['dropout over 1', { lora_dropout: 1.5 }, /lora_dropout/],
    [
      'a regular expression',
      { target_modules: '.*_proj' },
      /target_modules.*regular expressions are not supported/,
    ],
    ['trained biases', { bias: 'all' }, /"bias": only "none"/],
    ['DoRA', { use_dora: true }, /use_dora/],
    ['rank-stabilized scaling', { use_rslora: true }, /use_rslora.*lora_alpha \/ r/],
    ['ranks by module', { rank_pattern: { q_proj: 4 } }, /rank_pattern.*same r/],
    ['some layers', { layers_to_transform: [0] }, /layers_to_transform/],
  ])('refuses %s', (_, change, message) => {
    expect(() => parseAdapterConfig({ ...goldenConfig, ...change }, 'adapter_config.json')).toThrow(message);
  });
});
