import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTinyModel } from '@open-chatgpt/models/testing';
import OpenAI from 'openai';
import type { RunningInference } from '../start-inference';
import { startWith, until } from '../testing/inference';

/** A context so long that a test ends first. */
const ENDLESS = 100_000;

describe('concurrent requests', () => {
  let folder: string;
  let path: string;
  const running: RunningInference[] = [];

  const start = async (variables: Record<string, string>) => {
    const service = await startWith({ INFERENCE_MODELS: `tiny=${path}`, ...variables });
    running.push(service);
    await service.loaded();
    const client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'none', maxRetries: 0 });
    return { service, client };
  };
  const metric = async ({ url }: RunningInference, name: string) => {
    const text = await (await fetch(`${url}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(name));
    return Number(line?.split(' ').at(-1) ?? Number.NaN);
  };
  const endless = { model: 'tiny', prompt: 'a', max_tokens: ENDLESS - 10, ignore_eos: true, seed: 1 };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'answering-'));
    path = await writeTinyModel(folder, 1, { maxLength: ENDLESS });
  });
  afterEach(async () => {
    for (const service of running.splice(0)) await service.stop();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('get the same greedy completions as alone, with twenty of different lengths', async () => {
    const { client } = await start({ INFERENCE_BATCH_SIZE: '6' });
    const ask = (i: number) =>
      client.completions.create({
        model: 'tiny',
        prompt: 'the quick brown fox '.repeat(1 + ((i * 7) % 11)).slice(i),
        max_tokens: 5 + ((i * 13) % 60),
        temperature: 0,
      });
    const indices = Array.from({ length: 20 }, (_, i) => i);
    const alone = [];
    for (const i of indices) alone.push((await ask(i)).choices[0].text);
    const together = await Promise.all(
      indices.map(async (i) => {
        // Spreads the arrivals, so that requests join a running batch.
        await new Promise((resolve) => setTimeout(resolve, (i % 5) * 3));
        return (await ask(i)).choices[0].text;
      }),
    );
    expect(together).toEqual(alone);
  });

  it('free their rows of the batch when the client disconnects', async () => {
    const { client, service } = await start({ INFERENCE_BATCH_SIZE: '1', INFERENCE_QUEUE_SIZE: '0' });
    const stream = await client.completions.create({ ...endless, stream: true });
    let chunks = 0;
    for await (const _ of stream) if (++chunks === 3) break;
    await until(async () => (await metric(service, 'vllm:num_requests_running')) === 0);
    expect(
      await metric(service, 'vllm:request_success_total{model_name="tiny",finished_reason="abort"}'),
    ).toBe(1);
    const { choices } = await client.completions.create({ model: 'tiny', prompt: 'a', max_tokens: 2 });
    expect(choices).toHaveLength(1);
    // Also without a stream.
    const controller = new AbortController();
    const whole = client.completions.create(endless, { signal: controller.signal });
    await until(async () => (await metric(service, 'vllm:num_requests_running')) === 1);
    controller.abort();
    await expect(whole).rejects.toThrow(/abort/i);
    await until(async () => (await metric(service, 'vllm:num_requests_running')) === 0);
  });

  it('are rejected with a retry time when the queue is full', async () => {
    const { client, service } = await start({ INFERENCE_BATCH_SIZE: '1', INFERENCE_QUEUE_SIZE: '1' });
    const controller = new AbortController();
    const first = await client.completions.create(
      { ...endless, stream: true },
      { signal: controller.signal },
    );
    const second = client.completions.create(endless, { signal: controller.signal });
    second.catch(() => undefined);
    await until(async () => (await metric(service, 'vllm:num_requests_waiting')) === 1);
    expect(await metric(service, 'vllm:kv_cache_usage_perc')).toBe(1);
    const refused = await client.completions.create({ model: 'tiny', prompt: 'a' }).catch((error) => error);
    expect(refused).toMatchObject({ status: 429, code: 'queue_full', type: 'rate_limit_error' });
    expect(refused.message).toContain(
      'the queue of "tiny" is full: 2 completions run or wait, the limit is 2',
    );
    expect(refused.headers.get('retry-after')).toBe('1');
    // A request that exceeds the queue is the client's error: a retry does not help.
    await expect(client.completions.create({ model: 'tiny', prompt: 'a', n: 3 })).rejects.toMatchObject({
      status: 400,
      param: 'n',
      message: expect.stringContaining(
        'the request needs 3 completions; this server accepts at most 2 at a time',
      ),
    });
    controller.abort();
    first.controller.abort();
  });

  it('finish when the service stops, and new ones are rejected', async () => {
    const { client, service } = await start({ INFERENCE_BATCH_SIZE: '2' });
    const stream = await client.completions.create({ ...endless, max_tokens: 400, stream: true });
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    const stopped = service.stop();
    await until(async () => (await fetch(`${service.url}/health/ready`)).status === 503);
    await expect(client.completions.create({ model: 'tiny', prompt: 'a' })).rejects.toMatchObject({
      status: 503,
      code: 'shutting_down',
    });
    let last: OpenAI.Completion | undefined;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) last = next.value;
    expect(last?.choices[0].finish_reason).toBe('length');
    await stopped;
    running.splice(0);
  });

  it('end with an error when they take longer than the shutdown time', async () => {
    const { client, service } = await start({ INFERENCE_SHUTDOWN_SECONDS: '0' });
    const stream = await client.completions.create({ ...endless, stream: true });
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    const stopped = service.stop();
    await expect(
      (async () => {
        for (let next = await iterator.next(); !next.done; next = await iterator.next());
      })(),
    ).rejects.toThrow('the server is shutting down');
    await stopped;
    running.splice(0);
  });

  it('compute a prompt that begins alike once, and say how many tokens they saved', async () => {
    const prompt = 'the quick brown fox jumps over the lazy dog';
    const ask = (client: OpenAI, fields: object = {}) =>
      client.completions.create({ model: 'tiny', prompt, max_tokens: 4, temperature: 0, ...fields });
    const cachedOf = ({ usage }: OpenAI.Completion) => usage?.prompt_tokens_details?.cached_tokens;
    const { client, service } = await start({});
    const first = await ask(client, { n: 3 });
    const tokens = first.usage!.prompt_tokens;
    expect(cachedOf(first)).toBe(0);
    const second = await ask(client);
    expect(cachedOf(second)).toBe(tokens - 1);
    expect(second.choices[0].text).toBe(first.choices[0].text);
    expect(cachedOf(await ask(client, { cache_salt: 'mine' }))).toBe(0);
    expect(await metric(service, 'vllm:prefix_cache_queries_total{')).toBe(5 * tokens);
    expect(await metric(service, 'vllm:prefix_cache_hits_total{')).toBe(3 * (tokens - 1));
    const off = await start({ INFERENCE_PREFIX_CACHE_MIB: '0' });
    await ask(off.client);
    expect(cachedOf(await ask(off.client, { n: 2 }))).toBe(0);
  });

  it('are the same with drafts, from earlier text and from a smaller model', async () => {
    const ask = async (client: OpenAI) => {
      const fields = {
        model: 'tiny',
        prompt: 'abcabcabcabc',
        max_tokens: 24,
        temperature: 0,
        ignore_eos: true,
      };
      return (await client.completions.create(fields as object as OpenAI.CompletionCreateParamsNonStreaming))
        .choices[0].text;
    };
    const plain = await ask((await start({})).client);
    for (const INFERENCE_DRAFT_MODEL of [undefined, path]) {
      const settings = {
        INFERENCE_SPECULATIVE_TOKENS: '4',
        ...(INFERENCE_DRAFT_MODEL && { INFERENCE_DRAFT_MODEL }),
      };
      const { client, service } = await start(settings);
      expect(await ask(client)).toBe(plain);
      const drafted = await metric(service, 'vllm:spec_decode_num_draft_tokens_total{');
      const accepted = await metric(service, 'vllm:spec_decode_num_accepted_tokens_total{');
      expect(drafted).toBeGreaterThanOrEqual(accepted);
      // The model guesses its own greedy answer.
      if (INFERENCE_DRAFT_MODEL) expect(accepted).toBeGreaterThan(15);
    }
  });

  it('are measured', async () => {
    const { client, service } = await start({});
    await client.completions.create({
      model: 'tiny',
      prompt: 'abc',
      max_tokens: 5,
      ignore_eos: true,
    } as object as OpenAI.CompletionCreateParamsNonStreaming);
    expect(await metric(service, 'vllm:prompt_tokens_total{')).toBe(3);
    expect(await metric(service, 'vllm:generation_tokens_total{')).toBe(5);
    expect(await metric(service, 'vllm:time_to_first_token_seconds_count{')).toBe(1);
    expect(await metric(service, 'vllm:inter_token_latency_seconds_count{')).toBe(4);
    expect(await metric(service, 'vllm:e2e_request_latency_seconds_count{')).toBe(1);
    expect(
      await metric(service, 'vllm:request_success_total{model_name="tiny",finished_reason="length"}'),
    ).toBe(1);
  });
});
