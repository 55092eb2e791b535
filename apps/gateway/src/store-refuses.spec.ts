import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TOPICS } from '@open-chatgpt/events';
import { Bus, EventPublisher } from '@open-chatgpt/messaging';
import { OBJECT_STORE, type RunningService } from '@open-chatgpt/service';
import { type ObjectStore, StorageRefusedError } from '@open-chatgpt/storage';
import { somePipeline, startGateway, until } from './testing/start-gateway';
import { tellEnd, tellSteps } from './testing/tell-run';

const EVENT_TOPICS = TOPICS.map(({ name }) => name);

describe('a gateway whose store fails', () => {
  let folder: string;
  let gateway: RunningService;
  const get = async <T>(path: string) => (await (await fetch(`${gateway.url}${path}`)).json()) as T;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'store-refuses-'));
    gateway = await startGateway(folder);
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ['refuses', new StorageRefusedError('Writing "x": refused (AccessDenied); check the access key')],
    [
      'fails by an error of the system',
      Object.assign(new Error('EMFILE: too many files'), { code: 'EMFILE' }),
    ],
  ])(
    'in that it %s gives up no event, raises an alert, and learns all when it is repaired',
    async (what, failure) => {
      const pipelineId = what.replaceAll(' ', '-');
      const store = gateway.app.get<ObjectStore>(OBJECT_STORE);
      const events = gateway.app.get(EventPublisher);
      const { driver } = gateway.app.get(Bus);
      const submitted = await fetch(`${gateway.url}/v1/pipelines`, {
        method: 'POST',
        body: JSON.stringify({ pipelineId, pipeline: somePipeline }),
        headers: { 'content-type': 'application/json' },
      });
      expect(submitted.status).toBe(201);
      const alerts = async () =>
        (await driver.read('openchatgpt.alert.fact.v1')).filter(({ value }) =>
          String(value).includes(failure.message.replaceAll('"', '\\"')),
        ).length;

      Object.assign(store, { put: () => Promise.reject(failure) });
      await tellSteps(events, { pipelineId, stage: 'sft', steps: 3 });
      await tellEnd(events, { pipelineId, stage: 'sft', steps: 3 });
      // After six tries, where messages used to be given up.
      await until(alerts, (count) => count === 1, 60);
      expect(await get('/v1/dead-letters')).toEqual({ items: [], next: null });
      // The method of the class is behind the one that was put before it.
      delete (store as Partial<ObjectStore>).put;

      await until(
        () => get<{ status: string; step: number }>(`/v1/runs/${pipelineId}-sft`),
        ({ status, step }) => status === 'completed' && step === 3,
        60,
      );
      expect(await get('/v1/dead-letters')).toEqual({ items: [], next: null });
      const raised = await until(
        () => get<{ items: { message: string }[] }>('/v1/alerts'),
        ({ items }) => items.some(({ message }) => message.includes(failure.message)),
      );
      expect(raised.items.filter(({ message }) => message.includes(failure.message))).toMatchObject([
        { name: 'MessagesBlocked', severity: 'critical', details: { group: 'gateway' } },
      ]);
      expect(await alerts()).toBe(1);
      await until(
        () => driver.lag('gateway', EVENT_TOPICS),
        (partitions) => partitions.every(({ lag }) => lag === 0),
      );
    },
    120_000,
  );
});
