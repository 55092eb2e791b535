import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  algorithmNames,
  formatPipeline,
  type PipelineConfig,
  parsePipeline,
  pipelineJsonSchema,
  pipelineOf,
} from '.';

const minimal = `name: tiny
model: { path: ./model }
stages:
  - uses: sft
    with:
      dataset: { path: data/alpaca.json }
`;

/** Settings beside the dataset, from line 7 on. */
const withSettings = (...lines: string[]) => `${minimal}${lines.map((line) => `      ${line}\n`).join('')}`;
const stages = (text: string) => `name: a\nmodel: {path: m}\nstages: ${text}`;
const settingsOf = ({ stages }: PipelineConfig) =>
  Object.fromEntries(stages.map((stage) => [stage.name, stage.with]));

const full = `
name: tiny
seed: 7
model:
  scratch: { hiddenSize: 64, numAttentionHeads: 4 }
template: chatml
stages:
  - uses: sft
    with:
      preset: llama-13b
      dataset: { path: data/sft.jsonl, adapter: alpaca, columns: { prompt: Die Frage }, evalFraction: 0.1, limit: 100 }
      numTrainEpochs: 2
  - uses: reward
    with:
      dataset: { path: /abs/pairs.jsonl }
      seed: 9
  - uses: ppo
    with:
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
    expect(pipeline.stages).toHaveLength(1);
    expect(pipeline.stages[0]).toMatchObject({ name: 'sft', uses: 'sft', models: {} });
    expect(pipeline.stages[0].with).toMatchObject({
      dataset: { path: '/etc/runs/data/alpaca.json', evalFraction: 0.05, limit: null },
      numTrainEpochs: 3,
      learningRate: 2e-5,
      lora: null,
      seed: 42,
    });
  });

  it('lays presets and the seed under what a stage says itself', () => {
    const { sft, reward, ppo } = settingsOf(parsePipeline(full, '/w/p.yaml'));
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

  it('gives each stage the newest models and instructions that earlier stages provide', () => {
    const { stages } = parsePipeline(full, '/w/p.yaml');
    expect(stages.map(({ models }) => models)).toEqual([
      {},
      { base: 'stage:sft' },
      { base: 'stage:sft', rewardModel: 'stage:reward' },
    ]);
    expect(settingsOf(parsePipeline(full, '/w/p.yaml')).ppo).toMatchObject({
      ptxDataset: { path: '/w/data/sft.jsonl', limit: 100 },
    });
  });

  it('lets the same algorithm come twice, each from the models that it names', () => {
    const text = `name: a
model: { path: m }
stages:
  - uses: sft
    with: { dataset: { path: one.jsonl } }
  - name: sft-two
    uses: sft
    models: { base: other }
    with: { dataset: { path: two.jsonl } }
  - uses: reward
    models: { base: 'stage:sft' }
    with: { dataset: { path: pairs.jsonl } }
