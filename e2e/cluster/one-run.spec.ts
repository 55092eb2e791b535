import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaDriver } from '@open-chatgpt/messaging';
import { tinyPipeline, tinyRows } from '@open-chatgpt/testing';
import { Cluster } from '../testing/cluster';
import { startOneRun } from '../testing/one-run-process';

const CHECKPOINTED = 'A checkpoint is stored';
/** Of the runs that are interrupted. */
const LONG = { maxSteps: 1500, saveSteps: 100, loggingSteps: 50 };

describe('a trainer that executes one run and exits, over Kafka and S3', () => {
  let cluster: Cluster;
  /** Version of the model of the long run when nothing happens to it. */
  let undisturbed: string;

  const request = (runId: string, changes: Record<string, unknown> = {}) => ({
    runId,
    pipelineId: runId,
    stage: 'sft',
    algorithm: 'sft',
    config: tinyPipeline(join(cluster.cwd, 'rows.jsonl'), { sft: changes }),
    inputs: { models: {}, datasets: [] },
  });
  const events = async (runId: string): Promise<string[]> => {
    const driver = new KafkaDriver({ brokers: cluster.kafka.brokers });
    try {
      const types = [];
      for (const topic of ['openchatgpt.run.fact.v1', 'openchatgpt.model.fact.v1'])
        for (const { headers, value } of await driver.read(topic))
          if (String(value).includes(`"${runId}"`))
            types.push(headers['ce_type'].split('.').slice(1, 3).join('.'));
      return types;
    } finally {
      await driver.close();
    }
  };

  beforeAll(async () => {
    cluster = await Cluster.open();
    writeFileSync(join(cluster.cwd, 'rows.jsonl'), tinyRows());
    const folder = join(cluster.cwd, 'undisturbed');
    const env = { OPEN_CHATGPT_STORE: join(folder, 'store'), OPEN_CHATGPT_WORK_DIR: join(folder, 'work') };
    const { code, message, log } = await startOneRun('sft-trainer', folder, request('long', LONG), env).ended;
    if (code !== 0) throw new Error(log);
    undisturbed = message!.model!.version;
  }, 300_000);
  afterAll(() => cluster?.close(), 60_000);

  it('completes the run, and repeats its final events when it is started again', async () => {
    const first = await cluster.startRun('sft-trainer', request('whole')).ended;
    expect(first).toMatchObject({
      code: 0,
      message: {
        runId: 'whole',
        attempt: 1,
        step: 30,
        outcome: 'completed',
        model: { size: expect.any(Number) },
      },
    });
    const published = await events('whole');
    expect(published[0]).toBe('run.started');
    expect(published.filter((type) => type === 'run.completed')).toHaveLength(1);
    expect(published.filter((type) => type === 'model.published')).toHaveLength(1);

    const second = await cluster.startRun('sft-trainer', request('whole'), { name: 'again' }).ended;
    expect(second).toMatchObject({ code: 0, message: first.message });
    const repeated = await events('whole');
    expect(repeated).toHaveLength(published.length + 2);
    expect(repeated.filter((type) => type === 'run.completed')).toHaveLength(2);
    expect(repeated.filter((type) => type === 'run.started')).toHaveLength(1);
  }, 60_000);

  it('serves health and metrics, and takes no request from the bus', async () => {
    const run = cluster.startRun('sft-trainer', request('healthy', { ...LONG, maxSteps: 1_000_000 }));
    await run.logged(CHECKPOINTED);
    const { url } = JSON.parse(run.line('The service is started')) as { url: string };
    expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({ ready: true });
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('messaging_published_total');
    const driver = new KafkaDriver({ brokers: cluster.kafka.brokers });
    // A member of the group would make it a dead letter at once.
    const topic = 'openchatgpt.run.cmd.v1';
    await driver.publish([{ topic, key: 'x', headers: {}, value: Buffer.from('no event') }]);
    await sleep(1000);
    run.kill('SIGTERM');
    expect((await run.ended).code).toBe(143);
    const lags = await driver.lag('sft-trainer', [topic]);
    await driver.close();
    expect(lags.reduce((sum, { lag }) => sum + lag, 0)).toBe(1);
  }, 60_000);

  it('stopped by SIGTERM it saves a checkpoint; elsewhere the run continues to the same model', async () => {
    const first = cluster.startRun('sft-trainer', request('moved', LONG), { name: 'here' });
    await first.logged(CHECKPOINTED);
    first.kill('SIGTERM');
    const { code, message } = await first.ended;
    expect(code).toBe(143);
    expect(message).toMatchObject({ runId: 'moved', attempt: 1, outcome: 'interrupted' });
    const second = await cluster.startRun('sft-trainer', request('moved', LONG), { name: 'there' }).ended;
    expect(second).toMatchObject({
      code: 0,
      message: { attempt: 2, outcome: 'completed', model: { version: undisturbed } },
    });
    expect(second.log).toContain('The run is claimed and starts');
    expect(await events('moved')).not.toContain('run.failed');
  }, 60_000);

  it('killed, the run continues from its last checkpoint to the same model', async () => {
    const first = cluster.startRun('sft-trainer', request('killed', LONG), { name: 'here' });
    await first.logged(CHECKPOINTED);
    first.kill('SIGKILL');
    expect(await first.ended).toMatchObject({ code: null, signal: 'SIGKILL', message: undefined });
    const second = await cluster.startRun('sft-trainer', request('killed', LONG), { name: 'there' }).ended;
    expect(second).toMatchObject({ code: 0, message: { attempt: 2, model: { version: undisturbed } } });
  }, 60_000);

  it('ends with 79 when another process begins the run', async () => {
    const endless = { ...LONG, maxSteps: 1_000_000 };
    const older = cluster.startRun('sft-trainer', request('twice', endless), { name: 'older' });
    await older.logged(CHECKPOINTED);
    const newer = cluster.startRun('sft-trainer', request('twice', endless), { name: 'newer' });
    expect(await older.ended).toMatchObject({ code: 79, message: { attempt: 1, outcome: 'takenOver' } });
    newer.kill('SIGTERM');
    expect(await newer.ended).toMatchObject({ code: 143, message: { attempt: 2, outcome: 'interrupted' } });
  }, 60_000);

  it('ends with 65 for a run that cannot succeed, and for a request that is wrong', async () => {
    const missing = request('wrong', { dataset: { path: '/not/here.jsonl', adapter: 'alpaca' } });
    expect(await cluster.startRun('sft-trainer', missing).ended).toMatchObject({
      code: 65,
      message: {
        runId: 'wrong',
        outcome: 'failed',
        error: { code: 'StageFailed', message: expect.stringContaining('sft.dataset.path: /not/here.jsonl') },
      },
    });
    expect(await events('wrong')).toContain('run.failed');
    expect(await cluster.startRun('reward-trainer', request('wrong')).ended).toMatchObject({
      code: 65,
      message: {
        outcome: 'failed',
        error: { code: 'InvalidRequest', message: expect.stringContaining('data.algorithm') },
      },
    });
    const env = { OPEN_CHATGPT_PATIENCE_SECONDS: 'long' };
    expect(await cluster.startRun('sft-trainer', request('wrong'), { env }).ended).toMatchObject({
      code: 65,
      message: {
        error: {
          code: 'InvalidConfiguration',
          message: expect.stringContaining('OPEN_CHATGPT_PATIENCE_SECONDS'),
        },
      },
    });
    const ranks = { OPEN_CHATGPT_RANK: '1', OPEN_CHATGPT_WORLD_SIZE: '2' };
    expect(await cluster.startRun('sft-trainer', request('wrong'), { env: ranks }).ended).toMatchObject({
      code: 65,
      message: { error: { message: expect.stringContaining('set OPEN_CHATGPT_UNVERIFIED_RANKS_TOKEN') } },
    });
    const onCpu = {
      ...ranks,
      OPEN_CHATGPT_UNVERIFIED_RANKS_TOKEN: '0123456789abcdef',
      OPEN_CHATGPT_COORDINATOR: 'wrong-0.wrong',
    };
    expect(await cluster.startRun('sft-trainer', request('wrong'), { env: onCpu }).ended).toMatchObject({
      code: 65,
      message: {
        error: { message: expect.stringContaining('OPEN_CHATGPT_DEVICE=cpu computes in one process') },
      },
    });
  }, 60_000);

  it('that waits for the bus at its start ends at once on SIGTERM', async () => {
    const env = { OPEN_CHATGPT_BUS: 'kafka://127.0.0.1:1', OPEN_CHATGPT_LOG_LEVEL: 'debug' };
    const run = cluster.startRun('sft-trainer', request('early'), { env });
    await run.logged('dependencies initialized');
    run.kill('SIGTERM');
    const since = Date.now();
    expect(await run.ended).toMatchObject({ code: 143, message: { runId: 'early', outcome: 'interrupted' } });
    expect(Date.now() - since).toBeLessThan(15_000);
  }, 60_000);

  it('ends with 71 on a machine without the native library', async () => {
    const env = { OPEN_CHATGPT_ONNXRUNTIME: '/not/here.so' };
    expect(await cluster.startRun('sft-trainer', request('bare'), { env }).ended).toMatchObject({
      code: 71,
      message: { outcome: 'machine', error: { message: expect.stringContaining('/not/here.so') } },
    });
    expect(await events('bare')).not.toContain('run.failed');
  }, 60_000);

  it('ends with 75 when the store or the bus does not respond, and completes when it does', async () => {
    const env = { OPEN_CHATGPT_PATIENCE_SECONDS: '3' };
    await cluster.stopS3();
    const noStore = cluster.startRun('sft-trainer', request('away'), { env });
    expect(await noStore.ended).toMatchObject({ code: 75, message: { outcome: 'unavailable' } });
    await cluster.startS3();

    // Each checkpoint waits 5 s for the bus.
    const seldom = { ...LONG, saveSteps: 700 };
    const mute = cluster.startRun('sft-trainer', request('away', seldom), { env });
    await mute.logged(CHECKPOINTED);
    await cluster.kafka.stop();
    expect(await mute.ended).toMatchObject({ code: 75, message: { attempt: 1, outcome: 'unavailable' } });
    const noBus = cluster.startRun('sft-trainer', request('away', seldom), { env });
    expect(await noBus.ended).toMatchObject({ code: 75, message: { outcome: 'unavailable' } });
    await cluster.kafka.start();
    const again = await cluster.startRun('sft-trainer', request('away', seldom)).ended;
    expect(again).toMatchObject({ code: 0, message: { attempt: 1, model: { version: undisturbed } } });
    expect(await events('away')).toContain('run.completed');
  }, 120_000);
});
