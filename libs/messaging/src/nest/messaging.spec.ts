import { Controller, type INestApplication } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { type DataOf, type EventOf, InvalidEvent } from '@open-chatgpt/events';
import { concat, defer, EMPTY, map, type Observable, timer } from 'rxjs';
import { Bus as BusToken } from '..';
import type { Bus } from '../bus';
import { listDeadLetters } from '../dead-letters/list-dead-letters';
import type { MessageContext } from '../delivery/retrying-handler';
import { EmbeddedDriver } from '../embedded/embedded-driver';
import { eventually, message } from '../testing/harness';
import { RecordingMetrics } from '../testing/recording-metrics';
import { BusServer } from './bus-server';
import { EventPublisher } from './event-publisher';
import { MessagingModule } from './messaging.module';
import { OnEvent } from './on-event';

const log: string[] = [];

@Controller()
class Alerts {
  @OnEvent('alert.raised')
  async onAlert({ data }: EventOf<'alert.raised'>): Promise<void> {
    if (data.name === 'Broken') throw new Error('the pager is broken');
    log.push(`alert ${data.name}`);
  }

  @OnEvent('run.cancelled')
  onCancelled(
    @Payload() event: EventOf<'run.cancelled'>,
    @Ctx() context: MessageContext,
  ): Observable<unknown> {
    log.push(`begin ${event.data.runId}, attempt ${context.attempt}`);
    const end = defer(() => {
      if (context.attempt === 1) throw new Error('not yet');
      log.push(`end ${event.data.runId}`);
      return EMPTY;
    });
    return concat(timer(30).pipe(map(() => 'waited')), end);
  }
}

@Controller()
class Archive {
  @OnEvent('alert.raised')
  async onAlert({ data }: EventOf<'alert.raised'>): Promise<void> {
    log.push(`archived ${data.name}`);
  }
}

const alert = (name: string): DataOf<'alert.raised'> => ({
  name,
  severity: 'info',
  message: 'm',
  details: {},
});
const ALERTS = 'openchatgpt.alert.fact.v1';

