import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTinyAdapter, writeTinyModel } from '@open-chatgpt/models/testing';
import OpenAI from 'openai';
import type { RunningInference } from '../start-inference';
import { startWith, until } from '../testing/inference';

/** A context so long that a test ends first. */
const ENDLESS = 100_000;

describe('models that are loaded on demand', () => {
  let folder: string;
  let one: string;
  let other: string;
  let service: RunningInference;
  let client: OpenAI;

  /** Each of the models takes about 4 MiB, most of it for keys and values. */
  const start = async (variables: Record<string, string>) => {
    service = await startWith({
      INFERENCE_MODELS: `one=${one},other=${other}`,
      INFERENCE_PREFIX_CACHE_MIB: '0',
      ...variables,
    });
    await service.loaded();
    client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'none', maxRetries: 0 });
  };
  const ask = async (model: string) =>
    (await client.completions.create({ model, prompt: 'a', temperature: 0, max_tokens: 12 })).choices[0].text;
  const states = async () =>
    Object.fromEntries(
      (await client.models.list()).data.map((model) => [
        model.id,
        (model as unknown as { state: string }).state,
      ]),
    );
  const stream = async (model: string, length: number) => {
    const request = { model, prompt: 'a', max_tokens: length, ignore_eos: true, stream: true };
    const events = await client.completions.create(request as OpenAI.CompletionCreateParamsStreaming);
    const chunks = events[Symbol.asyncIterator]();
    await chunks.next();
    return { events, chunks };
  };
  const metric = async (name: string, labels: string) =>
    Number(
      new RegExp(`${name}{${labels}} (\\d+)`).exec(
        await (await fetch(`${service.url}/metrics`)).text(),
      )?.[1] ?? 0,
    );

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'memory-'));
    one = await writeTinyModel(folder, 1, { maxLength: ENDLESS });
    other = await writeTinyModel(folder, 2, { maxLength: ENDLESS });
  });
  afterEach(() => service.stop());
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are unloaded for each other within a budget, and a request finishes first', async () => {
    await start({ INFERENCE_MODEL_MEMORY_MIB: '6' });
    expect(await states()).toEqual({ one: 'asleep', other: 'asleep' });
    expect((await fetch(`${service.url}/health`)).status).toBe(200);
    const answers = await Promise.all([ask('one'), ask('other'), ask('one')]);
    expect(answers[0]).toBe(answers[2]);
    expect(answers[0]).not.toBe(answers[1]);
    const { chunks } = await stream('one', 300);
    expect(await states()).toEqual({ one: 'loaded', other: 'asleep' });
    const waiting = ask('other');
    let finish: string | null = null;
    for (let next = await chunks.next(); !next.done; next = await chunks.next())
      finish = next.value.choices[0].finish_reason ?? finish;
    expect(finish).toBe('length');
    expect(await waiting).toBe(answers[1]);
    expect(await states()).toEqual({ one: 'asleep', other: 'loaded' });
    expect(await metric('inference_model_unloads_total', 'model_name="one",reason="memory"')).toBeGreaterThan(
      0,
    );
  });

  it('stay together where the budget has room, and the one that was used last stays', async () => {
    const third = await writeTinyModel(folder, 3);
    await start({
      INFERENCE_MODELS: `one=${one},other=${other},third=${third}`,
      INFERENCE_MODEL_MEMORY_MIB: '10',
    });
    for (const model of ['one', 'other', 'one', 'third']) await ask(model);
    expect(await states()).toEqual({ one: 'loaded', other: 'asleep', third: 'loaded' });
  });

  it('make a request wait for a limited time, and say so', async () => {
    await start({ INFERENCE_MODEL_MEMORY_MIB: '6', INFERENCE_LOAD_SECONDS: '3' });
    const { events } = await stream('one', ENDLESS - 10);
    const deadline = { headers: { 'x-request-timeout-ms': '50' } };
    const hurried = client.completions.create({ model: 'other', prompt: 'a' }, deadline);
    await expect(hurried).rejects.toMatchObject({ status: 408, code: 'deadline_exceeded' });
    await expect(ask('other')).rejects.toMatchObject({
      status: 503,
      code: 'model_not_ready',
      message: expect.stringContaining('takes longer than 3 s'),
    });
    events.controller.abort();
    await until(async () => (await states()).other === 'loaded');
    expect((await ask('other')).length).toBeGreaterThan(0);
  });

  it('that can never fit are refused', async () => {
    await start({ INFERENCE_MODEL_MEMORY_MIB: '2' });
    const response = await fetch(`${service.url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'one', prompt: 'a' }),
    });
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([503, 'false']);
    expect(await response.text()).toMatch(
      /needs about 5 MiB, and the models of this server have 2 MiB; raise/,
    );
  });

  it('are unloaded when they have no requests for a time, with their adapters', async () => {
    const adapter = await writeTinyAdapter(one, 4);
    await start({ INFERENCE_IDLE_SECONDS: '2', INFERENCE_ADAPTERS: `tuned@one=${adapter}` });
    const answer = await ask('tuned');
    expect(await states()).toEqual({ one: 'loaded', other: 'asleep', tuned: 'loaded' });
    await until(async () => (await states()).one === 'asleep');
    expect(await states()).toEqual({ one: 'asleep', other: 'asleep', tuned: 'asleep' });
    expect(await ask('tuned')).toBe(answer);
  });

  it('that are damaged are tried again by the next request', async () => {
    const path = join(folder, 'late');
    await start({ INFERENCE_MODELS: `late=${path}`, INFERENCE_IDLE_SECONDS: '60' });
    await expect(ask('late')).rejects.toMatchObject({
      status: 503,
      message: expect.stringMatching(/could not be loaded: .*late/),
    });
    renameSync(await writeTinyModel(folder, 5), path);
    expect((await ask('late')).length).toBeGreaterThan(0);
  });
});
