import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, jsonLines, openchat } from '../testing/openchat';

// Each program takes seconds to compile, however small: one layer, and no more programs than the cases need.
const PIPELINE = `
name: small
model:
  scratch: {hiddenSize: 1024, intermediateSize: 2048, numHiddenLayers: 1, numAttentionHeads: 8, maxPositionEmbeddings: 128, vocabSize: 1024}
stages:
  - name: sft
    uses: sft
    with: {dataset: {path: builtin:tasks}, perDeviceTrainBatchSize: 16, maxLength: 128, bf16: true}
`;

interface Plan {
  stages: {
    fits: boolean;
    total: number;
    bytes: { weights: number; gradients: number; moments: number; activations: number };
    limits: Record<'checkpointing' | 'whole', { rows: number; length: number }>;
    steps: { step: { collectives: Record<string, { count: number; bytes: number }> } }[];
    pods: { role: string; pods: number; gpus: number }[];
  }[];
}

describe('openchat plan --target', () => {
  let cwd: string;
  const plan = (...args: string[]) => openchat(['plan', 'pipeline.yaml', ...args], { cwd });

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'plan-devices-'));
    writeFileSync(join(cwd, 'pipeline.yaml'), PIPELINE);
    // XLA's compiler for GPUs, 222 MiB; it is in the cache after the first time.
    const installed = await openchat(['device', 'install', 'cuda12', '--compiler-only'], { cwd });
    expect(installed.code).toBe(0);
  }, 400_000);
  afterAll(() => rmSync(cwd, { recursive: true }));

  it('says what each GPU needs, also with attention as calls of cuDNN, which keep no scores', async () => {
    const stageWith = async (flag: string) => {
      const env = { OPEN_CHATGPT_UNVERIFIED_CUDNN_ATTENTION: flag };
      const args = [
        'plan',
        'pipeline.yaml',
        '--target',
        'h200:2',
        '--mesh',
        '{tensor: 2}',
        '--output',
        'json',
      ];
      const { code, stdout, stderr } = await openchat(args, { cwd, env });
      expect([code, stderr]).toEqual([0, '']);
      const [{ stages }] = jsonLines(stdout) as unknown as Plan[];
      return stages[0];
    };
    const { bytes, steps, limits, pods, fits } = await stageWith('0');
    expect(bytes.gradients).toBe(bytes.weights);
    expect(bytes.moments).toBe(2 * bytes.weights);
    expect(bytes.activations).toBeGreaterThan(0);
    expect(Object.keys(steps[0].step.collectives)).toContain('all-reduce');
    expect(fits).toBe(true);
    expect(limits.checkpointing.rows).toBeGreaterThan(16);
    expect(limits.whole.length).toBe(128);
    expect(pods).toMatchObject([{ role: 'trainer', pods: 1, gpus: 2 }]);
    expect((await stageWith('1')).bytes.activations).toBeLessThan(bytes.activations);
  }, 300_000);

  it('says what fits without gradient checkpointing from few layers as it does from all', async () => {
    const rowsThatFit = async (gradientCheckpointing: boolean) => {
      const deep = PIPELINE.replace('numHiddenLayers: 1', 'numHiddenLayers: 6').replace(
        'bf16: true',
        `gradientCheckpointing: ${gradientCheckpointing}`,
      );
      writeFileSync(join(cwd, 'deep.yaml'), deep);
      const { code, stdout } = await openchat(['plan', 'deep.yaml', '--target', 'h200', '-o', 'json'], {
        cwd,
      });
      expect(code).toBe(0);
      const [{ stages }] = jsonLines(stdout) as unknown as Plan[];
      return stages[0].limits.whole.rows;
    };
    const [predicted, compiled] = [await rowsThatFit(true), await rowsThatFit(false)];
    expect(predicted / compiled).toBeGreaterThan(0.9);
    // It promises no more than what fits.
    expect(predicted / compiled).toBeLessThanOrEqual(1);
  }, 300_000);

  it('tries the meshes of the GPUs, and prints tables', async () => {
    const { code, stdout } = await plan('--target', 'h100:2', '--mesh', 'auto');
    expect(code).toBe(0);
    expect(stdout).toMatch(/small on 2 × NVIDIA H100 80GB HBM3, 79\.1 GiB each/);
    expect(stdout).toMatch(/^meshes for sft +in all +least time/m);
    for (const mesh of ['data 2', 'fsdp 2', 'tensor 2'])
      expect(stdout).toMatch(new RegExp(`^${mesh} +[\\d.]+ MiB +[\\d.e-]+ s +fits`, 'm'));
    expect(stdout).toMatch(/^sft +\w+ 2 +16 × 128 .* 0 B +fits/m);
    expect(stdout).toMatch(
      /sft: a pass takes [\d.e-]+ TFLOP on a GPU, at least [\d.e-]+ s; the GPUs exchange \d+ /,
    );
    expect(stdout).toMatch(/trainer: \{"ranks":1,"gpus":2,"resources":\{"requests":\{"cpu":/);
  }, 300_000);

  it.each<[string, string[], RegExp]>([
    [
      'a GPU that it does not know',
      ['--target', 'v100'],
      /--target v100: expected a100-40, a100-80, a6000, h100, h200, b200, gb200, b300, gb300 /,
    ],
    [
      'half a host',
      ['--target', 'h100:12'],
      /--target h100:12: expected 1 to 8 GPUs of one host, or a multiple of 8 up to 1024/,
    ],
    [
      'a mesh without GPUs',
      ['--mesh', '{fsdp: 2}'],
      /--mesh: needs --target, the GPUs to divide the model over/,
    ],
    [
      'too few GPUs for a mesh',
      ['--target', 'h100:2', '--mesh', '{fsdp: 4}'],
      /sft: mesh: data 1 × fsdp 4 × tensor 1 needs 4 devices and there are 2/,
    ],
    [
      'a mesh that does not divide the heads',
      ['--target', 'h100:3', '--mesh', '{tensor: 3}'],
      /sft: mesh: tensor 3 does not divide the 8 heads and 8 key heads of the model/,
    ],
    ['an empty mesh', ['--target', 'h100', '--mesh', ''], /--mesh: expected auto, or fields such as/],
  ])('refuses %s', async (_, args, message) => {
    const { code, stderr } = await plan(...args);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });

  it('refuses weights on the host that come to the GPUs all at once', async () => {
    writeFileSync(join(cwd, 'far.yaml'), PIPELINE.replace('bf16: true', 'offloadParam: cpu'));
    const { code, stderr } = await openchat(['plan', 'far.yaml', '--target', 'h200'], { cwd });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(
      /sft\.offloadParam: the weights come to the device one layer at a time, .* set gradient/,
    );
  });

  it.each([
    [
      'is not on this machine',
      'owner/name',
      /sft: owner\/name is not on this machine, .* download it first, or name a folder/,
    ],
    ['has no configuration', '.', /has no config\.json; expected a Hugging Face model folder/],
  ])('refuses a model that %s', async (_, model, message) => {
    writeFileSync(
      join(cwd, 'model.yaml'),
      PIPELINE.replace(/model:\n {2}scratch.*/, `model: {path: ${model}}`),
    );
    const { code, stderr } = await openchat(['plan', 'model.yaml', '--target', 'h200'], { cwd });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });

  it('names the command where the compiler is not installed', async () => {
    const env = { OPEN_CHATGPT_CACHE: join(cwd, 'empty') };
    const { code, stderr } = await openchat(['plan', 'pipeline.yaml', '--target', 'h200'], { cwd, env });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(
      /no XLA compiler for GPUs is installed\. Run "openchat device install cuda1\d --compiler-only"/,
    );
  });
});
