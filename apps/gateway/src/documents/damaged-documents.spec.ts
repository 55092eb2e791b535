import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventPublisher } from '@open-chatgpt/messaging';
import type { RunningService } from '@open-chatgpt/service';
import { openObjectStore } from '@open-chatgpt/storage';
import { callGateway } from '../testing/call-gateway';
import { publishFiles } from '../testing/publish-files';
import { publishSteps } from '../testing/publish-run';
import { somePipeline, startGateway, until } from '../testing/start-gateway';
import { watch } from '../testing/watch';

describe('a gateway with damaged documents', () => {
  let folder: string;
  let gateway: RunningService;
  const store = () => openObjectStore(join(folder, 'store'));
  const ask = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) =>
    callGateway(gateway.url, method, `/v1/${path}`, body);
  const idsIn = async (kind: string, field: string) =>
    ((await ask('GET', kind)).body.items as Record<string, string>[]).map((item) => item[field]).sort();
  const submit = (pipelineId: string) => ask('POST', 'pipelines', { pipelineId, pipeline: somePipeline });
  const events = () => gateway.app.get(EventPublisher);
  const run = (pipelineId: string) => ({ pipelineId, stage: 'sft' as const });
  const damage = (key: string, content = '{"half') => store().put(key, Buffer.from(content));
  const keys = [
    'gateway/pipelines/half.json',
    'gateway/runs/half-sft.json',
    'gateway/checkpoints/half-sft.step-1.json',
    'gateway/history/half/00000000.json',
  ];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'damaged-'));
    gateway = await startGateway(folder);
    for (const id of ['whole', 'half']) {
      await submit(id);
      await publishSteps(events(), { ...run(id), steps: 2 });
      await events().publish('run.checkpointed', {
        ...{ runId: `${id}-sft`, stage: 'sft', algorithm: 'sft', attempt: 1, step: 1 },
        checkpoint: await publishFiles(store(), `runs/${id}-sft/checkpoints/step-00000001`, ['weights']),
      });
      await until(
        () => ask('GET', `checkpoints/${id}-sft.step-1`),
        ({ status }) => status === 200,
      );
      await until(
        () => ask('GET', `runs/${id}-sft`),
        ({ body }) => body.step === 2,
      );
    }
    await gateway.stop();
    for (const key of keys) await damage(key);
    gateway = await startGateway(folder);
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
  });

  it('starts, takes up the others, and lists them', async () => {
    expect((await ask('GET', 'pipelines/whole')).body).toMatchObject({ stages: [{ status: 'waiting' }] });
    expect(await idsIn('pipelines', 'pipelineId')).toEqual(['whole']);
    expect(await idsIn('runs', 'runId')).toEqual(['whole-sft']);
    expect(await idsIn('checkpoints', 'checkpointId')).toEqual(['whole-sft.step-1']);
  });

  it('names a damaged one where it is asked for, and raises one alert for each', async () => {
    expect(await ask('GET', 'pipelines/half')).toMatchObject({
      status: 500,
      body: {
        detail: expect.stringMatching(
          /"gateway\/pipelines\/half\.json" is damaged \(it is not JSON\).*restore it/,
        ),
      },
    });
    const damaged = async () =>
      ((await ask('GET', 'alerts')).body.items as { name: string; details: { key: string } }[])
        .filter(({ name }) => name === 'DocumentDamaged')
        .map(({ details }) => details.key)
        .sort();
    await until(damaged, (found) => found.length === 3);
    await idsIn('pipelines', 'pipelineId');
    expect(await damaged()).toEqual(keys.slice(0, 3).sort());
  });

  it.each(['[]', '{}', '{"checkpointId":"c","runId":"r","step":"1"}'])(
    'does not serve %s for a checkpoint',
    async (content) => {
      await damage(keys[2], content);
      expect(await idsIn('checkpoints', 'checkpointId')).toEqual(['whole-sft.step-1']);
    },
  );

  it('applies the events of the others, and of a damaged pipeline what can be applied', async () => {
    await publishSteps(events(), { ...run('half'), steps: 3, attempt: 2 });
    await publishSteps(events(), { ...run('whole'), steps: 3, attempt: 2 });
    await events().publish('run.completed', {
      ...{ runId: 'whole-sft', pipelineId: 'whole', stage: 'sft', algorithm: 'sft' },
      ...{ attempt: 2, step: 3, summary: {} },
    });
    await until(
      () => ask('GET', 'pipelines/whole'),
      ({ body }) => body.status === 'completed',
    );
    const seen = await watch(gateway.url, 'whole');
    expect(seen.at(-1)).toMatchObject({ type: 'pipeline', data: { status: 'completed' } });
    expect((await ask('GET', 'dead-letters')).body.items).toEqual([]);
    // The history of the damaged pipeline goes on in a new chunk.
    await until(
      () => store().head('gateway/history/half/00000001.json'),
      (found) => found !== null,
    );
  });

  it('deletes and collects garbage, and keeps what a damaged document may refer to', async () => {
    const manifest = await publishFiles(store(), 'models/mine', [
      'config.json',
      'tokenizer.json',
      'model.safetensors',
    ]);
    expect((await ask('POST', 'models', { modelId: 'mine', manifest })).status).toBe(201);
    expect((await ask('DELETE', 'models/mine')).status).toBe(200);
    await damage('runs/lost/record.json');
    await publishFiles(store(), 'runs/lost/checkpoints/step-00000001', ['weights']);
    expect(await ask('POST', 'garbage-collection', {})).toMatchObject({
      status: 200,
      body: {
        hidden: { folders: 0 },
        removed: { folders: 0 },
        damaged: [
          expect.stringContaining('"gateway/pipelines/half.json"'),
          expect.stringContaining('"gateway/runs/half-sft.json"'),
          expect.stringContaining('"runs/lost/record.json" is not JSON'),
        ],
      },
    });
  });

  it('serves a document that was repaired', async () => {
    const whole = JSON.parse(JSON.stringify((await ask('GET', 'pipelines/whole')).body));
    await damage(keys[0], JSON.stringify({ ...whole, pipelineId: 'half' }));
    expect(await idsIn('pipelines', 'pipelineId')).toEqual(['half', 'whole']);
  });
});
