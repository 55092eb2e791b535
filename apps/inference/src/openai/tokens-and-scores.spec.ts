import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTinyModel } from '@open-chatgpt/models/testing';
import { exportRewardModel, PADDING_CASES, paddingBase } from '@open-chatgpt/training/testing';
import OpenAI from 'openai';
import { chatPage, chatPagePolicy } from '../page/chat-page';
import type { RunningInference } from '../start-inference';
import { startWith } from '../testing/inference';

/** What the endpoints answer, each with some of the fields. */
interface Answer {
  count: number;
  tokens: number[];
  token_strs: string[];
  data: { embedding: number[]; score: number }[];
  error: { param: string; message: string };
}

describe('endpoints that generate no text', () => {
  let folder: string;
  let service: RunningInference;
  let client: OpenAI;
  /** Of "abcdefghij" and "cdjihgfe". */
  let scores: number[];

  const post = async (path: string, body: object) => {
    const response = await fetch(`${service.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Answer };
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'no-text-'));
    const tiny = await writeTinyModel(folder, 1);
    const reward = join(folder, 'reward');
    ({ scores } = await exportRewardModel(reward, await paddingBase(PADDING_CASES[0]), [
      'abcdefghij',
      'cdjihgfe',
    ]));
    service = await startWith({
      INFERENCE_MODELS: `tiny=${tiny},reward=${reward}`,
      INFERENCE_BATCH_SIZE: '2',
    });
    await service.loaded();
    client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'none', maxRetries: 0 });
  });
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true });
  });

  describe('/tokenize and /detokenize', () => {
    it('give the tokens of a text, and the text of tokens', async () => {
      const { status, body } = await post('/tokenize', {
        model: 'tiny',
        prompt: 'be kind',
        return_token_strs: true,
      });
      expect(status).toBe(200);
      expect(body).toMatchObject({ count: 7, max_model_len: 256, tokens: expect.any(Array) });
      expect(body.token_strs.join('')).toBe('be kind');
      const { tokens } = body;
      expect(await post('/detokenize', { model: 'tiny', tokens })).toEqual({
        status: 200,
        body: { prompt: 'be kind' },
      });
    });

    it('give the tokens that a chat would have, also of a reward model', async () => {
      const messages = [
        { role: 'system' as const, content: 'be kind' },
        { role: 'user' as const, content: 'who are you?' },
      ];
      const { body } = await post('/tokenize', { model: 'tiny', messages });
      const { usage } = await client.chat.completions.create({ model: 'tiny', messages, max_tokens: 1 });
      expect(body).toMatchObject({ count: usage?.prompt_tokens, token_strs: null });
      const scored = await post('/tokenize', {
        model: 'reward',
        messages: [{ role: 'user', content: 'abc' }],
      });
      expect(scored.body.count).toBe(3);
    });

    it.each([
      ['/tokenize', { model: 'tiny' }, 'prompt'],
      ['/tokenize', { model: 'tiny', messages: [{ role: 'user', content: 'a' }], prompt: 'a' }, 'prompt'],
      ['/tokenize', { model: 'tiny', messages: [], add_special_tokens: true }, 'add_special_tokens'],
      ['/detokenize', { model: 'tiny', tokens: [-1] }, 'tokens.0'],
      ['/detokenize', { model: 'tiny', tokens: 'a' }, 'tokens'],
    ])('%s refuses %j', async (path, body, param) => {
      expect(await post(path, body)).toMatchObject({ status: 400, body: { error: { param } } });
    });
  });

  describe('/v1/embeddings', () => {
    const embed = (request: object) =>
      client.embeddings.create({ model: 'tiny', input: 'hello', ...request } as OpenAI.EmbeddingCreateParams);

    it('gives unit vectors, the same as base64 for the client of OpenAI and as numbers', async () => {
      const { data, usage } = await embed({ input: ['hello', 'good bye', 'hello'] });
      expect(usage).toEqual({ prompt_tokens: 18, total_tokens: 18 });
      expect(data.map(({ index, embedding }) => [index, embedding.length])).toEqual([
        [0, 32],
        [1, 32],
        [2, 32],
      ]);
      for (const { embedding } of data) expect(Math.hypot(...embedding)).toBeCloseTo(1, 6);
      expect(data[2].embedding).toEqual(data[0].embedding);
      expect(data[1].embedding).not.toEqual(data[0].embedding);
      const floats = await post('/v1/embeddings', { model: 'tiny', input: 'hello' });
      expect(floats.body.data[0].embedding).toEqual(data[0].embedding);
    });

    it('pools as asked, takes tokens for text, and cuts vectors', async () => {
      const { tokens } = (await post('/tokenize', { model: 'tiny', prompt: 'hello' })).body;
      const [text, ids, last, short] = await Promise.all(
        [{}, { input: tokens }, { pooling: 'last' }, { dimensions: 8 }].map(
          async (request) => (await embed(request)).data[0].embedding,
        ),
      );
      expect(ids).toEqual(text);
      expect(last).not.toEqual(text);
      expect(short).toHaveLength(8);
      const norm = Math.hypot(...text.slice(0, 8));
      short.forEach((value, i) => {
        expect(value).toBeCloseTo(text[i] / norm, 6);
      });
    });

    it.each([
      [{ input: '' }, 'input', /^400 input: /],
      [{ input: [] }, 'input', /expected text/],
      [{ input: [[99999]] }, 'input', /expected token ids from 0 to/],
      [{ input: 'a'.repeat(300) }, 'input', /context is 256 tokens, an input has 300/],
      [{ dimensions: 33 }, 'dimensions', /have 32/],
      [{ model: 'reward' }, 'model', /is a reward model/],
    ])('refuses %j', async (request, param, message) => {
      await expect(embed(request)).rejects.toMatchObject({
        status: 400,
        param,
        message: expect.stringMatching(message),
      });
    });
  });

  describe('/v1/score', () => {
    const talk = (prompt: string, answer: string) => [
      { role: 'user', content: prompt },
      { role: 'assistant', content: answer },
    ];

    it('gives the scores of conversations, alone or several', async () => {
      const one = await post('/v1/score', { model: 'reward', messages: talk('abc', 'defghij') });
      expect(one.status).toBe(200);
      expect(one.body).toMatchObject({
        object: 'list',
        model: 'reward',
        data: [{ index: 0, object: 'score' }],
        usage: { prompt_tokens: 11, completion_tokens: 0, total_tokens: 11 },
      });
      expect(one.body.data[0].score).toBeCloseTo(scores[0], 5);
      const messages = [talk('cdjih', 'gfe'), talk('abc', 'defghij')];
      const { data } = (await post('/v1/score', { model: 'reward', messages })).body;
      expect(data[0].score).toBeCloseTo(scores[1], 5);
      expect(data[1].score).toBeCloseTo(scores[0], 5);
    });

    it('compares answers to one prompt, as vLLM names them', async () => {
      const { data } = (
        await post('/v1/score', { model: 'reward', text_1: '', text_2: ['abcdefghij', 'cdjihgfe'] })
      ).body;
      expect(data.map(({ score }) => score)).toEqual([
        expect.closeTo(scores[0], 5),
        expect.closeTo(scores[1], 5),
      ]);
    });

    it.each<[object, string, RegExp]>([
      [{}, 'messages', /expected either messages, or text_1/],
      [{ text_1: 'a' }, 'messages', /expected either messages, or text_1/],
      [{ text_1: ['a', 'b'], text_2: ['c'] }, 'text_2', /text_1 has 2 texts and text_2 has 1/],
      [{ messages: [{ role: 'user', content: 'a' }] }, 'messages', /last message must be the assistant's/],
      [
        { messages: [talk('a', 'b'), [{ role: 'robot' }]] },
        'messages.1',
        /conversation 1: messages\.0\.role/,
      ],
      [{ messages: talk('a'.repeat(40), 'b') }, 'messages', /longer than the 32 tokens/],
      [{ model: 'tiny', messages: talk('a', 'b') }, 'model', /is a language model and gives no scores/],
    ])('refuses %j', async (request, param, message) => {
      const { status, body } = await post('/v1/score', { model: 'reward', ...request });
      expect([status, body.error.param]).toEqual([400, param]);
      expect(body.error.message).toMatch(message);
    });
  });

  it('chat refuses a reward model, and names the endpoint for it', async () => {
    const messages = [{ role: 'user' as const, content: 'a' }];
    await expect(client.chat.completions.create({ model: 'reward', messages })).rejects.toMatchObject({
      status: 400,
      param: 'model',
      message: expect.stringContaining('use /v1/score'),
    });
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['tiny', 'reward']);
  });

  it('/health and /version need no token, and /metrics counts what was read', async () => {
    const health = await fetch(`${service.url}/health`);
    expect([health.status, await health.text()]).toEqual([200, '']);
    expect(await (await fetch(`${service.url}/version`)).json()).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toMatch(/vllm:prompt_tokens_total\{model_name="reward"\} [1-9]/);
    expect(metrics).toMatch(/vllm:request_success_total\{model_name="reward",finished_reason="stop"\} [1-9]/);
  });

  it('/ is a page with a separate content policy, and needs no token', async () => {
    const page = await fetch(service.url);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toBe(chatPagePolicy);
    expect(await page.text()).toBe(chatPage);
  });

  it('/health answers 503 with the reason while a model is not loaded', async () => {
    const waiting = await startWith({ INFERENCE_MODELS: `gone=${join(folder, 'nowhere')}` });
    await expect(waiting.loaded()).rejects.toThrow();
    const health = await fetch(`${waiting.url}/health`);
    expect(health.status).toBe(503);
    expect(await health.json()).toMatchObject({ error: { message: expect.stringMatching(/^model gone: /) } });
    await waiting.stop();
  });
});
