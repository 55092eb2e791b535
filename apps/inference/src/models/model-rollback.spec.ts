import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyModel, openModel } from '@open-chatgpt/models';
import { writeTinyModel } from '@open-chatgpt/models/testing';
import { openObjectStore, publishFolder } from '@open-chatgpt/storage';
import type { RunningInference } from '../start-inference';
import { startWith, until } from '../testing/inference';
import { ModelsService } from './models.service';

/** Finite weights whose logits are not. */
async function overflowing(path: string): Promise<string> {
  const files = await openModel(path);
  const read = async (name: string, target: Float32Array) => {
    await files.weights.read(name, target);
    if (name === 'lm_head.weight') for (let i = 0; i < target.length; i++) target[i] *= 1e38;
  };
  await copyModel({ ...files, weights: { ...files.weights, read } }, `${path}-nan`, { dtype: 'F32' });
  await files.close();
  return `${path}-nan`;
}

describe('a model that a pipeline replaces', () => {
  let folder: string;
  let service: RunningInference;

  const start = async () => {
    service = await startWith({
      STORE: join(folder, 'store'),
      WORK_DIR: join(folder, 'work'),
      INFERENCE_MODELS: 'chat=latest:support-bot',
    });
  };
  const publish = async (seed: number, path: string) => {
    const manifest = await publishFolder(openObjectStore(join(folder, 'store')), `models/run-${seed}`, path);
    const model = {
      modelId: `run-${seed}`,
      name: 'support-bot',
      kind: 'language-model' as const,
      algorithm: 'sft' as const,
      manifest,
      lineage: { runId: `run-${seed}`, pipelineId: 'p1', datasets: [] },
      metrics: {},
    };
    await service.app.get(ModelsService).apply(model);
    return model;
  };
  const call = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${service.url}${path}`, init);
    return { status: response.status, text: await response.text() };
  };
  const root = async () => JSON.parse((await call('/v1/models/chat')).text).root as string | undefined;
  const isServed = ({ manifest }: { manifest: { sha256: string } }) =>
    until(async () => (await root()) === manifest.sha256);
  const rollBack = () => call('/v1/models/chat/rollback', { method: 'POST' });
  const outcomes = async (outcome: string) =>
    Number(
      new RegExp(`inference_model_loads_total{[^}]*outcome="${outcome}"} (\\d+)`).exec(
        (await call('/metrics')).text,
      )?.[1] ?? 0,
    );

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rollback-'));
  });
  afterEach(async () => {
    await service.stop();
    rmSync(folder, { recursive: true });
  });

  it('stays when the new one is damaged or answers NaN, also after a restart', async () => {
    await start();
    const good = await publish(1, await writeTinyModel(folder, 1));
    await isServed(good);
    const bad = await publish(2, await overflowing(await writeTinyModel(folder, 2)));
    await until(async () => (await outcomes('refused')) === 1);
    expect(await root()).toBe(good.manifest.sha256);
    expect((await call('/health')).status).toBe(200);
    await service.app.get(ModelsService).apply(bad);
    await service.stop();
    await start();
    await isServed(good);
    const next = await publish(3, await writeTinyModel(folder, 3));
    await isServed(next);
    expect(await outcomes('refused')).toBe(0);
  });

  it('comes back on request, until another one is published', async () => {
    await start();
    const first = await publish(1, await writeTinyModel(folder, 1));
    await isServed(first);
    expect(await rollBack()).toMatchObject({ status: 400, text: expect.stringContaining('no model before') });
    const second = await publish(2, await writeTinyModel(folder, 2));
    await isServed(second);
    expect(await rollBack()).toEqual({
      status: 202,
      text: JSON.stringify({ id: 'chat', root: first.manifest.sha256 }),
    });
    await isServed(first);
    // The event may be delivered again.
    await service.app.get(ModelsService).apply(second);
    expect(await rollBack()).toMatchObject({ status: 400 });
    expect(await root()).toBe(first.manifest.sha256);
    await isServed(await publish(3, await writeTinyModel(folder, 3)));
  });
});
