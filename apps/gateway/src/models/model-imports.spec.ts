import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningService } from '@open-chatgpt/service';
import { currentFolder, openObjectStore } from '@open-chatgpt/storage';
import { callGateway } from '../testing/call-gateway';
import { publishFiles } from '../testing/publish-files';
import { somePipeline, startGateway, until } from '../testing/start-gateway';
import { lineageSchema } from './lineage';
import { modelSchema } from './model';

const WHOLE = ['config.json', 'tokenizer.json', 'model.safetensors'];

describe('imported models', () => {
  let folder: string;
  let gateway: RunningService;
  const store = () => openObjectStore(join(folder, 'store'));
  const ask = (path: string, body?: object) => callGateway(gateway.url, body ? 'POST' : 'GET', path, body);
  /** As `openchat model import` does. */
  const publish = (modelId: string, names = WHOLE, where = store()) =>
    publishFiles(where, `models/${modelId}`, names);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'imports-'));
    gateway = await startGateway(folder);
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
  });

  it('are stored, published, and current for their id', async () => {
    const manifest = await publish('mine');
    const { status, body } = await ask('/v1/models', { modelId: 'mine', name: 'My model', manifest });
    expect(status).toBe(201);
    expect(modelSchema.parse(body)).toMatchObject({
      modelId: 'mine',
      name: 'My model',
      kind: 'language-model',
      manifest,
    });
    expect(await currentFolder(store(), 'models/mine')).toEqual({ manifest });
    expect((await ask('/v1/models?kind=language-model')).body).toMatchObject({
      items: [{ modelId: 'mine' }],
    });
    expect(lineageSchema.parse((await ask('/v1/models/mine/lineage')).body)).toMatchObject({
      run: null,
      parents: [],
    });
  });

  it('can be imported again, but not another one with the same id', async () => {
    const manifest = await publish('once');
    const first = await ask('/v1/models', { modelId: 'once', manifest });
    expect(await ask('/v1/models', { modelId: 'once', manifest })).toEqual(first);
    const other = await ask('/v1/models', { modelId: 'once', manifest: await publish('once') });
    expect(other).toMatchObject({ status: 409, body: { detail: expect.stringContaining('--id') } });
    expect(await currentFolder(store(), 'models/once')).toEqual({ manifest });
  });

  it.each<[string, () => Promise<object>, RegExp]>([
    [
      'is in another store',
      () => publish('m', WHOLE, openObjectStore(join(folder, 'other'))),
      /The store of this platform is file:.*\/store/,
    ],
    ['does not exist', async () => ({ ...(await publish('m')), sha256: 'a'.repeat(64) }), /manifest: /],
    ['belongs to another id', () => publish('n'), /expected one at models\/m\/.*found models\/n\//],
    [
      'is not a model',
      () => publish('m', ['config.json', 'pytorch_model.bin']),
      /it lacks tokenizer\.json and \*\.safetensors/,
    ],
  ])('are rejected when the folder %s', async (_, manifest, message) => {
    const { status, body } = await ask('/v1/models', { modelId: 'm', manifest: await manifest() });
    expect([status, body.detail]).toEqual([400, expect.stringMatching(message)]);
    expect((await ask('/v1/models/m')).status).toBe(404);
  });

  it('are pinned by a pipeline that names them', async () => {
    const manifest = await publish('base');
    await ask('/v1/models', { modelId: 'base', manifest });
    const named = { ...somePipeline, model: { path: 'store:base' } };
    const { status, body } = await ask('/v1/pipelines', { pipelineId: 'p', pipeline: named });
    expect([status, body.models]).toEqual([201, { base: manifest }]);
    const run = await until(
      () => ask('/v1/runs/p-sft'),
      ({ status }) => status === 200,
    );
    expect(run.body.inputs).toMatchObject({ models: { base: manifest } });
    const unknown = { ...somePipeline, model: { path: 'store:none' } };
    expect(await ask('/v1/pipelines', { pipeline: unknown })).toMatchObject({
      status: 400,
      body: { detail: expect.stringMatching(/there is no model "none"; openchat model import/) },
    });
  });
});
