import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Module, type OnModuleInit } from '@nestjs/common';
import { loadConfig } from './config/load-config';
import { serviceConfigSchema } from './config/service-config';
import { HealthService } from './health/health.service';
import { MetricsService } from './metrics/metrics.service';
import { type RunningService, startService } from './start-service';

@Module({})
class TaskModule {
  constructor(health: HealthService, metrics: MetricsService) {
    health.add('store', async () => {
      if (TaskModule.broken) throw new Error('the store does not answer');
    });
    metrics.counter('tasks_total', 'Completed tasks.', ['kind']).inc({ kind: 'a' });
  }
  static broken = false;
}

/** Starts when it is released, as modules that wait for Kafka do. */
@Module({})
class WaitingModule implements OnModuleInit {
  static release: () => void = () => undefined;

  onModuleInit(): Promise<void> {
    return new Promise((resolve) => {
      WaitingModule.release = resolve;
    });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('a service that waits for Kafka', () => {
  it('is live, and says what it waits for, until it is started', async () => {
    const port = await freePort();
    const config = loadConfig(serviceConfigSchema, {
      OPEN_CHATGPT_PORT: String(port),
      OPEN_CHATGPT_LOG_LEVEL: 'fatal',
      OPEN_CHATGPT_BUS: 'kafka://127.0.0.1:1',
    });
    const get = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: response.status, body: await response.json() };
    };
    const starting = startService('waiting', config, [WaitingModule]);
    // It listens as soon as its modules are made.
    const live = async (): Promise<unknown> => get('/health/live').catch(() => live());
    expect(await live()).toEqual({ status: 200, body: { status: 'ok' } });
    expect(await get('/health/ready')).toEqual({
      status: 503,
      body: { ready: false, checks: { service: 'is waiting for Kafka' } },
    });
    expect(await get('/v1/pipelines')).toMatchObject({ status: 503 });
    WaitingModule.release();
    const service = await starting;
    expect(service.url).toBe(`http://127.0.0.1:${port}`);
    expect(await get('/health/ready')).toEqual({ status: 200, body: { ready: true, checks: {} } });
    await service.stop();
  });
});

describe('startService', () => {
  let service: RunningService;
  const get = async (path: string) => {
    const response = await fetch(`${service.url}${path}`);
    return { status: response.status, text: await response.text() };
  };
  beforeAll(async () => {
    const config = loadConfig(serviceConfigSchema, {
      OPEN_CHATGPT_PORT: '0',
      OPEN_CHATGPT_LOG_LEVEL: 'fatal',
    });
    service = await startService('test', config, [TaskModule]);
  });
  afterAll(() => service.stop());

  it('is live', async () => {
    expect(await get('/health/live')).toEqual({ status: 200, text: '{"status":"ok"}' });
  });

  it('is ready while its dependencies are available, and names those that are not', async () => {
    expect(await get('/health/ready')).toEqual({
      status: 200,
      text: '{"ready":true,"checks":{"store":"ok"}}',
    });
    TaskModule.broken = true;
    const { status, text } = await get('/health/ready');
    expect(status).toBe(503);
    expect(JSON.parse(text)).toEqual({ ready: false, checks: { store: 'the store does not answer' } });
    TaskModule.broken = false;
  });

  it.each(['/health/live', '/metrics', '/unknown'])('answers %s with headers for browsers', async (path) => {
    const { headers } = await fetch(`${service.url}${path}`);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect(headers.has('x-powered-by')).toBe(false);
  });

  it('exposes its own metrics and those of the process', async () => {
    const { text } = await get('/metrics');
    expect(text).toContain('tasks_total{kind="a"} 1');
    expect(text).toContain('process_resident_memory_bytes');
    expect(text).toMatch(/^nodejs_eventloop_lag_seconds [\d.e-]+$/m);
    expect(text).not.toContain('nodejs_eventloop_lag_p99');
  });

  it.each([
    [
      () => ({ OPEN_CHATGPT_PORT: new URL(service.url).port }),
      /another process listens on .*OPEN_CHATGPT_PORT/,
    ],
    [
      () => ({ OPEN_CHATGPT_HOST: '203.0.113.1' }),
      /203.0.113.1 is not an address of this machine; set OPEN_CHATGPT_HOST/,
    ],
  ])('does not start on an unusable address, and names the reason', async (variables, message) => {
    const config = loadConfig(serviceConfigSchema, { OPEN_CHATGPT_LOG_LEVEL: 'fatal', ...variables() });
    await expect(startService('second', config, [])).rejects.toThrow(message);
  });

  it('has a URL that this machine reaches where it listens on all networks', async () => {
    const everywhere = {
      OPEN_CHATGPT_PORT: '0',
      OPEN_CHATGPT_LOG_LEVEL: 'fatal',
      OPEN_CHATGPT_HOST: '0.0.0.0',
    };
    const second = await startService('second', loadConfig(serviceConfigSchema, everywhere), []);
    expect(second.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${second.url}/health/live`)).status).toBe(200);
    await second.stop();
  });

  it('is not ready while it is stopping', async () => {
    service.app.get(HealthService).stop();
    expect((await get('/health/ready')).status).toBe(503);
  });
});
