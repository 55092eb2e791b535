import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openObjectStore } from '@open-chatgpt/storage';
import { Cluster } from '../testing/cluster';
import { openchat } from '../testing/openchat';
import { until } from '../testing/until';

const jsonl = (rows: number) =>
  Array.from({ length: rows }, (_, i) => {
    const output = `Item ${i} weighs ${i * 3} grams and lies on shelf ${i % 17}.`;
    return `${JSON.stringify({ instruction: `What of item ${i}?`, output })}\n`;
  }).join('');

describe('datasets over Kafka and S3', () => {
  let cluster: Cluster;
  let cwd: string;

  const store = (prefix: string) => openObjectStore(`s3://open-chatgpt/${prefix}`, cluster.storeOptions);
  const ask = (body: object) => cluster.gateway.post('/v1/datasets', body);

  beforeAll(async () => {
    cluster = await Cluster.open({
      OPEN_CHATGPT_DATASETS_FROM_FILES: 'true',
      OPEN_CHATGPT_DATASETS_FROM_STORES: 's3://open-chatgpt/uploads',
    });
    cwd = cluster.cwd;
    await cluster.start('gateway');
    await cluster.start('data-ingestion');
  }, 300_000);
  afterAll(() => cluster?.close(), 60_000);

  it('an ingestion that is killed completes with the same bytes as an unbroken one', async () => {
    const file = join(cwd, 'rows.jsonl');
    writeFileSync(file, jsonl(60_000));
    expect((await ask({ datasetId: 'long', source: file })).status).toBe(202);
    const work = join(cwd, 'data-ingestion/datasets');
    const begun = () =>
      existsSync(work) &&
      readdirSync(work, { recursive: true }).some((name) => String(name).endsWith('train.jsonl'));
    await until(begun, 5);
    await cluster.leave('data-ingestion').kill();
    await cluster.start('data-ingestion');
    const { status, manifest, examples } = await cluster.gateway.dataset('long');
    expect([status, examples]).toEqual(['ready', { train: 60_000, eval: 0 }]);

    expect((await openchat(['data', 'ingest', file, '-o', 'plain'], { cwd })).code).toBe(0);
    const [, key] = manifest.uri.split('/test/');
    const stored = await store('test').get(key.replace('manifest.json', 'files/records/train.jsonl'));
    const bytes = Buffer.concat(await stored.toArray());
    expect(bytes.equals(readFileSync(join(cwd, 'plain/records/train.jsonl')))).toBe(true);

    const { endpoint, accessKey, secretKey, region } = cluster.storeOptions;
    const env = {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: secretKey,
      AWS_REGION: region,
    };
    const { stdout } = await openchat(['data', 'list', 's3://open-chatgpt/test'], { cwd, env });
    expect(stdout).toMatch(/datasets\/long@[0-9a-f]{8} +supervised +60,000 +0 +– /);
  }, 180_000);

  it('a source in the store is read from there', async () => {
    await store('uploads').put('set/a.jsonl', Buffer.from(jsonl(40)));
    await store('uploads').put('set/b.jsonl', Buffer.from(jsonl(70)));
    expect((await ask({ datasetId: 'uploaded', source: 's3://open-chatgpt/uploads/set' })).status).toBe(202);
    // The second file contains the rows of the first.
    expect(await cluster.gateway.dataset('uploaded')).toMatchObject({
      status: 'ready',
      rows: { read: 110, kept: 70 },
    });
    await ask({ datasetId: 'refused', source: 's3://open-chatgpt/test/gateway' });
    expect(await cluster.gateway.dataset('refused')).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('read only from s3://open-chatgpt/uploads') },
    });
  }, 60_000);
});
