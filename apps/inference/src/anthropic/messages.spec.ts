import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { writeTinyModel } from '@open-chatgpt/models/testing';
import { createToken } from '@open-chatgpt/service';
import OpenAI from 'openai';
import type { RunningInference } from '../start-inference';
import { startWith } from '../testing/inference';

describe("Anthropic's own client", () => {
  let folder: string;
  let service: RunningInference;
  let client: Anthropic;
  let openai: OpenAI;
  const message = {
    model: 'tiny',
    system: 'be kind',
    messages: [{ role: 'user' as const, content: 'who are you?' }],
    max_tokens: 24,
    temperature: 0,
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'messages-'));
    const tokens = join(folder, 'tokens.json');
    const { token: apiKey } = createToken(tokens, { name: 'ann', scopes: ['inference'] });
    service = await startWith({
      INFERENCE_MODELS: `tiny=${await writeTinyModel(folder, 1)}`,
      INFERENCE_BATCH_SIZE: '1',
      INFERENCE_QUEUE_SIZE: '0',
      TOKENS: tokens,
    });
    await service.loaded();
    client = new Anthropic({ baseURL: service.url, apiKey, maxRetries: 0 });
    openai = new OpenAI({ baseURL: `${service.url}/v1`, apiKey, maxRetries: 0 });
  });
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true });
  });

  const chat = async () => {
    const messages = [{ role: 'system' as const, content: message.system }, ...message.messages];
    const { choices, usage } = await openai.chat.completions.create({
      model: 'tiny',
      messages,
      max_tokens: 24,
      temperature: 0,
    });
    return { text: choices[0].message.content as string, usage: usage! };
  };

  it('gets the answer that chat completions give', async () => {
    const { text, usage } = await chat();
    const answer = await client.messages.create(message);
    expect(answer).toMatchObject({
      id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
      type: 'message',
      role: 'assistant',
      model: 'tiny',
      content: [{ type: 'text', text }],
      stop_reason: 'max_tokens',
      stop_sequence: null,
      // The prompt of the chat is in the cache, but for its last token.
      usage: {
        input_tokens: 1,
        cache_read_input_tokens: usage.prompt_tokens - 1,
        output_tokens: usage.completion_tokens,
      },
    });
  });

  it('gets it as a stream of named events', async () => {
    const { text, usage } = await chat();
    const stream = client.messages.stream(message);
    const types: string[] = [];
    for await (const event of stream) if (event.type !== types.at(-1)) types.push(event.type);
    expect(types).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(await stream.finalText()).toBe(text);
    expect(await stream.finalMessage()).toMatchObject({
      stop_reason: 'max_tokens',
      usage: { input_tokens: 1, cache_read_input_tokens: usage.prompt_tokens - 1, output_tokens: 24 },
    });
  });

  it('learns which stop sequence ended the answer', async () => {
    const { text } = await chat();
    const stop = text.slice(4, 7);
    const stopped = await client.messages.create({ ...message, stop_sequences: ['never', stop] });
    expect(stopped).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: stop });
    expect(stopped.content).toEqual([{ type: 'text', text: text.slice(0, text.indexOf(stop)) }]);
  });

  it('begins the answer itself, sends blocks of text, and counts tokens', async () => {
    const blocks = [
      { type: 'text' as const, text: 'who are ' },
      { type: 'text' as const, text: 'you?' },
    ];
    const count = (messages: Anthropic.MessageParam[]) =>
      client.messages.countTokens({ model: 'tiny', system: 'be kind', messages });
    const whole = await count(message.messages);
    expect(whole).toEqual({ input_tokens: 22 });
    expect(await count([{ role: 'user', content: blocks }])).toEqual(whole);
    const begun = await client.messages.create({
      ...message,
      messages: [...message.messages, { role: 'assistant', content: 'I am' }],
    });
    const { input_tokens: computed, cache_read_input_tokens: cached } = begun.usage;
    expect(computed + (cached ?? 0)).toBe(26);
  });

  it.each<[string, object, number, string, RegExp]>([
    ['an unknown model', { model: 'other' }, 404, 'not_found_error', /"other" does not exist/],
    ['no limit', { max_tokens: undefined }, 400, 'invalid_request_error', /^max_tokens: /],
    ['an unknown field', { effort: 'high' }, 400, 'invalid_request_error', /effort is not supported/],
    [
      'a picture',
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'x' } }] }] },
      400,
      'invalid_request_error',
      /no model here reads images/,
    ],
    ['too much', { max_tokens: 1000 }, 400, 'invalid_request_error', /context is 256 tokens/],
    [
      'no question',
      { messages: [{ role: 'assistant', content: 'I am' }] },
      400,
      'invalid_request_error',
      /one message of the user's at least/,
    ],
  ])('gets errors in its own form: %s', async (_, change, status, type, text) => {
    const request = { ...message, ...change } as Anthropic.MessageCreateParamsNonStreaming;
    const error = await client.messages.create(request).catch((reason) => reason);
    expect(error).toBeInstanceOf(Anthropic.APIError);
    expect(error).toMatchObject({ status, error: { type: 'error', error: { type } } });
    expect(error.error.error.message).toMatch(text);
  });

  it('gets the errors of access and of a full queue in its own form', async () => {
    const stranger = new Anthropic({ baseURL: service.url, apiKey: 'guess', maxRetries: 0 });
    await expect(stranger.messages.create(message)).rejects.toMatchObject({
      status: 401,
      error: { type: 'error', error: { type: 'authentication_error' } },
    });
    const stream = client.messages.stream({ ...message, max_tokens: 200 });
    await new Promise((resolve) => stream.once('text', resolve));
    await expect(client.messages.create(message)).rejects.toMatchObject({
      status: 429,
      error: { error: { type: 'rate_limit_error' } },
    });
    stream.abort();
    await stream.done().catch(() => undefined);
  });
});
