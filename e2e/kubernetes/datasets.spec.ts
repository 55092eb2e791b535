import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contractOf, fromMessage } from '@open-chatgpt/events';
import { KafkaDriver } from '@open-chatgpt/messaging';
import { type Cluster, sharedCluster, TIMEOUT } from '@open-chatgpt/tools/cluster/cluster.cjs';
import { Cluster as Platform } from '../testing/cluster';
import {
  applyCrds,
  conditionOf,
  isTrue,
  type OperatorProcess,
  type Resource,
  startOperator,
} from './testing/operator';

const rows = (count: number) =>
  Array.from(
    { length: count },
    (_, i) => `${JSON.stringify({ instruction: `Item ${i}?`, output: `${i}` })}\n`,
  ).join('');

describe('a Dataset, with Kafka, S3 and data-ingestion', () => {
  const cluster: Cluster = sharedCluster();
  let namespace: string;
  let platform: Platform;
  let operator: OperatorProcess;
  let driver: KafkaDriver;

  const start = async () => {
    operator = await startOperator(cluster, {
      namespace,
      env: {
        OPEN_CHATGPT_BUS: `kafka://${platform.kafka.brokers}`,
        OPEN_CHATGPT_KAFKA_SESSION_TIMEOUT_SECONDS: '6',
      },
    });
  };

  beforeAll(async () => {
    await applyCrds(cluster);
    namespace = await cluster.createNamespace('datasets');
    platform = await Platform.open({ OPEN_CHATGPT_DATASETS_FROM_FILES: 'true' });
    driver = new KafkaDriver({ brokers: platform.kafka.brokers });
    await platform.start('data-ingestion');
    await start();
  });
  afterAll(async () => {
    await operator?.stop();
    await driver?.close();
    await platform?.close();
  });

  const file = (name: string, text: string): string => {
    const path = join(platform.cwd, name);
    writeFileSync(path, text);
    return path;
  };
  const dataset = (name: string, spec: object) =>
    cluster.apply(
      { apiVersion: 'open-chatgpt.io/v1alpha1', kind: 'Dataset', metadata: { name }, spec },
      { namespace },
    );
  const get = (name: string) => cluster.json<Resource>(['get', 'dset', name], { namespace });
  const wait = (name: string, condition: string) =>
    cluster.kubectl(['wait', `--for=condition=${condition}`, `dset/${name}`, TIMEOUT], { namespace });
  const requests = async (datasetId: string) =>
    (await driver.read(contractOf('dataset.requested').topic))
      .map(fromMessage)
      .filter(({ data }) => (data as { datasetId: string }).datasetId === datasetId);

  it('is ingested, and has what was found as its status', async () => {
    const source = file('rows.jsonl', `${rows(40)}{"instruction": \n`);
    await dataset('tasks', { source, options: { split: { evalFraction: 0.25 } } });
    await wait('tasks', 'Ready');
    const { status } = await get('tasks');
    expect(status).toMatchObject({
      phase: 'Ready',
      observedGeneration: 1,
      datasetId: 'tasks',
      kind: 'supervised',
      rows: { read: 41, kept: 40, dropped: { brokenJson: 1 } },
      manifest: { uri: expect.stringContaining('s3://'), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(status.examples.train + status.examples.eval).toBe(40);
    expect(await requests('tasks')).toMatchObject([{ type: 'dataset.requested', source: '/operator' }]);
    const table = await cluster.kubectl(['get', 'dset', 'tasks'], { namespace });
    expect(table).toMatch(/STATUS.*KIND.*ROWS.*\n.*Ready +supervised +40/);
  });

  it('fails with the reason, and its spec cannot be changed', async () => {
    await dataset('missing', { source: join(platform.cwd, 'none.jsonl') });
    await wait('missing', 'Failed');
    const failed = conditionOf(await get('missing'), 'Failed');
    expect(failed).toMatchObject({
      reason: 'IngestionFailed',
      message: expect.stringContaining('none.jsonl'),
    });
    expect(isTrue(await get('missing'), 'Stalled')).toBe(true);
    await expect(dataset('missing', { source: '/other.jsonl' })).rejects.toThrow(/spec\.source.*immutable/s);
  });

  it('that has the id of another says so', async () => {
    const source = file('again.jsonl', rows(5));
    await dataset('other', { source, datasetId: 'tasks' });
    await wait('other', 'Failed');
    expect(conditionOf(await get('other'), 'Failed')).toMatchObject({
      reason: 'DatasetIdTaken',
      message: expect.stringContaining(`${namespace}/tasks has the id "tasks" already`),
    });
  });

  it('is requested when Kafka comes back', async () => {
    const source = file('late.jsonl', rows(10));
    await platform.kafka.kill();
    await dataset('late', { source });
    await cluster.until(
      'the operator to say what it waits for',
      async () => conditionOf(await get('late'), 'Ready')?.reason === 'WaitingForBus',
    );
    await platform.kafka.start();
    await wait('late', 'Ready');
    expect((await get('late')).status.rows.kept).toBe(10);
  });

  it('gets the answer that came while no operator ran', async () => {
    await platform.leave('data-ingestion').stop();
    const source = file('alone.jsonl', rows(12));
    await dataset('alone', { source });
    await cluster.until('the request', async () => (await requests('alone')).length === 1);
    await operator.kill();
    await platform.start('data-ingestion');
    await cluster.until('the answer', async () =>
      (await driver.read(contractOf('dataset.ready').topic))
        .map(fromMessage)
        .some(({ data }) => (data as { datasetId: string }).datasetId === 'alone'),
    );
    expect((await get('alone')).status.phase).not.toBe('Ready');
    await start();
    await wait('alone', 'Ready');
    // Whatever was requested again has the same event id, and the same answer.
    const ids = new Set((await requests('alone')).map(({ id }) => id));
    expect([...ids]).toEqual([expect.stringMatching(/^alone\/requested\/.*\/0$/)]);
  });
});
