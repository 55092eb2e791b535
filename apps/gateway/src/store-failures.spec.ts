import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TOPICS } from '@open-chatgpt/events';
import { Bus, EventPublisher } from '@open-chatgpt/messaging';
import { OBJECT_STORE, type RunningService } from '@open-chatgpt/service';
import { type ObjectStore, StorageRefusedError } from '@open-chatgpt/storage';
import { publishEnd, publishSteps } from './testing/publish-run';
import { somePipeline, startGateway, until } from './testing/start-gateway';

const EVENT_TOPICS = TOPICS.map(({ name }) => name);

describe('a gateway with a store', () => {
  let folder: string;
  let gateway: RunningService;
  const get = async <T>(path: string) => (await (await fetch(`${gateway.url}${path}`)).json()) as T;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'store-failures-'));
    gateway = await startGateway(folder);
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ['denies access', new StorageRefusedError('Writing "x": refused (AccessDenied); check the access key')],
    ['fails by a system error', Object.assign(new Error('EMFILE: too many files'), { code: 'EMFILE' })],
  ])(
    'that %s loses no event, raises an alert, and applies all events after the repair',
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
      await publishSteps(events, { pipelineId, stage: 'sft', steps: 3 });
      await publishEnd(events, { pipelineId, stage: 'sft', steps: 3 });
      // After more attempts than a failing handler gets.
      await until(alerts, (count) => count === 1, 60);
      expect(await get('/v1/dead-letters')).toEqual({ items: [], next: null });
      // Uncovers the method of the class.
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
