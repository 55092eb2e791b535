import { pipelineOf } from '@open-chatgpt/pipeline';
import { checkSubmission } from './check-submission';

const fields = (model: object, dataset: string, models = {}) => ({
  name: 'p',
  model,
  stages: [{ uses: 'sft', models, with: { dataset: { path: dataset } } }],
});
const check = (file: object, config = {}) => checkSubmission(pipelineOf(file, 'pipeline'), config);

describe('checkSubmission', () => {
  it.each<[string, object]>([
    ['a dataset of the machine', fields({ scratch: {} }, '/etc/passwd')],
    ['a dataset by file://', fields({ scratch: {} }, 'file:///etc/passwd')],
    ['a dataset by FILE://', fields({ scratch: {} }, 'FILE:///etc/passwd')],
    ['a relative path', fields({ scratch: {} }, 'rows.jsonl')],
    ['a model', fields({ path: '/etc' }, 'builtin:tasks')],
    ['a tokenizer', fields({ scratch: { tokenizer: '/etc/passwd' } }, 'builtin:tasks')],
    ['a model of a stage', fields({ scratch: {} }, 'builtin:tasks', { base: '/etc' })],
  ])('refuses %s without a folder of the configuration', (_, file) => {
    expect(() => check(file)).toThrow(
      /^(sft\.dataset\.path|sft\.models\.base|model\.path|model\.scratch\.tokenizer): files of the machines that train are not read here.*OPEN_CHATGPT_PIPELINE_FOLDERS/,
    );
  });

  it('accepts files inside the folders, and no path that leads out of them', () => {
    const config = { pipelineFolders: ['/data/shared', '/models/'] };
    expect(() => check(fields({ path: '/models/llama' }, '/data/shared/rows.jsonl'), config)).not.toThrow();
    for (const path of [
      '/data/shared/../secret',
      '/data/shared-not',
      '/data',
      'file:///data/shared/%2e%2e/x',
    ])
      expect(() => check(fields({ scratch: {} }, path), config)).toThrow(
        /^sft\.dataset\.path: .* read only from \/data\/shared, \/models\//,
      );
  });

  it('accepts what is no file of a machine', () => {
    expect(() => check(fields({ path: 'store:mine' }, 'dataset:mine'))).not.toThrow();
    expect(() => check(fields({ path: 'builtin:smollm2-135m-instruct' }, 'https://host/rows'))).not.toThrow();
  });

  it('refuses more memory than a process may take', () => {
    const wide = fields({ scratch: { hiddenSize: 65_536, numHiddenLayers: 1024 } }, 'builtin:tasks');
    expect(() => check(wide)).toThrow(/^model.*needs at least \d+ GiB of memory.*there are 4096 GiB/);
    const small = fields({ scratch: {} }, 'builtin:tasks');
    expect(() => check(small, { runMemoryGib: 0.01 })).toThrow(/needs at least \d+ MiB of memory/);
    expect(() => check(small, { runMemoryGib: 1 })).not.toThrow();
  });
});
