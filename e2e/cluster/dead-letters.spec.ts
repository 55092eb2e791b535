import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEvent, toBinaryMessage } from '@open-chatgpt/events';
import { configureApi, GatewayModule, gatewayGroups } from '@open-chatgpt/gateway';
import {
  Bus,
  type BusDriver,
  EmbeddedDriver,
  eventTopics,
  KafkaDriver,
  PermanentError,
} from '@open-chatgpt/messaging';
import {
  createToken,
  loadConfig,
  PlatformModule,
  serviceConfigSchema,
  shareDriver,
  startService,
} from '@open-chatgpt/service';
import { startKafka } from '@open-chatgpt/tools/kafka/broker.cjs';
import { compile, jsonLines, openchat } from '../testing/openchat';
import { until } from '../testing/until';

interface Place {
  driver: BusDriver;
  /** The flags that name the bus. */
  env: Record<string, string>;
  close(): Promise<void>;
}

const ALERTS = 'openchatgpt.alert.fact.v1';

const places: Record<string, (cwd: string) => Promise<Place>> = {
  'an embedded platform, through its gateway': async (cwd) => {
    const driver = new EmbeddedDriver();
    const tokens = join(cwd, 'tokens.json');
    const { token } = createToken(tokens, { name: 'admin', scopes: ['admin'] });
    writeFileSync(join(cwd, 'reader'), createToken(tokens, { name: 'reader', scopes: ['read'] }).token);
    const config = loadConfig(serviceConfigSchema, {
      OPEN_CHATGPT_PORT: '0',
      OPEN_CHATGPT_STORE: join(cwd, 'store'),
      OPEN_CHATGPT_LOG_LEVEL: 'fatal',
      OPEN_CHATGPT_TOKENS: tokens,
    });
    const modules = [PlatformModule.forRoot('gateway', config, shareDriver(driver)), GatewayModule];
    const gateway = await startService('gateway', config, modules, gatewayGroups, configureApi);
    return {
      driver,
      env: { OPEN_CHATGPT_GATEWAY: gateway.url, OPEN_CHATGPT_TOKEN: token },
      close: async () => {
        await gateway.stop();
        await driver.close();
      },
    };
  },
  'Kafka, where no service is up': async () => {
    const broker = await startKafka();
    const driver = new KafkaDriver({ brokers: broker.brokers });
    return {
      driver,
      env: { OPEN_CHATGPT_BUS: `kafka://${broker.brokers.join(',')}` },
      close: async () => {
        await driver.close();
        await broker.close();
      },
    };
  },
};

describe.each(Object.keys(places))('openchat dlq on %s', (name) => {
  let cwd: string;
  let place: Place;
  let broken = true;
  const handled: string[] = [];
  const dlq = (...args: string[]) => openchat(['dlq', ...args], { cwd, env: place.env });
  const listed = async () => jsonLines((await dlq('list', '--json')).stdout || '{}').filter(({ id }) => id);
  const alert = (kind: string) => {
    const data = { name: kind, severity: 'info' as const, message: 'm', details: {} };
    const { topic, key, headers, value } = toBinaryMessage(
      createEvent('alert.raised', data, { source: '/test', id: kind }),
    );
    return { topic, key, headers, value: Buffer.from(value) };
  };

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'dlq-'));
    place = await places[name](cwd);
    const bus = new Bus({ driver: place.driver });
    await bus.ensureTopics(eventTopics(1));
    await bus.subscribe({
      group: 'pager',
      topics: [ALERTS],
      handler: async ({ headers }) => {
        if (broken) throw new PermanentError('the pager is broken\u001b[2J');
        handled.push(headers['ce_id']);
      },
    });
    await bus.publish(['A', 'B', 'C', 'D'].map(alert));
    await until(async () => (await bus.driver.lag('pager', [ALERTS]))[0].lag === 0);
  }, 120_000);
  afterAll(async () => {
    await place.close();
    rmSync(cwd, { recursive: true });
  }, 60_000);

  it('lists the dead letters with their control characters spelled out', async () => {
    const { stdout, code } = await dlq('list');
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toMatch(/^id +topic\/partition@offset +event +reason +when +error$/);
    expect(stdout).toMatch(/openchatgpt\.alert\.fact\.v1\/\d+@\d+ +openchatgpt\.alert\.raised\.v1 +invalid/);
    expect(stdout).toContain('PermanentError: the pager is broken\\x1b[2J');
    expect(stdout).not.toContain('\u001b');
    expect((await listed()).map(({ eventId }) => eventId).sort()).toEqual(['A', 'B', 'C', 'D']);
    expect((await dlq('list', '--topic', 'other')).stdout).toBe('no dead letters\n');
  });

  it('changes nothing without a confirmation', async () => {
    const [{ id }] = await listed();
    expect(await dlq('replay', String(id))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('use --yes'),
    });
    expect(await dlq('replay', '--all', '--dry-run')).toMatchObject({ code: 0 });
    expect(await dlq('replay', 'none', '--yes')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no dead letter "none"'),
    });
    expect(await dlq('replay')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected what to replay'),
    });
    expect(await listed()).toHaveLength(4);
    expect(handled).toEqual([]);
  });

  it('replays one, discards one, replays the rest', async () => {
    broken = false;
    const letters = await listed();
    const [a, b] = ['A', 'B'].map((event) => letters.find(({ eventId }) => eventId === event)!);
    expect(await dlq('replay', String(b.id), '--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Replayed 1 of 1.'),
    });
    const discarded = await dlq('discard', String(a.id), '--yes', '--json');
    expect(jsonLines(discarded.stdout)).toEqual([{ discarded: 1 }]);
    const rest = await dlq('replay', '--topic', ALERTS, '--yes');
    expect(rest.stdout).toContain('Replayed 2 of 2.');
    await until(() => handled.length >= 3);
    expect([...handled].sort()).toEqual(['B', 'C', 'D']);
    expect((await dlq('list')).stdout).toBe('no dead letters\n');
  }, 120_000);

  if (name.includes('gateway')) {
    it('needs a token with the scope admin', async () => {
      const { code, stderr } = await dlq('list', '--token-file', 'reader');
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /does not allow this: this needs the scope "admin"; the token "reader" has: read/,
      );
    });
  }
});

describe('openchat dlq without a gateway or a bus', () => {
  it('names the flags that it needs', async () => {
    const env = { OPEN_CHATGPT_BUS: '', OPEN_CHATGPT_GATEWAY: '' };
    const { code, stderr } = await openchat(['dlq', 'list'], { cwd: tmpdir(), env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/--gateway http:\/\/127\.0\.0\.1:3000[\s\S]*OPEN_CHATGPT_BUS=kafka:\/\/host:port/);
  });
});
