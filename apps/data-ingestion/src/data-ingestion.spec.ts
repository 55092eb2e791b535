import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openDataset } from '@open-chatgpt/datasets';
import type { AnyEvent, EventOf } from '@open-chatgpt/events';
import { contractOf, fromMessage, TOPICS } from '@open-chatgpt/events';
import { EmbeddedDriver, EventPublisher } from '@open-chatgpt/messaging';
import {
  loadConfig,
  PlatformModule,
  type RunningService,
  serviceConfigSchema,
  shareDriver,
  startService,
} from '@open-chatgpt/service';
import { Attempt, fetchFolder, openObjectStore, unpublish } from '@open-chatgpt/storage';
import { DataIngestionModule, dataIngestionGroups } from '.';

type Outcome = EventOf<'dataset.ready' | 'dataset.failed'>;

const jsonl = (rows: number) =>
  Array.from({ length: rows }, (_, i) => {
    const output = `Item ${i} weighs ${i * 3} grams and lies on shelf ${i % 17}.`;
    return `${JSON.stringify({ instruction: `What of item ${i}?`, output })}\n`;
  }).join('');

let folder: string;
let driver: EmbeddedDriver;
let service: RunningService;

async function start(env: Record<string, string> = {}): Promise<void> {
  const config = loadConfig(serviceConfigSchema, {
    OPEN_CHATGPT_PORT: '0',
    OPEN_CHATGPT_STORE: join(folder, 'store'),
    OPEN_CHATGPT_WORK_DIR: join(folder, 'work'),
    OPEN_CHATGPT_LOG_LEVEL: 'fatal',
    ...env,
  });
  const platform = PlatformModule.forRoot('data-ingestion', config, shareDriver(driver));
  service = await startService(
    'data-ingestion',
    config,
    [platform, DataIngestionModule],
    dataIngestionGroups,
  );
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'data-ingestion-'));
  driver = new EmbeddedDriver();
});
afterEach(async () => {
  await service.stop();
  await driver.close();
  rmSync(folder, { recursive: true });
});

const request = (datasetId: string, source: string, options: Record<string, unknown> = {}) =>
  service.app.get(EventPublisher).publish('dataset.requested', { datasetId, source, options });

/** The events of datasets so far. */
async function publishedEvents(): Promise<Outcome[]> {
  const events: AnyEvent[] = [];
  for (const { name } of TOPICS.filter((topic) => topic.name.includes('dataset')))
    for (const message of await driver.read(name)) events.push(fromMessage(message));
  return events.filter(({ type }) => type === 'dataset.ready' || type === 'dataset.failed') as Outcome[];
}

