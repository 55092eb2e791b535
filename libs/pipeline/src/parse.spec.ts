import { formatPipeline, parsePipeline } from '.';

const minimal = `name: tiny
model: { path: ./model }
sft:
  dataset: { path: data/alpaca.json }
`;

const full = `
name: tiny
seed: 7
model:
  scratch: { hiddenSize: 64, numAttentionHeads: 4 }
template: chatml
sft:
  preset: llama-13b
  dataset: { path: data/sft.jsonl, adapter: alpaca, evalFraction: 0.1, limit: 100 }
  numTrainEpochs: 2
reward:
  dataset: { path: /abs/pairs.jsonl }
  seed: 9
ppo:
  prompts: { path: 'builtin:tasks' }
  totalEpisodes: 100
  rolloutBatchSize: 32
  perDeviceTrainBatchSize: 4
  numMiniBatches: 2
  ptxCoef: 0.5
`;

describe('a pipeline file', () => {
  it('fills in defaults and takes relative paths from its own folder', () => {
    const pipeline = parsePipeline(minimal, '/etc/runs/tiny.yaml');
    expect(pipeline.model).toEqual({ path: '/etc/runs/model' });
    expect(pipeline.sft).toMatchObject({
      dataset: { path: '/etc/runs/data/alpaca.json', evalFraction: 0.05, limit: null },
      numTrainEpochs: 3,
      learningRate: 2e-5,
      lora: null,
      seed: 42,
    });
    expect(pipeline.ppo).toBeUndefined();
  });

  it('lays presets and the seed under what a stage says itself', () => {
    const { sft, reward, ppo } = parsePipeline(full, '/w/p.yaml');
    expect(sft).toMatchObject({
      learningRate: 1e-5,
      numTrainEpochs: 2,
      perDeviceTrainBatchSize: 4,
      gradientAccumulationSteps: 32,
      maxLength: 512,
      weightDecay: 0,
      warmupRatio: 0.03,
      lrSchedulerType: 'cosine',
      saveSteps: 2000,
      saveTotalLimit: 5,
      seed: 7,
    });
    expect(reward).toMatchObject({ seed: 9, dataset: { path: '/abs/pairs.jsonl' } });
    expect(ppo).toMatchObject({
      seed: 7,
      prompts: { path: 'builtin:tasks' },
      iterations: 4,
      totalEpisodes: 128,
      gradientAccumulationSteps: 4,
      valueLearningRate: 3e-6,
    });
  });

  it('reads the resolved pipeline back to the same value from anywhere', () => {
    const resolved = parsePipeline(full, '/w/p.yaml');
    expect(parsePipeline(formatPipeline(resolved), '/elsewhere/config.yaml')).toEqual(resolved);
  });

  const bad: [string, string, string[]][] = [
    ['nothing', '', ['p.yaml: the file is empty']],
    ['a list', '- 1', ['p.yaml:1:1: expected a mapping of fields; found a list']],
    ['broken YAML', 'name: [a', ['p.yaml:1:9: ']],
    ['a repeated field', `${minimal}name: again\n`, ['p.yaml:5:1: Map keys must be unique']],
    ['no stage', 'name: a\nmodel: {path: m}', ['nothing to do: expected at least one of sft, reward, ppo']],
    [
      'a misspelled field',
      `${minimal}  learningrat: 1\n`,
      ['p.yaml:5:3: sft.learningrat: unknown field "learningrat"; did you mean "learningRate"?'],
    ],
    [
      'a Python name',
      `${minimal}  per_device_train_batch_size: 4\n`,
      ['p.yaml:5:3: ', 'did you mean "perDeviceTrainBatchSize"?'],
    ],
    ['a strange field', `zzz: 1\n${minimal}`, ['p.yaml:1:1: zzz: unknown field "zzz"; known fields: name, ']],
    [
      'a value out of bounds',
      `${minimal}  learningRate: -1\n`,
      ['p.yaml:5:17: sft.learningRate: expected at least 0; found -1'],
    ],
    [
      'text for a number',
      `${minimal}  maxLength: long\n`,
      ['p.yaml:5:14: sft.maxLength: expected a number; found "long"'],
    ],
    ['a fraction', `${minimal}  evalSteps: 1.5\n`, ['expected a whole number; found 1.5']],
    ['infinity', `${minimal}  weightDecay: .inf\n`, ['expected a number; found Infinity']],
    ['zero steps', `${minimal}  maxSteps: 0\n`, ['p.yaml:5:13: sft.maxSteps: expected -1', 'found 0']],
    [
      'an unknown schedule',
      `${minimal}  lrSchedulerType: cos\n`,
      ['sft.lrSchedulerType: expected one of cosine, linear, constant; found "cos"'],
    ],
    [
      'an unknown preset',
      `${minimal}  preset: llama-8b\n`,
      ['expected one of llama-7b, llama-13b; found "llama-8b"'],
    ],
    [
      'a missing dataset',
      'name: a\nmodel: {path: m}\nsft:\n  seed: 1\n',
      ['p.yaml:3:1: sft.dataset: missing; expected a mapping of fields'],
    ],
    [
      'a missing name',
      'model: {path: m}\nsft: {dataset: {path: d}}',
      ['name: missing; expected text in quotes'],
    ],
    [
      'a name that leaves the folder',
      minimal.replace('tiny', '../x'),
      ['p.yaml:1:7: name: expected letters, digits'],
    ],
    [
      'two models',
      minimal.replace('{ path: ./model }', '{ path: m, scratch: {} }'),
      ['p.yaml:2:1: model: expected exactly one of "path"'],
    ],
    [
      'a home folder',
      minimal.replace('./model', '~/model'),
      ['p.yaml:2:16: model.path: "~" and "$NAME" are not expanded'],
    ],
    [
      'an environment variable',
      minimal.replace('data/', '$DATA/'),
      ['sft.dataset.path: "~" and "$NAME" are not'],
    ],
    [
      'heads that do not divide',
      minimal.replace('{ path: ./model }', '{ scratch: { hiddenSize: 100, numAttentionHeads: 3 } }'),
      ['model.scratch.hiddenSize: expected an even multiple of numAttentionHeads (3); found 100'],
    ],
    [
      'PPO without a reward model',
      'name: a\nmodel: {path: m}\nppo: {prompts: {path: p}}',
      ['p.yaml:3:1: ppo: needs a reward model'],
    ],
    [
      'mini-batches that do not divide',
      'name: a\nmodel: {path: m}\nppo: {prompts: {path: p}, rewardModel: r, rolloutBatchSize: 10, numMiniBatches: 3}',
      ['ppo.numMiniBatches: expected a divisor of rolloutBatchSize (10); found 3'],
    ],
    [
      'PTX without SFT data',
      'name: a\nmodel: {path: m}\nppo: {prompts: {path: p}, rewardModel: r, ptxCoef: 1}',
      ['ppo.ptxCoef: mixes in the SFT loss'],
    ],
  ];
  it.each(bad)('with %s is refused with a place and a remedy', (_, text, expected) => {
    let message = '';
    try {
      parsePipeline(text, 'p.yaml');
    } catch (error) {
      message = (error as Error).message;
    }
    for (const part of expected) expect(message).toContain(part);
    expect(message.split('\n').every((line) => line.startsWith('p.yaml'))).toBe(true);
  });

  it('reports every problem at once, in the order of the file', () => {
    const text = `${minimal}  seed: -4\n  packing: 3\n  nonsense_field: 1\n`;
    expect(() => parsePipeline(text, 'p.yaml')).toThrow(/p\.yaml:5:.*\np\.yaml:6:.*\np\.yaml:7:/);
  });

  it('refuses aliases that multiply without end', () => {
    const rows = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`);
    expect(() => parsePipeline(`a0: &a0 [x]\n${rows.join('\n')}`, 'p.yaml')).toThrow(/p\.yaml: .*alias/i);
  });
});
