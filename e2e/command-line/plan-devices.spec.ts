import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, jsonLines, openchat } from '../testing/openchat';

const PIPELINE = `
name: small
model:
  scratch: {hiddenSize: 256, intermediateSize: 512, numHiddenLayers: 2, numAttentionHeads: 8, maxPositionEmbeddings: 128, vocabSize: 1024}
stages:
  - name: sft
    uses: sft
    with: {dataset: {path: builtin:tasks}, perDeviceTrainBatchSize: 16, maxLength: 64, gradientCheckpointing: true}
`;

interface Plan {
  capacity: number;
  stages: {
    fits: boolean;
    mostRows: number;
    total: number;
    step: {
      bytes: { weights: number; gradients: number; moments: number; activations: number };
      collectives: Record<string, { count: number; bytes: number }>;
    };
  }[];
}

describe('openchat plan --target', () => {
  let cwd: string;
  const plan = (...args: string[]) => openchat(['plan', 'pipeline.yaml', ...args], { cwd });
  const stageOn = async (...args: string[]) => {
    // XLA writes to stderr that it finds no driver.
    const { code, stdout } = await plan(...args, '--output', 'json');
    expect(code).toBe(0);
    const [{ stages }] = jsonLines(stdout) as unknown as Plan[];
    return stages[0];
  };

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'plan-devices-'));
    writeFileSync(join(cwd, 'pipeline.yaml'), PIPELINE);
    // XLA's compiler for GPUs, 222 MiB; it is in the cache after the first time.
    const installed = await openchat(['device', 'install', 'cuda12', '--compiler-only'], { cwd });
    expect(installed.code).toBe(0);
  }, 400_000);
  afterAll(() => rmSync(cwd, { recursive: true }));

  it('says what each GPU needs: an eighth of weights, gradients and moments with zero3', async () => {
    const one = await stageOn('--target', 'h200');
    const eight = await stageOn('--target', 'h200:8', '--mesh', '{preset: zero3}');
    for (const part of ['weights', 'gradients', 'moments'] as const)
      expect([part, eight.step.bytes[part]]).toEqual([part, one.step.bytes[part] / 8]);
    expect(eight.step.bytes.moments).toBe(2 * eight.step.bytes.weights);
    expect(eight.step.bytes.activations).toBeLessThan(one.step.bytes.activations);
    const twoHosts = await stageOn('--target', 'h200:16', '--mesh', '{preset: zero3}');
    expect(twoHosts.step.bytes.weights).toBe(one.step.bytes.weights / 16);
    expect(one.step.collectives).toEqual({});
    expect(Object.keys(eight.step.collectives)).toEqual(expect.arrayContaining(['all-gather']));
    expect([one.fits, eight.fits]).toEqual([true, true]);
    expect(eight.mostRows % 8).toBe(0);
    expect(eight.mostRows).toBeGreaterThan(16);
  }, 300_000);

  it('divides by the mesh that is named, on other GPUs', async () => {
    const whole = await stageOn('--target', 'a100-80:4', '--mesh', '{preset: ddp}');
    const tensor = await stageOn('--target', 'a100-80:4', '--mesh', '{data: 2, tensor: 2}');
    expect(tensor.step.bytes.weights).toBeLessThan(0.51 * whole.step.bytes.weights);
    expect(Object.keys(whole.step.collectives)).toContain('all-reduce');
  }, 300_000);

  it('compiles attention as calls of cuDNN, which keep no scores', async () => {
    writeFileSync(join(cwd, 'bf16.yaml'), PIPELINE.replace('maxLength: 64', 'maxLength: 128, bf16: true'));
    const activations = async (flag: string) => {
      const env = { OPEN_CHATGPT_UNVERIFIED_CUDNN_ATTENTION: flag };
      const args = ['plan', 'bf16.yaml', '--target', 'h200:2', '--mesh', '{tensor: 2}', '--output', 'json'];
      const { code, stdout } = await openchat(args, { cwd, env });
      expect(code).toBe(0);
      const [{ stages }] = jsonLines(stdout) as unknown as Plan[];
      return stages[0].step.bytes.activations;
    };
    expect(await activations('1')).toBeLessThan(await activations('0'));
  }, 300_000);

  it('prints a table, and the least possible times', async () => {
    const { code, stdout } = await plan('--target', 'h100:2');
    expect(code).toBe(0);
    expect(stdout).toMatch(/small on 2 × NVIDIA H100 80GB HBM3, 79\.1 GiB each/);
    expect(stdout).toMatch(/sft +fsdp 2 +16 × 64 /);
    expect(stdout).toMatch(
      /sft: a pass takes [\d.e-]+ TFLOP on a GPU, at least [\d.e-]+ s; the GPUs exchange \d+ /,
    );
  }, 300_000);

  it.each<[string, string[], RegExp]>([
    [
      'a GPU that it does not know',
      ['--target', 'v100'],
      /--target v100: expected a100-80, h100, h200, b200/,
    ],
    ['half a host', ['--target', 'h100:12'], /expected 1 to 8 GPUs of one host, or a multiple of 8/],
    ['a mesh without GPUs', ['--mesh', '{fsdp: 2}'], /--mesh: needs --target/],
    [
      'too few GPUs for a mesh',
      ['--target', 'h100:2', '--mesh', '{fsdp: 4}'],
      /sft: mesh: data 1 × fsdp 4 × tensor 1 needs 4 devices and there are 2/,
    ],
  ])('refuses %s', async (_, args, message) => {
    const { code, stderr } = await plan(...args);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });

  it('names the command where the compiler is not installed', async () => {
    const env = { OPEN_CHATGPT_CACHE: join(cwd, 'empty') };
    const { code, stderr } = await openchat(['plan', 'pipeline.yaml', '--target', 'h200'], { cwd, env });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(
      /no XLA compiler for GPUs is installed.*openchat device install cuda1\d --compiler-only/,
    );
  });
});
