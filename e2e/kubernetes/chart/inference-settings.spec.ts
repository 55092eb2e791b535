import { inferenceConfigSchema } from '@open-chatgpt/inference';
import { loadConfig, variableOf } from '@open-chatgpt/service';
import { containerOf, external, find, merged, render, type Values, variable } from './helm';

type Variable = { name: string; value?: string };

/** The configuration that the inference service reads in its container. */
async function configOf(values: Values) {
  const server = { enabled: true, auth: { existingSecret: 'tokens' }, ...values };
  const deployment = find(await render(merged(external, { inference: server })), 'Deployment', 'inference');
  const given = (containerOf(deployment).env as Variable[]).filter(({ value }) => value !== undefined);
  const env = Object.fromEntries(given.map(({ name, value }) => [name, value]));
  return { env, config: loadConfig(inferenceConfigSchema, env) };
}

const settings = {
  models: 'chat=latest:support',
  adapters: 'tuned=store:tuned',
  adaptersFrom: ['store', '/adapters'],
  modelMemoryMib: 2_500_000,
  idleSeconds: 600,
  loadSeconds: 90,
  weights: 'int8',
  batchSize: 32,
  queueSize: 0,
  maxLength: 4096,
  prefixCacheMib: 0,
  speculativeTokens: 8,
  draftModel: '/models/small.gguf',
  responseDays: 0,
};

describe('the settings of the inference service', () => {
  it('are values of the chart, each one', async () => {
    const { env, config } = await configOf({ ...settings, corsOrigins: ['https://chat.example.com'] });
    const fields = Object.keys(inferenceConfigSchema.shape).filter((field) => field.startsWith('inference'));
    expect(fields.map(variableOf).filter((name) => !(name in env))).toEqual([]);
    expect(config).toMatchObject({
      corsOrigins: ['https://chat.example.com'],
      inferenceAdapters: [{ name: 'tuned' }],
      inferenceAdaptersFrom: ['store', '/adapters'],
      inferenceModelMemoryMib: 2_500_000,
      inferenceIdleSeconds: 600,
      inferenceLoadSeconds: 90,
      inferenceWeights: 'int8',
      inferenceBatchSize: 32,
      inferenceQueueSize: 0,
      inferenceMaxLength: 4096,
      inferencePrefixCacheMib: 0,
      inferenceSpeculativeTokens: 8,
      inferenceDraftModel: '/models/small.gguf',
      inferenceResponseDays: 0,
    });
  });

  it('have the defaults of the service', async () => {
    const { config } = await configOf({});
    const defaults = loadConfig(inferenceConfigSchema, {});
    const { inferenceShutdownSeconds: _, ...own } = Object.fromEntries(
      Object.entries(defaults).filter(([field]) => field.startsWith('inference')),
    );
    expect(config).toMatchObject(own);
  });

  it('let pages of other origins call the gateway, as the server', async () => {
    const gateway = { corsOrigins: ['https://a.example.com', 'https://b.example.com:8443'] };
    const deployment = find(await render(merged(external, { gateway })), 'Deployment', 'gateway');
    expect(variable(deployment, variableOf('corsOrigins'))).toEqual({
      name: 'OPEN_CHATGPT_CORS_ORIGINS',
      value: 'https://a.example.com,https://b.example.com:8443',
    });
    await expect(render(merged(external, { gateway: { corsOrigins: ['a.example.com'] } }))).rejects.toThrow(
      /corsOrigins/,
    );
  });
});
