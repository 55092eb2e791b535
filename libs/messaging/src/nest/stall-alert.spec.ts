import { Controller, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { EventOf } from '@open-chatgpt/events';
import { Bus } from '..';
import { listDeadLetters } from '../dead-letters/list-dead-letters';
import { EmbeddedDriver } from '../embedded/embedded-driver';
import { eventually } from '../testing/harness';
import { RecordingMetrics } from '../testing/recording-metrics';
import { BusServer } from './bus-server';
import { EventPublisher } from './event-publisher';
import { MessagingModule } from './messaging.module';
import { OnEvent } from './on-event';

const [FACTS, ALERTS] = ['openchatgpt.run.fact.v1', 'openchatgpt.alert.fact.v1'];
let full = true;
const handled: string[] = [];

@Controller()
class Runs {
  @OnEvent('run.cancelled')
  async onCancelled({ data }: EventOf<'run.cancelled'>): Promise<void> {
    if (full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    handled.push(data.runId);
  }
}

describe('a service whose store is full', () => {
  let app: INestApplication;
  let publisher: EventPublisher;
  const driver = new EmbeddedDriver();
  const metrics = new RecordingMetrics();
  const alerts = async () => (await driver.read(ALERTS)).map(({ value }) => JSON.parse(String(value)));
  const stalled = () => metrics.read('messaging_stalled_seconds');
  const publish = (runs: string[]) =>
    Promise.all(
      runs.map((runId) =>
        publisher.publish('run.cancelled', { runId, stage: 'ppo', algorithm: 'ppo', attempt: 1, step: 0 }),
      ),
    );
  const waitFor = (what: string, condition: () => Promise<boolean> | boolean) =>
    eventually(condition, () => what);

  beforeAll(async () => {
    const retry = { attempts: 3, firstDelayMs: 1, maxDelayMs: 5 };
    const module = await Test.createTestingModule({
      imports: [MessagingModule.forRoot({ driver, source: '/test', retry, metrics, partitions: 2 })],
      controllers: [Runs],
    }).compile();
    app = module.createNestApplication({ logger: false });
    publisher = app.get(EventPublisher);
    app.connectMicroservice({ strategy: new BusServer({ bus: app.get(Bus), group: 'tests' }) });
    await app.init();
    await app.startAllMicroservices();
  });
  afterAll(() => app.close());

  it('keeps every message, reports how long each partition is blocked, and raises one alert for all', async () => {
    const runs = Array.from({ length: 12 }, (_, i) => `run-${i}`);
    await publish(runs);
    await waitFor('both partitions to be blocked', async () => (await stalled()).length === 2);
    await waitFor('the alert', async () => (await alerts()).length === 1);
    const retried = { group: 'tests', topic: FACTS, kind: 'infrastructure' };
    await waitFor('more retries', () => metrics.counted('messaging_retried_total', retried) > 20);
    expect((await alerts()).map(({ data = {}, ...event }) => ({ ...event, ...data }))).toMatchObject([
      {
        name: 'MessagesBlocked',
        severity: 'critical',
        message: expect.stringMatching(
          /group tests cannot handle the messages of .*: Error: no space left.*no message is lost/,
        ),
        details: { group: 'tests', topic: FACTS },
      },
    ]);
    expect(handled).toEqual([]);
    full = false;
    await waitFor('all runs', () => handled.length === runs.length);
    expect([...handled].sort()).toEqual([...runs].sort());
    expect(await stalled()).toEqual([]);
    expect(await listDeadLetters(driver, FACTS)).toEqual([]);
  });

  it('raises another alert for the next outage', async () => {
    full = true;
    await publish(['late']);
    await waitFor('the second alert', async () => (await alerts()).length === 2);
    full = false;
    await waitFor('the run', () => handled.includes('late'));
  });
});