`;
    expect(parsePipeline(text, '/w/p.yaml').stages.map(({ name, models }) => [name, models])).toEqual([
      ['sft', {}],
      ['sft-two', { base: '/w/other' }],
      ['reward', { base: 'stage:sft' }],
    ]);
  });

  const bad: [string, string, string[]][] = [
    ['nothing', '', ['p.yaml: the file is empty']],
    ['a list', '- 1', ['p.yaml:1:1: expected a mapping of fields; found a list']],
    ['broken YAML', 'name: [a', ['p.yaml:1:9: ']],
    ['a repeated field', `${minimal}name: again\n`, ['p.yaml:7:1: Map keys must be unique']],
    ['a field __proto__', `${minimal}__proto__: {x: 1}\n`, ['p.yaml: unknown field "__proto__"']],
    ['lists in lists', '- '.repeat(2000), ['p.yaml:1:132: is nested too deeply']],
    [
      'thousands of unknown fields',
      Array.from({ length: 3000 }, (_, i) => `x${i}: 1\n`).join(''),
      ['p.yaml:1:1: x0: unknown field "x0"', 'p.yaml: and 2983 more problems'],
    ],
    ['no stages', 'name: a\nmodel: {path: m}', ['p.yaml:1:1: stages: missing; expected a list']],
    ['an empty list of stages', stages('[]'), ['p.yaml:3:1: stages: expected at least 1 item']],
    [
      'a stage that uses nothing',
      stages('[{with: {}}]'),
      ['p.yaml:3:10: stages.0.uses: missing; expected one of sft, '],
    ],
    [
      'a misspelled algorithm',
      stages('[{uses: sfd}]'),
      ['p.yaml:3:17: sfd.uses: expected one of sft, ', 'found "sfd"; did you mean "sft"?'],
    ],
    [
      'the keys of an earlier format',
      'name: a\nmodel: {path: m}\nsft: {dataset: {path: d}}',
      ['p.yaml:3:1: sft: unknown field "sft"'],
    ],
    [
      'two stages of one name',
      stages('[{uses: sft, with: {dataset: {path: d}}}, {uses: sft, with: {dataset: {path: e}}}]'),
      ['sft.name: another stage has the name "sft"; give each its own with "name"'],
    ],
    [
      'a stage with the name of a field',
      stages('[{uses: sft, name: seed, with: {dataset: {path: d}}}]'),
      ['p.yaml:3:28: seed.name: "seed" is a field of the pipeline; give the stage another name'],
    ],
    [
      'a stage whose name is no label',
      stages('[{uses: sft, name: My Stage, with: {dataset: {path: d}}}]'),
      ['expected lower-case letters, digits and "-"', 'found "My Stage"'],
    ],
    [
      'a model of a stage that comes later',
      stages("[{uses: sft, models: {base: 'stage:x'}, with: {dataset: {path: d}}}]"),
      ['sft.models.base: there is no earlier stage "x"; the stages before this one: none'],
    ],
    [
      'a model of the wrong kind',
      stages(
        "[{uses: sft, with: {dataset: {path: d}}}, {uses: ppo, models: {rewardModel: 'stage:sft'}, with: {prompts: {path: p}}}]",
      ),
      ['ppo.models.rewardModel: expected a stage that makes a reward model; "sft" makes a language model'],
    ],
    [
      'a model that the algorithm does not take',
      stages('[{uses: sft, models: {rewardModel: r}, with: {dataset: {path: d}}}]'),
      ['sft.models.rewardModel: unknown field "rewardModel"'],
    ],
    [
      'a misspelled setting',
      withSettings('learningrat: 1'),
      ['p.yaml:7:7: sft.learningrat: unknown field "learningrat"; did you mean "learningRate"?'],
    ],
    [
      'a Python name',
      withSettings('per_device_train_batch_size: 4'),
      ['p.yaml:7:7: ', 'did you mean "perDeviceTrainBatchSize"?'],
    ],
    ['a strange field', `zzz: 1\n${minimal}`, ['p.yaml:1:1: zzz: unknown field "zzz"; known fields: name, ']],
    [
      'a value out of bounds',
      withSettings('learningRate: -1'),
      ['p.yaml:7:21: sft.learningRate: expected at least 0; found -1'],
    ],
    [
      'text for a number',
      withSettings('maxLength: long'),
      ['p.yaml:7:18: sft.maxLength: expected a number; found "long"'],
    ],
    ['a fraction', withSettings('evalSteps: 1.5'), ['expected a whole number; found 1.5']],
    ['infinity', withSettings('weightDecay: .inf'), ['expected a number; found Infinity']],
    ['zero steps', withSettings('maxSteps: 0'), ['p.yaml:7:17: sft.maxSteps: expected -1', 'found 0']],
    [
      'an unknown schedule',
      withSettings('lrSchedulerType: cos'),
      ['sft.lrSchedulerType: expected one of cosine, linear, constant; found "cos"'],
    ],
    [
      'an unknown preset',
      withSettings('preset: llama-8b'),
      ['expected one of llama-7b, llama-13b; found "llama-8b"'],
    ],
    [
      'a missing dataset',
      stages('[{uses: sft, with: {seed: 1}}]'),
      ['p.yaml:3:22: sft.dataset: missing; expected a mapping of fields'],
    ],
    [
      'a missing name',
      'model: {path: m}\nstages: [{uses: sft, with: {dataset: {path: d}}}]',
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
      'a model of a hundred million layers',
      minimal.replace('{ path: ./model }', '{ scratch: { numHiddenLayers: 100000000 } }'),
      ['model.scratch.numHiddenLayers: '],
    ],
    [
      'a vocabulary of a billion tokens',
      minimal.replace('{ path: ./model }', '{ scratch: { vocabSize: 1000000000 } }'),
      ['model.scratch.vocabSize: '],
    ],
    [
      'a width of a million',
      minimal.replace('{ path: ./model }', '{ scratch: { hiddenSize: 1000000 } }'),
      ['model.scratch.hiddenSize: '],
    ],
    [
      'heads that do not divide',
      minimal.replace('{ path: ./model }', '{ scratch: { hiddenSize: 100, numAttentionHeads: 3 } }'),
      ['model.scratch.hiddenSize: expected an even multiple of numAttentionHeads (3); found 100'],
    ],
    [
      'PPO without a reward model',
      stages('[{uses: ppo, with: {prompts: {path: p}}}]'),
      ['p.yaml:3:10: ppo: needs a reward model: add a stage before it that makes one'],
    ],
    [
      'mini-batches that do not divide',
      stages(
        '[{uses: ppo, models: {rewardModel: r}, with: {prompts: {path: p}, rolloutBatchSize: 10, numMiniBatches: 3}}]',
      ),
      ['ppo.numMiniBatches: expected a divisor of rolloutBatchSize (10); found 3'],
    ],
    [
      'PTX without instructions',
      stages('[{uses: ppo, models: {rewardModel: r}, with: {prompts: {path: p}, ptxCoef: 1}}]'),
      ['ppo.ptxDataset: missing; name a dataset of instructions'],
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
    const text = withSettings('seed: -4', 'packing: 3', 'nonsense_field: 1');
    expect(() => parsePipeline(text, 'p.yaml')).toThrow(/p\.yaml:7:.*\np\.yaml:8:.*\np\.yaml:9:/);
  });

  it('refuses aliases that multiply without end', () => {
    const rows = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`);
    expect(() => parsePipeline(`a0: &a0 [x]\n${rows.join('\n')}`, 'p.yaml')).toThrow(/p\.yaml: .*alias/i);
  });
});

