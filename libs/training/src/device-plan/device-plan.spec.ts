import { parseModelConfig } from '@open-chatgpt/models';
import { changeThatFits } from './change-that-fits';
import { limitsOf } from './limits';
import { measure, residentOf, type StepCompiler } from './measure';
import { meshCandidates, meshDevices } from './meshes';
import { bestMesh, rankMeshes } from './rank-meshes';
import type { StageShape } from './stage-shape';

const config = parseModelConfig(
  {
    ...{
      model_type: 'llama',
      vocab_size: 512,
      hidden_size: 128,
      intermediate_size: 256,
      num_hidden_layers: 4,
    },
    ...{ num_attention_heads: 8, num_key_value_heads: 4, max_position_embeddings: 64 },
  },
  'config.json',
);
const policy = { lora: null, scalarHead: false, trained: true };
const shape: StageShape = {
  ...{ config, models: [policy], base: false, mesh: { preset: 'ddp' }, devices: 8 },
  ...{ rows: 16, rowsPerExample: 1, length: 32, gradientCheckpointing: false, bf16: false },
  ...{ answers: false, offloadOptimizer: 'none', offloadParam: 'none' },
};
const FAR = { offloadOptimizer: 'cpu', offloadParam: 'cpu' } as const;
const BYTES_PER_TOKEN = 1000;
const tokenBytes = { checkpointing: BYTES_PER_TOKEN / 4, whole: BYTES_PER_TOKEN };

/** Activations by the tokens of a device; collectives take a second for each part of `tensor`. */
function compilerOf(): StepCompiler & { compiled: number } {
  const compiler = {
    compiled: 0,
    step: ({ pass, mesh, devices }: Parameters<StepCompiler['step']>[0]) => {
      compiler.compiled++;
      const axes = meshDevices({ mesh, devices });
      const perToken = tokenBytes[pass.gradientCheckpointing ? 'checkpointing' : 'whole'];
      return {
        mesh: axes,
        activations: (8 * pass.batch * pass.length * perToken) / (axes.data * axes.fsdp),
        collectives: {},
        flops: 0,
        seconds: { products: 1, collectives: axes.tensor },
      };
    },
  };
  return compiler;
}

const change = (of: StageShape, capacity: number) =>
  changeThatFits(of, { tokenBytes, capacity, compiler: compilerOf() })?.settings;
const needs = (of: StageShape) => measure(compilerOf(), of).total;

describe('changeThatFits', () => {
  it('names the one setting that suffices', () => {
    const checkpointing = { ...shape, gradientCheckpointing: true };
    expect(change(shape, needs(checkpointing))).toEqual(['gradientCheckpointing: true']);
    const zero3 = { ...checkpointing, mesh: { preset: 'zero3' as const } };
    expect(change(checkpointing, needs(zero3))).toEqual(['mesh: {preset: zero3}']);
    const far = { ...zero3, ...FAR };
    const fewer = { ...far, rows: 8 };
    expect(change(far, needs(fewer))).toEqual(['perDeviceTrainBatchSize: 8']);
  });

  it('combines settings where one does not suffice, then adds GPUs', () => {
    const both = { ...shape, gradientCheckpointing: true, mesh: { preset: 'zero3' as const } };
    expect(change(shape, needs(both))).toEqual(['gradientCheckpointing: true', 'mesh: {preset: zero3}']);
    const least = { ...both, ...FAR, rows: 8 };
    expect(change(least, needs(least) - 1)).toEqual(['lora: {}']);
    const lora = { r: 8, loraAlpha: 16, loraDropout: 0, targetModules: ['q_proj', 'v_proj'] };
    const adapter = { ...least, models: [{ ...policy, lora }] };
    expect(change(adapter, needs(adapter) - 1)?.[0]).toBe('16 GPUs');
  });

  it('moves moments, then weights to the host before it learns from other rows, and says how much', () => {
    const near: StageShape = { ...shape, gradientCheckpointing: true, mesh: { preset: 'zero3' } };
    const search = (of: StageShape, capacity: number) =>
      changeThatFits(of, { tokenBytes, capacity, compiler: compilerOf() });
    const moments: StageShape = { ...near, offloadOptimizer: 'cpu' };
    const both: StageShape = { ...near, ...FAR };
    const { weights } = residentOf(shape);
    expect(search(near, needs(moments))).toEqual({
      ...{ settings: ['offloadOptimizer: cpu'], total: needs(moments) },
      host: { weights: 0, moments: 2 * weights },
    });
    expect(search(moments, needs(both))).toMatchObject({
      settings: ['offloadParam: cpu'],
      host: { weights, moments: 2 * weights },
    });
    expect(change(shape, needs(both))).toEqual([
      ...['gradientCheckpointing: true', 'mesh: {preset: zero3}'],
      ...['offloadOptimizer: cpu', 'offloadParam: cpu'],
    ]);
  });

  it('finds nothing where no number of GPUs suffices', () => {
    expect(change(shape, 1000)).toBeUndefined();
  });
});

