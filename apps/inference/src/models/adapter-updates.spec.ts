import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventPublisher } from '@open-chatgpt/messaging';
import { writeTinyAdapter, writeTinyModel } from '@open-chatgpt/models/testing';
import { createToken } from '@open-chatgpt/service';
import { openObjectStore, publishFolder } from '@open-chatgpt/storage';
import OpenAI from 'openai';
import type { RunningInference } from '../start-inference';
import { startWith, until } from '../testing/inference';

/** A context so long that a test ends first. */
const ENDLESS = 100_000;

describe('adapters of a running server', () => {
  let folder: string;
  let allowed: string;
  let base: string;
  let service: RunningInference;
  let client: OpenAI;
  let headers: Record<string, string> = {};

  const start = async (variables: Record<string, string> = {}) => {
    service = await startWith({
      INFERENCE_MODELS: `base=${base}`,
      INFERENCE_ADAPTERS_FROM: allowed,
      ...variables,
    });
    await service.loaded();
    client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'none', maxRetries: 0 });
  };
  const post = async (path: string, body: object) => {
    const response = await fetch(`${service.url}/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  };
  const load = (name: string, path: string, more: object = {}) =>
    post('load_lora_adapter', { lora_name: name, lora_path: path, ...more });
  const unload = (name: string) => post('unload_lora_adapter', { lora_name: name });
  const ask = async (model: string) =>
    (await client.completions.create({ model, prompt: 'a', temperature: 0, max_tokens: 20 })).choices[0].text;
  const endless = (model: string) =>
    ({
      model,
      prompt: 'a',
      temperature: 0,
      max_tokens: 400,
      ignore_eos: true,
      stream: true,
    }) as OpenAI.CompletionCreateParamsStreaming;
  /** The rest of a stream. */
  const readAll = async (chunks: AsyncIterator<OpenAI.Completion>) => {
    let text = '';
    let finish: string | null = null;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      text += next.value.choices[0].text;
      finish = next.value.choices[0].finish_reason ?? finish;
    }
    return { text, finish };
  };
  /** An adapter in the allowed folder. */
  const adapter = async (seed: number) => {
    const path = join(allowed, `adapter-${seed}`);
    renameSync(await writeTinyAdapter(base, seed), path);
    return path;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'adapters-'));
    allowed = join(folder, 'allowed');
    mkdirSync(allowed);
    base = await writeTinyModel(folder, 1, { maxLength: ENDLESS });
  });
  afterEach(async () => {
    await service.stop();
    headers = {};
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are added and removed; a request that began finishes, and a later one gets 404', async () => {
    await start();
    const before = await ask('base');
    const path = await adapter(1);
    expect(await load('one', path)).toEqual({
      status: 200,
      text: "Success: LoRA adapter 'one' added successfully.",
    });
    const answer = await ask('one');
    expect(answer).not.toBe(before);
    expect(await load('one', path)).toMatchObject({
      status: 400,
      text: expect.stringContaining('is loaded already'),
    });
    const stream = await client.completions.create(endless('one'));
    const chunks = stream[Symbol.asyncIterator]();
    const begin = (await chunks.next()).value;
    expect(await unload('one')).toMatchObject({ status: 200 });
    await expect(ask('one')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
    const rest = await readAll(chunks);
    expect(rest.finish).toBe('length');
    expect((begin.choices[0].text + rest.text).startsWith(answer)).toBe(true);
    expect(await ask('base')).toBe(before);
    expect(await unload('one')).toMatchObject({ status: 404 });
    expect(await unload('base')).toMatchObject({ status: 400 });
    expect(await load('one', path)).toMatchObject({ status: 200 });
    expect(await ask('one')).toBe(answer);
  });

  it('come from allowed folders only, also behind links, and damaged ones change nothing', async () => {
    await start();
    const outside = await writeTinyAdapter(base, 7);
    symlinkSync(outside, join(allowed, 'link'));
    mkdirSync(join(allowed, 'broken'));
    writeFileSync(join(allowed, 'broken', 'adapter_config.json'), '{"peft_type": "IA3"}');
    for (const path of [
      outside,
      join(allowed, 'link'),
      join(allowed, '..', 'tiny-1'),
      allowed,
      'store:one',
      '/nowhere',
    ])
      expect(await load('bad', path)).toMatchObject({
        status: 400,
        text: expect.stringContaining('OPEN_CHATGPT_INFERENCE_ADAPTERS_FROM'),
      });
    expect(await load('bad', join(allowed, 'broken'))).toMatchObject({
      status: 400,
      text: expect.stringMatching(/cannot be loaded: .*IA3/),
    });
    expect(await load('bad', await adapter(2), { base_model_name: 'other' })).toMatchObject({ status: 400 });
    expect(await load('base', await adapter(3))).toMatchObject({ status: 400 });
    expect(await load('../x', await adapter(4))).toMatchObject({ status: 400 });
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['base']);
    expect((await fetch(`${service.url}/health`)).status).toBe(200);
  });

  it('need a scope of their own', async () => {
    const tokens = join(folder, 'tokens.json');
    const create = (scope: 'inference' | 'models') =>
      createToken(tokens, { name: scope, scopes: [scope] }).token;
    const [asking, changing] = [create('inference'), create('models')];
    await start({ TOKENS: tokens });
    const path = await adapter(5);
    headers = { authorization: `Bearer ${asking}` };
    expect(await load('one', path)).toMatchObject({ status: 403 });
    expect(await unload('one')).toMatchObject({ status: 403 });
    headers = { authorization: `Bearer ${changing}` };
    expect(await load('one', path)).toMatchObject({ status: 200 });
    expect(await post('completions', { model: 'one', prompt: 'a' })).toMatchObject({ status: 403 });
  });

  it('have no endpoints unless places are configured', async () => {
    await start({ INFERENCE_ADAPTERS_FROM: '' });
    expect(await load('one', await adapter(6))).toMatchObject({ status: 404 });
  });

  it('follow the latest model of a pipeline, without an interruption', async () => {
    const store = join(folder, 'store');
    const publish = async (seed: number) => {
      const model = await writeTinyModel(join(folder), 20 + seed);
      renameSync(await writeTinyAdapter(base, seed), join(model, 'adapter'));
      const manifest = await publishFolder(openObjectStore(store), `models/run-${seed}`, model);
      await service.app.get(EventPublisher).publish('model.published', {
        modelId: `run-${seed}`,
        name: 'support-bot',
        kind: 'language-model',
        algorithm: 'sft',
        manifest,
        lineage: { runId: `run-${seed}`, pipelineId: 'p1', datasets: [] },
        metrics: {},
      });
      return manifest;
    };
    const rootOf = async (name: string) =>
      ((await client.models.list()).data.find(({ id }) => id === name) as { root?: string } | undefined)
        ?.root;
    service = await startWith({
      STORE: store,
      WORK_DIR: join(folder, 'work'),
      INFERENCE_MODELS: `base=${base}`,
      INFERENCE_ADAPTERS: 'bot=latest:support-bot',
      INFERENCE_ADAPTERS_FROM: 'store',
    });
    client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'none', maxRetries: 0 });
    await until(async () => (await rootOf('base')) !== undefined);
    await expect(ask('bot')).rejects.toThrow(/no model that it follows has been published/);
    const { sha256: first } = await publish(1);
    await until(async () => (await rootOf('bot')) === first);
    const answer = await ask('bot');
    const stream = await client.completions.create(endless('bot'));
    const chunks = stream[Symbol.asyncIterator]();
    const begin = (await chunks.next()).value;
    const { sha256: second, uri: secondUri } = await publish(2);
    await until(async () => (await rootOf('bot')) === second);
    expect(await ask('bot')).not.toBe(answer);
    const rest = await readAll(chunks);
    expect((begin.choices[0].text + rest.text).startsWith(answer)).toBe(true);
    expect(rest.finish).toBe('length');
    expect(await load('other', 'latest:support-bot')).toMatchObject({
      status: 400,
      text: expect.stringContaining('name store:<id>'),
    });
    expect(await load('other', secondUri)).toMatchObject({ status: 200 });
    expect(await rootOf('other')).toBe(second);
  });
});
