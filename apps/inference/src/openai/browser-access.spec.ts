import { LOGGER, type Logger } from '@open-chatgpt/service';
import type { RunningInference } from '../start-inference';
import { startWith, until } from '../testing/inference';

const TRUSTED = 'https://chat.example.org';

/** What a browser sends for a page of this origin. */
const from = (origin: string) => ({ origin, 'sec-fetch-site': 'cross-site' });

describe('pages of other sites', () => {
  let service: RunningInference;

  afterEach(async () => {
    await service.stop();
  });

  it('may not call the server by default', async () => {
    service = await startWith({ INFERENCE_MODELS: 'gone=/nowhere' });
    const response = await fetch(`${service.url}/v1/models`, { headers: from(TRUSTED) });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null]);
  });

  it('may, where the configuration names their origin', async () => {
    service = await startWith({
      INFERENCE_MODELS: 'gone=/nowhere',
      CORS_ORIGINS: `${TRUSTED}, http://127.0.0.1:5173`,
    });
    const url = `${service.url}/v1/models`;
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: {
        ...from(TRUSTED),
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(TRUSTED);
    expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization,content-type');
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();
    const response = await fetch(url, { headers: from(TRUSTED) });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, TRUSTED]);
    const other = await fetch(url, { headers: from('https://evil.example.org') });
    expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([403, null]);
  });
});

it.each(['*', 'https://a.example.org/path', 'a.example.org'])('%j is no origin', (origin) => {
  expect(() => startWith({ INFERENCE_MODELS: 'gone=/nowhere', CORS_ORIGINS: origin })).toThrow(
    /OPEN_CHATGPT_CORS_ORIGINS: expected a comma-separated list of origins/,
  );
});

it('the log has a line for each request, without its contents, and none for probes', async () => {
  const service = await startWith({ INFERENCE_MODELS: 'gone=/nowhere' });
  const info = jest.spyOn(service.app.get<Logger>(LOGGER), 'info');
  const lines = () => info.mock.calls.filter(([, text]) => text === 'A request is answered');
  await fetch(`${service.url}/metrics`);
  await fetch(`${service.url}/health`);
  await fetch(`${service.url}/v1/models?secret=1`, { headers: { 'x-request-id': 'mine-1' } });
  await until(() => lines().length > 0);
  expect(lines().map(([facts]) => facts)).toEqual([
    {
      requestId: 'mine-1',
      method: 'GET',
      path: '/v1/models',
      status: 200,
      milliseconds: expect.any(Number),
      complete: true,
    },
  ]);
  await service.stop();
});
