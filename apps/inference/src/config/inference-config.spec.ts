import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@open-chatgpt/service';
import { inferenceConfigSchema } from './inference-config';

const load = (env: Record<string, string> = {}) => loadConfig(inferenceConfigSchema, env);

describe('inferenceConfigSchema', () => {
  it('serves the latest model of the platform by default', () => {
    const { inferenceModels, inferenceWeights } = load();
    expect(inferenceModels).toEqual([
      { name: 'latest', source: { kind: 'latest', of: null }, template: 'model' },
    ]);
    expect(inferenceWeights).toBe('float32');
  });

  it.each([
    ['models/tiny.gguf', 'tiny', { kind: 'path', path: 'models/tiny.gguf' }],
    ['a=/b=c/d', 'a', { kind: 'path', path: '/b=c/d' }],
    [
      'builtin:smollm2-135m-instruct',
      'smollm2-135m-instruct',
      { kind: 'builtin', name: 'smollm2-135m-instruct' },
    ],
    ['chat=latest:support-bot', 'chat', { kind: 'latest', of: 'support-bot' }],
    ['latest:support-bot', 'support-bot', { kind: 'latest', of: 'support-bot' }],
    ['store:run-1-ppo', 'run-1-ppo', { kind: 'store', modelId: 'run-1-ppo' }],
    ['x=s3://b/models/m/manifest.json', 'x', { kind: 'manifest', uri: 's3://b/models/m/manifest.json' }],
  ])('reads %s', (text, name, source) => {
    expect(load({ OPEN_CHATGPT_INFERENCE_MODELS: text }).inferenceModels).toEqual([
      { name, source, template: 'model' },
    ]);
  });

  it('reads several models from a variable or a file', () => {
    const { inferenceModels } = load({ OPEN_CHATGPT_INFERENCE_MODELS: 'a=./one, ./two' });
    expect(inferenceModels.map(({ name }) => name)).toEqual(['a', 'two']);
    const folder = mkdtempSync(join(tmpdir(), 'inference-config-'));
    const file = join(folder, 'inference.yaml');
    writeFileSync(file, 'inferenceModels:\n  - {name: a, source: ./one, template: alpaca, weights: int8}\n');
    expect(load({ OPEN_CHATGPT_CONFIG: file }).inferenceModels).toEqual([
      { name: 'a', source: { kind: 'path', path: './one' }, template: 'alpaca', weights: 'int8' },
    ]);
    rmSync(folder, { recursive: true });
  });

  it('reads adapters with and without a base', () => {
    const { inferenceAdapters } = load({
      OPEN_CHATGPT_INFERENCE_ADAPTERS: 'a=./one, b@chat=latest:support-bot',
    });
    expect(inferenceAdapters).toEqual([
      { name: 'a', base: undefined, source: { kind: 'path', path: './one' }, template: 'model' },
      { name: 'b', base: 'chat', source: { kind: 'latest', of: 'support-bot' }, template: 'model' },
    ]);
    expect(() => load({ OPEN_CHATGPT_INFERENCE_ADAPTERS: './one' })).toThrow(
      /INFERENCE_ADAPTERS: .*<name>=<source>/,
    );
  });

  it.each<[Record<string, string>, RegExp]>([
    [
      { OPEN_CHATGPT_INFERENCE_MODELS: 'a=x,a=y' },
      /OPEN_CHATGPT_INFERENCE_MODELS: two models have the same name/,
    ],
    [{ OPEN_CHATGPT_INFERENCE_MODELS: ',' }, /OPEN_CHATGPT_INFERENCE_MODELS: expected at least one model/],
    [
      { OPEN_CHATGPT_INFERENCE_MODELS: './my model' },
      /OPEN_CHATGPT_INFERENCE_MODELS: the name of a model has letters/,
    ],
    [{ OPEN_CHATGPT_INFERENCE_WEIGHTS: 'int3' }, /OPEN_CHATGPT_INFERENCE_WEIGHTS: .*"float32"/],
    [{ OPEN_CHATGPT_INFERENCE_BATCH_SIZE: '0' }, /OPEN_CHATGPT_INFERENCE_BATCH_SIZE: .*>=1/],
    [{ OPEN_CHATGPT_INFERENCE_QUEUE_SIZE: 'some' }, /OPEN_CHATGPT_INFERENCE_QUEUE_SIZE: .*number/],
    [{ OPEN_CHATGPT_INFERENCE_MAX_LENGTH: '1' }, /OPEN_CHATGPT_INFERENCE_MAX_LENGTH: .*>=2/],
    [{ OPEN_CHATGPT_INFERENCE_SHUTDOWN_SECONDS: '-1' }, /OPEN_CHATGPT_INFERENCE_SHUTDOWN_SECONDS: /],
  ])('rejects %j and names the variable', (env, message) => {
    expect(() => load(env)).toThrow(message);
  });
});
