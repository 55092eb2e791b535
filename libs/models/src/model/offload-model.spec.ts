import { createRng } from '@open-chatgpt/random';
import { AdamW, type Arena, deviceBytes, Tensor } from '@open-chatgpt/runtime';
import { useDevice } from '@open-chatgpt/testing';
import { parseModelConfig } from '../config/parse-model-config';
import { compileForward } from '../execution/compile-forward';
import { compileTraining } from '../execution/compile-training';
import { residentBytes } from '../execution/resident-bytes';
import { languageModelLoss } from '../heads/language-model-loss';
import { initializeAdapters } from '../lora/adapters';
import { initializeWeights } from './initialize';
import { adaptModel, allocateBase, allocateModel, type Model, storesOf } from './model';
import { type OffloadOption, offloadModel } from './offload-model';
import { type MeshOption, shardModel } from './shard-model';

useDevice('xla:cpu:8');

const ADAMW = { adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-8, weightDecay: 0.01 };
const NEAR: OffloadOption = { offloadOptimizer: 'none', offloadParam: 'none' };
const FAR: OffloadOption = { offloadOptimizer: 'cpu', offloadParam: 'cpu' };

/** Eight devices divide each of its tensors. */
const CONFIG = parseModelConfig(
  {
    model_type: 'llama',
    vocab_size: 64,
    hidden_size: 32,
    intermediate_size: 64,
    num_hidden_layers: 2,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    max_position_embeddings: 16,
    rope_theta: 10_000,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
    hidden_act: 'silu',
    eos_token_id: 0,
  },
  'test',
);
const LORA = { r: 8, loraAlpha: 16, loraDropout: 0, targetModules: ['q_proj', 'v_proj'] };

function createModel(lora: boolean): Model {
  const rng = createRng(1);
  const weights = lora ? allocateBase(CONFIG, false) : allocateModel(CONFIG).trained;
  initializeWeights(weights, rng, CONFIG.numHiddenLayers);
  if (!lora) return { ...allocateModel(CONFIG), trained: weights };
  const model = adaptModel(CONFIG, weights, LORA);
  initializeAdapters(model.trained, rng);
  return model;
}

/** Bytes of the first device that an action frees. */
function freed(action: () => void): number {
  const [before] = deviceBytes();
  action();
  return before - deviceBytes()[0];
}

/** The most bytes of the first device that an action uses beside those that stay there: of what each program copies to it. */
async function copied(action: () => Promise<void>): Promise<number> {
  let most = 0;
  const { toHost } = Tensor.prototype;
  const spy = jest.spyOn(Tensor.prototype, 'toHost').mockImplementation(function (this: Tensor) {
    most = Math.max(most, deviceBytes()[0]);
    toHost.call(this);
  });
  await action();
  spy.mockRestore();
  return most - deviceBytes()[0];
}

/** What a plan says of the model, or of its adapter. */
const planned = (lora: boolean, mesh: MeshOption, offload: OffloadOption) =>
  residentBytes(CONFIG, [{ lora: lora ? LORA : null, scalarHead: false, trained: true }], {
    ...{ ...offload, mesh, devices: 8, base: false },
  });

function clear(arenas: readonly Arena[]): void {
  for (const arena of arenas) arena.clear();
}

describe('the bytes that a device holds between steps', () => {
  const COUNT = createModel(false).trained.all.reduce((total, { data }) => total + data.length, 0);

  it.each<[MeshOption['preset'], number, number, number]>([
    ['ddp', 1, 1, 1],
    ['zero1', 1, 1, 8],
    ['zero2', 1, 8, 8],
    ['zero3', 8, 8, 8],
  ])(
    'with %s are a part of all weights, gradients and moments: 1/%d, 1/%d, 1/%d',
    async (preset, ...parts) => {
      const model = createModel(false);
      const { groups } = model.trained;
      shardModel(model, { preset });
      const [weights, gradients, moments] = parts.map((part) => (4 * COUNT) / part);
      for (const offloadOptimizer of ['none', 'cpu'] as const) {
        offloadModel(model, { ...NEAR, offloadOptimizer });
        const optimizer = new AdamW(model.trained, ADAMW);
        const update = () => optimizer.step({ learningRate: 1e-3 });
        await update();
        const plan = planned(false, { preset }, { ...NEAR, offloadOptimizer });
        expect(plan).toMatchObject({ weights, gradients });
        if (offloadOptimizer === 'cpu') expect(await copied(update)).toBe(plan.moments);
        else expect(plan.moments).toBe(2 * moments);
        const arenas = optimizer.moments.flatMap(({ first, second }) => [first, second]);
        expect(freed(() => clear(arenas))).toBe(offloadOptimizer === 'cpu' ? 0 : 2 * moments);
      }
      expect(freed(() => clear(groups.map((group) => group.weights)))).toBe(weights);
      expect(freed(() => clear(groups.map((group) => group.gradients)))).toBe(gradients);
    },
  );
});