async function untilPublished(count: number): Promise<Outcome[]> {
  for (let tries = 0; tries < 1200; tries++) {
    const outcomes = await publishedEvents();
    if (outcomes.length >= count) return outcomes;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('no event was published within a minute');
}

const store = () => openObjectStore(join(folder, 'store'));
const FILES = { OPEN_CHATGPT_DATASETS_FROM_FILES: 'true' };

it('ingests a deleted dataset again', async () => {
  writeFileSync(join(folder, 'rows.jsonl'), jsonl(20));
  await start(FILES);
  for (const count of [1, 2]) {
    await request('mine', join(folder, 'rows.jsonl'));
    const { manifest } = ((await untilPublished(count)).at(-1) as EventOf<'dataset.ready'>).data;
    await openDataset(await fetchFolder(store(), manifest, join(folder, `cache-${count}`)));
    await unpublish(store(), 'datasets/mine');
  }
});

it('ingests and stores a dataset, and publishes the same event for a repeated request', async () => {
  writeFileSync(join(folder, 'rows.jsonl'), `${jsonl(200)}{"instruction": \n`);
  writeFileSync(join(folder, 'more.jsonl'), jsonl(300).split('\n').slice(200).join('\n'));
  await start(FILES);
  const options = {
    split: { evalFraction: 0.1 },
    weight: 2,
    sources: [{ source: join(folder, 'more.jsonl') }],
  };
  await request('mine', join(folder, 'rows.jsonl'), options);
  const [ready] = (await untilPublished(1)) as EventOf<'dataset.ready'>[];
  expect(ready.type).toBe('dataset.ready');
  const { manifest, rows, examples, kind } = ready.data;
  expect(kind).toBe('supervised');
  expect(rows).toEqual({ read: 301, kept: 300, dropped: { brokenJson: 1 } });
  expect(examples.train + examples.eval).toBe(300);
  const dataset = await openDataset(await fetchFolder(store(), manifest, join(folder, 'cache')));
  const held = [];
  for await (const { messages } of dataset.examples('supervised', 'eval')) held.push(messages);
  expect(held).toHaveLength(examples.eval);
  expect(held[0][0].content).toMatch(/^What of item \d+\?$/);

  // The file is gone: the result is read from the store.
  rmSync(join(folder, 'rows.jsonl'));
  await request('mine', join(folder, 'rows.jsonl'), options);
  const [, again] = await untilPublished(2);
  const requested = (await driver.read(contractOf('dataset.requested').topic)).map(
    ({ headers }) => headers['ce_id'],
  );
  expect([ready, again].map(({ data }) => data.requestId)).toEqual(requested.slice(-2));
  expect(again.data).toEqual({ ...ready.data, requestId: again.data.requestId });
  expect(readdirSync(join(folder, 'work/datasets'))).toEqual([]);
}, 60_000);

it('returns the request at a shutdown, and resumes it', async () => {
  writeFileSync(join(folder, 'rows.jsonl'), jsonl(60_000));
  await start(FILES);
  await request('long', join(folder, 'rows.jsonl'));
  const work = join(folder, 'work/datasets');
  const begun = () =>
    existsSync(work) &&
    readdirSync(work, { recursive: true }).some((name) => String(name).endsWith('train.jsonl'));
  for (let tries = 0; tries < 1000 && !begun(); tries++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  await service.stop();
  expect(await publishedEvents()).toEqual([]);
  const [state] = readdirSync(work, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('state.json'));
  const { records } = JSON.parse(readFileSync(join(work, state), 'utf8'));
  expect(records).toMatchObject({ done: false });

  await start(FILES);
  const [ready] = await untilPublished(1);
  expect(ready.data).toMatchObject({ datasetId: 'long', rows: { kept: 60_000 } });
}, 120_000);

describe('a source that is not permitted', () => {
  let server: Server;
  beforeAll((done) => {
    server = createServer((_, response) => response.end(jsonl(30))).listen(0, '127.0.0.1', done);
  });
  afterAll((done) => void server.close(done));
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/rows.jsonl`;

  it('is rejected with the reason, and nothing is visible', async () => {
    await start();
    const requests: [string, Record<string, unknown>, RegExp][] = [
      ['/etc/passwd', {}, /files of this machine are not read here/],
      ['file:///etc/passwd', {}, /files of this machine are not read here/],
      [url(), {}, /127\.0\.0\.1/],
      ['http://169.254.169.254/latest/meta-data', {}, /169\.254\.169\.254/],
      ['s3://secret/rows.jsonl', {}, /not read from s3:\/\/ here.*OPEN_CHATGPT_DATASETS_FROM_STORES/],
      ['/a.jsonl', { evalFraction: 0.1 }, /Unrecognized key: "evalFraction"/],
      ['/a.jsonl', { sources: [{ source: '/etc/passwd' }] }, /files of this machine are not read here/],
    ];
    for (const [i, [source, options]] of requests.entries()) await request(`refused-${i}`, source, options);
    const outcomes = await untilPublished(requests.length);
    for (const [i, [, , reason]] of requests.entries()) {
      const { type, data } = outcomes.find((one) => one.data.datasetId === `refused-${i}`) as Outcome;
      expect([type, data]).toEqual(['dataset.failed', expect.anything()]);
      expect((data as EventOf<'dataset.failed'>['data']).error.message).toMatch(reason);
    }
    const visible = [];
    for await (const { key } of store().list('')) visible.push(key);
    expect(visible).toEqual([]);
  }, 60_000);

  it('is read where the configuration says so', async () => {
    await start({ OPEN_CHATGPT_DATASETS_FROM_PRIVATE_URLS: 'true' });
    await request('near', url());
    expect((await untilPublished(1))[0]).toMatchObject({
      type: 'dataset.ready',
      data: { rows: { kept: 30 } },
    });
  }, 60_000);
});

describe('a source that never ends', () => {
  let server: Server;
  let readers = 0;
  beforeAll((done) => {
    server = createServer((_, response) => {
      readers += 1;
      response.writeHead(200);
      const timer = setInterval(() => response.write(jsonl(1)), 20);
      response.on('close', () => clearInterval(timer));
    }).listen(0, '127.0.0.1', done);
  });
  afterAll((done) => void server.close(done));

  it('ends when its request is cancelled, also before it begins, and can be requested again', async () => {
    writeFileSync(join(folder, 'rows.jsonl'), jsonl(20));
    await start({ ...FILES, OPEN_CHATGPT_DATASETS_FROM_PRIVATE_URLS: 'true' });
    const { id } = await request(
      'drips',
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/rows.jsonl`,
    );
    const events = service.app.get(EventPublisher);
    const cancel = (datasetId: string, requestId: string) =>
      events.publish('dataset.cancel-requested', { datasetId, requestId });
    for (let tries = 0; tries < 3000 && readers === 0; tries++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    await cancel('drips', id);
    const [{ type, data }] = await untilPublished(1);
    expect([type, data]).toMatchObject(['dataset.failed', { requestId: id, error: { code: 'Cancelled' } }]);
    const work = join(folder, 'work/datasets');
    expect(existsSync(work) ? readdirSync(work) : []).toEqual([]);

    await cancel('late', 'late/1');
    const key = 'datasets/late/cancelled.json';
    for (let tries = 0; tries < 1000 && !(await store().head(key)); tries++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    const source = join(folder, 'rows.jsonl');
    for (const [i, requestId] of ['late/1', 'late/2'].entries()) {
      await events.publish(
        'dataset.requested',
        { datasetId: 'late', source, options: {} },
        { id: requestId },
      );
      const outcome = (await untilPublished(i + 2)).at(-1);
      expect(outcome?.data.requestId).toBe(requestId);
      expect(outcome?.type).toBe(i === 0 ? 'dataset.failed' : 'dataset.ready');
    }
  }, 60_000);

  it('does not stop the ingestion of others, and a shutdown interrupts it', async () => {
    writeFileSync(join(folder, 'rows.jsonl'), jsonl(20));
    await start({ ...FILES, OPEN_CHATGPT_DATASETS_FROM_PRIVATE_URLS: 'true' });
    const drips = await request(
      'drips',
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/rows.jsonl`,
    );
    const partitionFor = async (id: string) =>
      (await driver.read(contractOf('dataset.requested').topic)).find(
        ({ headers }) => headers['ce_id'] === id,
      )?.partition;
    // The second is in the partition of the one that drips.
    const ids = ['mine-1', 'mine-29'];
    const requests = await Promise.all(ids.map((id) => request(id, join(folder, 'rows.jsonl'))));
    expect(await partitionFor(requests[1].id)).toBe(await partitionFor(drips.id));
    const ready = await untilPublished(ids.length);
    expect(ready.map(({ type, data }) => [type, data.datasetId]).sort()).toEqual(
      ids.map((id) => ['dataset.ready', id]).sort(),
    );
    await service.stop();
    const outcomes = await publishedEvents();
    expect(outcomes.filter((one) => one.data.datasetId === 'drips')).toEqual([]);
  }, 120_000);
});

describe('a source that is temporarily unavailable', () => {
  let server: Server;
  beforeAll((done) => {
    server = createServer(({ url }, response) => {
      if (url === '/busy.jsonl') return response.writeHead(503).end();
      if (url === '/none.jsonl') return response.writeHead(404).end();
      // The rest is never sent.
      response.writeHead(200, { 'content-length': '100000' });
      response.write(jsonl(30), () => response.destroy());
    }).listen(0, '127.0.0.1', done);
  });
  afterAll((done) => void server.close(done));

  it.each([
    ['busy.jsonl', true, /503/],
    ['broken.jsonl', true, /broke off/],
    ['none.jsonl', false, /404/],
  ])('%s: may succeed later: %s', async (name, retryable, message) => {
    await start({ OPEN_CHATGPT_DATASETS_FROM_PRIVATE_URLS: 'true' });
    await request('far', `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`);
    const [{ data }] = (await untilPublished(1)) as EventOf<'dataset.failed'>[];
    expect(data.error).toMatchObject({ retryable, message: expect.stringMatching(message) });
  });

  it('is retryable when no server answers', async () => {
    await start({ OPEN_CHATGPT_DATASETS_FROM_PRIVATE_URLS: 'true' });
    await request('far', 'http://127.0.0.1:1/rows.jsonl');
    const [{ data }] = (await untilPublished(1)) as EventOf<'dataset.failed'>[];
    expect(data.error).toMatchObject({
      retryable: true,
      message: expect.stringMatching(/cannot be reached/),
    });
  });
});

it('a damaged file fails the dataset, with its place', async () => {
  writeFileSync(join(folder, 'rows.jsonl.gz'), gzipSync(jsonl(5000)).subarray(0, -100));
  await start(FILES);
  await request('damaged', join(folder, 'rows.jsonl.gz'));
  const [{ type, data }] = (await untilPublished(1)) as EventOf<'dataset.failed'>[];
  expect(type).toBe('dataset.failed');
  expect(data.error).toMatchObject({
    retryable: false,
    message: expect.stringMatching(/rows\.jsonl\.gz: damaged gzip after line \d+/),
  });
  expect(readdirSync(join(folder, 'work/datasets'))).toEqual([]);
}, 60_000);

it('a request that ended two processes fails, and is not tried again', async () => {
  writeFileSync(join(folder, 'rows.jsonl'), jsonl(30));
  const store = openObjectStore(join(folder, 'store'));
  for (const process of ['first', 'second'])
    await Attempt.begin(store, 'datasets/deadly/attempts.json', process);
  await start(FILES);
  await request('deadly', join(folder, 'rows.jsonl'));
  const [{ type, data }] = (await untilPublished(1)) as EventOf<'dataset.failed'>[];
  expect(type).toBe('dataset.failed');
  expect(data.error.message).toMatch(/^2 processes ended while they worked on this/);
}, 60_000);

it('names a malformed list of stores', () => {
  const config = (value: string) =>
    loadConfig(serviceConfigSchema, { OPEN_CHATGPT_DATASETS_FROM_STORES: value });
  expect(config('s3://a, s3://b/c').datasetsFromStores).toEqual(['s3://a', 's3://b/c']);
  expect(() => config('a')).toThrow(/OPEN_CHATGPT_DATASETS_FROM_STORES.*found "a"/s);
});
