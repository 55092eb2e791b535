import { parseModelConfig } from '@open-chatgpt/models';
import { changeThatFits } from './change-that-fits';
import { limitsOf } from './limits';
import { measure, type StepCompiler } from './measure';
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
};
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
    const fewer = { ...zero3, rows: 8 };
    expect(change(zero3, needs(fewer))).toEqual(['perDeviceTrainBatchSize: 8']);
  });

  it('combines settings where one does not suffice, then adds GPUs', () => {
    const both = { ...shape, gradientCheckpointing: true, mesh: { preset: 'zero3' as const } };
    expect(change(shape, needs(both))).toEqual(['gradientCheckpointing: true', 'mesh: {preset: zero3}']);
    const least = { ...both, rows: 8 };
    expect(change(least, needs(least) - 1)).toEqual(['lora: {}']);
    const lora = { r: 8, loraAlpha: 16, loraDropout: 0, targetModules: ['q_proj', 'v_proj'] };
    const adapter = { ...least, models: [{ ...policy, lora }] };
    expect(change(adapter, needs(adapter) - 1)?.[0]).toBe('16 GPUs');
  });

  it('finds nothing where no number of GPUs suffices', () => {
    expect(change(shape, 1000)).toBeUndefined();
  });
});

describe('limitsOf', () => {
  const bytes = { weights: 1000, gradients: 1000, moments: 2000 };
  const limits = (capacity: number) => limitsOf(shape, bytes, { tokenBytes, parts: 8, capacity });

  it('says the most rows, a multiple of the parts, and the longest row', () => {
    const capacity = 4000 + 50 * 32 * BYTES_PER_TOKEN;
    expect(limits(capacity).whole).toEqual({ rows: 48, length: 64 });
    expect(limits(capacity).checkpointing).toEqual({ rows: 200, length: 64 });
    expect(limits(4000 + 16 * 20 * BYTES_PER_TOKEN).whole).toEqual({ rows: 8, length: 20 });
  });

  it('says 0 where the weights alone do not fit', () => {
    expect(limits(3000).whole).toEqual({ rows: 0, length: 0 });
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