describe('messaging in a Nest application', () => {
  let app: INestApplication;
  let driver: EmbeddedDriver;
  let publisher: EventPublisher;
  const metrics = new RecordingMetrics();

  beforeAll(async () => {
    driver = new EmbeddedDriver();
    const retry = { attempts: 2, firstDelayMs: 1, maxDelayMs: 1 };
    const module = await Test.createTestingModule({
      imports: [MessagingModule.forRoot({ driver, source: '/test', retry, metrics, partitions: 2 })],
      controllers: [Alerts, Archive],
    }).compile();
    app = module.createNestApplication({ logger: false });
    publisher = app.get(EventPublisher);
    const bus = app.get<Bus>(BusToken);
    app.connectMicroservice({ strategy: new BusServer({ bus, group: 'tests' }) }, { inheritAppConfig: true });
    await app.init();
    // Published before the group exists: no command may be missed.
    await publisher.publish('alert.raised', alert('Early'));
    await app.startAllMicroservices();
  });

  afterAll(() => app.close());

  const seen = (line: string) =>
    eventually(
      () => log.includes(line),
      () => `"${line}" in ${log.join('; ')}`,
    );

  it('delivers an event to every method for its type, also one that was published before the group existed', async () => {
    await seen('alert Early');
    await seen('archived Early');
  });

  it('waits for an observable to complete, and retries when it fails', async () => {
    const data = {
      runId: 'run-1',
      pipelineId: 'p',
      stage: 'ppo',
      algorithm: 'ppo' as const,
      attempt: 1,
      step: 0,
    };
    const event = await publisher.publish('run.cancelled', data);
    expect(event).toMatchObject({
      source: '/test',
      type: 'run.cancelled',
      subject: expect.any(String),
      data,
    });
    await seen('end run-1');
    expect(log.filter((line) => line.includes('run-1'))).toEqual([
      'begin run-1, attempt 1',
      'begin run-1, attempt 2',
      'end run-1',
    ]);
    await eventually(
      async () => (await driver.lag('tests', ['openchatgpt.run.fact.v1'])).every(({ lag }) => lag === 0),
      () => 'the offset to be committed',
    );
  });

  it('stores the error of the handler in the dead letter', async () => {
    await publisher.publish('alert.raised', alert('Broken'));
    await eventually(
      async () => (await listDeadLetters(driver, ALERTS)).length === 1,
      () => 'a dead letter',
    );
    const [letter] = await listDeadLetters(driver, ALERTS);
    expect(letter).toMatchObject({
      reason: 'failed',
      error: 'Error: the pager is broken',
      attempts: 2,
      group: 'tests',
    });
  });

  it('moves a message that breaks its contract to the dead-letter queue at once, with the reason', async () => {
    await driver.publish([message(ALERTS, 'k', 'no event')]);
    await eventually(
      async () => (await listDeadLetters(driver, ALERTS)).length === 2,
      () => 'a second dead letter',
    );
    const letters = await listDeadLetters(driver, ALERTS);
    const invalid = letters.find(({ reason }) => reason === 'invalid')!;
    expect(invalid.attempts).toBe(1);
    expect(invalid.error).toMatch(/^InvalidEvent: invalid event: headers/);
  });

  it('counts events without a handler', async () => {
    await publisher.publish('run.started', {
      runId: 'run-2',
      pipelineId: 'p',
      stage: 'ppo',
      algorithm: 'ppo',
      attempt: 1,
      step: 0,
      totalSteps: 1,
      worker: 'w',
      info: {},
    });
    const labels = { group: 'tests', topic: 'openchatgpt.run.fact.v1' };
    await eventually(
      () => metrics.counted('messaging_unhandled_total', labels) === 1,
      () => 'one unhandled event',
    );
  });

  it('rejects an invalid payload before it is published, and does not compile it', async () => {
    // @ts-expect-error: severity does not have this value
    const wrong: DataOf<'alert.raised'> = { ...alert('a'), severity: 'loud' };
    await expect(publisher.publish('alert.raised', wrong)).rejects.toThrow(InvalidEvent);
    // @ts-expect-error: the data of another event
    await expect(publisher.publish('run.started', alert('a'))).rejects.toThrow(InvalidEvent);
    // @ts-expect-error: this type does not exist
    await expect(async () => publisher.publish('run.stated', alert('a'))).rejects.toThrow(
      '"run.stated" is not an event type',
    );
  });

  it('does not compile a handler for another event', () => {
    class Wrong {
      // @ts-expect-error: run.started is not an alert
      @OnEvent('alert.raised')
      async onRun(_event: EventOf<'run.started'>): Promise<void> {}
    }
    expect(Wrong).toBeDefined();
    expect(() => OnEvent('alert.rised' as 'alert.raised')).toThrow('"alert.rised" is not an event type');
  });

  it('reports lag, age and dead letters', async () => {
    expect(await metrics.read('messaging_dead_letters')).toContainEqual({
      labels: { topic: ALERTS },
      value: 2,
    });
    const lag = await metrics.read('messaging_lag');
    expect(lag).toHaveLength(4);
    expect(lag.every(({ value }) => value === 0)).toBe(true);
    expect(await metrics.read('messaging_oldest_seconds')).toEqual([]);
    const labels = { group: 'tests', topic: ALERTS };
    expect(metrics.counted('messaging_retried_total', { ...labels, kind: 'unknown' })).toBe(1);
    expect(metrics.counted('messaging_dead_lettered_total', { ...labels, reason: 'failed' })).toBe(1);
    expect(metrics.counted('messaging_dead_lettered_total', { ...labels, reason: 'invalid' })).toBe(1);
    expect(metrics.counted('messaging_published_total', { topic: ALERTS })).toBe(2);
    expect(metrics.observed('messaging_handler_seconds', labels)).toBeGreaterThanOrEqual(4);
  });

  it('skips messages with other keys unread, and commits them', async () => {
    const keys = (key: string | null) => key === 'Wanted';
    const server = new BusServer({ bus: app.get<Bus>(BusToken), group: 'filtered', keys });
    const received: string[] = [];
    server.addHandler('alert.raised', async ({ data }) => void received.push(data.name), true);
    await publisher.publish('alert.raised', alert('Unwanted'));
    await driver.publish([message(ALERTS, 'Unreadable', 'no event')]);
    await publisher.publish('alert.raised', alert('Wanted'));
    await new Promise<void>((resolve) => void server.listen(() => resolve()));
    const lag = async () =>
      (await driver.lag('filtered', [ALERTS])).reduce((sum, partition) => sum + partition.lag, 0);
    await eventually(
      async () => (await lag()) === 0,
      () => 'no lag',
    );
    expect(received).toEqual(['Wanted']);
    const letters = await listDeadLetters(driver, ALERTS);
    expect(letters.filter((letter) => letter.group === 'filtered')).toEqual([]);
    await server.close();
  });
});
