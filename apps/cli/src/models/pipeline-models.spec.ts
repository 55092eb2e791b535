import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type GatewayClient,
  GatewayRefused,
  GatewayUnreachable,
  type SubmittedPipeline,
} from '../gateway/gateway-client';
import { modelsOf, pipelineModel } from './pipeline-models';

const local = pathToFileURL(join(process.cwd(), 'store')).href;

const pipelineIn = (store: string, made: readonly ('sft' | 'reward' | 'ppo')[]): SubmittedPipeline => ({
  pipelineId: 'p',
  status: 'running',
  stages: (['sft', 'reward', 'ppo'] as const).map((stage) => ({
    ...{
      stage,
      algorithm: stage,
      runId: `p-${stage}`,
      status: 'waiting',
      attempt: 1,
      step: 1,
      totalSteps: 1,
    },
    ...(made.includes(stage) && { model: { uri: `${store}/models/p-${stage}/v1/manifest.json` } }),
  })),
});
const gatewayWith = (answer: SubmittedPipeline | Error) =>
  ({
    url: 'http://here',
    pipeline: () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)),
  }) as unknown as GatewayClient;

describe('modelsOf', () => {
  it.each<[string, string, string | undefined, object]>([
    ['the store of this folder', local, undefined, { source: 'store:p-ppo' }],
    ['the store that the variable names', 's3://b/x', 's3://b/x/', { source: 'store:p-ppo' }],
    ['another bucket', 's3://b/x', undefined, { source: 's3://b/x/models/p-ppo' }],
    ['a store of another kind', 'gs://b', undefined, { source: 'gs://b/models/p-ppo' }],
    ['another folder', 'file:///far', undefined, { variables: 'OPEN_CHATGPT_STORE=/far' }],
  ])('names models in %s', (_, store, chosen, expected) => {
    const models = modelsOf(pipelineIn(store, ['sft', 'reward', 'ppo']), { OPEN_CHATGPT_STORE: chosen });
    expect(models.map(({ name }) => name)).toEqual(['p-sft', 'p-reward', 'p-ppo']);
    expect(models.at(-1)).toMatchObject({ name: 'p-ppo', kind: 'language-model', ...expected });
  });

  it('ends with the result: a language model if there is one', () => {
    const names = (made: Parameters<typeof pipelineIn>[1]) =>
      modelsOf(pipelineIn(local, made)).map(({ name }) => name);
    expect(names(['sft', 'reward'])).toEqual(['p-reward', 'p-sft']);
    expect(names(['reward'])).toEqual(['p-reward']);
    expect(names([])).toEqual([]);
  });
});

describe('pipelineModel', () => {
  it('is the result, or the model of a stage', async () => {
    const gateway = gatewayWith(pipelineIn('s3://b', ['sft', 'reward']));
    expect(await pipelineModel(gateway, 'p')).toBe('s3://b/models/p-sft/v1/manifest.json');
    expect(await pipelineModel(gateway, 'p', 'reward')).toBe('s3://b/models/p-reward/v1/manifest.json');
    await expect(pipelineModel(gateway, 'p', 'ppo')).rejects.toThrow('the stage ppo has no model yet');
    await expect(pipelineModel(gateway, 'p', 'none')).rejects.toThrow('the stages are sft, reward, ppo');
    await expect(pipelineModel(gatewayWith(pipelineIn('s3://b', [])), 'p')).rejects.toThrow(
      'is running and has no model yet; openchat watch p',
    );
  });

  it.each([
    [
      new GatewayRefused('404', 404),
      /^p: no file or folder .* http:\/\/here has no such pipeline; openchat get/,
    ],
    [
      new GatewayUnreachable('it does not answer'),
      /^p: no file or folder .* as a pipeline: it does not answer$/,
    ],
  ])('says what a name may be: %s', async (error, message) => {
    await expect(pipelineModel(gatewayWith(error), 'p')).rejects.toThrow(message);
  });
});
