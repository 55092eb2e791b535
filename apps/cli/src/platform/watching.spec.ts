import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bus, EventPublisher, KafkaDriver } from '@open-chatgpt/messaging';
import { createToken } from '@open-chatgpt/service';
import { type Broker, kafkaIsMissing, startKafka } from '../../../../tools/kafka/broker.cjs';
import { compile, jsonLines, openchat, start } from '../testing/openchat';
import { type ServiceProcess, startServiceProcess } from '../testing/service-process';
import { writeTinyPipeline } from '../testing/tiny-pipeline';

/** A gateway as a process, on Kafka and with tokens; what trainers would tell is told by the test. */
describe('openchat and a gateway that asks for tokens', () => {
  let cwd: string;
  let kafka: Broker;
  let bus: Bus;
  let events: EventPublisher;
  let gateway: ServiceProcess;
  let env: Record<string, string>;
  let url: string;
  const cli = (...args: string[]) => openchat(args, { cwd, env: { ...env, OPEN_CHATGPT_GATEWAY: url } });
  const startGateway = () =>
    startServiceProcess('gateway', {
      OPEN_CHATGPT_PORT: new URL(url).port,
      OPEN_CHATGPT_BUS: `kafka://${kafka.brokers.join(',')}`,
      OPEN_CHATGPT_STORE: join(cwd, 'store'),
      OPEN_CHATGPT_TOKENS: join(cwd, 'tokens.json'),
      OPEN_CHATGPT_ANONYMOUS: '',
    });
  const tell = async (pipelineId: string, from: number, to: number) => {
    const run = { runId: `${pipelineId}-sft`, pipelineId, stage: 'sft' as const, attempt: 1, totalSteps: 20 };
    if (from === 1) await events.publish('run.started', { ...run, step: 0, worker: 'w', info: {} });
    for (let step = from; step <= to; step++)
      await events.publish('run.progressed', { ...run, phase: 'training', step, metrics: { loss: 1 } });
  };
  const end = (pipelineId: string) =>
    events.publish('run.completed', {
      runId: `${pipelineId}-sft`,
      pipelineId,
      stage: 'sft',
      attempt: 1,
      step: 20,
      summary: {},
    });

  beforeAll(async () => {
    const missing = await kafkaIsMissing();
    if (missing) throw new Error(missing);
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'watching-'));
    url = `http://127.0.0.1:${await freePort()}`;
    const { token } = createToken(join(cwd, 'tokens.json'), { name: 'me', scopes: ['read', 'submit'] });
    const reader = createToken(join(cwd, 'tokens.json'), { name: 'reader', scopes: ['read'] });
    writeFileSync(join(cwd, 'reader'), `${reader.token}\n`);
    writeTinyPipeline(cwd, ['sft']);
    env = { OPEN_CHATGPT_TOKEN: token };
    kafka = await startKafka();
    gateway = await startGateway();
    bus = new Bus({ driver: new KafkaDriver({ brokers: kafka.brokers }) });
    events = new EventPublisher(bus, '/test');
  }, 180_000);
  afterAll(async () => {
    await bus?.close();
    await gateway?.stop();
    await kafka?.close();
    rmSync(cwd, { recursive: true, force: true });
  }, 60_000);

  it('a run goes on being watched when the gateway is killed and comes back', async () => {
    const watching = start(['run', 'tiny.yaml', '--gateway', url, '--json'], { cwd, env });
    const pipelineId = await newestPipeline();
    await tell(pipelineId, 1, 10);
    await until(() => stepsOf(pipelineId), 10);
    await gateway.kill();
    await tell(pipelineId, 11, 20);
    await end(pipelineId);
    gateway = await startGateway();
    const { code, stdout } = await watching.wait;
    const lines = jsonLines(stdout);
    expect(lines.at(-1)).toMatchObject({ type: 'pipeline', pipelineId, status: 'completed' });
    const steps = lines.filter(({ type }) => type === 'step').map(({ step }) => step);
    expect(steps).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(code).toBe(0);
  }, 120_000);

  it('shows what the platform has', async () => {
    const table = await cli('platform', 'get', 'pipelines');
    expect(table.stdout).toMatch(
      /^pipeline +status +stages +created\ntiny-[0-9a-f]+ +completed +sft completed/,
    );
    const [run] = jsonLines((await cli('platform', 'get', 'runs', '--json')).stdout);
    expect(run).toMatchObject({ stage: 'sft', status: 'completed', step: 20 });
    const one = await cli('platform', 'get', 'runs', String(run['runId']));
    expect(JSON.parse(one.stdout)).toEqual(run);
    expect((await cli('platform', 'get', 'models')).stdout).toBe('no models\n');
    const watched = await cli('platform', 'watch', String(run['pipelineId']), '--json');
    expect(jsonLines(watched.stdout).at(-1)).toMatchObject({ status: 'completed' });
    expect(await cli('platform', 'cancel', String(run['pipelineId']))).toMatchObject({
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
      /does not know who you are: .*OPEN_CHATGPT_TOKEN or --token-file/,
    ],
    [
      'a wrong token',
      [],
      { OPEN_CHATGPT_TOKEN: 'oct_x' },
      1,
      /does not know who you are: the token is unknown/,
    ],
    ['a token that may not', ['--token-file', 'reader'], {}, 1, /does not allow this: .*"submit"/],
    ['a token file that is none', ['--token-file', 'tokens.json'], {}, 2, /tokens\.json: expected one token/],
    [
      'nobody there',
      ['--gateway', 'http://127.0.0.1:1'],
      {},
      1,
      /127\.0\.0\.1:1 does not answer .*is the platform up/,
    ],
    ['no URL', ['--gateway', 'here'], {}, 2, /the gateway "here" is no URL/],
  ])('says what is wrong: %s', async (_, args, more, code, message) => {
    const outcome = await openchat(['run', 'tiny.yaml', '--gateway', url, ...args], {
      cwd,
      env: { ...env, ...more },
    });
    expect(outcome.stderr).toMatch(message);
    expect(outcome.code).toBe(code);
  });

  const ask = async (path: string) => {
    const headers = { authorization: `Bearer ${env['OPEN_CHATGPT_TOKEN']}` };
    return (await fetch(`${url}${path}`, { headers })).json() as Promise<Record<string, unknown>>;
  };
  const stepsOf = async (pipelineId: string) =>
    ((await ask(`/v1/runs/${pipelineId}-sft/metrics`)) as { points: unknown[] }).points?.length ?? 0;
  const newestPipeline = async (): Promise<string> => {
    for (;;) {
      const { items } = (await ask('/v1/pipelines')) as { items: { pipelineId: string }[] };
      if (items.length > 0) return items[0].pipelineId;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
});

async function until(count: () => Promise<number>, wanted: number): Promise<void> {
  while ((await count()) < wanted) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** The gateway comes back at the same port, so it must be known before. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
