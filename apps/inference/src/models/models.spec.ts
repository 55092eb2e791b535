import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataOf } from '@open-chatgpt/events';
import { EventPublisher } from '@open-chatgpt/messaging';
import { writeTinyModel } from '@open-chatgpt/models/testing';
import { makeCurrent, openObjectStore, publishFolder } from '@open-chatgpt/storage';
import { read, resetClock, setClock } from '@open-chatgpt/storage/testing';
import OpenAI from 'openai';
import type { RunningInference } from '../start-inference';
import { startWith, until } from '../testing/inference';
import { ModelsService } from './models.service';

describe('models of the object store', () => {
  let folder: string;
  let service: RunningInference;

  const variables = (models: string) => ({
    STORE: join(folder, 'store'),
    WORK_DIR: join(folder, 'work'),
    INFERENCE_MODELS: models,
  });
  const clientOf = ({ url }: RunningInference) =>
    new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
  const store = () => openObjectStore(join(folder, 'store'));
  const publish = async (seed: number, modelId: string) => {
    const path = await writeTinyModel(folder, seed, { maxLength: 100_000 });
    const manifest = await publishFolder(store(), `models/${modelId}`, path);
    await makeCurrent(store(), `models/${modelId}`, { manifest });
    return manifest;
  };
  const publishedModel = (
    seed: number,
    manifest: DataOf<'model.published'>['manifest'],
  ): DataOf<'model.published'> => ({
    modelId: `run-${seed}`,
    name: 'support-bot',
    kind: 'language-model',
    algorithm: 'sft',
    manifest,
    lineage: { runId: `run-${seed}`, pipelineId: 'p1', datasets: [] },
    metrics: {},
  });
  const announce = (data: DataOf<'model.published'>) =>
    service.app.get(EventPublisher).publish('model.published', data);
  const publishModel = async (seed: number, change?: Partial<DataOf<'model.published'>>) => {
    const manifest = await publish(seed, `run-${seed}`);
    await announce({ ...publishedModel(seed, manifest), ...change });
    return manifest.sha256;
  };
  const served = async (model: string) =>
    (await clientOf(service).models.list()).data.find(({ id }) => id === model) as unknown as
      | { root: string }
      | undefined;
  const request = { model: 'chat', prompt: 'a', temperature: 0, max_tokens: 12 };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'models-'));
  });
  afterEach(async () => {
    await service.stop();
    rmSync(folder, { recursive: true });
  });

  it('are served by id and by manifest', async () => {
    await publish(1, 'run-1');
    const { uri, sha256 } = await publish(2, 'run-1');
    service = await startWith(variables(`newest=store:run-1,exact=${uri}`));
    await service.loaded();
    expect([(await served('newest'))?.root, (await served('exact'))?.root]).toEqual([sha256, sha256]);
    const { choices } = await clientOf(service).completions.create({ ...request, model: 'exact' });
    expect(choices).toHaveLength(1);
  });

  it('of a worker that lost its run before completion are not served', async () => {
    const { sha256 } = await publish(1, 'run-1');
    await publishFolder(store(), 'models/run-1', await writeTinyModel(folder, 2));
    service = await startWith(variables('chat=store:run-1'));
    await service.loaded();
    expect((await served('chat'))?.root).toBe(sha256);
  });

  it('that do not exist make the service unready, with the reason, until they do', async () => {
    service = await startWith(variables('chat=store:run-9'));
    await expect(service.loaded()).rejects.toThrow('has no model "run-9"');
    const ready = await fetch(`${service.url}/health/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      checks: { bus: 'ok', 'model chat': expect.stringContaining('could not be loaded') },
    });
    await expect(clientOf(service).completions.create(request)).rejects.toMatchObject({
      status: 503,
      code: 'model_not_ready',
    });
    await publish(1, 'run-9');
    await until(async () => (await fetch(`${service.url}/health/ready`)).ok);
  });

  it('are replaced by the latest of a name; active requests finish on the model that they started with', async () => {
    service = await startWith(variables('chat=latest:support-bot,pipeline=latest:p1,other=latest:other'));
    const client = clientOf(service);
    await expect(client.completions.create(request)).rejects.toThrow(
      /no model that it follows has been published/,
    );
    const first = await publishModel(1);
    await until(async () => (await served('chat'))?.root === first);
    const before = (await client.completions.create(request)).choices[0].text;

    const long = await client.completions.create({ ...request, max_tokens: 3000, stream: true });
    const iterator = long[Symbol.asyncIterator]();
    const firstChunk = (await iterator.next()).value as OpenAI.Completion;
    await publishModel(7, { kind: 'reward-model', algorithm: 'reward' });
    await publishModel(6, { algorithm: undefined });
    await publishModel(8, { name: 'else', lineage: { datasets: [] } });
    const second = await publishModel(2, { algorithm: 'ppo' });
    await until(async () => (await served('chat'))?.root === second);
    await until(async () => (await served('pipeline'))?.root === second);
    expect(await served('other')).toBeUndefined();
    expect((await client.completions.create(request)).choices[0].text).not.toBe(before);
    let last = firstChunk;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) last = next.value;
    expect(last.system_fingerprint).toBe(firstChunk.system_fingerprint);
    expect(last.choices[0].finish_reason).toMatch(/length|stop/);
  });

  it('are replaced by the latest, also where the clocks of trainers differ, and not by an old event', async () => {
    service = await startWith(variables('chat=latest'));
    const first = await publish(1, 'run-1');
    const now = Date.now();
    try {
      setClock(now + 3_600_000);
      await announce(publishedModel(1, first));
      await until(async () => (await served('chat'))?.root === first.sha256);
      setClock(now - 3_600_000);
      const second = await publishModel(2);
      await until(async () => (await served('chat'))?.root === second);
      resetClock();
      const models = service.app.get(ModelsService);
      await models.apply(publishedModel(1, first));
      expect((await served('chat'))?.root).toBe(second);
      const stored = JSON.parse(String(await read(store(), 'inference/chat.json')));
      expect(stored.model.manifest.sha256).toBe(second);
    } finally {
      resetClock();
    }
  });

  it('are served again after a restart, although no model is published', async () => {
    service = await startWith(variables('chat=latest'));
    const version = await publishModel(3);
    await until(async () => (await served('chat'))?.root === version);
    await service.stop();
    service = await startWith(variables('chat=latest'));
    await service.loaded();
    expect((await served('chat'))?.root).toBe(version);
  });
});

it('a service without a folder for its models does not start', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'unwritable-'));
  writeFileSync(join(folder, 'file'), '');
  const variables = { STORE: join(folder, 'store'), WORK_DIR: join(folder, 'file', 'work') };
  await expect(startWith(variables)).rejects.toThrow(/cannot be written .*OPEN_CHATGPT_WORK_DIR/);
  rmSync(folder, { recursive: true });
});
