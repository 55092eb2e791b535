import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningService } from '@open-chatgpt/service';
import fc from 'fast-check';
import { somePipeline, startGateway } from '../testing/start-gateway';

const MOST_BYTES = 200_000;
const preference = {
  datasetId: 'helpful',
  prompt: [{ role: 'user', content: 'q' }],
  chosen: 'a',
  rejected: 'b',
};

describe('invalid requests', () => {
  let folder: string;
  let gateway: RunningService;
  const ask = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(`${gateway.url}${path}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'requests-'));
    gateway = await startGateway(folder, { OPEN_CHATGPT_MAX_BODY_BYTES: String(MOST_BYTES) });
    await ask('POST', '/v1/pipelines', { pipeline: somePipeline, pipelineId: 'taken' });
    await ask('POST', '/v1/datasets', { datasetId: 'taken', source: 'builtin:tasks' });
    await ask('POST', '/v1/preferences', { ...preference, preferenceId: 'taken' });
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
  });

  it.each<[string, string, unknown, number, RegExp]>([
    ['POST', '/v1/pipelines', {}, 400, /^pipeline: expected the text of a pipeline file/],
    ['POST', '/v1/pipelines', { pipeline: 7 }, 400, /^pipeline: expected the text/],
    ['POST', '/v1/pipelines', { pipelin: {} }, 400, /pipelin: unknown field/],
    ['POST', '/v1/pipelines', { pipeline: 'name: x' }, 400, /model: missing/],
    ['POST', '/v1/pipelines', { pipeline: 'a: [' }, 400, /pipeline:1:/],
    [
      'POST',
      '/v1/pipelines',
      {
        pipeline: {
          ...somePipeline,
          stages: [{ uses: 'sft', with: { dataset: { path: 'builtin:tasks' }, learningRate: 'fast' } }],
        },
      },
      400,
      /sft\.learningRate: .*"fast"/,
    ],
    [
      'POST',
      '/v1/pipelines',
      { pipeline: somePipeline, pipelineId: '../x' },
      400,
      /^pipelineId: expected letters/,
    ],
    [
      'POST',
      '/v1/pipelines',
      { pipeline: somePipeline, pipelineId: 'taken' },
      409,
      /already a pipeline "taken"/,
    ],
    ['POST', '/v1/pipelines', '{"pipeline":', 400, /JSON/],
    [
      'POST',
      '/v1/pipelines',
      `{"pipeline":${'{"a":'.repeat(15_000)}1${'}'.repeat(15_001)}`,
      400,
      /nested too deeply/,
    ],
    ['POST', '/v1/pipelines', { pipeline: '- '.repeat(2000) }, 400, /^pipeline:1:132: is nested too deeply/],
    ['POST', '/v1/pipelines', { pipeline: '? '.repeat(700) }, 400, /^pipeline:1:\d+: is nested too deeply/],
    [
      'POST',
      '/v1/pipelines',
      { pipeline: Object.fromEntries(Array.from({ length: 12_000 }, (_, i) => [`k${i}`, 1])) },
      400,
      /^body: has more than 10000 fields and list items/,
    ],
    ['POST', '/v1/pipelines', '{"pipeline": {"__proto__": {"x": 1}}}', 400, /unknown field "__proto__"/],
    ['POST', '/v1/pipelines', { pipeline: 'sft: {__proto__: 1}' }, 400, /unknown field "__proto__"/],
    ['POST', '/v1/datasets', '{"source": "x", "__proto__": {}}', 400, /unknown field "__proto__"/],
    [
      'POST',
      '/v1/pipelines',
      { pipeline: { ...somePipeline, model: { scratch: { numHiddenLayers: 1e8 } } } },
      400,
      /^pipeline: model\.scratch\.numHiddenLayers: expected at most 1024; found 100000000/,
    ],
    [
      'POST',
      '/v1/pipelines',
      { pipeline: { ...somePipeline, model: { scratch: { hiddenSize: 65536, numHiddenLayers: 1024 } } } },
      400,
      /^model: the stage "sft" needs at least \d+ GiB of memory/,
    ],
    [
      'POST',
      '/v1/pipelines',
      { pipeline: { ...somePipeline, model: { path: '/etc/passwd' } } },
      400,
      /^model\.path: files of the machines that train are not read here/,
    ],
    ['POST', '/v1/pipelines', '[]', 400, /^body: /],
    ['POST', '/v1/pipelines', '"text"', 400, /^body: /],
    ['GET', '/v1/pipelines/none', undefined, 404, /no pipeline "none"/],
    ['GET', '/v1/pipelines/%2e%2e%2fmodels', undefined, 404, /no pipeline/],
    ['GET', '/v1/pipelines/none/events', undefined, 404, /no pipeline "none"/],
    ['POST', '/v1/pipelines/none/cancel', undefined, 404, /no pipeline "none"/],
    ['POST', '/v1/pipelines/none/resume', {}, 404, /no pipeline "none"/],
    ['GET', '/v1/pipelines?status=gone', undefined, 400, /^status: /],
    ['GET', '/v1/pipelines?limit=0', undefined, 400, /^limit: /],
    ['GET', '/v1/pipelines?limit=x', undefined, 400, /^limit: /],
    ['GET', '/v1/pipelines?after=x', undefined, 400, /^after: expected "next"/],
    ['GET', '/v1/pipelines?colour=red', undefined, 400, /^colour: unknown field/],
    ['GET', '/v1/runs/none', undefined, 404, /no run "none"/],
    ['GET', '/v1/runs/none/metrics', undefined, 404, /no run "none"/],
    ['POST', '/v1/runs/none/cancel', undefined, 404, /no run "none"/],
    ['POST', '/v1/runs/none/resume', undefined, 404, /no run "none"/],
    ['GET', '/v1/runs/none/events', undefined, 404, /no run "none"/],
    ['POST', '/v1/datasets', {}, 400, /^source: /],
    [
      'POST',
      '/v1/datasets',
      { source: 'x', options: { apiKey: 'k' } },
      400,
      /^options\.apiKey: .*credential/,
    ],
    [
      'POST',
      '/v1/datasets',
      { source: 'x', options: { evalFraction: 0.1 } },
      400,
      /^options\.evalFraction: unknown field$/,
    ],
    ['POST', '/v1/datasets', { source: 'x', options: { weight: 0 } }, 400, /^options\.weight: .*>0/],
    [
      'POST',
      '/v1/datasets',
      { source: 'x', options: { dedup: { bands: 13 } } },
      400,
      /^options\.dedup\.bands: numHashes must be a multiple/,
    ],
    [
      'POST',
      '/v1/datasets',
      { source: 'x', options: { sources: [{ source: 'a', limit: 0 }] } },
      400,
      /^options\.sources\.0\.limit: /,
    ],
    [
      'POST',
      '/v1/datasets',
      { source: 'x', options: { tokenization: { tokenizer: 't', template: 'x' } } },
      400,
      /^options\.tokenization\.template: /,
    ],
    [
      'POST',
      '/v1/datasets',
      { source: 'https://me:secret@host/x' },
      400,
      /^source: must not hold credentials/,
    ],
    ['POST', '/v1/datasets', { datasetId: 'taken', source: 'x' }, 409, /already a dataset "taken"/],
    ['GET', '/v1/datasets/none', undefined, 404, /no dataset "none"/],
    ['GET', '/v1/models/none', undefined, 404, /no model "none"/],
    ['GET', '/v1/models/none/lineage', undefined, 404, /no model "none"/],
    ['GET', '/v1/checkpoints/none', undefined, 404, /no checkpoint "none"/],
    ['POST', '/v1/preferences', { ...preference, chosen: 7 }, 400, /^chosen: .*string/],
    ['POST', '/v1/preferences', [preference, { ...preference, prompt: [] }], 400, /^1\.prompt: /],
    ['POST', '/v1/preferences', [], 400, /^body: /],
    [
      'POST',
      '/v1/preferences',
      { ...preference, chosen: 'c', preferenceId: 'taken' },
      409,
      /taken; the others/,
    ],
    ['GET', '/v1/preferences/..%2f/export', undefined, 400, /^datasetId: expected letters/],
    ['GET', '/v1/alerts?severity=loud', undefined, 400, /^severity: /],
    ['GET', '/v2/pipelines', undefined, 404, /Cannot GET/],
    ['DELETE', '/v1/runs/taken', undefined, 404, /Cannot DELETE/],
  ])('%s %s %.120j: %d', async (method, path, body, status, detail) => {
    const response = await ask(method, path, body);
    const problem = await response.json();
    expect(problem).toMatchObject({ status, type: 'about:blank', detail: expect.stringMatching(detail) });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });

  it.each<[string, string | undefined, number]>([
    ['text', 'text/plain', 415],
    ['a form', 'application/x-www-form-urlencoded', 415],
    ['another JSON type', 'application/jsonl', 415],
    ['an unknown character set', 'application/json; charset=x', 415],
  ])('%s: 415', async (_, type, status) => {
    const body = JSON.stringify({ pipeline: somePipeline });
    const response = await ask('POST', '/v1/pipelines', body, { 'content-type': type as string });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ status, title: 'Unsupported Media Type' });
  });

  it('a body that is too large: 413, also when it is compressed', async () => {
    const body = JSON.stringify({ pipeline: ' '.repeat(MOST_BYTES) });
    const large = await ask('POST', '/v1/pipelines', body);
    expect(large.status).toBe(413);
    expect(await large.json()).toMatchObject({ status: 413, title: 'Payload Too Large' });
    const packed = await fetch(`${gateway.url}/v1/pipelines`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: await new Response(
        new Blob([body]).stream().pipeThrough(new CompressionStream('gzip')),
      ).arrayBuffer(),
    });
    expect(packed.status).toBe(413);
  });

  it('an invalid Last-Event-ID: 400', async () => {
    const response = await ask('GET', '/v1/pipelines/taken/events', undefined, { 'last-event-id': 'x' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ field: 'Last-Event-ID' }] });
  });

  it('sends security headers, and no details of the server', async () => {
    const { headers } = await ask('GET', '/v1/pipelines');
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect(headers.has('x-powered-by')).toBe(false);
    const problem = await (await ask('POST', '/v1/pipelines', '{')).text();
    expect(problem).not.toMatch(/node_modules|\.[jt]s:\d|stack/);
  });

  it.each([
    '/v1/pipelines',
    '/v1/datasets',
    '/v1/preferences',
    '/v1/runs/x/cancel',
    '/v1/pipelines/taken/cancel',
  ])('no JSON body causes an internal error of %s', async (path) => {
    const known = fc.constantFrom(
      'pipeline',
      'pipelineId',
      'datasetId',
      'source',
      'options',
      'prompt',
      'chosen',
      'rejected',
      'preferenceId',
      '__proto__',
      'constructor',
    );
    const body = fc.oneof(
      fc.json({ maxDepth: 4 }),
      fc
        .dictionary(known, fc.jsonValue({ maxDepth: 4 }), { maxKeys: 5 })
        .map((value) => JSON.stringify(value)),
      fc.jsonValue({ maxDepth: 5 }).map((value) => JSON.stringify({ pipeline: value })),
    );
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        const response = await ask('POST', path, text);
        await response.text();
        expect(response.status).toBeLessThan(500);
      }),
      { numRuns: 60 },
    );
  });

  it('no query and no path causes an internal error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), async (text, other) => {
        const value = encodeURIComponent(text);
        const id = encodeURIComponent(other);
        for (const path of [
          `/v1/runs?after=${value}`,
          `/v1/models/${id}/lineage`,
          `/v1/preferences/${id}/export`,
        ]) {
          const response = await ask('GET', path);
          await response.text();
          expect(response.status).toBeLessThan(500);
        }
      }),
      { numRuns: 40 },
    );
  });
});
