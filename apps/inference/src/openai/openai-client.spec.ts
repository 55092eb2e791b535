import { join } from 'node:path';
import { createToken, type Scope } from '@open-chatgpt/service';
import OpenAI from 'openai';
import { startTiny, startWith, type TinyService } from '../testing/inference';

const MESSAGES = [
  { role: 'system', content: 'be kind' },
  { role: 'user', content: 'who are you?' },
] as const;

describe("OpenAI's own client", () => {
  let service: TinyService;
  let client: OpenAI;
  const chat = { model: 'tiny', messages: [...MESSAGES], max_tokens: 24 };

  beforeAll(async () => {
    service = await startTiny();
    client = service.client;
  });
  afterAll(() => service.stop());

  it('lists the models', async () => {
    const { data } = await client.models.list();
    expect(data).toMatchObject([
      { id: 'tiny', object: 'model', owned_by: 'open-chatgpt', max_model_len: 256 },
    ]);
    expect((await client.models.retrieve('tiny')).id).toBe('tiny');
    await expect(client.models.retrieve('other')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      message: expect.stringContaining('the model "other" does not exist; this server has tiny'),
    });
  });

  it('gets a chat completion, and the same one as a stream', async () => {
    const request = { ...chat, temperature: 0 };
    const whole = await client.chat.completions.create(request);
    const [{ message, finish_reason: reason, logprobs }] = whole.choices;
    expect(whole.object).toBe('chat.completion');
    expect([message.role, reason, logprobs]).toEqual(['assistant', 'length', null]);
    expect([...(message.content as string)].length).toBeGreaterThan(10);
    // <|system|>be kind<|user|>who are you?<|assistant|>
    expect(whole.usage).toEqual({
      prompt_tokens: 22,
      completion_tokens: 24,
      total_tokens: 46,
      prompt_tokens_details: { cached_tokens: 0 },
    });

    const stream = await client.chat.completions.create({
      ...request,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks[0].choices[0].delta).toEqual({ role: 'assistant', content: '' });
    expect(chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta.content ?? '')).join('')).toBe(
      message.content,
    );
    expect(chunks.at(-2)?.choices[0]).toMatchObject({ delta: {}, finish_reason: 'length' });
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { ...whole.usage, prompt_tokens_details: { cached_tokens: 21 } },
    });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(new Set(chunks.map(({ created }) => created)).size).toBe(1);
  });

  it('gets the same completion for the same seed, alone or in a batch, and another for another seed', async () => {
    const sample = async (seed: number) =>
      (await client.chat.completions.create({ ...chat, seed })).choices[0].message.content;
    const alone = await sample(7);
    const [again, other] = await Promise.all([sample(7), sample(8), sample(9), sample(10)]);
    expect(again).toBe(alone);
    expect(other).not.toBe(alone);
  });

  it('continues the last message where the request says so', async () => {
    const begun = [...chat.messages, { role: 'assistant' as const, content: 'I am' }];
    const ask = (more: object) => {
      const request = { ...chat, temperature: 0, messages: begun, ...more };
      return client.chat.completions.create(request as OpenAI.ChatCompletionCreateParamsNonStreaming);
    };
    // <|system|>be kind<|user|>who are you?<|assistant|>I am
    expect((await ask({ continue_final_message: true })).usage?.prompt_tokens).toBe(26);
    // … </s><|assistant|>
    expect((await ask({})).usage?.prompt_tokens).toBe(28);
    const refused = ask({ continue_final_message: true, messages: chat.messages });
    await expect(refused).rejects.toMatchObject({ status: 400, param: 'messages' });
  });

  it('gets what beam search finds', async () => {
    const ask = async (more: object) => {
      const request = { ...chat, temperature: 0, ignore_eos: true, ...more };
      const { choices, usage } = await client.chat.completions.create(
        request as OpenAI.ChatCompletionCreateParamsNonStreaming,
      );
      return { text: choices[0].message.content, tokens: usage?.completion_tokens };
    };
    const found = await ask({ num_beams: 8 });
    expect(found).toEqual(await ask({ num_beams: 8 }));
    expect(found.tokens).toBe(24);
    expect((await ask({ num_beams: 1 })).text).toBe((await ask({})).text);
    expect(found.text).not.toBe((await ask({})).text);
  });

  it('gets several choices, interleaved in a stream', async () => {
    const request = { ...chat, n: 3, seed: 5, max_completion_tokens: 12 };
    const { choices, usage } = await client.chat.completions.create(request);
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(new Set(choices.map(({ message }) => message.content)).size).toBe(3);
    expect(usage).toMatchObject({ prompt_tokens: 22, completion_tokens: 36 });
    const streamed = ['', '', ''];
    const order: number[] = [];
    for await (const { choices } of await client.chat.completions.create({ ...request, stream: true })) {
      const [{ index, delta }] = choices;
      if (order.at(-1) !== index) order.push(index);
      streamed[index] += delta.content ?? '';
    }
    expect(streamed).toEqual(choices.map(({ message }) => message.content));
    expect(order.length).toBeGreaterThan(6);
  });

  it('gets log-probabilities of the sampled and of the most probable tokens', async () => {
    const request = { ...chat, temperature: 0, logprobs: true, top_logprobs: 3 };
    const { choices } = await client.chat.completions.create(request);
    const content = choices[0].logprobs?.content ?? [];
    const said = content.map(({ token }) => token).filter((token) => !/^<.+>$/.test(token));
    expect(said.join('')).toBe(choices[0].message.content);
    for (const { token, logprob, bytes, top_logprobs: top } of content) {
      expect(bytes).toEqual([...Buffer.from(token)]);
      expect(top).toHaveLength(3);
      expect(top[0]).toMatchObject({ token, logprob });
      expect(top[2].logprob).toBeLessThanOrEqual(top[1].logprob);
    }
    const streamed = [];
    for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) {
      streamed.push(...(chunk.choices[0].logprobs?.content ?? []));
    }
    expect(streamed).toEqual(content);
  });

  it('ends a completion before a stop string', async () => {
    const { choices } = await client.chat.completions.create({ ...chat, temperature: 0 });
    const text = choices[0].message.content as string;
    const stop = text.slice(4, 7);
    const stopped = (await client.chat.completions.create({ ...chat, temperature: 0, stop })).choices[0];
    expect(stopped).toMatchObject({
      finish_reason: 'stop',
      message: { content: text.slice(0, text.indexOf(stop)) },
    });
  });

  it('applies penalties and biases', async () => {
    const tokens = async (more: object) => {
      const { choices } = await client.chat.completions.create({ ...chat, temperature: 0, ...more });
      return [...(choices[0].message.content as string)];
    };
    const bias = await tokens({ logit_bias: { '7': 100 } });
    expect(new Set(bias).size).toBe(1);
    const penalized = await tokens({ logit_bias: { '7': 20 }, presence_penalty: 2, frequency_penalty: 2 });
    expect(new Set(penalized).size).toBeGreaterThan(1);
  });

  it('completes one prompt, several prompts, or tokens', async () => {
    const options = { model: 'tiny', temperature: 0, max_tokens: 8 };
    const one = await client.completions.create({ ...options, prompt: 'hello' });
    expect(one).toMatchObject({
      object: 'text_completion',
      choices: [{ index: 0, finish_reason: 'length', logprobs: null }],
      usage: { prompt_tokens: 5, completion_tokens: 8 },
    });
    const two = await client.completions.create({ ...options, prompt: ['hello', 'good bye'] });
    expect(two.choices.map(({ text }) => text)[0]).toBe(one.choices[0].text);
    expect(two.usage?.prompt_tokens).toBe(13);
    const ids = await client.completions.create({ ...options, prompt: [40, 41, 42], logprobs: 2 });
    const {
      tokens,
      token_logprobs: logProbs,
      text_offset: offsets,
      top_logprobs: top,
    } = ids.choices[0].logprobs!;
    expect(tokens?.join('')).toBe(ids.choices[0].text);
    expect([logProbs?.length, top?.length, offsets?.[1]]).toEqual([8, 8, 1]);
    let streamed = '';
    for await (const { choices } of await client.completions.create({
      ...options,
      prompt: 'hello',
      stream: true,
    })) {
      streamed += choices[0].text;
    }
    expect(streamed).toBe(one.choices[0].text);
    const short = await client.completions.create({ model: 'tiny', prompt: 'x', logit_bias: { '7': 100 } });
    expect(short.usage?.completion_tokens).toBe(16);
  });

  it.each<[string, object, string, RegExp]>([
    ['missing messages', { messages: undefined }, 'messages', /messages: .*expected array/],
    ['no messages', { messages: [] }, 'messages', /messages: /],
    ['an unknown role', { messages: [{ role: 'pirate', content: 'x' }] }, 'messages.0.role', /role/],
    [
      'a picture',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
      'messages.0.content',
      /expected text, or parts of type "text"/,
    ],
    ['an unknown field', { reasoning_effort: 'high' }, 'reasoning_effort', /is not supported/],
    [
      'the name of a speaker',
      { messages: [{ role: 'user', name: 'Ann', content: 'x' }] },
      'messages.0.name',
      /not supp/,
    ],
    ['top_logprobs without logprobs', { top_logprobs: 2 }, 'top_logprobs', /needs logprobs: true/],
    ['a temperature out of range', { temperature: 3 }, 'temperature', /temperature: .*<=2/],
    ['an empty completion', { max_tokens: 0 }, 'max_tokens', /max_tokens: /],
    ['an empty stop string', { stop: '' }, 'stop', /stop: /],
    [
      'unknown tokens',
      { logit_bias: { '99999': 1 } },
      'logit_bias',
      /expected token ids from 0 to \d+; found 99999/,
    ],
    ['a minimum above the maximum', { min_tokens: 30 }, 'min_tokens', /min_tokens 30 is above max_tokens 24/],
  ])('gets an error that names the field: %s', async (_, change, param, message) => {
    const request = { ...chat, ...change } as OpenAI.ChatCompletionCreateParamsNonStreaming;
    await expect(client.chat.completions.create(request)).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      param,
      message: expect.stringMatching(message),
    });
  });

  it('may send fields that have no effect, and fields that are null', async () => {
    const request = { ...chat, user: 'ann', store: false, metadata: { a: 'b' }, stop: null, logprobs: null };
    const { choices } = await client.chat.completions.create(request);
    const again = [...MESSAGES, choices[0].message, { role: 'user' as const, content: 'and?' }];
    expect((await client.chat.completions.create({ ...chat, messages: again })).choices).toHaveLength(1);
  });

  it('gets an error that states the length of the context', async () => {
    const messages = [{ role: 'user' as const, content: 'a'.repeat(240) }];
    await expect(client.chat.completions.create({ ...chat, messages })).rejects.toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
      message: expect.stringContaining(
        'context is 256 tokens, the request needs 266: 242 of the prompt and 24 of the completion',
      ),
    });
    // Without max_tokens the completion ends with the context.
    const { choices, usage } = await client.chat.completions.create({ model: 'tiny', messages });
    expect([choices[0].finish_reason === 'stop' || usage?.total_tokens === 256]).toEqual([true]);
  });

  it('gets every error in the form that it reads', async () => {
    const post = async (body: string) => {
      const response = await fetch(`${service.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-request-id': 'mine-1' },
        body,
      });
      return {
        id: response.headers.get('x-request-id'),
        status: response.status,
        body: await response.json(),
      };
    };
    const broken = await post('{"model":');
    expect([broken.status, broken.id]).toEqual([400, 'mine-1']);
    expect(broken.body).toEqual({
      error: {
        message: expect.stringContaining('JSON'),
        type: 'invalid_request_error',
        param: null,
        code: null,
      },
    });
    const list = await post('[]');
    expect([list.status, list.id]).toEqual([400, 'mine-1']);
    expect(list.body).toMatchObject({ error: { message: expect.stringContaining('not a JSON object') } });
    expect((await fetch(`${service.url}/v1/nowhere`)).status).toBe(404);
  });

  it('needs a token with the scope "inference" where the service requires tokens', async () => {
    const file = join(service.folder, 'tokens.json');
    const token = (scope: Scope) => createToken(file, { name: scope, scopes: [scope] }).token;
    const [right, wrong] = [token('inference'), token('read')];
    const guarded = await startWith({
      INFERENCE_MODELS: `tiny=${join(service.folder, 'tiny-1')}`,
      TOKENS: file,
    });
    const listAs = (apiKey: string) =>
      new OpenAI({ baseURL: `${guarded.url}/v1`, apiKey, maxRetries: 0 }).models.list();
    await expect(listAs('guess')).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
    await expect(listAs(wrong)).rejects.toMatchObject({ status: 403, code: 'insufficient_permissions' });
    await guarded.loaded();
    expect((await listAs(right)).data).toHaveLength(1);
    await guarded.stop();
  });
});