describe('the JSON Schema of a pipeline file', () => {
  it('is the one in docs, for editors', () => {
    const committed = readFileSync(join(__dirname, '../../../docs/pipeline.schema.json'), 'utf8');
    const same = isDeepStrictEqual(JSON.parse(committed), JSON.parse(JSON.stringify(pipelineJsonSchema())));
    const remedy = 'npx tsc -b libs/pipeline && node libs/pipeline/tools/publish-schema.mjs';
    expect(same ? 'up to date' : `out of date; run: ${remedy}`).toBe('up to date');
  });

  it('names every algorithm, and lets a stage go without a name', () => {
    const { properties } = pipelineJsonSchema() as {
      properties: {
        stages: { items: { oneOf: { properties: { uses: { const: string } }; required: string[] }[] } };
      };
    };
    const options = properties.stages.items.oneOf;
    expect(options.map((option) => option.properties.uses.const)).toEqual([...algorithmNames]);
    expect(options.filter(({ required }) => required.includes('name'))).toEqual([]);
  });
});

describe('pipelineOf', () => {
  const fields = {
    name: 'tiny',
    model: { path: '/m' },
    stages: [{ uses: 'sft', with: { dataset: { path: 'builtin:tasks' } } }],
  };

  it('fills in the fields of a value as those of a file', () => {
    expect(pipelineOf(fields, 'spec')).toEqual(parsePipeline(JSON.stringify(fields), 'spec'));
  });

  it.each<[string, unknown, string]>([
    ['a wrong field', { ...fields, name: 7 }, 'spec: name: expected text in quotes; found 7'],
    ['a field __proto__', JSON.parse('{"__proto__": {}}'), 'spec: unknown field "__proto__"'],
    ['another value', null, 'spec: expected a mapping of fields; found null'],
  ])('names %s', (_, value, message) => {
    expect(() => pipelineOf(value, 'spec')).toThrow(new Error(message));
  });
});