describe('limitsOf', () => {
  const { weights, gradients, moments } = residentOf(shape);
  const resident = weights + gradients + moments;
  const limits = (free: number, of = shape) =>
    limitsOf(of, { tokenBytes, parts: 8, capacity: resident + free });

  it('says the most rows, a multiple of the parts, and the longest row', () => {
    const free = 50 * 32 * BYTES_PER_TOKEN;
    expect(limits(free).whole).toEqual({ rows: 48, length: 64 });
    expect(limits(free).checkpointing).toEqual({ rows: 200, length: 64 });
    expect(limits(16 * 20 * BYTES_PER_TOKEN).whole).toEqual({ rows: 8, length: 20 });
  });

  it('says 0 where the weights alone do not fit', () => {
    expect(limits(-1000).whole).toEqual({ rows: 0, length: 0 });
  });

  it('counts all weights where the stage would not compute one block at a time', () => {
    const far: StageShape = { ...shape, gradientCheckpointing: true, offloadParam: 'cpu' };
    expect(limits(0, far).whole.rows).toBe(0);
    expect(limits(0, far).checkpointing.rows).toBeGreaterThan(0);
  });
});

describe('meshes', () => {
  it('tries those that divide the heads and the rows', () => {
    const meshes = meshCandidates(shape, 1e12);
    expect(meshes.every(({ mesh }) => mesh.data * mesh.fsdp * mesh.tensor === 8)).toBe(true);
    // 4 key heads.
    expect(new Set(meshes.map(({ mesh }) => mesh.tensor))).toEqual(new Set([1, 2, 4]));
    const odd = meshCandidates({ ...shape, rows: 4 }, 1e12);
    expect(odd.find(({ mesh }) => mesh.tensor === 1)?.skipped).toBe('8 does not divide 4 rows');
    expect(odd.find(({ mesh }) => mesh.tensor === 2)?.skipped).toBeNull();
  });

  it('ranks those that fit first, then by time, and does not compile what cannot fit', () => {
    const zero3 = { ...shape, mesh: { data: 1, fsdp: 8, tensor: 1 } };
    const capacity = needs(zero3);
    const compiler = compilerOf();
    const ranking = rankMeshes(shape, { compiler, capacity, budget: 1e6 });
    expect(bestMesh(ranking)).toEqual(zero3.mesh);
    const compiled = ranking.filter(({ total }) => total !== null);
    expect(compiler.compiled).toBe(compiled.length);
    expect(compiled.length).toBeLessThan(ranking.length);
    const order = compiled.map(({ fits, seconds }) => Number(!fits) * 100 + seconds!);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it('says which meshes the time did not suffice for', () => {
    const ranking = rankMeshes(shape, { compiler: compilerOf(), capacity: 1e12, budget: -1 });
    expect(new Set(ranking.map(({ skipped }) => skipped))).toEqual(new Set(['-1 s of compiling were over']));
    expect(bestMesh(ranking)).toEqual({ preset: 'zero3' });
  });
});

it('counts all weights of the policy for answers, which one program generates', () => {
  const far: StageShape = { ...shape, ...FAR, rows: 1, gradientCheckpointing: true, length: 1 };
  const { weights } = residentOf(shape);
  const { total, bytes } = measure(compilerOf(), { ...far, answers: true });
  expect(total).toBe(weights + bytes.gradients + bytes.moments);
  expect(needs(far)).toBe(bytes.weights + bytes.gradients + bytes.moments + bytes.activations);
  expect(needs(far)).toBeLessThan(total);
});

it('sums the models of a stage; adapters share one base', () => {
  const value = { lora: null, scalarHead: true, trained: true };
  const weights = (models: StageShape['models'], base: boolean) =>
    measure(compilerOf(), { ...shape, models, base }).bytes.weights;
  const one = weights([policy], false);
  expect(weights([policy], true)).toBe(2 * one);
  expect(weights([policy, { ...value, trained: false }], true)).toBeGreaterThan(2.5 * one);
  const lora = { r: 1, loraAlpha: 1, loraDropout: 0, targetModules: ['q_proj'] };
  const adapters = [policy, value, { ...value, trained: false }].map((model) => ({ ...model, lora }));
  expect(weights(adapters, true)).toBeLessThan(1.1 * one);
});
