import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openObjectStore } from '@open-chatgpt/storage';
import { type Broker, kafkaIsMissing, startKafka } from '../../../../tools/kafka/broker.cjs';
import { missingS3, type S3Server, startS3 } from '../../../../tools/s3/s3-server.cjs';
import { compile, openchat } from '../testing/openchat';
import { type ServiceProcess, startServiceProcess } from '../testing/service-process';

const jsonl = (rows: number) =>
  Array.from({ length: rows }, (_, i) => {
    const output = `Item ${i} weighs ${i * 3} grams and lies on shelf ${i % 17}.`;
    return `${JSON.stringify({ instruction: `What of item ${i}?`, output })}\n`;
  }).join('');

interface Dataset {
  status: string;
  manifest: { uri: string };
  examples: { train: number; eval: number };
}

describe('data sets over Kafka and S3', () => {
  let cwd: string;
  let kafka: Broker;
  let s3: S3Server;
  const services = new Map<string, ServiceProcess>();

  const start = async (app: string): Promise<void> => {
    const service = await startServiceProcess(app, {
      OPEN_CHATGPT_BUS: `kafka://${kafka.brokers.join(',')}`,
      OPEN_CHATGPT_STORE: 's3://open-chatgpt/test',
      OPEN_CHATGPT_S3_ENDPOINT: s3.endpoint,
      OPEN_CHATGPT_S3_ACCESS_KEY: s3.accessKey,
      OPEN_CHATGPT_S3_SECRET_KEY: s3.secretKey,
      OPEN_CHATGPT_S3_REGION: s3.region,
      OPEN_CHATGPT_S3_CREATE_BUCKET: 'true',
      OPEN_CHATGPT_WORK_DIR: join(cwd, app),
      OPEN_CHATGPT_DATASETS_FROM_FILES: 'true',
      OPEN_CHATGPT_DATASETS_FROM_STORES: 's3://open-chatgpt/uploads',
    });
    services.set(app, service);
  };
  const store = (prefix: string) =>
    openObjectStore(`s3://open-chatgpt/${prefix}`, {
      endpoint: s3.endpoint,
      accessKey: s3.accessKey,
      secretKey: s3.secretKey,
      region: s3.region,
    });
  const gateway = () => `${services.get('gateway')?.url}/v1/datasets`;
  const ask = (body: object) =>
    fetch(gateway(), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const ended = async (datasetId: string): Promise<Dataset> => {
    for (;;) {
      const dataset = (await (await fetch(`${gateway()}/${datasetId}`)).json()) as Dataset;
      if (dataset.status !== 'requested') return dataset;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  beforeAll(async () => {
    const missing = (await kafkaIsMissing()) ?? missingS3();
    if (missing) throw new Error(missing);
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'ingestion-'));
    [kafka, s3] = await Promise.all([startKafka(), startS3()]);
    for (const app of ['gateway', 'data-ingestion']) await start(app);
  }, 300_000);
  afterAll(async () => {
    await Promise.all([...services.values()].map((service) => service.stop()));
    await kafka?.close();
    await s3?.stop();
    rmSync(cwd, { recursive: true, force: true });
  }, 60_000);

  it('one that is killed in the middle is made to the end, to the bytes of an unbroken ingestion', async () => {
    const file = join(cwd, 'rows.jsonl');
    writeFileSync(file, jsonl(60_000));
    expect((await ask({ datasetId: 'long', source: file })).status).toBe(202);
    const work = join(cwd, 'data-ingestion/datasets');
    const begun = () =>
      existsSync(work) &&
      readdirSync(work, { recursive: true }).some((name) => String(name).endsWith('train.jsonl'));
    while (!begun()) await new Promise((resolve) => setTimeout(resolve, 5));
    await services.get('data-ingestion')?.kill();
    await start('data-ingestion');
    const { status, manifest, examples } = await ended('long');
    expect([status, examples]).toEqual(['ready', { train: 60_000, eval: 0 }]);

    expect((await openchat(['data', 'ingest', file, '-o', 'plain'], { cwd })).code).toBe(0);
    const [, key] = manifest.uri.split('/test/');
    const stored = await store('test').get(key.replace('manifest.json', 'files/records/train.jsonl'));
    const bytes = Buffer.concat(await stored.toArray());
    expect(bytes.equals(readFileSync(join(cwd, 'plain/records/train.jsonl')))).toBe(true);

    const env = {
      AWS_ENDPOINT_URL: s3.endpoint,
      AWS_ACCESS_KEY_ID: s3.accessKey,
      AWS_SECRET_ACCESS_KEY: s3.secretKey,
      AWS_REGION: s3.region,
    };
    const { stdout } = await openchat(['data', 'list', 's3://open-chatgpt/test'], { cwd, env });
    expect(stdout).toMatch(/datasets\/long@[0-9a-f]{8} +supervised +60,000 +0 +– /);
  }, 180_000);

  it('one in the store is read from there', async () => {
    await store('uploads').put('set/a.jsonl', Buffer.from(jsonl(40)));
    await store('uploads').put('set/b.jsonl', Buffer.from(jsonl(70)));
    expect((await ask({ datasetId: 'uploaded', source: 's3://open-chatgpt/uploads/set' })).status).toBe(202);
    // Those of the first file are in the second one too.
    expect(await ended('uploaded')).toMatchObject({ status: 'ready', rows: { read: 110, kept: 70 } });
    await ask({ datasetId: 'refused', source: 's3://open-chatgpt/test/gateway' });
    expect(await ended('refused')).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('read only from s3://open-chatgpt/uploads') },
    });
  }, 60_000);
});