describe('a model whose weights and moments are in the memory of the host', () => {
  const rows = { batch: 8, length: 16 };
  const ids = BigInt64Array.from({ length: 8 * 16 }, (_, i) => BigInt((i * 7) % 64));

  const train = async (lora: boolean, mesh: MeshOption | null, offload: OffloadOption) => {
    const model = createModel(lora);
    if (mesh) shardModel(model, mesh);
    offloadModel(model, offload);
    const program = compileTraining(model, languageModelLoss, { ...rows, gradientCheckpointing: true });
    program.feed({ inputIds: ids, labels: ids, lossWeights: new Float32Array(ids.length).fill(1 / 128) });
    const optimizer = new AdamW(model.trained, ADAMW);
    for (let step = 0; step < 2; step++) {
      await program.run();
      await optimizer.step({ learningRate: 1e-3 });
    }
    return { model, loss: program.scalar('loss') };
  };

  it.each<[string, boolean, MeshOption | null]>([
    ['all weights, on the mesh zero3', false, { preset: 'zero3' }],
    ['an adapter, on one device', true, null],
  ])('trains %s to the same bytes', async (_, lora, mesh) => {
    const [near, far] = [await train(lora, mesh, NEAR), await train(lora, mesh, FAR)];
    expect(far.loss).toBe(near.loss);
    for (const { name, read } of near.model.trained.all)
      expect([name, read().every((value, i) => far.model.trained.get(name).read()[i] === value)]).toEqual([
        name,
        true,
      ]);
    const stores = storesOf(far.model);
    expect(
      freed(() => {
        for (const { tensor } of stores.flatMap((store) => store.all)) tensor.toHost();
      }),
    ).toBe(0);
  });

  it.each<[string, boolean, MeshOption]>([
    ['all weights', false, { preset: 'zero3' }],
    ['an adapter', true, { preset: 'ddp' }],
  ])('copies as many bytes to a device at a time as a plan says: %s', async (_, lora, mesh) => {
    const model = createModel(lora);
    shardModel(model, mesh);
    offloadModel(model, FAR);
    const program = compileTraining(model, languageModelLoss, { ...rows, gradientCheckpointing: true });
    program.feed({ inputIds: ids, labels: ids, lossWeights: new Float32Array(ids.length).fill(1 / 128) });
    await program.run();
    const plan = planned(lora, mesh, FAR);
    expect(await copied(() => program.run())).toBe(plan.weights);
    const all = storesOf(model).flatMap((store) => store.all);
    const bytes = (list: typeof all) =>
      list.reduce((total, { tensor }) => total + 4 * tensor.read().length, 0);
    expect(plan.host).toEqual({ weights: bytes(all), moments: 2 * bytes(model.trained.all) });
  });

  it('is evaluated block by block', async () => {
    const scores = async (offload: OffloadOption) => {
      const model = createModel(false);
      offloadModel(model, offload);
      const program = compileForward(model, ({ context, hidden }) => context.graph.output('h', hidden), rows);
      program.feed({ inputIds: ids });
      await program.run();
      return program.outputs.h.floats;
    };
    const [near, far] = [await scores(NEAR), await scores(FAR)];
    far.forEach((value, i) => {
      expect(value).toBeCloseTo(near[i], 5);
    });
  });
});
