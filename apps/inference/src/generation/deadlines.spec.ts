import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTinyModel } from '@open-chatgpt/models/testing';
import OpenAI from 'openai';
import type { RunningInference } from '../start-inference';
import { startWith, until } from '../testing/inference';

/** A context so long that a test ends first. */
const ENDLESS = 100_000;

describe('requests that wait for a place of the batch', () => {
  let folder: string;
  let service: RunningInference;
  let client: OpenAI;
  const endless = { model: 'tiny', prompt: 'a', max_tokens: ENDLESS - 10, ignore_eos: true, seed: 1 };
  const short = { model: 'tiny', prompt: 'a', max_tokens: 2 };
  const within = (milliseconds: number | string) => ({
    headers: { 'x-request-timeout-ms': String(milliseconds) },
  });

  const metric = async (name: string) => {
    const text = await (await fetch(`${service.url}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(name));
    return Number(line?.split(' ').at(-1) ?? Number.NaN);
  };
  const waiting = (count: number) => until(async () => (await metric('vllm:num_requests_waiting')) === count);
  /** Takes the only row until it is aborted. */
  const occupy = async () => {
    const stream = await client.completions.create({ ...endless, stream: true });
    await stream[Symbol.asyncIterator]().next();
    return stream.controller;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'deadlines-'));
    const path = await writeTinyModel(folder, 1, { maxLength: ENDLESS });
    service = await startWith({ INFERENCE_MODELS: `tiny=${path}`, INFERENCE_BATCH_SIZE: '1' });
    await service.loaded();
    // The client's own retries stay on: a deadline must not be tried again.
    client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'none' });
  });
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true });
  });

  it('get it by their priority, then in their order', async () => {
    const row = await occupy();
    const order: string[] = [];
    const all: Promise<void>[] = [];
    for (const [name, priority] of [
      ['low', 5],
      ['second', undefined],
      ['third', 0],
      ['first', -2],
    ] as const) {
      const asked = client.completions.create({ ...short, priority } as typeof short);
      all.push(asked.then(() => void order.push(name)));
      await waiting(all.length);
    }
    row.abort();
    await Promise.all(all);
    expect(order).toEqual(['first', 'second', 'third', 'low']);
    await expect(
      client.completions.create({ ...short, priority: 1, num_beams: 2 } as typeof short),
    ).rejects.toMatchObject({ status: 400, param: 'priority' });
  });

  it('fail with status 408 when their deadline passes, while the row stays taken', async () => {
    const row = await occupy();
    const refused = await client.completions.create(short, within(50)).catch((error) => error);
    expect(refused).toMatchObject({ status: 408, type: 'timeout_error', code: 'deadline_exceeded' });
    expect(refused.message).toContain('within the 50 ms of its header x-request-timeout-ms');
    await waiting(0);
    expect(await metric('vllm:num_requests_running')).toBe(1);
    expect(await metric('vllm:request_success_total{model_name="tiny",finished_reason="abort"}')).toBe(2);
    row.abort();
  });

  it('are ended while they run, whole and as a stream, and their row is free', async () => {
    const whole = client.completions.create(endless, within(300));
    await expect(whole).rejects.toMatchObject({ status: 408, code: 'deadline_exceeded' });
    const read = async () => {
      for await (const _ of await client.completions.create({ ...endless, stream: true }, within(300)));
    };
    await expect(read()).rejects.toMatchObject({ code: 'deadline_exceeded' });
    const { choices } = await client.completions.create(short, within(60_000));
    expect(choices).toHaveLength(1);
  });

  it('also in the forms of the other APIs, and a wrong header is named', async () => {
    const post = async (path: string, body: object, timeout: string | number) => {
      const headers = { 'content-type': 'application/json', ...within(timeout).headers };
      const request = { method: 'POST', headers, body: JSON.stringify({ model: 'tiny', ...body }) };
      const response = await fetch(`${service.url}${path}`, request);
      return { status: response.status, body: await response.json() };
    };
    const row = await occupy();
    const messages = [{ role: 'user', content: 'a' }];
    expect(await post('/v1/messages', { messages, max_tokens: 2 }, 50)).toMatchObject({
      status: 408,
      body: { type: 'error', error: { type: 'timeout_error' } },
    });
    row.abort();
    for (const wrong of ['soon', '0', '-1', '1.5', '86400001', '1e3'])
      expect(await post('/v1/embeddings', { input: 'a' }, wrong)).toMatchObject({
        status: 400,
        body: { error: { param: 'x-request-timeout-ms' } },
      });
  });
});
