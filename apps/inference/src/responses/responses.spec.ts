import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTinyModel } from '@open-chatgpt/models/testing';
import { createToken } from '@open-chatgpt/service';
import OpenAI from 'openai';
import type { RunningInference } from '../start-inference';
import { startWith } from '../testing/inference';

describe('/v1/responses', () => {
  let folder: string;
  let service: RunningInference;
  let client: OpenAI;
  let other: OpenAI;
  const ask = { model: 'tiny', input: 'who are you?', max_output_tokens: 8, temperature: 0 };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'responses-'));
    const tokens = join(folder, 'tokens.json');
    const [ann, bob] = ['ann', 'bob'].map(
      (name) => createToken(tokens, { name, scopes: ['inference'] }).token,
    );
    service = await startWith({
      INFERENCE_MODELS: `tiny=${await writeTinyModel(folder, 1)}`,
      TOKENS: tokens,
    });
    await service.loaded();
    const as = (apiKey: string) => new OpenAI({ baseURL: `${service.url}/v1`, apiKey, maxRetries: 0 });
    [client, other] = [as(ann), as(bob)];
  });
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true });
  });

  /** The text of a chat with these messages. */
  const chat = async (messages: OpenAI.ChatCompletionMessageParam[]) => {
    const request = { model: 'tiny', messages, max_tokens: 8, temperature: 0 };
    return (await client.chat.completions.create(request)).choices[0].message.content as string;
  };

  it('gives the answer that chat completions give', async () => {
    const response = await client.responses.create({ ...ask, instructions: 'be kind', metadata: { a: 'b' } });
    const messages = [
      { role: 'system' as const, content: 'be kind' },
      { role: 'user' as const, content: ask.input },
    ];
    const text = await chat(messages);
    expect(response.output_text).toBe(text);
    expect(response).toMatchObject({
      id: expect.stringMatching(/^resp_/),
      object: 'response',
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      instructions: 'be kind',
      metadata: { a: 'b' },
      output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] }],
      usage: { input_tokens: 22, output_tokens: 8, total_tokens: 30 },
    });
    expect(await client.responses.retrieve(response.id)).toMatchObject({
      id: response.id,
      output: response.output,
    });
  });

  it('continues a response, without its instructions, as a stream too', async () => {
    const first = await client.responses.create({ ...ask, instructions: 'be kind' });
    const second = { ...ask, input: 'and?', previous_response_id: first.id };
    const expected = await chat([
      { role: 'user', content: ask.input },
      { role: 'assistant', content: first.output_text },
      { role: 'user', content: 'and?' },
    ]);
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of await client.responses.create({ ...second, stream: true })) events.push(event);
    const types = events.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1]);
    expect(types).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.incomplete',
    ]);
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, i) => i));
    const deltas = events.flatMap((event) =>
      event.type === 'response.output_text.delta' ? [event.delta] : [],
    );
    expect(deltas.join('')).toBe(expected);
    const last = events.at(-1) as OpenAI.Responses.ResponseIncompleteEvent;
    expect(last.response.output[0]).toMatchObject({ content: [{ text: expected }] });
    // The streamed response is kept before its last event is sent.
    const third = { ...ask, previous_response_id: last.response.id };
    expect((await client.responses.create(third)).usage!.input_tokens).toBeGreaterThan(40);
  });

  it('takes the items of earlier responses back', async () => {
    const first = await client.responses.create({ ...ask, store: false });
    const input = [
      { role: 'user' as const, content: ask.input },
      ...(first.output as OpenAI.Responses.ResponseOutputMessage[]),
    ];
    const again = await client.responses.create({
      ...ask,
      input: [...input, { role: 'user', content: 'and?' }],
    });
    const expected = await chat([
      { role: 'user', content: ask.input },
      { role: 'assistant', content: first.output_text },
      { role: 'user', content: 'and?' },
    ]);
    expect(again.output_text).toBe(expected);
  });

  it('keeps responses for their caller only, until they are deleted, and none with store: false', async () => {
    const { id } = await client.responses.create(ask);
    await expect(other.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
    await expect(other.responses.create({ ...ask, previous_response_id: id })).rejects.toMatchObject({
      status: 400,
      param: 'previous_response_id',
      code: 'previous_response_not_found',
    });
    await client.responses.delete(id);
    await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
    const unkept = await client.responses.create({ ...ask, store: false });
    await expect(client.responses.retrieve(unkept.id)).rejects.toMatchObject({ status: 404 });
  });

  it.each<[object, string, RegExp]>([
    [{ input: [] }, 'input', /input: /],
    [
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'x' }] }] },
      'input.0',
      /no model here reads images/,
    ],
    [{ tools: [{ type: 'web_search' }] }, 'tools.0.type', /runs no tools itself/],
    [{ background: true }, 'background', /supports only false/],
    [{ conversation: 'c' }, 'conversation', /is not supported/],
    [{ previous_response_id: '../x' }, 'previous_response_id', /is not kept here/],
  ])('refuses %j', async (change, param, message) => {
    const request = { ...ask, ...change } as OpenAI.Responses.ResponseCreateParamsNonStreaming;
    await expect(client.responses.create(request)).rejects.toMatchObject({
      status: 400,
      param,
      message: expect.stringMatching(message),
    });
  });
});
