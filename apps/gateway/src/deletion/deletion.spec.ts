import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataref } from '@open-chatgpt/events';
import { EventPublisher } from '@open-chatgpt/messaging';
import type { RunningService } from '@open-chatgpt/service';
import { currentFolder, manifestKeyOf, openObjectStore } from '@open-chatgpt/storage';
import { applied, type Dataset, type DatasetEvent } from '../datasets/dataset';
import { callGateway } from '../testing/call-gateway';
import { publishFiles } from '../testing/publish-files';
import { unstoredDataref } from '../testing/publish-run';
import { somePipeline, startGateway, until } from '../testing/start-gateway';

describe('deletion', () => {
  let folder: string;
  let gateway: RunningService;
  const store = () => openObjectStore(join(folder, 'store'));
  const events = () => gateway.app.get(EventPublisher);
  const ask = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) =>
    callGateway(gateway.url, method, `/v1/${path}`, body);
  const submit = async (pipelineId: string, changes: object) =>
    ask('POST', 'pipelines', { pipelineId, pipeline: { ...somePipeline, ...changes } });
  const idsIn = async (kind: string, field: string) =>
    ((await ask('GET', kind)).body.items as Record<string, string>[]).map((item) => item[field]);

  const publish = (prefix: string, names: string[]) => publishFiles(store(), prefix, names);
  const isThere = async (manifest: Dataref) =>
    (await store().head(manifestKeyOf(store(), manifest))) !== null;
  const importModel = async (modelId: string) => {
    const manifest = await publish(`models/${modelId}`, [
      'config.json',
      'tokenizer.json',
      'model.safetensors',
    ]);
    expect((await ask('POST', 'models', { modelId, manifest })).status).toBe(201);
    return manifest;
  };
  const ready = async (datasetId: string) => {
    const manifest = await publish(`datasets/${datasetId}`, ['rows']);
    const rows = { read: 1, kept: 1, dropped: {} };
    await events().publish('dataset.ready', {
      datasetId,
      kind: 'supervised',
      manifest,
      rows,
      examples: { train: 1, eval: 0 },
    });
    await until(
      () => ask('GET', `datasets/${datasetId}`),
      ({ body }) => body.status === 'ready',
    );
    return manifest;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'deletion-'));
    gateway = await startGateway(folder);
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
  });

  it('deletes a dataset, unless a pipeline uses it', async () => {
    const manifest = await ready('rows');
    const stages = [{ uses: 'sft', with: { dataset: { path: 'dataset:rows' } } }];
    expect((await submit('user', { stages })).status).toBe(201);
    const refused = await ask('DELETE', 'datasets/rows');
    expect(refused).toMatchObject({
      status: 409,
      type: expect.stringContaining('application/problem+json'),
      body: {
        detail:
          'the dataset "rows" is in use by the pipeline "user"; delete it when that has ended, or cancel it',
      },
    });
    expect(await isThere(manifest)).toBe(true);
    await ask('POST', 'pipelines/user/cancel');

    expect(await ask('DELETE', 'datasets/rows')).toMatchObject({ status: 200, body: { status: 'deleted' } });
    expect(await isThere(manifest)).toBe(false);
    expect((await ask('DELETE', 'datasets/rows')).status).toBe(200);
    expect((await ask('GET', 'datasets/rows')).body).toMatchObject({ status: 'deleted', rows: { kept: 1 } });
    expect(await idsIn('datasets', 'datasetId')).toEqual([]);
    expect(await idsIn('datasets?status=deleted', 'datasetId')).toEqual(['rows']);
    expect(await submit('late', { stages })).toMatchObject({
      status: 409,
      body: { detail: expect.stringMatching(/"rows" is deleted; ingest it again/) },
    });
  });

  it('keeps it in the lineage', async () => {
    await events().publish('model.published', {
      modelId: 'child',
      name: 'child',
      kind: 'language-model',
      manifest: unstoredDataref('child'),
      lineage: { datasets: ['rows'] },
      metrics: {},
    });
    const { body } = await until(
      () => ask('GET', 'models/child/lineage'),
      ({ status }) => status === 200,
    );
    expect(body).toMatchObject({ datasets: [{ datasetId: 'rows', status: 'deleted' }] });
  });

  it('a deleted dataset can be requested again, and cannot be deleted before it is ready', async () => {
    const again = await ask('POST', 'datasets', {
      datasetId: 'rows',
      source: 'https://example.org/rows.jsonl',
    });
    expect(again).toMatchObject({ status: 202, body: { status: 'requested' } });
    expect(await ask('DELETE', 'datasets/rows')).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('is being ingested') },
    });
  });

  it('earlier events do not restore it', () => {
    const deleted = {
      datasetId: 'd',
      status: 'deleted',
      createdAt: '2026-01-01T00:00:00Z',
      updatedAt: '2026-01-02T00:00:00Z',
    } as Dataset;
    const failed = (time: string) =>
      ({
        id: 'e',
        time,
        type: 'dataset.failed',
        data: { datasetId: 'd', error: { code: 'c', message: 'm', retryable: false } },
      }) as unknown as DatasetEvent;
    expect(applied(deleted, failed('2026-01-01T12:00:00Z'))).toBe(deleted);
    expect(applied(deleted, failed('2026-01-03T00:00:00Z')).status).toBe('failed');
  });

  it('deletes a model, unless a pipeline uses it; its id is free again', async () => {
    const manifest = await importModel('mine');
    expect((await submit('trains', { model: { path: 'store:mine' } })).status).toBe(201);
    expect(await ask('DELETE', 'models/mine')).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('in use by the pipeline "trains"') },
    });
    await ask('POST', 'pipelines/trains/cancel');
    expect(await ask('DELETE', 'models/mine')).toMatchObject({
      status: 200,
      body: { modelId: 'mine', deletedAt: expect.any(String) },
    });
    expect([await isThere(manifest), await currentFolder(store(), 'models/mine')]).toEqual([false, null]);
    expect(await idsIn('models', 'modelId')).not.toContain('mine');
    expect(await idsIn('models?deleted=true', 'modelId')).toContain('mine');
    expect((await ask('GET', 'models/mine/lineage')).status).toBe(200);
    expect(await submit('late', { model: { path: 'store:mine' } })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('the model "mine" was deleted; openchat model import') },
    });
    const other = await importModel('mine');
    expect((await ask('GET', 'models/mine')).body).toMatchObject({ manifest: other });
    expect((await ask('GET', 'models/mine')).body.deletedAt).toBeUndefined();
  });

  it('rejects an unknown id', async () => {
    for (const path of ['datasets/none', 'models/none']) expect((await ask('DELETE', path)).status).toBe(404);
  });
});
