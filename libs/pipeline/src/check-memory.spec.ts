import { checkMemory } from './check-memory';
import { parsePipeline } from './parse-pipeline';

const GIBIBYTE = 2 ** 30;
const dataset = { path: 'builtin:tasks' };

function check(model: object, settings: object, available = 16 * GIBIBYTE, uses = 'sft'): void {
  const data = uses === 'sft' ? { dataset } : { prompts: dataset };
  const stages = [
    { uses: 'reward', with: { dataset } },
    { uses, with: { ...data, ...settings } },
  ];
  const pipeline = parsePipeline(JSON.stringify({ name: 'p', model, stages }), 'p.json');
  checkMemory(pipeline, [pipeline.stages[1]], available);
}

describe('checkMemory', () => {
  it('accepts what fits if the rows are short', () => {
    expect(() => check({ scratch: {} }, {})).not.toThrow();
    expect(() => check({ path: 'builtin:smollm2-135m-instruct' }, { maxLength: 2048 })).not.toThrow();
    expect(() => check({ scratch: {} }, {}, 16 * GIBIBYTE, 'ppo')).not.toThrow();
  });

  it('does not know the size of a model that only its files say', () => {
    expect(() => check({ path: '/some/model' }, { perDeviceTrainBatchSize: 65_536 })).not.toThrow();
  });

  it.each<[string, object, object, string, RegExp]>([
    [
      'a wide model',
      { scratch: { hiddenSize: 65_536, numHiddenLayers: 1024 } },
      {},
      'sft',
      /^model(, sft\.lora)?: the stage "sft" needs at least \d+ GiB of memory, \d+ GiB of it for (weights|gradients|moments|activations)/,
    ],
    [
      'a large batch',
      { path: 'builtin:smollm2-135m-instruct' },
      { perDeviceTrainBatchSize: 65_536 },
      'sft',
      /^model, sft\.perDeviceTrainBatchSize: .* for activations; there are 16 GiB/,
    ],
    [
      'many responses at a time',
      { path: 'builtin:smollm2-135m-instruct' },
      { rolloutBatchSize: 65_536, localRolloutForwardBatchSize: 65_536, numMiniBatches: 8192 },
      'ppo',
      /^model, ppo\.localRolloutForwardBatchSize: .* for cache/,
    ],
  ])('refuses %s and names the fields', (_, model, settings, uses, message) => {
    expect(() => check(model, settings, 16 * GIBIBYTE, uses)).toThrow(message);
  });

  it('names the process where it is larger than the limit of its container', () => {
    expect(() => check({ scratch: {} }, {}, 128 * 2 ** 20)).toThrow(
      /^sft: the stage "sft" needs at least \d+ MiB of memory, \d+ MiB of it for the program itself; there are 128 MiB/,
    );
  });
});
