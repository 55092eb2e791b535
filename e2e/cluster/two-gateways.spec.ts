import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  publishEnd,
  publishSteps,
  type Seen,
  somePipeline,
  startGateway,
  until,
  watch,
} from '@open-chatgpt/gateway/testing';
import { EventPublisher } from '@open-chatgpt/messaging';
import type { RunningService } from '@open-chatgpt/service';
import { type Broker, startKafka } from '@open-chatgpt/tools/kafka/broker.cjs';
import { type S3Server, startS3 } from '@open-chatgpt/tools/s3/s3-server.cjs';

describe('two gateways over Kafka and S3', () => {
  let folder: string;
  let kafka: Broker;
  let s3: S3Server;
  let gateways: RunningService[] = [];
  const start = () =>
    startGateway(folder, {
      OPEN_CHATGPT_ANONYMOUS: 'true',
      OPEN_CHATGPT_BUS: `kafka://${kafka.brokers.join(',')}`,
      OPEN_CHATGPT_STORE: 's3://open-chatgpt/test',
      ...s3.env,
    });
  const submit = (gateway: number, pipelineId: string) =>
    fetch(`${gateways[gateway].url}/v1/pipelines`, {
      method: 'POST',
      body: JSON.stringify({ pipelineId, pipeline: somePipeline }),
      headers: { 'content-type': 'application/json' },
    });
  const get = async (gateway: number, path: string) =>
    (await fetch(`${gateways[gateway].url}${path}`)).json();
  const steps = (seen: Seen[]) =>
    seen.filter(({ type }) => type === 'run.progressed').map(({ data }) => data['step']);
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'two-gateways-'));
    const data = join(folder, 's3');
    mkdirSync(data);
    [kafka, s3] = await Promise.all([startKafka(), startS3({ folder: data })]);
    // One after another: the first creates the topics and the bucket.
    for (let i = 0; i < 2; i++) gateways.push(await start());
  }, 180_000);
  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    await kafka?.close();
    await s3?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('agree on every pipeline, and each streams all events of all of them', async () => {
    const ids = upTo(6).map((i) => `p${i}`);
    for (const [i, id] of ids.entries()) expect((await submit(i % 2, id)).status).toBe(201);
    expect((await submit(1, 'p1')).status).toBe(409);
    const watches = ids.flatMap((id) => gateways.map(({ url }) => watch(url, id)));
    const events = gateways[0].app.get(EventPublisher);
    await Promise.all(
      ids.map(async (pipelineId) => {
        await publishSteps(events, { pipelineId, stage: 'sft', steps: 20 });
        await publishEnd(events, { pipelineId, stage: 'sft', steps: 20 });
      }),
    );
    for (const seen of await Promise.all(watches)) {
      expect(steps(seen)).toEqual(upTo(20));
      expect(seen.at(-1)).toMatchObject({ type: 'pipeline', data: { status: 'completed' } });
    }
    for (const path of ['/v1/pipelines', '/v1/runs', '/v1/models', '/v1/checkpoints']) {
      const [one, other] = await Promise.all([get(0, path), get(1, path)]);
      expect(one).toEqual(other);
      expect((one as { items: unknown[] }).items).toHaveLength(ids.length);
    }
  }, 120_000);

  it('one continues where the other stopped, also for clients that were watching', async () => {
    expect((await submit(0, 'moved')).status).toBe(201);
    const events = gateways[1].app.get(EventPublisher);
    await publishSteps(events, { pipelineId: 'moved', stage: 'sft', steps: 10 });
    const seen = await watch(gateways[0].url, 'moved', { enough: (all) => steps(all).length === 10 });
    await gateways[0].stop();
    gateways = gateways.slice(1);
    const rest = watch(gateways[0].url, 'moved', { after: seen.at(-1)?.id });
    await publishSteps(events, { pipelineId: 'moved', stage: 'sft', steps: 15, from: 10, attempt: 2 });
    await publishEnd(events, { pipelineId: 'moved', stage: 'sft', steps: 15, attempt: 2 });
    expect(steps([...seen, ...(await rest)])).toEqual(upTo(15));
    await until(
      () => get(0, '/v1/runs/moved-sft') as Promise<{ status: string }>,
      ({ status }) => status === 'completed',
    );
  }, 120_000);

  it('wait for an unavailable store: requests fail with the reason, and no event becomes a dead letter', async () => {
    expect((await submit(0, 'away')).status).toBe(201);
    const port = Number(new URL(s3.endpoint).port);
    await s3.stop();
    const events = gateways[0].app.get(EventPublisher);
    await publishSteps(events, { pipelineId: 'away', stage: 'sft', steps: 3 });
    await publishEnd(events, { pipelineId: 'away', stage: 'sft', steps: 3 });
    const refused = await fetch(`${gateways[0].url}/v1/pipelines/away`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    // By now the client of the store has failed more than once.
    await new Promise((resolve) => setTimeout(resolve, 4000));
    s3 = await startS3({ folder: join(folder, 's3'), port });
    const seen = await watch(gateways[0].url, 'away');
    expect(steps(seen)).toEqual(upTo(3));
    expect(seen.at(-1)).toMatchObject({ data: { status: 'completed' } });
    expect(await get(0, '/v1/dead-letters')).toEqual({ items: [], next: null });
  }, 120_000);
});
