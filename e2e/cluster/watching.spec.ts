import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Bus, EventPublisher, KafkaDriver } from '@open-chatgpt/messaging';
import { createToken } from '@open-chatgpt/service';
import { Api } from '../testing/api';
import { Cluster } from '../testing/cluster';
import { jsonLines, openchat, start } from '../testing/openchat';
import { writeTinyPipeline } from '../testing/tiny-pipeline';
import { until } from '../testing/until';

/** A gateway process with Kafka and tokens. The test publishes the events that trainers publish. */
describe('openchat and a gateway that requires tokens', () => {
  let cluster: Cluster;
  let cwd: string;
  let bus: Bus;
  let events: EventPublisher;
  let env: Record<string, string>;
  let api: Api;
  const cli = (...args: string[]) => openchat(args, { cwd, env: { ...env, OPEN_CHATGPT_GATEWAY: api.url } });
  const startGateway = () =>
    cluster.start('gateway', {
      env: {
        OPEN_CHATGPT_PORT: new URL(api.url).port,
        OPEN_CHATGPT_TOKENS: join(cwd, 'tokens.json'),
        OPEN_CHATGPT_ANONYMOUS: '',
      },
    });
  const publishSteps = async (pipelineId: string, from: number, to: number) => {
    const run = {
      runId: `${pipelineId}-sft`,
      pipelineId,
      stage: 'sft',
      algorithm: 'sft' as const,
      attempt: 1,
      totalSteps: 20,
    };
    if (from === 1) await events.publish('run.started', { ...run, step: 0, worker: 'w', info: {} });
    for (let step = from; step <= to; step++)
      await events.publish('run.progressed', { ...run, phase: 'training', step, metrics: { loss: 1 } });
  };
  const end = (pipelineId: string) =>
    events.publish('run.completed', {
      runId: `${pipelineId}-sft`,
      pipelineId,
      stage: 'sft',
      algorithm: 'sft',
      attempt: 1,
      step: 20,
      summary: {},
    });

  beforeAll(async () => {
    cluster = await Cluster.open();
    cwd = cluster.cwd;
    const { token } = createToken(join(cwd, 'tokens.json'), { name: 'me', scopes: ['read', 'submit'] });
    const reader = createToken(join(cwd, 'tokens.json'), { name: 'reader', scopes: ['read'] });
    writeFileSync(join(cwd, 'reader'), `${reader.token}\n`);
    writeTinyPipeline(cwd, ['sft']);
    env = { OPEN_CHATGPT_TOKEN: token };
    api = new Api(`http://127.0.0.1:${await freePort()}`, token);
    await startGateway();
    bus = new Bus({ driver: new KafkaDriver({ brokers: cluster.kafka.brokers }) });
    events = new EventPublisher(bus, '/test');
  }, 180_000);
  afterAll(async () => {
    await bus?.close();
    await cluster?.close();
  }, 60_000);

  it('watching a run continues when the gateway is killed and restarted', async () => {
    const watching = start(['run', 'tiny.yaml', '--gateway', api.url, '--json'], { cwd, env });
    const pipelineId = await newestPipeline();
    await publishSteps(pipelineId, 1, 10);
    await until(async () => (await stepsOf(pipelineId)) >= 10);
    await cluster.leave('gateway').kill();
    await publishSteps(pipelineId, 11, 20);
    await end(pipelineId);
    await startGateway();
    const { code, stdout } = await watching.wait;
    const lines = jsonLines(stdout);
    expect(lines.at(-1)).toMatchObject({ type: 'pipeline', pipelineId, status: 'completed' });
    const steps = lines.filter(({ type }) => type === 'step').map(({ step }) => step);
    expect(steps).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(code).toBe(0);
  }, 120_000);

  it('calls no run running that no worker executes, and says what is waited for', async () => {
    const before = await newestPipeline();
    const watching = start(['run', 'tiny.yaml', '--gateway', api.url, '--json'], { cwd, env });
    await until(async () => (await newestPipeline()) !== before);
    const pipelineId = await newestPipeline();
    await publishSteps(pipelineId, 1, 3);
    const run = () => api.get<{ status: string; step: number }>(`/v1/runs/${pipelineId}-sft`);
    await until(async () => (await run()).step === 3);
    expect(await run()).toMatchObject({ status: 'running' });
    await until(async () => (await run()).status === 'waiting', 500);
    const { stdout } = await cli('get', 'runs', '--status', 'waiting');
    expect(stdout).toMatch(/waiting +3\/20 .*a worker: no sft-trainer is connected/);
    expect((await cli('cancel', pipelineId)).code).toBe(0);
    const watched = await watching.wait;
    const note = jsonLines(watched.stdout).findLast(({ type }) => type === 'note');
    expect(note?.['message']).toMatch(
      /^sft stands still\. It waits for a worker: no sft-trainer is connected/,
    );
  }, 120_000);

  it('lists the resources of the platform', async () => {
    const table = await cli('get', 'pipelines', '--status', 'completed');
    expect(table.stdout).toMatch(
      /^pipeline +status +stages +created\ntiny-[0-9a-f]+ +completed +sft completed/,
    );
    const [run] = jsonLines((await cli('get', 'runs', '--status', 'completed', '--json')).stdout);
    expect(run).toMatchObject({ stage: 'sft', status: 'completed', step: 20 });
    const one = await cli('get', 'runs', String(run['runId']));
    expect(JSON.parse(one.stdout)).toEqual(run);
    expect((await cli('get', 'models')).stdout).toBe('no models\n');
    const watched = await cli('watch', String(run['pipelineId']), '--json');
    expect(jsonLines(watched.stdout).at(-1)).toMatchObject({ status: 'completed' });
    expect(await cli('cancel', String(run['pipelineId']))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has ended: completed'),
    });
  });

  it.each<[string, string[], Record<string, string>, number, RegExp]>([
    [
      'no token',
      [],
      { OPEN_CHATGPT_TOKEN: '' },
      1,
      /does not accept the credentials: .*OPEN_CHATGPT_TOKEN or --token-file/,
    ],
    [
      'a wrong token',
      [],
      { OPEN_CHATGPT_TOKEN: 'oct_x' },
      1,
      /does not accept the credentials: the token is unknown/,
    ],
    ['a token that may not', ['--token-file', 'reader'], {}, 1, /does not allow this: .*"submit"/],
    ['a token file that is none', ['--token-file', 'tokens.json'], {}, 2, /tokens\.json: expected one token/],
    [
      'no gateway',
      ['--gateway', 'http://127.0.0.1:1'],
      {},
      1,
      /127\.0\.0\.1:1 does not answer .*is the platform running/,
    ],
    ['no URL', ['--gateway', 'here'], {}, 2, /the gateway "here" is not a URL/],
  ])('says what is wrong: %s', async (_, args, more, code, message) => {
    const outcome = await openchat(['run', 'tiny.yaml', '--gateway', api.url, ...args], {
      cwd,
      env: { ...env, ...more },
    });
    expect(outcome.stderr).toMatch(message);
    expect(outcome.code).toBe(code);
  });

  const stepsOf = async (pipelineId: string) =>
    (await api.get<{ points?: unknown[] }>(`/v1/runs/${pipelineId}-sft/metrics`)).points?.length ?? 0;
  const newestPipeline = async () => {
    const pipelines = async () =>
      (await api.get<{ items: { pipelineId: string }[] }>('/v1/pipelines')).items.map(
        (one) => one.pipelineId,
      );
    await until(async () => (await pipelines()).length > 0);
    return (await pipelines())[0];
  };
});

/** The restarted gateway needs the same port, so it is chosen first. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
