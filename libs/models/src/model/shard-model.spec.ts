import { join } from 'node:path';
import { elementCount } from '@open-chatgpt/autodiff';
import { AdamW, blockSizes } from '@open-chatgpt/runtime';
import { readGolden, useDevice } from '@open-chatgpt/testing';
import { compileTraining } from '../execution/compile-training';
import { languageModelLoss } from '../heads/language-model-loss';
import { GOLDEN, goldenAdaptedModel, goldenModel } from '../testing/golden-model';
import { ADAMW, checkTenSteps } from '../testing/ten-steps';
import { checkDevices, type MeshOption, shardModel } from './shard-model';

useDevice('xla:cpu:4');

const CASES = [
  { name: 'llama-gqa-tied', gradientCheckpointing: false },
  { name: 'llama-gqa-tied', gradientCheckpointing: true },
  { name: 'llama-lora', gradientCheckpointing: false },
];
const meshes: MeshOption[] = [
  { preset: 'ddp' },
  { preset: 'zero1' },
  { preset: 'zero2' },
  { preset: 'zero3' },
  { data: 2, tensor: 2 },
  { fsdp: 2, tensor: 2 },
];

describe.each(meshes)('a model on the mesh %j', (mesh) => {
  it.each(CASES)(
    'has the gradients and ten AdamW steps of PyTorch: $name, gradientCheckpointing $gradientCheckpointing',
    async ({ name, gradientCheckpointing }) => {
      const lora = name === 'llama-lora';
      const model = await (lora ? goldenAdaptedModel(name) : goldenModel(name));
      shardModel(model, mesh);
      const prefix = lora ? 'base_model.model.' : '';
      const golden = readGolden(join(GOLDEN, name));
      await checkTenSteps(model, golden, { packed: false, prefix, gradientCheckpointing });
    },
  );
});

it.each<MeshOption>([{ preset: 'zero3' }, { data: 2, tensor: 2 }])(
  'the mesh %j gives the same bytes twice',
  async (mesh) => {
    const train = async () => {
      const model = await goldenModel('llama-gqa-tied');
      shardModel(model, mesh);
      const program = compileTraining(model, languageModelLoss, { batch: 4, length: 8 });
      const tokens = { length: 32 };
      program.feed({
        inputIds: BigInt64Array.from(tokens, (_, i) => BigInt((7 * i) % 29)),
        labels: BigInt64Array.from(tokens, (_, i) => BigInt((5 * i) % 29)),
        lossWeights: new Float32Array(32).fill(1 / 32),
      });
      const optimizer = new AdamW(model.trained, ADAMW);
      for (let step = 0; step < 3; step++) {
        await program.run();
        await optimizer.step({ learningRate: 0.01, gradientScale: 1 });
      }
      return model.trained.all.map(({ data }) => data.slice());
    };
    expect(await train()).toEqual(await train());
  },
);

describe('shardModel', () => {
  it('divides weights, gradients and moments by the number of devices', async () => {
    const model = await goldenModel('llama-gqa-tied');
    shardModel(model, { preset: 'zero3' });
    for (const { tensor } of model.trained.all) {
      const whole = elementCount(tensor.shape);
      expect(elementCount(blockSizes(tensor.shape, tensor.sharding!))).toBe(whole / 4);
    }
  });

  it.each<[MeshOption, string]>([
    [
      { data: 8 },
      'sft.mesh: data 8 × fsdp 1 × tensor 1 needs 8 devices and there are 4; set OPEN_CHATGPT_DEVICE, such as xla:cpu:8, or a smaller mesh',
    ],
    [
      { fsdp: 2, tensor: 4 },
      'sft.mesh: data 1 × fsdp 2 × tensor 4 needs 8 devices and there are 4; set OPEN_CHATGPT_DEVICE, such as xla:cpu:8, or a smaller mesh',
    ],
  ])('refuses the mesh %j before anything is loaded', (mesh, message) => {
    expect(() => checkDevices('sft', { mesh })).toThrow(new Error(message));
  });

  it.each([
    [
      'cpu',
      { offloadOptimizer: 'cpu' },
      'sft.offloadOptimizer: needs a device of XLA; set OPEN_CHATGPT_DEVICE, such as xla:cpu or cuda, or leave offloadOptimizer out',
    ],
    [
      'xla:cpu:4',
      { offloadParam: 'cpu', gradientCheckpointing: false },
      'sft.offloadParam: the weights come to the device one layer at a time, as gradientCheckpointing computes; set ' +
        'gradientCheckpointing: true, or leave offloadParam out',
    ],
  ] as const)('refuses on %s the settings %j', (device, settings, message) => {
    process.env.OPEN_CHATGPT_DEVICE = device;
    expect(() => checkDevices('sft', { mesh: null, ...settings })).toThrow(new Error(message));
  });

  it('refuses a mesh that does not divide the heads', async () => {
    const model = await goldenModel('gpt2');
    expect(() => shardModel(model, { tensor: 2 })).toThrow(
      'mesh: tensor 2 does not divide the 3 heads and 3 key heads of the model',
    );
  });
});
