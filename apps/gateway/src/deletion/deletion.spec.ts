import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contractOf, type Dataref, type EventOf, fromMessage } from '@open-chatgpt/events';
import { Bus, EventPublisher } from '@open-chatgpt/messaging';
import type { RunningService } from '@open-chatgpt/service';
import { currentFolder, makeCurrent, manifestKeyOf, openObjectStore } from '@open-chatgpt/storage';
import { applied, type Dataset, type DatasetEvent } from '../datasets/dataset';
import { ModelsService } from '../models/models.service';
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

  it('a deleted dataset can be requested again; its deletion cancels an ingestion, and no later one', async () => {
    const again = await ask('POST', 'datasets', {
      datasetId: 'rows',
      source: 'https://example.org/rows.jsonl',
    });
    expect(again).toMatchObject({ status: 202, body: { status: 'requested' } });
    const cancels = async () => {
      const messages = await gateway.app.get(Bus).driver.read(contractOf('dataset.cancel-requested').topic);
      return messages
        .map((one) => fromMessage(one))
        .filter(({ type }) => type === 'dataset.cancel-requested');
    };
    expect(await cancels()).toEqual([]);
    const [requestId] = (again.body['requests'] as string[]).slice(-1);
    for (let i = 0; i < 2; i++)
      expect(await ask('DELETE', 'datasets/rows')).toMatchObject({
        status: 200,
        body: { status: 'deleted' },
      });
    const cancelled = { data: { datasetId: 'rows', requestId } };
    expect(await cancels()).toMatchObject([cancelled, cancelled]);
    expect(new Set((await cancels()).map(({ id }) => id)).size).toBe(1);
    const error = { code: 'Cancelled', message: 'the ingestion was cancelled on request', retryable: false };
    await events().publish('dataset.failed', { datasetId: 'rows', requestId, error });
    const fresh = await ask('POST', 'datasets', {
      datasetId: 'rows',
      source: 'https://example.org/rows.jsonl',
    });
    expect(fresh).toMatchObject({ status: 202, body: { status: 'requested' } });
    expect((fresh.body['requests'] as string[]).at(-1)).not.toBe(requestId);
  });

  it('answers to earlier requests do not restore it, whatever the clock of their machine says', () => {
    const deleted = {
      datasetId: 'd',
      status: 'deleted',
      createdAt: '2026-01-01T00:00:00Z',
      updatedAt: '2026-01-02T00:00:00Z',
      requests: ['d/1', 'd/2'],
    } as Dataset;
    const failed = (requestId: string | undefined, time = '2027-01-01T00:00:00Z') =>
      ({
        id: 'e',
        time,
        type: 'dataset.failed',
        data: { datasetId: 'd', requestId, error: { code: 'c', message: 'm', retryable: false } },
      }) as unknown as DatasetEvent;
    for (const id of ['d/1', 'd/2', undefined]) expect(applied(deleted, failed(id))).toBe(deleted);
    expect(applied(deleted, failed('d/3', '2025-01-01T00:00:00Z'))).toMatchObject({
      status: 'failed',
      requests: ['d/1', 'd/2', 'd/3'],
    });
    const requested = { ...deleted, status: 'requested', requests: ['d/1', 'd/2', 'd/3'] } as Dataset;
    expect(applied(requested, failed('d/2'))).toBe(requested);
    const again = {
      id: 'd/4',
      time: '2025-01-01T00:00:00Z',
      type: 'dataset.requested',
      data: { datasetId: 'd', source: 's', options: {} },
    };
    expect(applied(deleted, again as unknown as DatasetEvent)).toMatchObject({
      status: 'requested',
      source: 's',
    });
  });

  it('an old event does not restore a deleted model, nor one that was replaced', async () => {
    const model = (manifest: Dataref) => ({
      modelId: 'versions',
      name: 'versions',
      kind: 'language-model' as const,
      manifest,
      lineage: { datasets: [] },
      metrics: {},
    });
    const version = async (file: string) => {
      const manifest = await publish('models/versions', [file]);
      await makeCurrent(store(), 'models/versions', { manifest });
      await events().publish('model.published', model(manifest));
      await until(
        () => ask('GET', 'models/versions'),
        ({ body }) => (body.manifest as Dataref | undefined)?.sha256 === manifest.sha256,
      );
      return manifest;
    };
    const [first, second] = [await version('a'), await version('b')];
    const repeated = async (manifest: Dataref) => {
      await gateway.app.get(ModelsService).apply({
        data: model(manifest),
        time: '2030-01-01T00:00:00Z',
      } as unknown as EventOf<'model.published'>);
      return (await ask('GET', 'models/versions')).body;
    };
    expect(await repeated(first)).toMatchObject({ manifest: second });
    expect((await ask('DELETE', 'models/versions')).status).toBe(200);
    for (const manifest of [first, second])
      expect(await repeated(manifest)).toMatchObject({ manifest: second, deletedAt: expect.any(String) });
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
